"""Monitors speak of what is not as usual, and only where there is a past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.canary import Canary, Check, CheckResult, Said, SilenceProof
from domain.monitors import (
    Monitor,
    PostShares,
    Sister,
    list_failed,
    list_oddities,
    see_sisters,
)
from domain.outcome import Outcome, Reason
from domain.records import CrawlReport

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
SOUND = PostShares()


def visit(days_ago: int, *, seconds: float = 2, **facts: object) -> CrawlReport:
    at = NOW - days_ago * DAY
    facts = {"posts_new": 30, "requests": 3} | facts
    facts = {"outcome": Outcome.READ} | facts
    return CrawlReport(
        source_id=1, started_at=at - timedelta(seconds=seconds), finished_at=at, **facts
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
        (visit(0, evidence={"dates": "9 of 10 have none"}), Monitor.DATES),
        (visit(0, posts_new=80, evidence={"known": "none of the 80"}), Monitor.OLD_POSTS),
        (visit(0, posts_new=30, evidence={"layout": "built otherwise"}), Monitor.LAYOUT),
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


def test_authors_that_were_never_shown_are_not_missed():
    shares = PostShares(posts=80, recent=40, recent_authors=0.1, earlier=40, earlier_authors=0.5)
    assert see(visit(0), shares) == set()


def test_a_past_in_which_the_clock_was_set_back_lets_expect_nothing():
    later = [visit(-day) for day in range(1, 9)]
    assert list_oddities([visit(0, posts_new=700), *later], SOUND) == ()


def test_few_posts_make_no_share():
    assert see(visit(0), PostShares(posts=5, dated=0.0)) == set()


def test_posts_that_nobody_knew_are_not_odd_where_so_many_were_to_be_expected():
    assert see(visit(0, posts_new=35, evidence={"known": "none of the 35"})) == set()


def test_an_unchanged_page_is_still_what_it_was_at_the_visit_before():
    odd = visit(1, evidence={"dates": "9 of 10 have none"})
    same = visit(0, outcome=Outcome.UNCHANGED, posts_new=20)
    assert {one.monitor for one in list_oddities([same, odd], SOUND)} == {Monitor.DATES}


# ---- beside the visits --------------------------------------------------------------------


def prove(result: CheckResult, days_ago: int = 1) -> SilenceProof:
    canary = Canary(
        check=Check.TOTAL, result=result, said=Reason(code=Said.MISSING, values={"parts": "2019"})
    )
    return SilenceProof(source_id=1, checked_at=NOW - days_ago * DAY, canaries=(canary,))


def test_a_silence_that_was_not_proved_is_odd_until_a_post_comes_or_it_is_old():
    failed = prove(CheckResult.FAILED)
    assert [one.check for one in list_failed(failed, [], NOW)] == [Check.TOTAL]
    assert list_failed(failed, [visit(0, posts_new=1)], NOW) == ()
    assert list_failed(failed, [visit(0, posts_new=0), visit(2)], NOW) != ()
    assert list_failed(prove(CheckResult.FAILED, days_ago=8), [], NOW) == ()
    assert list_failed(prove(CheckResult.OK), [], NOW) == ()
    assert list_failed(None, [], NOW) == ()


def fall_silent(*days_ago: int, per_day: float = 0.5, seen: datetime = NOW) -> list[Sister]:
    return [
        Sister(source_id=n, last_post_at=NOW - ago * DAY, per_day=per_day, seen_until=seen)
        for n, ago in enumerate(days_ago)
    ]


def test_a_whole_host_that_falls_silent_is_odd():
    odd = see_sisters("lists.example.org", fall_silent(20, 21, 25))
    assert odd is not None
    assert odd.monitor is Monitor.SISTERS
    assert odd.said == (
        "all 3 sources on lists.example.org fell silent in the same days, to 2026-11-03"
    )


@pytest.mark.parametrize(
    "sisters",
    [
        fall_silent(20, 25),
        fall_silent(20, 21, 60),
        fall_silent(3, 4, 5),
        fall_silent(20, 21, 25, per_day=0.05),
        fall_silent(20, 21, 25, seen=NOW - 19 * DAY),
    ],
    ids=["two", "one long before", "a few days", "quiet lists", "not seen since"],
)
def test_a_host_where_nothing_was_missed_yet_is_not_odd(sisters):
    assert see_sisters("lists.example.org", sisters) is None


@pytest.mark.parametrize(("days", "odd"), [(19, False), (20, True)])
def test_a_host_is_odd_from_ten_missed_posts_on(days, odd):
    found = see_sisters("lists.example.org", fall_silent(days, days, days, per_day=1 / 6))
    assert (found is not None) is odd
