"""The small rules behind the gate of `crawler.hosts`: whose address, which line, how much of it."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from protego import Protego
from scrapy import Request
from scrapy.exceptions import StopDownload

from crawler.base import Tally
from crawler.formats.addresses import urlsplit
from domain.errors import Refused
from domain.outcome import Outcome

# Source: RFC 9309, 2.5: a crawler must parse at least 500 KiB and may stop there.
ROBOTS_BYTES = 500 * 1024
# What a request carries: that it asks for robots.txt (and how much came), its place in the line.
ROBOTS, LINE = "rollcall_robots", "rollcall_line"


def cut_robots(body: bytes) -> str:
    """As much of a robots.txt as is read, cut between two lines: half a rule is another rule."""
    if len(body) > ROBOTS_BYTES:
        body = body[:ROBOTS_BYTES].rpartition(b"\n")[0]
    return body.decode("utf-8-sig", "replace")


def leave_line(request: Request) -> None:
    """Nothing; the host is free for the next request."""
    line: asyncio.Lock | None = request.meta.pop(LINE, None)
    if line is not None:
        line.release()


def stop_long_robots(data: bytes, request: Request) -> None:
    """Nothing; a robots.txt that has no end is read as far as a crawler must.

    Raises: StopDownload.
    """
    sizes: list[int] | None = request.meta.get(ROBOTS)
    if sizes is None:
        return
    sizes.append(len(data))
    if sum(sizes) > ROBOTS_BYTES:
        raise StopDownload(fail=False)


def host_of(url: str) -> str:
    """The host key of an address: the lower-case name without port."""
    return (urlsplit(url).hostname or "").lower()


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as robots.txt is kept for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def has_robots(url: str) -> bool:
    """True for addresses of the web; a news server has no robots.txt (RFC 9309, 2.3)."""
    return urlsplit(url).scheme in ("http", "https")


def private_address(url: str, host: str) -> Refused:
    """The refusal of an address inside a private network."""
    return Refused(
        Outcome.REFUSED,
        f"{host} is a loopback or private address",
        where=url,
        to_do="set allow_private = true (or ROLLCALL_ALLOW_PRIVATE=1) if you mean it",
    )


def count_request(request: Request) -> None:
    """Nothing; the visit's tally has one more request."""
    tally: Tally | None = request.meta.get("rollcall_tally")
    if tally is None:
        return
    if ROBOTS in request.meta:
        tally.robots_requests += 1
    else:
        tally.requests += 1


def count_answer(request: Request, status: int) -> None:
    """Nothing; the answer is counted by its status with its visit, that of a robots.txt is not."""
    tally: Tally | None = request.meta.get("rollcall_tally")
    if tally is not None and ROBOTS not in request.meta:
        tally.codes[status] += 1


@lru_cache(maxsize=1024)
def read_rules(body: str) -> Protego:
    """The rules of a robots.txt."""
    return Protego.parse(body)
