"""A thousand feeds: parsed, and visited again when nothing is new. `python -m benchmarks.feeds`.

Parsing is compared with feedparser on the same bytes, in processor seconds without the start of
the processes, and each date with the one that was meant. The idle visits are compared with
perceval's, which asks for every feed anew; processor seconds with the start of every process.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.corpora import NOW
from benchmarks.crawling import crawl, make_folder
from benchmarks.feed_corpus import MadeFeed, build_feed, is_right
from benchmarks.measuring import (
    TURNS,
    Cost,
    Row,
    middle,
    number,
    run_ours,
    show,
    spread,
    take_turns,
)
from benchmarks.peers import peer_name, run_peer
from benchmarks.serving import serve
from domain.records import Platform

FEEDS = int(os.environ.get("FEEDS", "1000"))
# The peers need minutes for each turn.
FEED_TURNS = min(TURNS, 2)
TIMES_AS_FAST = 20
IDLE_SHARE, IDLE_BYTES = 1 / 20, 500


def rows() -> list[Row]:
    """A line for parsing and one for idle visits."""
    made = [build_feed(number) for number in range(FEEDS)]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for number, feed in enumerate(made):
            (folder / f"{number:05}.xml").write_bytes(feed.body)
        return [parsing(folder, made), idle(folder, made)]


def parsing(folder: Path, made: list[MadeFeed]) -> Row:
    """Whole documents to items with dates."""
    ours, theirs = take_turns(
        lambda: run_ours("feeds", "parse", folder),
        lambda: run_peer("feedparser", "feeds_read.py", "parse", folder),
        turns=FEED_TURNS,
    )
    rates = [len(made) / middle(cost, lambda c: c.said["cpu"]) for cost in (ours, theirs)]
    items = sum(len(feed.dates) for feed in made)
    wrong = [count_wrong(made, folder / name) for name in ("ours.json", "dates.json")]
    size = sum(len(feed.body) for feed in made) / len(made) / 1000
    missing = items - int(ours[0].said["read"])
    return Row(
        work=f"{len(made):,} feeds of {size:.0f} kB, parsing",
        ours=f"{number(rates[0])} a CPU second, {spread(ours, lambda c: c.said['cpu'])} s;"
        f" {missing} items missing, {wrong[0]} of {items:,} dates wrong",
        peer=f"{peer_name('feedparser')}: {number(rates[1])} a CPU second,"
        f" {spread(theirs, lambda c: c.said['cpu'])} s; {wrong[1]} dates wrong",
        ratio=f"{rates[0] / rates[1]:.1f} ×",
        target=f"≥ {TIMES_AS_FAST} ×, counts right, 0 dates wrong",
        met=rates[0] >= TIMES_AS_FAST * rates[1] and not missing and not wrong[0],
    )


def count_wrong(made: list[MadeFeed], path: Path) -> int:
    """How many dates of a file of seconds are not those that were meant."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return sum(
        not is_right(meant, None if seconds is None else datetime.fromtimestamp(seconds, UTC))
        for feed, row in zip(made, rows, strict=True)
        for meant, seconds in zip(feed.dates, row, strict=True)
    )


def idle(folder: Path, made: list[MadeFeed]) -> Row:
    """A visit to each feed, on a host of its own, after nothing was written."""
    bodies = {host_of(number): feed.body for number, feed in enumerate(made)}
    with serve(lambda host, path: bodies.get(host)) as server:
        urls = [f"http://{host}:{server.port}/feed.xml" for host in bodies]
        listed = folder / "urls.txt"
        listed.write_text("\n".join(urls), encoding="utf-8")
        place = make_folder(folder / "data", [(url, Platform.FEED) for url in urls])
        crawl(place)
        server.take()
        asked: list[dict[str, int]] = []

        def ours() -> Cost:
            cost = crawl(place)
            asked.append(server.take())
            return cost

        def theirs() -> Cost:
            cost = run_peer("perceval", "feeds_read.py", "fetch", listed)
            asked.append(server.take())
            return cost

        mine, their = take_turns(ours, theirs, turns=FEED_TURNS)
    first, second = asked[-2:]
    share, sent = middle(mine) / middle(their), first["sent"] / len(made)
    return Row(
        work=f"{len(made):,} feeds, idle",
        ours=f"{spread(mine)} CPU s; {first['unchanged']:,} × 304, {sent:.0f} bytes each",
        peer=f"{peer_name('perceval')}: {spread(their)} CPU s; {second['sent'] / 1e6:.1f} MB read"
        f" again; {their[0].said['failed']:.0f} crashes",
        ratio=f"{share:.3f}",
        target=f"{len(made):,} × 304, ≤ {IDLE_BYTES} bytes each, ≤ {IDLE_SHARE:.2f}",
        met=share <= IDLE_SHARE and first["unchanged"] == len(made) and sent <= IDLE_BYTES,
    )


def host_of(number: int) -> str:
    """The made-up host of that number."""
    return f"127.4.{number // 250}.{number % 250 + 1}"


def parse(folder: Path) -> dict[str, float]:
    """Our reading of every feed in the folder; each item's date goes to `ours.json` there."""
    from crawler.formats.feed import read_feed

    bodies = [path.read_bytes() for path in sorted(folder.glob("*.xml"))]
    began = time.process_time()
    read = [read_feed(body, "https://example.org/feed", NOW) for body in bodies]
    spent = time.process_time() - began
    dates = [[post.at and post.at.timestamp() for post in feed.posts] for feed in read]
    (folder / "ours.json").write_text(json.dumps(dates), encoding="utf-8")
    return {"read": sum(map(len, dates)), "cpu": spent}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(parse(Path(sys.argv[2]))))
    else:
        show(rows())
