"""The whole table: `make bench`, or one part of it: `python -m benchmarks.table PART …`.

`DATA=FOLDER` takes real archives from a folder instead of made-up ones, where a part can. `TURNS=N`
says how often ours and theirs take turns.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import batch, feeds, mbox_import, pipermail, scoring, starting, storing, weekly
from benchmarks.measuring import HEAD, TURNS, Row, print_rows

PARTS: dict[str, Callable[[], list[Row]]] = {
    "mbox": mbox_import.rows,
    "pipermail": pipermail.rows,
    "feeds": feeds.rows,
    "batch": batch.rows,
    "storing": storing.rows,
    "scoring": scoring.rows,
    "weekly": weekly.rows,
    "starting": starting.rows,
}


def main(wanted: list[str]) -> None:
    """Prints the table."""
    unknown = set(wanted) - set(PARTS)
    if unknown:
        raise SystemExit(
            f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}"
        )
    load = Path("/proc/loadavg").read_text(encoding="utf-8").split()[0]
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load} at the start,"
        f" {TURNS} turns each: the median, with its range\n"
    )
    print(HEAD, flush=True)
    for part in wanted or PARTS:
        print_rows(PARTS[part]())


if __name__ == "__main__":
    main(sys.argv[1:])
