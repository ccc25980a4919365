"""What an index of an archive promises: the parts that it is divided into, mostly by time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.formats.dates import EARLIEST
from domain.errors import Gone
from domain.window import Window

_END = re.compile(rb"</(?:body|html)\s*>", re.IGNORECASE)
_TAIL = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part. `window` is `None` where its name tells no time that can be.

    `count` is how many posts the index says it has, if it does.
    """

    name: str
    url: str
    window: Window | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an index page promises: parts, oldest first, and names that could not be read.

    `empty` is the platform's own sign that there are no posts. `whole` is false for a page that
    ends in the middle; `end` is set where the page says itself that nothing more will come here.
    """

    parts: tuple[Part, ...] = ()
    unknown: tuple[str, ...] = ()
    empty: bool = False
    whole: bool = True
    end: Gone | None = None


def sort_parts(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts, oldest first."""
    return tuple(sorted(parts, key=lambda p: (p.window.start if p.window else EARLIEST, p.name)))


def believable(window: Window | None, fetched_at: datetime) -> Window | None:
    """The window, if a post that is shown now can be of that time."""
    return window if window is not None and EARLIEST <= window.start < fetched_at else None


def ends_whole(body: bytes) -> bool:
    """True for a web page that has its end."""
    return _END.search(body[-_TAIL:]) is not None
