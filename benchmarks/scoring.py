"""How fast ten thousand communities with ten years of history each are scored, on one core.

`python -m benchmarks.scoring [COMMUNITIES]`. The histories are made up, from a fixed seed, one at
a time; making them is not timed. Memory is the peak of the whole process.
"""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.predict import predict

COMMUNITIES = 10_000
YEARS = 10
DAY = 86_400


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


def main(communities: int) -> None:
    """Nothing; prints the time of all scores, and the peak memory after a tenth and after all."""
    seconds, posts, peaks = 0.0, 0, []
    for number in range(communities):
        history = make_history(number)
        posts += len(history.ts)
        started = time.process_time()
        predict(history)
        seconds += time.process_time() - started
        if number + 1 in {communities // 10, communities}:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"{communities:,} communities, {posts:,} posts: {seconds:.1f} s of one core")
    print(f"peak memory after a tenth {peaks[0]:.0f} MiB, after all {peaks[-1]:.0f} MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COMMUNITIES)
