"""The timetable's arithmetic, and what follows from each outcome."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.plan import (
    OUTCOME_RULES,
    Known,
    Limits,
    Revisit,
    count_failures,
    next_crawl_at,
    plan_crawl,
)
from domain.outcome import Outcome
from domain.records import CrawlReport, Mark, Platform, Source

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)  # a Monday, so that a week's wait is not cut short
MIDDLE = Revisit(spread=0.5)  # exactly the computed wait
SOURCE = Source(
    id=7,
    community_id=3,
    name="child-health",
    url="http://lists.example.org/pipermail/child-health/",
    platform=Platform.PIPERMAIL,
)


def make_report(outcome: Outcome, not_before: datetime | None = None) -> CrawlReport:
    return CrawlReport(
        source_id=7, started_at=NOW, finished_at=NOW, outcome=outcome, not_before=not_before
    )


def test_every_outcome_has_its_rule():
    assert set(OUTCOME_RULES) == set(Outcome)


def test_only_the_three_seeing_outcomes_cover_up_to_the_visit():
    covering = {o for o, rule in OUTCOME_RULES.items() if rule.coverage.startswith("complete")}
    assert covering == {Outcome.READ, Outcome.UNCHANGED, Outcome.EMPTY}


@pytest.mark.parametrize(
    ("known", "hours"),
    [
        pytest.param(Known(), 24, id="nothing known: a day"),
        pytest.param(Known(per_day=0.0), 164.5, id="silent: until the next Monday, 02:30"),
        pytest.param(Known(per_day=1.0), 12, id="a post a day: half a day"),
        pytest.param(Known(per_day=500.0), 1, id="very busy: not more than hourly"),
        pytest.param(Known(per_day=0.01), 164.5, id="slow: not less than weekly"),
        pytest.param(Known(per_day=10.0, window_items=10), 6, id="feed: a quarter of its window"),
        pytest.param(Known(per_day=0.5, window_items=10), 5 * 24, id="slow feed"),
        pytest.param(Known(per_day=4.0, window_items=10), 15, id="feed: not by whole days"),
    ],
)
def test_after_seeing_the_wait_follows_the_sources_own_rhythm(known, hours):
    due = next_crawl_at(make_report(Outcome.READ), known, MIDDLE, failures=0, now=NOW)
    assert due - NOW == timedelta(hours=hours)


def test_failures_back_off_up_to_the_outcomes_longest_wait():
    waits = [
        next_crawl_at(make_report(Outcome.SERVER_ERROR), Known(), MIDDLE, failures=count, now=NOW)
        - NOW
        for count in (1, 2, 3, 4, 5, 6, 60)
    ]
    hours = [wait / timedelta(hours=1) for wait in waits]
    assert hours == [1, 2, 4, 8, 16, 24, 24]


def test_a_host_that_names_a_moment_is_not_visited_before_it():
    not_before = NOW + timedelta(days=3)
    report = make_report(Outcome.RATE_LIMITED, not_before)
    assert next_crawl_at(report, Known(), MIDDLE, failures=1, now=NOW) == not_before


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
def test_visits_are_spread_by_a_tenth(spread):
    revisit = Revisit(spread=spread)
    due = next_crawl_at(make_report(Outcome.READ), Known(), revisit, failures=0, now=NOW)
    assert timedelta(hours=21.6) <= due - NOW <= timedelta(hours=26.4)


def test_every_source_is_seen_once_more_before_the_weekly_report():
    saturday = datetime(2026, 3, 7, 12, tzinfo=UTC)
    for spread in (0.0, 0.5, 1.0):
        due = next_crawl_at(
            make_report(Outcome.READ), Known(), Revisit(spread=spread), failures=0, now=saturday
        )
        assert due <= datetime(2026, 3, 9, 5, tzinfo=UTC)
    late = next_crawl_at(
        make_report(Outcome.READ), Known(per_day=0.0), Revisit(spread=1.0), failures=0, now=saturday
    )
    assert late == datetime(2026, 3, 9, 5, tzinfo=UTC)


def test_a_visit_that_closes_the_last_week_is_told_so():
    closed = Known(covered_until=NOW.replace(hour=0))
    assert plan_crawl(SOURCE, closed, Limits(), NOW).wanted_until is None
    behind = Known(covered_until=NOW.replace(hour=0) - timedelta(hours=1))
    assert plan_crawl(SOURCE, behind, Limits(), NOW).wanted_until == NOW.replace(hour=0)


def test_our_own_outage_is_no_failure_of_the_source():
    assert count_failures(2, Outcome.OUR_NETWORK_DOWN) == 2
    assert count_failures(2, Outcome.TIMEOUT) == 3
    assert count_failures(2, Outcome.UNCHANGED) == 0


def test_a_plan_carries_what_is_known_and_may_be_spent():
    known = Known(marks=(Mark(name="index", etag='"a"'),), posts=12)
    plan = plan_crawl(SOURCE, known, Limits(requests=5), NOW)
    assert (plan.source_id, plan.posts_known, plan.request_budget) == (7, 12, 5)
    assert plan.mark("index") == Mark(name="index", etag='"a"')
    assert plan.mark("2005-March") is None


def test_no_outcome_waits_less_than_an_hour_or_longer_than_a_week():
    week, hour = timedelta(days=7), timedelta(hours=1)
    assert max(rule.longest_wait for rule in OUTCOME_RULES.values()) == week
    assert min(rule.first_wait for rule in OUTCOME_RULES.values()) >= hour


WAITS = {  # hours before the first visit more, and at most
    Outcome.LAYOUT_CHANGED: (6, 24),
    Outcome.LOGIN_WALL: (24, 168),
    Outcome.REFUSED: (24, 168),
    Outcome.CHALLENGE: (24, 168),
    Outcome.RATE_LIMITED: (6, 72),
    Outcome.GONE: (24, 168),
    Outcome.NOT_FOUND: (24, 168),
    Outcome.MOVED: (24, 168),
    Outcome.PARKED: (24, 168),
    Outcome.SERVER_ERROR: (1, 24),
    Outcome.TIMEOUT: (1, 24),
    Outcome.UNREACHABLE: (1, 24),
    Outcome.TOO_LARGE: (24, 168),
    Outcome.UNPARSEABLE: (6, 24),
    Outcome.OUR_NETWORK_DOWN: (1, 1),
}


@pytest.mark.parametrize(("outcome", "hours"), WAITS.items())
def test_each_failure_has_its_first_and_its_longest_wait(outcome, hours):
    rule = OUTCOME_RULES[outcome]
    assert (rule.first_wait, rule.longest_wait) == tuple(timedelta(hours=h) for h in hours)


@pytest.mark.parametrize("outcome", [Outcome.READ, Outcome.TIMEOUT])
def test_a_closed_platform_is_asked_once_a_week_whatever_it_answers(outcome):
    due = next_crawl_at(make_report(outcome), Known(closed=True), MIDDLE, failures=1, now=NOW)
    assert due - NOW == timedelta(days=7)


def test_each_failure_in_a_row_is_counted_and_a_sight_ends_the_row():
    assert [count_failures(n, Outcome.TIMEOUT) for n in (0, 1, 2, 3)] == [1, 2, 3, 4]
    assert count_failures(3, Outcome.UNCHANGED) == 0


def test_a_visit_may_take_six_hours_five_thousand_requests_and_two_gibibytes():
    assert Limits() == Limits(requests=5_000, bytes=2_147_483_648, seconds=21_600)


def test_what_is_remembered_of_a_page_is_found_by_its_name():
    known = Known(marks=(Mark(name="2005-March"), Mark(name="index", etag='"x"')))
    plan = plan_crawl(SOURCE, known, Limits(), NOW)
    assert plan.mark("index") == Mark(name="index", etag='"x"')
    assert plan.mark("2026-March") is None
