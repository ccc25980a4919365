"""The weekly report of a large directory, built and rendered: `python -m benchmarks.weekly [N]`.

Processor seconds of `build_report`, `render_html` and `render_text`, without the start of the
process; the peak memory with it. The communities are invented: two years of counts, coverage,
visits and assessments each.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measuring import Cost, Row, middle, run_ours, show, spread, take_turns

COMMUNITIES = 10_000
SECONDS, MIB = 5, 300


def rows(communities: int = COMMUNITIES) -> list[Row]:
    """One line."""
    with tempfile.TemporaryDirectory() as place:
        run_ours("weekly", "fill", place, str(communities))
        (costs,) = take_turns(lambda: run_ours("weekly", "report", place))
    spent, peak = middle(costs, _own), middle(costs, lambda cost: cost.peak)
    parts = ", ".join(
        f"{name} {middle(costs, lambda cost, name=name: cost.said[name]):.1f}"
        for name in ("build", "html", "text")
    )
    return [
        Row(
            work=f"weekly report, {communities:,} communities",
            ours=f"{spread(costs, _own)} CPU s ({parts}); {peak:.0f} MiB",
            peer="–",
            ratio="–",
            target=f"≤ {SECONDS} s built and rendered, ≤ {MIB} MiB",
            met=spent <= SECONDS and peak <= MIB,
        )
    ]


def _own(cost: Cost) -> float:
    return cost.said["build"] + cost.said["html"] + cost.said["text"]


def fill_folder(folder: Path, communities: int) -> None:
    """Nothing; a database of invented communities."""
    from benchmarks.directory import fill
    from store.engine import migrate, open_database

    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    migrate(engine)
    fill(engine, communities)
    engine.dispose()


def report(folder: Path) -> dict[str, float]:
    """What each step cost."""
    from benchmarks.directory import now
    from reports.render import render_html, render_text
    from reports.weekly import build_report
    from store.engine import open_database, reading

    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    moment = now()
    year, week, _ = moment.isocalendar()
    marks = [time.process_time()]
    with reading(engine) as session:
        built = build_report(session, week=f"{year}-W{week:02}", now=moment)
    marks.append(time.process_time())
    page = render_html(built)
    marks.append(time.process_time())
    letter = render_text(built)
    marks.append(time.process_time())
    engine.dispose()
    assert page, letter
    names = ("build", "html", "text")
    return {name: marks[at + 1] - marks[at] for at, name in enumerate(names)}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", place, count]:
            fill_folder(Path(place), int(count))
        case ["report", place]:
            print(json.dumps(report(Path(place))))
        case [count]:
            show(rows(int(count)))
        case _:
            show(rows())
