"""Bars as inline SVG: no text inside, no style inside, colours from the page's classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from domain.published import MonthBar, is_wholly_seen
from domain.window import (
    Coverage,
    CoverageKind,
    Window,
    complete_windows,
    holes,
    merge_windows,
)

SLOT = 10
BAR = 8
HEIGHT = 40
HATCH_STEP = 5
STRIP = 480
# So many pictures are remembered: drawing them is a good part of a page of the list.
KEPT = 4096


def plot_months(months: Sequence[MonthBar]) -> str:
    """An SVG of bars, oldest first: a month not seen is hatched, one seen in part has both.

    Decoration for the sentence and the table beside it, so hidden from screen readers. Classes:
    `bars` on the picture, `bar` (filled) and `hatch` (stroked) on its two paths.
    """
    posts = tuple(bar.posts for bar in months)
    return plot_counts(posts, tuple(bar.seen_share for bar in months))


@lru_cache(KEPT)
def plot_counts(posts: tuple[int | None, ...], seen_shares: tuple[float, ...]) -> str:
    """The same from the months' counts and seen shares alone."""
    if not posts:
        return ""
    bars = "".join(_draw_bars(posts))
    hatch = "".join(_draw_hatch(posts, seen_shares))
    return (
        f'<svg class="bars" viewBox="0 0 {len(posts) * SLOT} {HEIGHT}" aria-hidden="true"'
        ' focusable="false">'
        + (f'<path class="hatch" d="{hatch}"/>' if hatch else "")
        + (f'<path class="bar" d="{bars}"/>' if bars else "")
        + "</svg>"
    )


def plot_coverage(window: Window, coverage: Sequence[Coverage]) -> str:
    """An SVG strip of one source's time: whole where it was seen, half high where in part.

    The rest is hatched. Decoration for the list beside it, with the classes of `plot_months`.
    """
    whole = complete_windows(coverage)
    partial = merge_windows(c.window for c in coverage if c.kind is CoverageKind.PARTIAL)
    strips = [*((seen, HEIGHT) for seen in whole), *((seen, HEIGHT // 2) for seen in partial)]
    bars = "".join(_draw_strip(seen, window, height) for seen, height in strips)
    hatch = "".join(line for gap in holes(window, whole) for line in _slants(*_place(gap, window)))
    return (
        f'<svg class="bars" viewBox="0 0 {STRIP} {HEIGHT}" aria-hidden="true" focusable="false">'
        + (f'<path class="hatch" d="{hatch}"/>' if hatch else "")
        + (f'<path class="bar" d="{bars}"/>' if bars else "")
        + "</svg>"
    )


def _draw_strip(seen: Window, window: Window, height: int) -> str:
    left, width = _place(seen, window)
    return f"M{left} {HEIGHT}v-{height}h{width}v{height}z" if width else ""


def _place(part: Window, window: Window) -> tuple[int, int]:
    """Left edge and width of a stretch on the strip; nothing outside of it."""
    left = max(0, round(STRIP * ((part.start - window.start) / window.length)))
    right = min(STRIP, round(STRIP * ((part.end - window.start) / window.length)))
    return left, max(0, right - left)


def _draw_bars(posts: Sequence[int | None]) -> Iterator[str]:
    """A path per month with a count; a seen month without a post is a line on the ground."""
    highest = max((count or 0 for count in posts), default=0)
    for index, count in enumerate(posts):
        if count is None:
            continue
        height = max(3, round(count * HEIGHT / highest)) if count else 1
        yield f"M{index * SLOT + (SLOT - BAR) // 2} {HEIGHT}v-{height}h{BAR}v{height}z"


def _draw_hatch(posts: Sequence[int | None], seen_shares: Sequence[float]) -> Iterator[str]:
    """Slanting lines behind every run of months that were not wholly seen."""
    position = 0
    shown = zip(posts, seen_shares, strict=True)
    for seen, run in groupby(shown, key=lambda month: is_wholly_seen(*month)):
        width = len(list(run)) * SLOT
        if not seen:
            yield from _slants(position, width)
        position += width


def _slants(left: int, width: int) -> Iterator[str]:
    for line in range(HATCH_STEP, width + HEIGHT, HATCH_STEP):
        length = min(line, width) + min(line, HEIGHT) - line
        yield f"M{left + max(0, line - HEIGHT)} {min(line, HEIGHT)}l{length}-{length}"
