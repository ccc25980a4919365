"""Bars never show the unseen as zero, and stay small."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from domain.published import MonthBar
from domain.window import Coverage, CoverageKind, Month, Window
from presentation.plots import HEIGHT, SLOT, STRIP, plot_coverage, plot_months

START = Month(2025, 1)


def make_months(*counts: int | None, shares: tuple[float, ...] = ()) -> list[MonthBar]:
    shares = shares or tuple(0.0 if count is None else 1.0 for count in counts)
    return [
        MonthBar(month=START.shifted(i), posts=count, seen_share=share)
        for i, (count, share) in enumerate(zip(counts, shares, strict=True))
    ]


def paths(svg: str) -> dict[str, str]:
    tree = ET.fromstring(svg)
    return {path.attrib["class"]: path.attrib["d"] for path in tree}


def bar_heights(svg: str) -> list[int]:
    return [int(h) for h in re.findall(r"v-(\d+)h", paths(svg).get("bar", ""))]


def test_no_months_draw_nothing() -> None:
    assert plot_months([]) == ""


def test_heights_follow_the_counts_and_the_highest_fills_the_picture() -> None:
    assert bar_heights(plot_months(make_months(10, 5, 20))) == [HEIGHT // 2, HEIGHT // 4, HEIGHT]


def test_a_single_post_among_thousands_is_still_visible() -> None:
    assert bar_heights(plot_months(make_months(1, 5000)))[0] >= 3


def test_a_seen_month_without_posts_is_a_line_on_the_ground_without_hatching() -> None:
    svg = plot_months(make_months(0, 8))
    assert bar_heights(svg) == [1, HEIGHT]
    assert "hatch" not in paths(svg)


def test_an_unseen_month_is_hatched_and_has_no_bar() -> None:
    svg = plot_months(make_months(8, None, 8))
    assert len(bar_heights(svg)) == 2
    starts = [int(x) for x in re.findall(r"M(\d+) \d+l", paths(svg)["hatch"])]
    assert starts
    assert all(SLOT <= x <= 2 * SLOT for x in starts)


def test_a_month_seen_in_part_has_both_bar_and_hatching() -> None:
    svg = plot_months(make_months(8, 4, shares=(1.0, 0.5)))
    assert len(bar_heights(svg)) == 2
    assert "hatch" in paths(svg)


def test_hatching_stays_inside_its_months() -> None:
    svg = plot_months(make_months(None, None, 3))
    for x, y, dx, dy in re.findall(r"M(\d+) (\d+)l(\d+)-(\d+)", paths(svg)["hatch"]):
        assert 0 <= int(x) <= int(x) + int(dx) <= 2 * SLOT
        assert 0 <= int(y) - int(dy) <= int(y) <= HEIGHT


def test_all_months_unseen_draw_no_bar_at_all() -> None:
    assert "bar" not in paths(plot_months(make_months(None, None)))


def test_posts_without_coverage_are_not_called_wholly_seen() -> None:
    assert not MonthBar(month=START, posts=3, seen_share=0.0).wholly_seen
    assert not MonthBar(month=START, posts=None, seen_share=1.0).wholly_seen


@pytest.mark.parametrize("counts", [[None] * 24, [4000] * 24, [None, 4000] * 12])
def test_two_years_fit_in_two_kilobytes(counts: list[int | None]) -> None:
    svg = plot_months(make_months(*counts, shares=(0.5,) * 24))
    assert len(svg.encode()) <= 2048


def test_the_picture_is_hidden_from_screen_readers_and_carries_no_style_or_text() -> None:
    svg = plot_months(make_months(1, None))
    assert 'aria-hidden="true"' in svg
    assert not any(word in svg for word in ("style", "<text", "id="))


def day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


YEAR = Window(start=day(0), end=day(100))


def test_a_source_never_seen_is_hatched_from_end_to_end() -> None:
    svg = plot_coverage(YEAR, ())
    assert set(paths(svg)) == {"hatch"}
    lefts = [int(left) for left in re.findall(r"M(\d+) ", paths(svg)["hatch"])]
    assert min(lefts) == 0
    assert max(lefts) > STRIP - HEIGHT


def test_what_was_seen_whole_is_full_height_and_not_hatched() -> None:
    svg = plot_coverage(YEAR, (Coverage(start=day(-50), end=day(150)),))
    assert paths(svg) == {"bar": f"M0 {HEIGHT}v-{HEIGHT}h{STRIP}v{HEIGHT}z"}


def test_what_was_seen_in_part_is_half_height_on_hatching() -> None:
    partial = Coverage(start=day(50), end=day(100), kind=CoverageKind.PARTIAL)
    drawn = paths(plot_coverage(YEAR, (Coverage(start=day(0), end=day(50)), partial)))
    half = STRIP // 2
    assert drawn["bar"] == (
        f"M0 {HEIGHT}v-{HEIGHT}h{half}v{HEIGHT}z"
        f"M{half} {HEIGHT}v-{HEIGHT // 2}h{half}v{HEIGHT // 2}z"
    )
    assert min(int(left) for left in re.findall(r"M(\d+) ", drawn["hatch"])) >= half
