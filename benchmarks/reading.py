"""How fast we read, against a named peer in the same run: `make bench` prints a table.

Ratios compare two readers of the same made-up documents on the same machine, best of several runs.
The mailbox row reads the same fields both ways; feedparser reads more of a feed than we ask of it.
"""

from __future__ import annotations

import io
import mailbox
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from email.utils import format_datetime, parseaddr, parsedate_to_datetime
from pathlib import Path

import feedparser

from crawler.formats.feed import read_feed
from crawler.formats.mbox import read_mbox

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MESSAGES = 20_000
ITEMS = 50
FEEDS = 40
RUNS = 3
BODY = "Thank you all. We have seen the same in two districts since the rains began.\n" * 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison. Units: seconds, the best of `RUNS` runs."""

    what: str
    ours: float
    peer: str
    theirs: float


def main() -> None:
    """Prints the table."""
    print(f"Python {platform.python_version()}, best of {RUNS} runs, {NOW:%Y}-made documents\n")
    print("| what | ours | peer | theirs | ours is |")
    print("|---|---|---|---|---|")
    for row in (compare_mailboxes(), compare_feeds()):
        ratio = f"{row.theirs / row.ours:.1f} times as fast"
        print(f"| {row.what} | {row.ours:.2f} s | {row.peer} | {row.theirs:.2f} s | {ratio} |")


def compare_mailboxes() -> Row:
    """Heads of a mailbox: ids, dates, threads and authors, against the standard library's."""
    content = build_mailbox()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.mbox"
        path.write_bytes(content)

        def ours() -> int:
            return sum(1 for _ in read_mbox(io.BytesIO(content), where="bench", fetched_at=NOW))

        def theirs() -> int:
            return sum(1 for mail in mailbox.mbox(path) if read_by_library(mail))

        return Row(
            what=f"mbox, {MESSAGES:,} messages, {len(content) / 1e6:.0f} MB",
            ours=best(ours, MESSAGES),
            peer="mailbox.mbox and email.utils, the same fields",
            theirs=best(theirs, MESSAGES),
        )


def read_by_library(mail: Message) -> tuple[object, ...]:
    """The fields that we read, by the standard library alone."""
    return (
        mail["Message-ID"],
        parsedate_to_datetime(mail["Date"]),
        parseaddr(mail["From"]),
        str(make_header(decode_header(mail["Subject"]))),
        (mail["References"] or mail["In-Reply-To"] or "").split(),
    )


def compare_feeds() -> Row:
    """Items of an Atom feed with their dates, against feedparser alone."""
    content = build_feed()
    url = "https://example.org/feed"

    def ours() -> int:
        return sum(len(read_feed(content, url, NOW).posts) for _ in range(FEEDS))

    def theirs() -> int:
        return sum(len(feedparser.parse(io.BytesIO(content)).entries) for _ in range(FEEDS))

    return Row(
        what=f"Atom, {FEEDS} feeds of {ITEMS} items",
        ours=best(ours, FEEDS * ITEMS),
        peer="feedparser.parse",
        theirs=best(theirs, FEEDS * ITEMS),
    )


def best(work: Callable[[], int], expected: int) -> float:
    """Seconds of the fastest run. Raises ValueError where a run did not read everything."""
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - began)
        if found != expected:
            raise ValueError(f"{found} read, {expected} expected")
    return min(seconds)


def build_mailbox() -> bytes:
    """A made-up list of ordinary messages, one an hour."""
    parts = []
    for number in range(MESSAGES):
        at = NOW - timedelta(hours=MESSAGES - number)
        reply = f"In-Reply-To: <{number - 1}@mail.example.org>\n" if number % 3 else ""
        parts.append(
            f"From amina at example.org  {at:%a %b %d %H:%M:%S %Y}\n"
            f"From: amina at example.org (Amina Test)\nDate: {format_datetime(at)}\n"
            f"Subject: Note {number}\n{reply}Message-ID: <{number}@mail.example.org>\n\n{BODY}\n"
        )
    return "".join(parts).encode()


def build_feed() -> bytes:
    """A made-up Atom feed, newest first."""
    entries = "".join(
        f"<entry><id>tag:example.org,2026:{n}</id><title>Note {n}</title>"
        f"<updated>{NOW - timedelta(hours=n + 1):%Y-%m-%dT%H:%M:%SZ}</updated>"
        f"<author><name>Amina Test</name></author><content>{BODY[:300]}</content></entry>"
        for n in range(ITEMS)
    )
    head = '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{head}<title>Notes</title><id>tag:example.org,2026:f</id>{entries}</feed>".encode()


if __name__ == "__main__":
    main()
