"""Pages that were made to be costly: refused before a parser takes minutes or gigabytes for them.

A tree takes some 600 bytes an element, and the attributes of one tag are compared with one
another, so that a few hundred kilobytes can hold up every other visit. No page that people read
comes near these numbers.
"""

from __future__ import annotations

import re

from domain.errors import Unparseable
from domain.outcome import Outcome

MOST_ELEMENTS = 400_000
MOST_ATTRIBUTES = 2_000
# A forgiving reader of broken feeds takes time that grows with the square of what is not closed.
MOST_LOOSE_ELEMENTS = 100_000
MOST_LOOSE_ITEMS = 3_000
_LONG_TAG = 1 << 13
_TAG = re.compile(rb"<[a-zA-Z!/?](?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+")
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_ITEM = re.compile(rb"<(?:item|entry)\b", re.IGNORECASE)


def check_markup(body: bytes) -> None:
    """Nothing, if a parser may read the page.

    Raises: Unparseable, with outcome `too_large`.
    """
    if body.count(b"<") > MOST_ELEMENTS:
        raise _too_large(f"a page of more than {MOST_ELEMENTS:,} elements")
    for tag in _TAG.finditer(body):
        long = tag.end() - tag.start() > _LONG_TAG
        if long and len(_QUOTED.sub(b"", tag[0]).split()) > MOST_ATTRIBUTES:
            raise _too_large(f"an element of more than {MOST_ATTRIBUTES:,} attributes")


def check_loose_feed(body: bytes) -> None:
    """Nothing, if a broken feed may be read by a forgiving reader.

    Raises: as `check_markup`.
    """
    if body.count(b"<") > MOST_LOOSE_ELEMENTS or len(_ITEM.findall(body)) > MOST_LOOSE_ITEMS:
        raise _too_large("a broken feed that is too long to be mended")
    check_markup(body)


def _too_large(what: str) -> Unparseable:
    return Unparseable(
        Outcome.TOO_LARGE, what, to_do="look at it in a browser; it may mean harm to its readers"
    )
