"""RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, and JSON Feed: bytes to posts.

Only a whole, well-formed document counts as seen. What is malformed or cut is read as far as
feedparser can, and says so in `Feed.well_formed`. Date texts never go through a library: they are
taken out as written and read by `crawler.formats.dates`.

Source: RSS 2.0 (rssboard.org), RSS 1.0 (web.resource.org/rss/1.0), RFC 4287, RFC 5005, RFC 4685,
jsonfeed.org/version/1.1.
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import feedparser
from lxml import etree

from crawler.formats.addresses import urljoin
from crawler.formats.bombs import check_loose_feed
from crawler.formats.dates import read_date
from crawler.formats.feed_items import (
    Item,
    build_posts,
    find_window_start,
    join_link,
    make_id,
    order_keys,
)
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost

_ATOM = frozenset({"http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"})
_RSS = frozenset(
    {
        None,
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
        "http://backend.userland.com/rss2",
    }
)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DUBLIN_CORE = frozenset({"http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"})
_THREADS = "http://purl.org/syndication/thread/1.0"
_JSON_FEED = "https://jsonfeed.org/version/"
_PUBLISHED = ("pubDate", "published", "issued", "created", "date", "available")
_UPDATED = ("updated", "modified")
_ROOT_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE)
# Where the older pages of a feed are: RFC 5005 for archived feeds, for paged ones, JSON Feed.
_OLDER = ("prev-archive", "next")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What one feed document says.

    `posts` are in the document's order. `well_formed` is false when only a part may have been
    read. `window_start` is the moment from which on everything is in the document: `None` when its
    dates do not tell. `older_url` is the document that holds the items before these.
    """

    posts: tuple[ReadPost, ...]
    title: str = ""
    dialect: str = ""
    well_formed: bool = True
    declared_at: datetime | None = None
    window_start: datetime | None = None
    older_url: str | None = None


def read_feed(body: bytes, url: str, fetched_at: datetime) -> Feed:
    """The posts of a feed and what its order proves.

    Raises: Unparseable when the bytes are no feed, or declare entities of their own.
    """
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] == b"{":
        return _read_json(text, url, fetched_at)
    if not text:
        raise _no_feed("an empty answer", url)
    try:
        root = _parse_xml(text, url)
    except etree.XMLSyntaxError as error:
        return _read_malformed(text, url, fetched_at, str(error))
    return _read_xml(root, url, fetched_at)


