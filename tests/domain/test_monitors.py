"""Monitors speak of what is not as usual, and only where there is a past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.monitors import Monitor, PostShares, list_oddities
from domain.outcome import Outcome
from domain.records import CrawlReport

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SOUND = PostShares()


def visit(days_ago: int, *, seconds: float = 2, **facts: object) -> CrawlReport:
    at = NOW - days_ago * DAY
    facts = {"posts_new": 30, "requests": 3} | facts
    return CrawlReport(
        source_id=1,
        started_at=at - timedelta(seconds=seconds),
        finished_at=at,
        outcome=Outcome.READ,
        **facts,
    )


def past(visits: int = 8) -> list[CrawlReport]:
    """Thirty new posts a day, after a first visit that read a whole history."""
    return [visit(day) for day in range(1, visits)] + [visit(visits, posts_new=9_000)]


def see(last: CrawlReport, shares: PostShares = SOUND, visits: int = 8) -> set[Monitor]:
    return {odd.monitor for odd in list_oddities([last, *past(visits)], shares)}


@pytest.mark.parametrize(
    ("last", "monitor"),
    [
        (visit(0, evidence={"error": "KeyError"}), Monitor.FAULTS),
        (visit(0, evidence={"status": "503"}), Monitor.CODES),
        (visit(0, seconds=700), Monitor.RUN_TIME),
        (visit(0, requests=100), Monitor.REQUESTS),
        (visit(0, posts_new=2), Monitor.DROP),
        (visit(0, posts_new=700), Monitor.FLOOD),
    ],
    ids=lambda value: str(value) if isinstance(value, Monitor) else "",
)
def test_what_is_not_as_usual_is_said(last, monitor):
    assert see(last) == {monitor}


@pytest.mark.parametrize(
    ("shares", "monitor"),
    [
        (PostShares(posts=100, dated=0.5), Monitor.DATES),
        (
            PostShares(posts=80, recent=40, recent_authors=0.1, earlier=40, earlier_authors=1.0),
            Monitor.AUTHORS,
        ),
    ],
    ids=["dates", "authors"],
)
def test_fields_that_are_missing_are_said(shares, monitor):
    assert see(visit(0), shares) == {monitor}


def test_an_ordinary_visit_is_not_odd():
    assert see(visit(0)) == set()
    assert see(visit(0, evidence={"status": "304"}, posts_new=31, requests=1)) == set()


@pytest.mark.parametrize(
    "last",
    [
        visit(0, seconds=7_000),
        visit(0, requests=4_000),
        visit(0, posts_new=0),
        visit(0, posts_new=9_000),
    ],
    ids=["long", "many requests", "no posts", "many posts"],
)
def test_without_a_past_nothing_is_unusual(last):
    assert see(last, visits=3) == set()
    assert list_oddities([], PostShares()) == ()


def test_few_posts_make_no_share():
    assert see(visit(0), PostShares(posts=5, dated=0.0)) == set()
