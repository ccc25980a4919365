"""A mailbox file read and stored, beside perceval, which reads it.

`python -m benchmarks.mbox_import`.
Processor seconds without the start of the process; peak memory with it. Every 20th message is
stored twice, and one in 500 has an empty id. Memory is given for reading alone as well, because
the libraries of the store weigh more than all that the work needs.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.corpora import NOW, stored_twice, write_mailbox
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

SIZES = tuple(int(size) for size in os.environ.get("MESSAGES", "10000,200000").split(","))
TIMES_AS_FAST = 10
MEMORY_SHARE = {10_000: 1 / 3, 200_000: 1 / 5}


def rows() -> list[Row]:
    """A line for the rate and a line for the memory, each for both sizes."""
    found = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "mail" / "list.mbox"
            path.parent.mkdir()
            write_mailbox(path, size)
            imported, read, floor, theirs = take_turns(
                lambda path=path: run_ours("mbox_import", "import", path),
                lambda path=path: run_ours("mbox_import", "read", path),
                lambda path=path: run_ours("floors", path),
                lambda path=path: run_peer("perceval", "perceval_read.py", "mbox", path.parent),
                turns=TURNS if size <= 10_000 else 1,
            )
        found.append(_rate(size, imported, floor, theirs))
        found.append(_memory(size, imported, read, theirs))
    return found


def _rate(size: int, ours: list[Cost], floor: list[Cost], theirs: list[Cost]) -> Row:
    stored = size + stored_twice(size)
    ratio = middle(theirs, _own) / middle(ours, _own)
    lost = size - ours[0].said["distinct"]
    lost_there = size - theirs[0].said["distinct"]
    return Row(
        work=f"mbox import, {size:,} messages",
        ours=f"{number(stored / middle(ours, _own))} a CPU second, {spread(ours, _own)} s,"
        f" stored; {lost:.0f} lost; the floor: {spread(floor, _own)} s,"
        f" ours is {middle(ours, _own) / middle(floor, _own):.1f} ×",
        peer=f"{peer_name('perceval')}: {number(stored / middle(theirs, _own))} a CPU second,"
        f" {spread(theirs, _own)} s; {lost_there:.0f} lost",
        ratio=f"{ratio:.1f} ×",
        target=f"≥ {TIMES_AS_FAST} ×, 0 lost",
        met=ratio >= TIMES_AS_FAST and lost == 0,
    )


def _memory(size: int, stored: list[Cost], read: list[Cost], theirs: list[Cost]) -> Row:
    peak, reading, other = (middle(c, lambda cost: cost.peak) for c in (stored, read, theirs))
    share = MEMORY_SHARE.get(size, 1 / 3)
    return Row(
        work=f"… its peak memory, {size:,} messages",
        ours=f"{peak:.0f} MiB; reading alone {reading:.0f} MiB",
        peer=f"{other:.0f} MiB",
        ratio=f"{peak / other:.2f}; reading alone {reading / other:.2f}",
        target=f"≤ {share:.2f}",
        met=peak <= share * other,
    )


def _own(cost: Cost) -> float:
    """Units: processor seconds of the work itself."""
    return cost.said["cpu"]


def read(path: Path) -> dict[str, float]:
    """Reads the file and forgets it."""
    from crawler.formats.mbox import read_mbox

    began = time.process_time()
    with path.open("rb") as stream:
        found = sum(1 for _ in read_mbox(stream, where="bench", fetched_at=NOW))
    return {"read": found, "cpu": time.process_time() - began}


def store(path: Path) -> dict[str, float]:
    """Imports the file into a new database, as `rollcall import mbox` does."""
    from domain.records import Platform
    from jobs.importing import import_mbox
    from store.engine import migrate, open_database, writing
    from store.sources import add_community, add_source

    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/rollcall.db")
        migrate(engine)
        with writing(engine) as session:
            home = add_community(session, slug="list", name="List", now=NOW)
            add_source(
                session,
                community_id=home.id,
                name="list",
                url="https://lists.example.org/",
                platform=Platform.MBOX,
                now=NOW,
            )
        began = time.process_time()
        done = import_mbox(engine, path, "list", lambda: datetime.now(UTC))
        spent = time.process_time() - began
        engine.dispose()
    return {"read": done.posts_read, "distinct": done.posts_total, "cpu": spent}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        works = {"read": read, "import": store}
        print(json.dumps(works[sys.argv[1]](Path(sys.argv[2]))))
    else:
        show(rows())
