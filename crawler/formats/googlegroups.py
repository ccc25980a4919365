"""Google Groups: the addresses of a group, old and new, and the only two facts a page gives.

Source: Google's announcements of 2020 and 2021 that feeds end; two programs that read the data in
these pages (2021, 2025), in which the place of the time differs: it is found by its shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import unquote

from crawler.formats.addresses import urlsplit
from crawler.formats.dates import read_unix

HOST = "groups.google.com"
SIGN_IN = "accounts.google.com"
_NAME = r"(?P<name>[A-Za-z0-9][\w.+-]*)"
_DOMAIN = r"(?:/a/(?P<domain>[\w.-]+))?"
_ADDRESSES = (
    re.compile(rf"{_DOMAIN}/g/{_NAME}(?:/|$)"),
    re.compile(rf"{_DOMAIN}/forum/feed/{_NAME}(?:/|$)"),
    re.compile(rf"{_DOMAIN}/(?:d/)?forum/?#?!(?:forum|topic|aboutgroup)/{_NAME}(?:/|$)"),
    re.compile(rf"{_DOMAIN}/d/(?:forum|topic)/{_NAME}(?:/|$)"),
    re.compile(rf"{_DOMAIN}/group/{_NAME}(?:/|$)"),
)
_FEED = re.compile(r"/forum/feed/|/group/[^/]+/feed/")
_DATA = re.compile(r"AF_initDataCallback\(\{.*?\bdata:(?P<data>\[.*?\]),\s*sideChannel:", re.DOTALL)


def read_address(url: str) -> str | None:
    """The group's own address, from any address of a group, also of the old ones."""
    parts = urlsplit(url)
    if (parts.hostname or "").lower() != HOST:
        return None
    path = unquote(parts.path) + (f"#{unquote(parts.fragment)}" if parts.fragment else "")
    for form in _ADDRESSES:
        found = form.match(path)
        if found:
            domain = f"/a/{found['domain']}" if found["domain"] else ""
            return f"https://{HOST}{domain}/g/{found['name']}"
    return None


def is_dead_feed(url: str) -> bool:
    """True for the address of a feed: there is none since August 2021, whatever it answers."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower() == HOST and _FEED.search(parts.path) is not None


def has_group_data(body: bytes) -> bool:
    """True for a page that carries the data of a group."""
    return any(_iter_data(body))


def find_newest(body: bytes, fetched_at: datetime) -> datetime | None:
    """The newest time in the data of the page, which is that of its newest conversation."""
    times = (time for data in _iter_data(body) for time in _iter_times(data))
    return max((time for time in times if time <= fetched_at), default=None)


def _iter_data(body: bytes) -> Iterator[object]:
    for found in _DATA.finditer(body.decode("utf-8", "replace")):
        try:
            yield json.loads(found["data"])
        except (ValueError, RecursionError):
            continue


def _iter_times(data: object) -> Iterator[datetime]:
    """Every pair of seconds and nanoseconds; a list of one number is seconds alone."""
    if not isinstance(data, list):
        return
    numbers = [one for one in data if isinstance(one, int) and not isinstance(one, bool)]
    if 1 <= len(data) <= 2 and len(numbers) == len(data) and len(str(data[0])) == 10:
        time = read_unix(str(data[0]))
        if time is not None:
            yield time
        return
    for inner in data:
        yield from _iter_times(inner)
