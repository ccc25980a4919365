"""Visits week by week, and since when a source has not been seen."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.outcome import Outcome
from domain.records import CrawlReport, KeyedPage
from store.crawls import save_report
from store.engine import reading, writing
from store.posts import save_page
from store.runs import (
    Streak,
    VisitedWeek,
    dated_shares,
    failing_streaks,
    latest_conclusions,
    list_visited_weeks,
    outage_streaks,
    saw_lately,
)

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def source(make_source):
    return make_source()


@pytest.fixture
def visit(engine, now):
    """Saves a report of each outcome, a day apart, the last one ending at `now`."""

    def save(source, *outcomes: Outcome, posts_new: int = 0) -> None:
        with writing(engine) as s:
            for place, outcome in enumerate(outcomes):
                at = now - (len(outcomes) - 1 - place) * DAY
                save_report(
                    s,
                    CrawlReport(
                        source_id=source.id,
                        started_at=at - MINUTE,
                        finished_at=at,
                        outcome=outcome,
                        posts_new=posts_new,
                    ),
                )

    return save


def started(now: datetime, days_ago: int) -> datetime:
    return now - days_ago * DAY - MINUTE


def test_a_week_is_its_last_outcome_with_the_counts_of_all_its_visits(engine, source, visit, now):
    visit(source, Outcome.READ, Outcome.TIMEOUT, Outcome.READ, Outcome.LAYOUT_CHANGED, posts_new=2)
    starts = (now - 30 * DAY, now - 2 * DAY - 2 * MINUTE, now - DAY)
    with reading(engine) as s:
        weeks = list_visited_weeks(s, starts, only=[source.id])
    assert weeks == {
        source.id: {
            0: VisitedWeek(outcome=Outcome.READ, posts_new=2, visits=1, unseen=0),
            1: VisitedWeek(outcome=Outcome.TIMEOUT, posts_new=2, visits=1, unseen=1),
            2: VisitedWeek(outcome=Outcome.LAYOUT_CHANGED, posts_new=4, visits=2, unseen=1),
        }
    }


def test_visits_before_the_first_week_and_of_other_sources_stay_out(
    engine, source, make_source, visit, now
):
    visit(make_source("other"), Outcome.READ)
    visit(source, Outcome.READ, Outcome.UNCHANGED)
    with reading(engine) as s:
        weeks = list_visited_weeks(s, (now - MINUTE,), only=[source.id])
    assert weeks[source.id][0].visits == 1
    assert list(weeks) == [source.id]


def test_a_streak_begins_with_the_first_visit_after_the_last_that_saw(engine, source, visit, now):
    visit(source, Outcome.TIMEOUT, Outcome.EMPTY, Outcome.TIMEOUT, Outcome.SERVER_ERROR)
    with reading(engine) as s:
        assert failing_streaks(s) == {source.id: Streak(since=started(now, 1), visits=2)}
        assert failing_streaks(s, only=[]) == {}


def test_a_source_that_is_seen_has_no_streak_and_one_never_seen_has_all(
    engine, source, make_source, visit, now
):
    never = make_source("never")
    visit(source, Outcome.TIMEOUT, Outcome.READ)
    visit(never, Outcome.REFUSED, Outcome.PARTIAL)
    with reading(engine) as s:
        assert failing_streaks(s) == {never.id: Streak(since=started(now, 1), visits=2)}


def test_an_outage_of_ours_neither_lengthens_nor_ends_a_streak(engine, source, visit, now):
    visit(source, Outcome.READ, Outcome.TIMEOUT, Outcome.OUR_NETWORK_DOWN)
    with reading(engine) as s:
        assert failing_streaks(s) == {source.id: Streak(since=started(now, 1), visits=1)}
        assert latest_conclusions(s)[source.id].outcome is Outcome.TIMEOUT
        assert outage_streaks(s) == {source.id: Streak(since=started(now, 0), visits=1)}


def test_an_outage_ends_with_any_other_outcome(engine, source, visit):
    visit(source, Outcome.OUR_NETWORK_DOWN, Outcome.OUR_NETWORK_DOWN, Outcome.TIMEOUT)
    with reading(engine) as s:
        assert outage_streaks(s) == {}


@pytest.mark.parametrize(
    ("outcomes", "visits", "saw"),
    [
        ((Outcome.TIMEOUT, Outcome.READ), 1, True),
        ((Outcome.TIMEOUT, Outcome.READ), 2, False),
        ((Outcome.TIMEOUT, Outcome.READ, Outcome.UNCHANGED), 2, True),
        ((Outcome.READ, Outcome.OUR_NETWORK_DOWN), 1, True),
        ((Outcome.READ,), 2, False),
    ],
)
def test_successes_in_a_row_are_counted(engine, source, visit, outcomes, visits, saw):
    visit(source, *outcomes)
    with reading(engine) as s:
        assert saw_lately(s, source.id, visits) is saw


def test_posts_without_a_believable_date_lower_the_share(engine, source, make_post, now):
    with writing(engine) as s:
        save_page(
            s,
            source.id,
            KeyedPage(posts=(make_post("a", now), make_post("b", now), make_post("c"))),
            now=now,
        )
        assert dated_shares(s, only=[source.id]) == {source.id: pytest.approx(2 / 3)}
        assert dated_shares(s, only=[]) == {}
