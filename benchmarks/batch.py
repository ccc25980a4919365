"""Many sources visited in one batch, each answering 304, beside bare Scrapy on the same hosts.

`python -m benchmarks.batch`. Every source is on a host of its own, one request in flight at each.
Bare Scrapy only asks; a visit of ours also keeps the host's lease and delay in the store, saves
what was seen, its report and when the source is next due, each so that a kill loses nothing. Rates
are visits for each processor second of all processes, without their start (that of a batch of
none). The floor is what the transactions of one visit alone cost, in plain SQL.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks.crawling import crawl, make_folder
from benchmarks.feed_corpus import build_feed
from benchmarks.feeds import host_of
from benchmarks.measuring import Cost, Row, middle, number, show, spread, take_turns
from benchmarks.peers import peer_name, run_peer
from benchmarks.serving import Counted, serve, tag_of
from domain.records import Platform

USUAL = "1000,10000" if os.environ.get("FULL") else "1000"
SIZES = tuple(int(size) for size in os.environ.get("SOURCES", USUAL).split(","))
SHARE = 0.8
PEAKS = {1_000: 130, 10_000: 200}
TRANSACTIONS = 6
"""Writing ones of a quiet visit: claim and turn of the host, page, report, return of both."""


def rows() -> list[Row]:
    """A line for the rate and one for the memory, for each size."""
    found: list[Row] = []
    body = build_feed(0).body
    for size in SIZES:
        with tempfile.TemporaryDirectory() as place, serve(lambda host, path: body) as server:
            found += compare(Path(place), server, size, tag_of(body).decode())
    return found


def compare(work: Path, server: Counted, size: int, tag: str) -> list[Row]:
    """Both lines for one size."""
    urls = [f"http://{host_of(number)}:{server.port}/feed.xml" for number in range(size)]
    listed = work / "urls.txt"
    listed.write_text("".join(f"{url} {tag}\n" for url in urls), encoding="utf-8")
    nobody = work / "none.txt"
    nobody.write_text("", encoding="utf-8")
    folder = make_folder(work / "data", [(url, Platform.FEED) for url in urls])
    one = make_folder(work / "one", [(urls[0], Platform.FEED)])
    crawl(folder)
    crawl(one)
    server.take()
    answers: list[dict[str, int]] = []

    def ours() -> Cost:
        cost = crawl(folder)
        answers.append(server.take())
        return cost

    mine, theirs, start, their_start = take_turns(
        ours,
        lambda: run_peer("scrapy", "scrapy_batch.py", listed),
        lambda: crawl(one),
        lambda: run_peer("scrapy", "scrapy_batch.py", nobody),
    )
    rates = [
        size / max(middle(costs) - middle(idle), 0.01)
        for costs, idle in ((mine, start), (theirs, their_start))
    ]
    floor = measure_floor(work, size)
    share = rates[0] / rates[1]
    peak = middle(mine, lambda cost: cost.peak)
    peer = middle(theirs, lambda cost: cost.peak)
    unchanged = answers[0]["unchanged"]
    return [
        Row(
            work=f"batch crawl, {size:,} answers 304",
            ours=f"{number(rates[0])} visits a CPU second, {spread(mine)} CPU s;"
            f" {unchanged:,} × 304; the transactions alone: {number(floor)} visits a CPU second",
            peer=f"bare {peer_name('scrapy')}: {number(rates[1])} requests a CPU second,"
            f" {spread(theirs)} CPU s; {theirs[0].said['unchanged']:,.0f} × 304",
            ratio=f"{share:.2f}",
            target=f"≥ {SHARE:.2f}",
            met=share >= SHARE and unchanged == size,
        ),
        Row(
            work=f"… its peak memory, {size:,} sources",
            ours=f"{peak:.0f} MiB",
            peer=f"{peer:.0f} MiB",
            ratio=f"{peak / peer:.2f}",
            target=f"≤ {PEAKS[size]} MiB" if size in PEAKS else "–",
            met=peak <= PEAKS[size] if size in PEAKS else None,
        ),
    ]


def measure_floor(work: Path, size: int) -> float:
    """Visits a processor second if only their transactions were made, by sqlite3 alone."""
    connection = sqlite3.connect(work / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, kind INTEGER, said TEXT)")
    began = time.process_time()
    for _ in range(size):
        for kind in range(TRANSACTIONS):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO visits (kind, said) VALUES (?, ?)", (kind, "unchanged"))
            connection.execute("COMMIT")
    spent = time.process_time() - began
    connection.close()
    return size / spent


if __name__ == "__main__":
    show(rows())
