"""Small answers that reach as much of a reader as the samples do: a list of two rows, not of fifty.

What one input costs is what it holds, so a long run begins from these. Each is a sample out of
which every piece was taken that the reader does not go another way without.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import CodeType, FrameType

Steps = frozenset[tuple[CodeType, int, int]]
Read = Callable[[bytes], object]

ROOT = Path(__file__).parents[2]
OURS = (str(ROOT / "crawler"), str(ROOT / "domain"))
# Beyond these a reader's seeds stay as they are; what is left beyond is cut off.
MOST_BYTES, SECONDS = 1 << 16, 5.0
MOST_LEFT = 4096
# A line, an element or a member at a time.
PIECE = re.compile(rb"[^\n<{,]*[\n<{,]|[^\n<{,]+")


def shrink_all(read: Read, seeds: Sequence[bytes]) -> tuple[bytes, ...]:
    """The seeds made small, without those that reach nothing that a smaller one does not."""
    kept: list[bytes] = []
    reached: set[tuple[CodeType, int, int]] = set()
    end = monotonic() + SECONDS
    for seed in sorted(seeds, key=len):
        steps = steps_of(read, seed)
        if not steps <= reached or not kept:
            reached |= steps
            kept.append(shrink(read, seed, end)[:MOST_LEFT])
    return tuple(kept)


def shrink(read: Read, seed: bytes, end: float) -> bytes:
    """The seed without what can be left out: the reader goes the same steps."""
    if len(seed) > MOST_BYTES:
        return seed
    wanted = steps_of(read, seed)
    pieces = PIECE.findall(seed)
    size = max(1, len(pieces) // 2)
    while True:
        at = 0
        while at < len(pieces) and monotonic() < end:
            fewer = pieces[:at] + pieces[at + size :]
            if steps_of(read, b"".join(fewer)) >= wanted:
                pieces = fewer
            else:
                at += size
        if size == 1 or monotonic() > end:
            return b"".join(pieces)
        size = max(1, size // 2)


def steps_of(read: Read, data: bytes) -> Steps:
    """From which line to which our own code went, whatever came of it."""
    steps: set[tuple[CodeType, int, int]] = set()

    def enter(frame: FrameType, _event: str, _given: object) -> Callable[..., object] | None:
        code = frame.f_code
        if not code.co_filename.startswith(OURS):
            return None
        before = 0

        def step(frame: FrameType, event: str, _given: object) -> object:
            nonlocal before
            if event == "line":
                steps.add((code, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    sys.settrace(enter)
    with suppress(Exception):
        read(data)
    sys.settrace(None)
    return frozenset(steps)
