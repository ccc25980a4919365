"""How a page is built, as a short fingerprint: its elements and classes, nothing of its text.

Two pages of one template have the same, however many rows they show. Numbers inside class names
are left aside, because some software counts in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import blake2b

from lxml import etree

from crawler.formats.html import is_html, read_elements
from domain.errors import Unparseable

_NUMBER = re.compile(r"\d+")
_DEEPEST = 8
# What stands deeper in a feed's item is its writer's, not the template's.
_DEEPEST_ELEMENT = 4
_JSON_START = (b"{", b"[")
_DIGEST_BYTES = 8


def fingerprint(body: bytes) -> str:
    """The fingerprint of a web page, a feed or a JSON answer; empty where it has no structure.

    Of JSON only the outermost names count: inside, a new version of the software adds some now
    and then, and what the reader needs and does not find is an error at once.
    """
    paths = sorted(set(_list_paths(body)))
    if not paths:
        return ""
    return blake2b("\n".join(paths).encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _list_paths(body: bytes) -> Iterator[str]:
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(_JSON_START):
        yield from _outer_names(text)
    elif is_html(body):
        yield from _page_paths(body)
    else:
        yield from _document_paths(text)


def _outer_names(text: bytes) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    if isinstance(value, dict):
        yield from value


def _page_paths(body: bytes) -> Iterator[str]:
    try:
        root = read_elements(body)
    except Unparseable:
        return  # too costly to read: nothing is told of how it is built
    if root is not None:
        found: set[str] = set()
        _add_paths(root, "", 0, found)
        yield from found


def _add_paths(tag: etree._Element, path: str, depth: int, found: set[str]) -> None:
    if depth == _DEEPEST or not isinstance(tag.tag, str):
        return
    names = tag.get("class")
    here = f"{path}/{tag.tag}{_classes(names) if names else ''}"
    found.add(here)
    for inner in tag:
        _add_paths(inner, here, depth + 1, found)


def _classes(names: str) -> str:
    return "".join(sorted({f".{_NUMBER.sub('#', name)}" for name in names.split()}))


def _document_paths(text: bytes) -> Iterator[str]:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        return
    if root is not None:
        yield from _element_paths(root, "")


def _element_paths(element: etree._Element, path: str, depth: int = 0) -> Iterator[str]:
    if depth == _DEEPEST_ELEMENT or not isinstance(element.tag, str):
        return
    # Not by QName, which refuses names that the forgiving parser lets through.
    here = f"{path}/{element.tag.rpartition('}')[2]}"
    yield here
    for inner in element:
        yield from _element_paths(inner, here, depth + 1)