def _parse_xml(text: bytes, url: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    root = etree.fromstring(text, parser, base_url=url)
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise _with_entities(url)
    return root


def _read_xml(root: etree._Element, url: str, fetched_at: datetime) -> Feed:
    name = etree.QName(root)
    local = name.localname
    if local == "feed" and name.namespace in _ATOM:
        head: etree._Element = root
        items = _children(root, "entry")
        dialect = "Atom"
    elif local.lower() == "rss" or (local == "RDF" and name.namespace == _RDF):
        channel = next(iter(_children(root, "channel")), None)
        if channel is None:
            raise _no_feed(f"a <{local}> document without a channel", url)
        head = channel
        items = _children(channel, "item") or _children(root, "item")
        dialect = "RSS 1.0" if local == "RDF" else f"RSS {root.get('version', '')}".strip()
    else:
        raise _no_feed(f"XML whose root is <{local}>", url)
    if not items and (strange := _find_strange_items(head)):
        raise _no_feed(f"a feed without items, but with many <{strange}>", url)
    parts = _sort_children(head)
    declared = _text(parts, ("lastBuildDate", "updated", "modified", "pubDate", "date"))
    feed = _build_feed([_read_item(item) for item in items], url, fetched_at)
    return replace(
        feed,
        title=_text(parts, ("title",)),
        dialect=dialect,
        declared_at=read_date(declared) if declared else None,
        older_url=_older_url(head, url),
    )


def _read_item(item: etree._Element) -> Item:
    parts = _sort_children(item)
    reply = next((child for child in item if child.tag == f"{{{_THREADS}}}in-reply-to"), None)
    item_id = _text(parts, ("id", "guid")) or item.get(f"{{{_RDF}}}about", "")
    link, title = _link(parts), _text(parts, ("title",))
    return Item(
        id=item_id if item_id or link or title else make_id("".join(item.itertext())),
        link=link,
        title=title,
        author=_author(parts),
        published=_text(parts, _PUBLISHED),
        updated=_text(parts, _UPDATED),
        reply_to=reply.get("ref", "") if reply is not None else "",
    )


def _find_strange_items(head: etree._Element) -> str:
    """The name of elements that may be items under another name; empty for none."""
    names = Counter(
        etree.QName(child).localname for child in head.iterchildren("*") if len(child) > 1
    )
    return next((name for name, times in names.items() if times > 1), "")


@dataclass(slots=True)
class _Parts:
    """The children of an element by their local names: the format's own, and those with Dublin's.

    Sorted once, because each is asked for by several names: 7 ms a feed would be 2.
    """

    own: dict[str, list[etree._Element]]
    told: dict[str, list[etree._Element]]


def _sort_children(parent: etree._Element) -> _Parts:
    parts = _Parts({}, {})
    family = etree.QName(parent).namespace
    for child in parent:
        if isinstance(child.tag, str):
            name, is_own, is_told = _sort_tag(child.tag, family)
            if is_own:
                parts.own.setdefault(name, []).append(child)
            if is_told:
                parts.told.setdefault(name, []).append(child)
    return parts


@lru_cache(maxsize=1000)
def _sort_tag(tag: str, family: str | None) -> tuple[str, bool, bool]:
    """The local name; whether it is the format's own (or has no namespace); or Dublin Core's."""
    name = etree.QName(tag)
    own = name.namespace == family or (family not in _ATOM and name.namespace in _RSS)
    return name.localname, own, own or name.namespace in _DUBLIN_CORE


def _children(parent: etree._Element, name: str) -> list[etree._Element]:
    """Child elements of that name, in the format's own namespace or none."""
    return _sort_children(parent).own.get(name, [])


def _text(parts: _Parts, names: Iterable[str]) -> str:
    """The text of the first child with one of the names; names in order of preference."""
    for name in names:
        for child in parts.told.get(name, ()):
            text = " ".join("".join(child.itertext()).split())
            if text:
                return text
    return ""


def _link(parts: _Parts) -> str:
    for child in parts.own.get("link", ()):
        if child.get("href"):
            if child.get("rel", "alternate") == "alternate":
                return join_link(child.base or "", child.get("href", ""))
        elif child.text and child.text.strip():
            return join_link(child.base or "", child.text.strip())
    guid = next(iter(parts.own.get("guid", ())), None)
    if guid is not None and guid.get("isPermaLink", "true") == "true":
        address = (guid.text or "").strip()
        return address if address.startswith(("http://", "https://")) else ""
    return ""


def _author(parts: _Parts) -> str:
    for author in parts.own.get("author", ()):
        inside = _sort_children(author)
        name, address = _text(inside, ("name",)), _text(inside, ("email",))
        if name or address:
            return f"{name} <{address}>" if address else name
    return _text(parts, ("author", "creator"))


def _older_url(head: etree._Element, url: str) -> str | None:
    links = [child for child in head if isinstance(child.tag, str)]
    links = [c for c in links if etree.QName(c).localname == "link" and c.get("href")]
    for rel in _OLDER:
        for link in links:
            if link.get("rel") == rel:
                target = urljoin(link.base or url, link.get("href", ""))
                return target if target != url else None
    return None


def _read_json(text: bytes, url: str, fetched_at: datetime) -> Feed:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_feed(f"broken JSON ({error})", url) from error
    if not str(document.get("version", "")).startswith(_JSON_FEED):
        raise _no_feed("JSON that is no JSON Feed", url)
    rows = document.get("items")
    if not isinstance(rows, list):
        raise _no_feed("a JSON Feed without items", url)
    items = [_read_json_item(row) for row in rows if isinstance(row, dict)]
    older = document.get("next_url")
    return replace(
        _build_feed(items, url, fetched_at),
        title=str(document.get("title") or ""),
        dialect="JSON Feed",
        well_formed=len(items) == len(rows),
        older_url=urljoin(url, older) if isinstance(older, str) and older else None,
    )


def _read_json_item(row: Mapping[str, object]) -> Item:
    authors = row.get("authors") or [row.get("author")]
    first = authors[0] if isinstance(authors, list) and authors else None
    name = first.get("name") if isinstance(first, dict) else None
    return Item(
        id=str(row.get("id") or ""),
        link=str(row.get("url") or row.get("external_url") or ""),
        title=str(row.get("title") or ""),
        author=str(name or ""),
        published=str(row.get("date_published") or ""),
        # A forum that is widely used writes the key with a blank at its end.
        updated=str(row.get("date_modified") or row.get("date_modified ") or ""),
        reply_to="",
    )


def _read_malformed(text: bytes, url: str, fetched_at: datetime, problem: str) -> Feed:
    start = _ROOT.search(text.replace(b"\0", b""))
    if start is None:
        raise _no_feed(f"no feed ({problem})", url)
    if b"<!ENTITY" in text.replace(b"\0", b"")[: start.start()]:
        raise _with_entities(url)
    check_loose_feed(text)
    # As a byte stream: given a string, it would open it as an address or a file.
    try:
        parsed = feedparser.parse(
            io.BytesIO(text), sanitize_html=False, resolve_relative_uris=False
        )
    except (ArithmeticError, AssertionError, LookupError, RecursionError, ValueError) as error:
        raise _no_feed(f"what cannot be read ({problem}; {type(error).__name__})", url) from error
    # As plain dicts: feedparser's own hands out one date in place of another.
    items = [_read_loose_item(dict(entry)) for entry in parsed.entries]
    if not _ROOT_END.search(text):
        # Cut: the last item may lack its id, and would come back under another one.
        items = items[:-1]
    items = [item for item in items if item.id or item.link]
    feed = _build_feed(items, url, fetched_at)
    title = str(parsed.feed.get("title", ""))
    return replace(feed, title=title, dialect="malformed", well_formed=False, window_start=None)


def _read_loose_item(entry: Mapping[str, object]) -> Item:
    def text(*names: str) -> str:
        return next((str(entry[name]) for name in names if entry.get(name)), "")

    return Item(
        id=text("id"),
        link=text("link"),
        title=text("title"),
        author=text("author"),
        published=text("published", "created"),
        updated=text("updated"),
        reply_to="",
    )


def _build_feed(items: list[Item], url: str, fetched_at: datetime) -> Feed:
    return Feed(
        posts=build_posts(items, url, fetched_at),
        window_start=find_window_start(order_keys(items, fetched_at)),
    )


def _no_feed(what: str, url: str) -> Unparseable:
    return Unparseable(
        Outcome.UNPARSEABLE,
        f"answered {what} instead of a feed",
        where=url,
        to_do="check the address",
    )


def _with_entities(url: str) -> Unparseable:
    return Unparseable(
        Outcome.UNPARSEABLE,
        "the feed declares XML entities of its own, which we do not expand",
        where=url,
        to_do="ask its owner for a plain feed",
    )
