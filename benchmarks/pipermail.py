"""A Pipermail archive read whole and then visited again, beside perceval.

`python -m benchmarks.pipermail [ARCHIVE]`: a folder with `index.html` and the packed months; else
`DATA/pipermail/twisted-python` where `DATA` is set, else a made-up archive whose months hold every
message twice, as rebuilt archives do. Processor seconds with the start of every process.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.corpora import write_archive
from benchmarks.crawling import count_stored, crawl, make_folder
from benchmarks.measuring import Cost, Row, middle, number, run, run_ours, show, spread, take_turns
from benchmarks.peers import peer_name, run_peer
from benchmarks.serving import Counted, folder_content, serve
from domain.records import Platform

MONTHS, A_MONTH = 120, 100
BATCH = 100
FIRST, IDLE, IN_A_BATCH = 1 / 8, 1 / 20, 1 / 100
HOST = "127.0.0.1"


def rows(archive: Path | None = None) -> list[Row]:
    """First crawl, idle visit, idle visits of many sources in one batch."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        given = archive or find_data()
        source = given or work / "archive"
        expected = None if given else write_archive(source, MONTHS, A_MONTH)
        with serve(folder_content(source)) as server:
            return measure(work, server, source, expected)


def find_data() -> Path | None:
    """The real archive under `DATA`, if it is set."""
    data = os.environ.get("DATA")
    return Path(data) / "pipermail" / "twisted-python" if data else None


def measure(work: Path, server: Counted, source: Path, expected: int | None) -> list[Row]:
    """The lines for one archive."""
    turn = iter(range(1000))
    folders: list[Path] = []
    url = f"http://{HOST}:{server.port}/"
    asked: dict[str, dict[str, int]] = {}

    def first() -> Cost:
        folders.append(make_folder(work / f"ours{next(turn)}", [(url, Platform.PIPERMAIL)]))
        cost = crawl(folders[-1])
        asked["first"] = server.take()
        return cost

    def idle() -> Cost:
        cost = crawl(folders[-1])
        asked["idle"] = server.take()
        return cost

    def theirs() -> Cost:
        folders.append(work / f"theirs{next(turn)}")
        cost = run_peer("perceval", "perceval_read.py", "pipermail", url, folders.pop())
        asked["theirs"] = server.take()
        return cost

    def theirs_idle() -> Cost:
        since = (datetime.now(UTC) - timedelta(days=1)).replace(tzinfo=None)
        last = work / f"theirs{next(turn) - 1}"
        cost = run_peer("perceval", "perceval_read.py", "pipermail", url, last, since.isoformat())
        asked["theirs idle"] = server.take()
        return cost

    ours, our_idle, peer, peer_idle = take_turns(first, idle, theirs, theirs_idle)
    many = batch(work, url, server, asked)
    stored = count_stored(folders[-1])
    wanted = expected if expected is not None else int(peer[0].said["distinct"])
    months = sorted(source.glob("*.txt.gz")) or sorted(source.glob("*.txt"))
    floor = run_ours("floors", *months)
    start = run([sys.executable, "-c", "import scrapy.crawler, sqlalchemy.orm"])
    return [
        _first(ours, peer, (stored, wanted), start, floor=floor),
        _idle(our_idle, peer_idle, asked, start),
        _in_a_batch(many, peer_idle, asked),
    ]


def batch(work: Path, url: str, server: Counted, asked: dict[str, dict[str, int]]) -> list[Cost]:
    """Idle visits to as many sources as `BATCH`, each on a host of its own."""
    hosts = [url.replace(HOST, f"127.3.0.{number + 1}") for number in range(BATCH)]
    small = Path(tempfile.mkdtemp(dir=work)) / "archive"
    write_archive(small, 2, 20)
    with serve(folder_content(small)) as own:
        places = [
            (host.replace(f":{server.port}", f":{own.port}"), Platform.PIPERMAIL) for host in hosts
        ]
        folder = make_folder(work / "batch", places)
        crawl(folder)
        own.take()
        (costs,) = take_turns(lambda: crawl(folder))
        asked["batch"] = own.take()
    return costs


def _first(
    ours: list[Cost], peer: list[Cost], posts: tuple[int, int], start: Cost, *, floor: Cost
) -> Row:
    limit = middle(peer) * FIRST + start.cpu
    stored, wanted = posts
    return Row(
        work=f"Pipermail first crawl, {peer[0].said['read']:,.0f} stored messages",
        ours=f"{spread(ours)} CPU s; {stored:,} distinct posts of {wanted:,}; the floor, with the"
        f" imports: {number(floor.cpu + start.cpu)} s, ours is"
        f" {middle(ours) / (floor.cpu + start.cpu):.1f} ×",
        peer=f"{peer_name('perceval')}: {spread(peer)} CPU s",
        ratio=f"{middle(ours) / middle(peer):.3f}",
        target=f"≤ 1/8 and process start ({number(limit)} s), the distinct posts",
        met=middle(ours) <= limit and stored >= wanted,
    )


def _idle(ours: list[Cost], peer: list[Cost], asked: dict[str, dict[str, int]], start: Cost) -> Row:
    mine, their = asked["idle"], asked["theirs idle"]
    share = middle(ours) / middle(peer)
    return Row(
        work="Pipermail idle visit",
        ours=f"{spread(ours)} CPU s; {mine['requests']} request, {mine['unchanged']} answered 304,"
        f" {mine['sent']:,} bytes; the imports alone: {number(start.cpu)} s, ours is"
        f" {middle(ours) / start.cpu:.1f} ×",
        peer=f"{spread(peer)} CPU s; {their['requests']} requests, {their['sent']:,} bytes",
        ratio=f"{share:.3f}",
        target=f"1 request, 304, ≤ {IDLE:.3f} with process start",
        met=share <= IDLE and mine["requests"] == 1 == mine["unchanged"],
    )


def _in_a_batch(ours: list[Cost], peer: list[Cost], asked: dict[str, dict[str, int]]) -> Row:
    share = middle(ours) / BATCH / middle(peer)
    mine = asked["batch"]
    return Row(
        work=f"… per source in a batch of {BATCH}",
        ours=f"{middle(ours) / BATCH * 1000:.1f} CPU ms; "
        f"{mine['unchanged'] / len(ours) / BATCH:.2f} answers 304",
        peer=f"{spread(peer)} CPU s",
        ratio=f"{share:.4f}",
        target=f"≤ {IN_A_BATCH:.2f}",
        met=share <= IN_A_BATCH,
    )


if __name__ == "__main__":
    show(rows(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
