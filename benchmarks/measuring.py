"""What a process cost, and the lines of the table: ours against a named peer in the same run.

Processor seconds, not wall time: the machine is shared. Ours and theirs take turns, so that what
else the machine does meets both; a ratio is that of the medians, with the range of the single
turns beside it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

TREE = Path(__file__).parent.parent
TURNS = int(os.environ.get("TURNS", "3"))
Facts = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One process with its children, from its start to its end.

    Units: `cpu` and `wall` in seconds, `peak` in MiB of the largest single process. `said` is the
    JSON object that it printed last.
    """

    cpu: float
    wall: float
    peak: float
    said: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `met` is `None` where there is no target."""

    work: str
    ours: str
    peer: str
    ratio: str
    target: str
    met: bool | None


def run(command: Sequence[str | Path], **environ: str) -> Cost:
    """What the command cost.

    Raises: SystemExit with what it wrote, where it failed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        child = subprocess.Popen(
            [str(word) for word in command],
            stdout=out,
            stderr=err,
            cwd=TREE,
            env={**os.environ, "PYTHONPATH": "", **environ},
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        err.seek(0)
        if child.returncode:
            words = " ".join(map(str, command))
            raise SystemExit(f"{words} ended with {child.returncode}:\n{err.read()[-2000:]}")
        lines = out.read().splitlines()
    said = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Cost(cpu=used.ru_utime + used.ru_stime, wall=wall, peak=used.ru_maxrss / 1024, said=said)


def run_ours(module: str, *words: str | Path, **environ: str) -> Cost:
    """What `python -m benchmarks.MODULE WORDS` cost."""
    return run([sys.executable, "-m", f"benchmarks.{module}", *words], **environ)


def take_turns(*works: Callable[[], Cost], turns: int = TURNS) -> list[list[Cost]]:
    """The costs of each work, in as many turns; they alternate."""
    costs: list[list[Cost]] = [[] for _ in works]
    for _ in range(turns):
        for work, row in zip(works, costs, strict=True):
            row.append(work())
    return costs


def middle(costs: Sequence[Cost], of: Callable[[Cost], float] = lambda cost: cost.cpu) -> float:
    """The median of one figure."""
    return median(map(of, costs))


def spread(costs: Sequence[Cost], of: Callable[[Cost], float] = lambda cost: cost.cpu) -> str:
    """The median of one figure with its range."""
    figures = sorted(map(of, costs))
    return f"{number(median(figures))} ({number(figures[0])}–{number(figures[-1])})"


def number(figure: float) -> str:
    """Three digits that count."""
    if figure >= 100:
        return f"{figure:,.0f}"
    return (
        f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}" if figure >= 0.1 else f"{figure:.3f}"
    )


def print_rows(rows: Sequence[Row]) -> None:
    """Nothing; the lines go to standard output as soon as they are known."""
    for row in rows:
        met = {True: "yes", False: "**no**", None: "–"}[row.met]
        cells = (row.work, row.ours, row.peer, row.ratio, row.target, met)
        print("| " + " | ".join(cells) + " |", flush=True)


HEAD = "| work | ours | peer | ratio | target | met |\n|---|---|---|---|---|---|"


def show(rows: Sequence[Row]) -> None:
    """Nothing; a table of these rows alone."""
    print(HEAD)
    print_rows(rows)
