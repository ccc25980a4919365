"""A web page as a tree that is searched by CSS selectors, for readers of many large pages.

Much faster than the tree of `crawler.formats.html`, which explains pages that nobody expected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import lxml.html
from lxml.cssselect import CSSSelector
from lxml.etree import ParserError, XPath

from crawler.formats.bombs import check_markup
from crawler.formats.html import decode_html

_TEXTS = XPath("descendant::text()")
_NO_TEXT = frozenset({"script", "style", "noscript", "template"})


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a web page."""

    node: lxml.html.HtmlElement

    def select(self, css: str) -> list[Element]:
        """The elements below this one that the selector means, in the page's order."""
        return [Element(node) for node in _selector(css)(self.node)]

    def first(self, css: str) -> Element | None:
        """The first of them, if there is one."""
        return next(iter(self.select(css)), None)

    def within(self, css: str) -> bool:
        """True where an element around this one is among those that the selector means."""
        around = list(self.node.iterancestors())
        root = self.node.getroottree().getroot()
        return any(node is other for node in _selector(css)(root) for other in around)

    def around(self) -> Iterator[Element]:
        """The elements around this one, the smallest first."""
        for node in self.node.iterancestors():
            yield Element(node)

    def get(self, name: str) -> str:
        """The value of an attribute; empty where there is none."""
        return self.node.get(name) or ""

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(self.get("class").split())

    @property
    def tag(self) -> str:
        return str(self.node.tag)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each text in it that is no blank, with the tag of the element it stands in."""
        for text in _TEXTS(self.node):
            around = text.getparent()
            around = around.getparent() if text.is_tail and around is not None else around
            if around is not None and around.tag not in _NO_TEXT and text.strip():
                yield str(text), str(around.tag)

    @property
    def line(self) -> str:
        """Its text in one line."""
        return " ".join(" ".join(text for text, _ in self.texts()).split())


def attribute(element: Element | None, name: str) -> str:
    """The value of an attribute; empty where there is no such element."""
    return element.get(name) if element is not None else ""


def line_of(element: Element | None) -> str:
    """The text of an element in one line; empty where there is none."""
    return element.line if element is not None else ""


def read_tree(body: bytes) -> Element:
    """The page as a tree; what is not in the charset it claims is UTF-8, else Windows-1252.

    Raises: Unparseable where reading it would take too much.
    """
    check_markup(body)
    text = decode_html(body).replace("\0", "")
    if text.lstrip().startswith("<?xml"):
        text = text.partition("?>")[2]
    try:
        return Element(lxml.html.document_fromstring(text or "<html></html>"))
    except (ParserError, ValueError):
        return Element(lxml.html.document_fromstring("<html></html>"))


@cache
def _selector(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")
