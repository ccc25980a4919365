"""The whole table: `make bench`, or some parts of it: `python -m benchmarks.table PART …`.

`DATA=FOLDER` takes real archives from a folder instead of made-up ones, where a part can. `TURNS=N`
says how often ours and theirs take turns. `FULL=1` adds the sizes that take long.

Each part is a process of its own: one that fails is told at the end, and the peak of what it
starts is not hidden by what the others have imported (a new process begins with its parent's).
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

from benchmarks.measuring import HEAD, TREE, TURNS, print_rows

PARTS = {
    "mbox": "mbox_import",
    "pipermail": "pipermail",
    "interfaces": "interfaces",
    "feeds": "feeds",
    "batch": "batch",
    "storing": "storing",
    "scoring": "scoring",
    "weekly": "weekly",
    "starting": "starting",
}
ONE = "--rows-of"


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
    began, failed = time.monotonic(), []
    for part in wanted or PARTS:
        command = [sys.executable, "-m", "benchmarks.table", ONE, part]
        if subprocess.run(command, cwd=TREE, check=False).returncode:
            failed.append(part)
            print(f"| {part} | not run | – | – | – | – |", flush=True)
    print(f"\n{(time.monotonic() - began) / 60:.0f} minutes in all")
    if failed:
        raise SystemExit(f"not run: {', '.join(failed)}")


if __name__ == "__main__":
    if sys.argv[1:2] == [ONE]:
        print_rows(import_module(f"benchmarks.{PARTS[sys.argv[2]]}").rows())
    else:
        main(sys.argv[1:])
