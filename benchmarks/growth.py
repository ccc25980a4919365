"""How time and memory grow with the work: `python -m benchmarks.growth` writes `docs/growth.svg`.

Posts stored, sources visited in a simulated batch (their plans and reports, without network) and
communities scored and reported. Each step is run at several sizes in a process of its own; the
exponent is the slope of a line through the logarithms of the processor seconds, without start.
The largest sizes, which take hours, only with `FULL=1`.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from benchmarks.corpora import NOW
from benchmarks.measuring import TREE, number, run_ours

SIZES = {
    "posts": (10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000),
    "sources": (100, 300, 1_000, 3_000, 10_000, 100_000),
    "scores": (100, 300, 1_000, 3_000, 10_000, 100_000),
    "report": (100, 300, 1_000, 3_000, 10_000, 100_000),
}
SAID = {
    "posts": "posts stored",
    "sources": "sources planned and reported",
    "scores": "communities scored",
    "report": "communities reported",
}
LARGEST = {"posts": 100_000, "sources": 1_000, "scores": 1_000, "report": 1_000}
YEARS = timedelta(days=20 * 365)
# So many visits end at about the same moment in a large batch.
BUNDLE = 20
WIDTH, HEIGHT, LEFT, TOP = 640, 360, 60, 20
COLOURS = ("#1b6ca8", "#b5541c", "#3f7d20", "#7b3f98")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One size of one step. Units: processor seconds; peak in MiB."""

    size: int
    seconds: float
    peak: float


def main() -> None:
    """Prints the table and writes the plot."""
    found = {}
    print("| step | sizes | CPU seconds | peak MiB | exponent of time |\n|---|---|---|---|---|")
    for step, sizes in SIZES.items():
        small = [size for size in sizes if size <= LARGEST[step] or os.environ.get("FULL")]
        points = [measure(step, size) for size in small]
        found[step] = points
        cells = (
            SAID[step],
            ", ".join(f"{point.size:,}" for point in points),
            ", ".join(number(point.seconds) for point in points),
            ", ".join(f"{point.peak:.0f}" for point in points),
            f"{fit_exponent(points):.2f}",
        )
        print("| " + " | ".join(cells) + " |", flush=True)
    (TREE / "docs" / "growth.svg").write_text(plot(found), encoding="utf-8")


def measure(step: str, size: int) -> Point:
    """One point."""
    cost = run_ours("growth", step, str(size))
    return Point(size=size, seconds=cost.said["seconds"], peak=cost.said.get("peak", cost.peak))


def fit_exponent(points: list[Point]) -> float:
    """The slope of the least squares through the logarithms."""
    xs = [math.log(point.size) for point in points]
    ys = [math.log(max(point.seconds, 1e-4)) for point in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((one - x) ** 2 for one in xs)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread


def plot(found: dict[str, list[Point]]) -> str:
    """Seconds against sizes, both by powers of ten."""
    wide, high = WIDTH - LEFT - 20, HEIGHT - TOP - 40

    def place(point: Point) -> str:
        x = LEFT + wide * (math.log10(point.size) - 2) / 5
        y = TOP + high * (1 - (math.log10(max(point.seconds, 1e-3)) + 3) / 6)
        return f"{x:.1f},{y:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        "<style>text { font: 12px sans-serif }</style>",
        "<title>Processor seconds against size, both by powers of ten</title>",
    ]
    for power in range(2, 8):
        x = LEFT + wide * (power - 2) / 5
        parts.append(f'<path d="M{x:.1f} {TOP}v{high}" stroke="#ddd"/>')
        parts.append(f'<text x="{x - 8:.1f}" y="{HEIGHT - 22}">10^{power}</text>')
    for power in range(-3, 4):
        y = TOP + high * (1 - (power + 3) / 6)
        parts.append(f'<path d="M{LEFT} {y:.1f}h{wide}" stroke="#ddd"/>')
        parts.append(f'<text x="8" y="{y + 4:.1f}">10^{power} s</text>')
    for (step, points), colour in zip(found.items(), COLOURS, strict=False):
        line = " ".join(map(place, points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        said = f"{SAID[step]} (exponent {fit_exponent(points):.2f})"
        row = TOP + 16 + 16 * list(found).index(step)
        parts.append(f'<text x="{LEFT + 8}" y="{row}" fill="{colour}">{said}</text>')
    return "\n".join([*parts, "</svg>", ""])


def store_posts(size: int) -> dict[str, float]:
    """Pages of a thousand posts, by the same way as a crawl's, in one source."""
    from benchmarks import storing

    portion = min(size, 10_000)
    spent = 0.0
    for engine in storing.open_sqlite():
        for number_of in range(size // portion):
            until = NOW - YEARS * (1 - (number_of + 1) * portion / size)
            posts = storing.make_posts(portion, seed=number_of, until=until, gap=YEARS / size)
            began = time.process_time()
            for first in range(0, portion, storing.PAGE):
                storing.store_page(engine, posts[first : first + storing.PAGE])
            spent += time.process_time() - began
    return {"seconds": spent}


def visit_sources(size: int) -> dict[str, float]:
    """What is done in the store before and after a quiet visit, for as many sources."""
    from benchmarks.crawling import make_folder
    from config import load
    from crawler.order import Lull, VisitEnded
    from domain.outcome import Outcome
    from domain.records import CrawlReport, Platform
    from jobs.crawling import Batch, CrawlListener, _claim
    from store.engine import open_database

    with tempfile.TemporaryDirectory() as place:
        urls = ((f"https://list{number}.example.org/", Platform.FEED) for number in range(size))
        folder = make_folder(Path(place) / "data", urls)
        settings = load(folder, {}, flags={})
        engine = open_database(settings.database_url, keep_open=True)
        began = time.process_time()
        sources, known, plans = _claim(engine, settings, NOW, only=(), force=True)
        batch = Batch(
            engine=engine, settings=settings, clock=lambda: NOW, listener=CrawlListener(), owner="x"
        )
        batch.open, batch.known = {source.id: source for source in sources}, known
        for plan in plans:
            report = CrawlReport(
                source_id=plan.source_id, started_at=NOW, finished_at=NOW, outcome=Outcome.UNCHANGED
            )
            batch.take(VisitEnded(report=report))
            if len(batch.ended) == BUNDLE:
                batch.take(Lull())
        batch.finish()
        spent = time.process_time() - began
        engine.dispose()
    return {"seconds": spent}


def score_communities(size: int) -> dict[str, float]:
    """Ten years of history each."""
    from benchmarks.scoring import score

    return {"seconds": score(size)["seconds"]}


def report_communities(size: int) -> dict[str, float]:
    """The weekly report, built and rendered."""
    with tempfile.TemporaryDirectory() as place:
        run_ours("weekly", "fill", place, str(size))
        cost = run_ours("weekly", "report", place)
    return {"seconds": sum(cost.said.values()), "peak": cost.peak}


STEPS: dict[str, Callable[[int], dict[str, float]]] = {
    "posts": store_posts,
    "sources": visit_sources,
    "scores": score_communities,
    "report": report_communities,
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(STEPS[sys.argv[1]](int(sys.argv[2]))))
    else:
        main()
