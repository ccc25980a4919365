"""How soon the short commands answer: `python -m benchmarks.starting [COMMUNITIES]`.

Processor time with the start of the process, which is what a person waits for on an idle machine;
the fastest of several turns, with the wall time beside it. `status` is asked in a folder with
communities; its floor is the import of SQLAlchemy, without which no question can be asked.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.crawling import make_folder
from benchmarks.measuring import Cost, Row, middle, run, show
from domain.records import Platform

COMMUNITIES = 1_000
TURNS = 9
LIMITS = {"--help": 150, "status": 400}
FLOORS = {"--help": "import click", "status": "import sqlalchemy.orm"}


def rows(communities: int = COMMUNITIES) -> list[Row]:
    """A line for each command."""
    with tempfile.TemporaryDirectory() as place:
        urls = [f"http://127.5.0.1/{number}" for number in range(communities)]
        folder = make_folder(Path(place) / "data", [(url, Platform.FEED) for url in urls])
        return [measure(folder, command, limit) for command, limit in LIMITS.items()]


def measure(folder: Path, command: str, limit: int) -> Row:
    """One line. `status` says by its exit code 1 that a person is needed; that is no failure."""
    asked = (
        f"import sys, cli; sys.exit(cli.run_command(['--data', {str(folder)!r}, {command!r}]) > 1)"
    )
    costs = [run([sys.executable, "-c", asked]) for _ in range(TURNS)]
    spent, wall = (1000 * min(map(of, costs)) for of in (_cpu, _wall))
    floor = [run([sys.executable, "-c", FLOORS[command]]) for _ in range(TURNS)]
    return Row(
        work=f"`rollcall {command}`",
        ours=f"{spent:.0f} CPU ms (median {1000 * middle(costs):.0f}), {wall:.0f} ms of wall time",
        peer=f"the floor, `{FLOORS[command]}`: {1000 * min(map(_cpu, floor)):.0f} CPU ms",
        ratio=f"{spent / 1000 / min(map(_cpu, floor)):.1f} × the floor",
        target=f"≤ {limit} ms",
        met=spent <= limit,
    )


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _wall(cost: Cost) -> float:
    return cost.wall


if __name__ == "__main__":
    show(rows(int(sys.argv[1]) if len(sys.argv) > 1 else COMMUNITIES))
