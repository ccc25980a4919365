"""How fast ten thousand communities with ten years of history each are scored, on one core.

`python -m benchmarks.scoring [COMMUNITIES]`. The histories are made up, from a fixed seed, one at
a time; making them is not timed. Memory is the peak of the whole process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Row, number, run_ours, show
from scoring.predict import predict

COMMUNITIES = 10_000
YEARS = 10
DAY = 86_400
SECONDS, FLAT = 10, 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A made-up history, everything before `cutoff`."""

    community_id: str
    cutoff: int
    ts: NDArray[np.int64]
    author: NDArray[np.int64]
    thread: NDArray[np.int64]


def make_history(number: int) -> Made:
    """One community: 200 to 5,300 posts in bursts; every fourth one has fallen silent."""
    rng = np.random.default_rng(number)
    posts = int(rng.integers(200, 5_340))
    ends = YEARS * 365 * DAY if number % 4 else int(rng.integers(4, YEARS)) * 365 * DAY
    gaps = rng.gamma(0.4, size=posts)
    ts = (np.cumsum(gaps) / gaps.sum() * ends).astype(np.int64)
    return Made(
        community_id=str(number),
        cutoff=YEARS * 365 * DAY + 1,
        ts=ts,
        author=rng.zipf(1.6, size=posts).clip(max=300).astype(np.int64),
        thread=np.sort(rng.integers(0, posts // 4, size=posts)),
    )


def rows(communities: int = COMMUNITIES) -> list[Row]:
    """One line."""
    cost = run_ours("scoring", "score", str(communities))
    said = cost.said
    return [
        Row(
            work=f"scoring, {communities:,} communities × {YEARS} years",
            ours=f"{number(said['seconds'])} CPU s, {said['posts'] / 1e6:.1f} million posts; peak"
            f" {said['early']:.0f} MiB after a tenth, {said['late']:.0f} MiB after all",
            peer="–",
            ratio="–",
            target=f"≤ {SECONDS} s, flat memory",
            met=said["seconds"] <= SECONDS and said["late"] < FLAT * said["early"],
        )
    ]


def score(communities: int) -> dict[str, float]:
    """Seconds of one core for all scores, and the peak memory after a tenth and after all."""
    seconds, posts, peaks = 0.0, 0, []
    for number_of in range(communities):
        history = make_history(number_of)
        posts += len(history.ts)
        started = time.process_time()
        predict(history)
        seconds += time.process_time() - started
        if number_of + 1 in {communities // 10, communities}:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {"seconds": seconds, "posts": posts, "early": peaks[0], "late": peaks[-1]}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["score", count]:
            print(json.dumps(score(int(count))))
        case [count]:
            show(rows(int(count)))
        case _:
            show(rows())
