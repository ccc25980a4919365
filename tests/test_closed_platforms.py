"""A source at a closed platform never makes its community quiet, inactive or anybody's trouble."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cli_status import read_standing
from crawler.plan import (
    OUTCOME_RULES,
    CrawlPlan,
    Known,
    Revisit,
    count_failures,
    next_crawl_at,
)
from crawler.probe import probe_address
from crawler.spiders.feed import FeedSpider
from demo.answer import Answer
from domain.errors import Refused
from domain.history import History
from domain.outcome import SEEING, Assessment, Outcome, Status
from domain.published import SHUT, published_status
from domain.records import CrawlReport, Platform
from jobs.assessing import assess_all
from reports.weekly import build_report
from scoring.default_rules import DEFAULT_RULES
from scoring.status import assess
from store.directory import load_entry
from store.engine import reading
from store.posts import count_posts, load_coverage

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
CLOSED = sorted(platform for platform in Platform if platform.closed)
WORSE = {Status.SLOWING, Status.DORMANT, Status.INACTIVE}
BLIND = sorted(set(Outcome) - SEEING)
# As such a page is met: a door, a form, a refusal, a number of members, a page without words.
DOORS = {
    "door": Answer(body=b"<html><title>Child health</title><p>1,204 members</p></html>"),
    "form": Answer(body=b"<html><form><input name='u'><input type='password'></form></html>"),
    "bare": Answer(body=b"<html></html>"),
    "shut": Answer(body=b"<html>no</html>", status=403),
}


def judge(platform: Platform, outcome: Outcome, now: datetime) -> Assessment:
    """What the rules say of a community with this one source, which no visit ever covered."""
    history = History(
        source_id=1, platform=platform, last_outcome=outcome, last_visit_at=now - timedelta(hours=1)
    )
    return assess(1, [history], DEFAULT_RULES, now)


def test_google_groups_and_landing_pages_are_the_closed_ones():
    assert CLOSED == [Platform.GOOGLEGROUPS, Platform.LANDING]


@pytest.mark.parametrize("years", [0, 1, 20])
@pytest.mark.parametrize("outcome", BLIND)
@pytest.mark.parametrize("platform", CLOSED)
def test_no_outcome_and_no_length_of_time_makes_a_closed_community_quiet(platform, outcome, years):
    now = NOW + years * 365 * DAY
    assessment = judge(platform, outcome, now)
    assert assessment.status is Status.UNVERIFIABLE
    for owner_known in (False, True):
        published = published_status(
            assessment, None, [outcome], now, owner_known=owner_known, manager_asked_at=NOW
        )
        assert published.status not in WORSE
        assert published.not_verified_since is None
        if outcome in SHUT:
            assert published.status is Status.UNVERIFIABLE


@pytest.mark.parametrize("outcome", sorted(SHUT))
def test_a_door_that_is_shut_is_shown_as_such_before_any_assessment(outcome):
    assert published_status(None, None, [outcome], NOW).status is Status.UNVERIFIABLE


def test_a_closed_source_beside_a_seen_one_takes_nothing_from_its_word():
    seen = Assessment(
        community_id=1, assessed_at=NOW, observed_until=NOW - DAY, status=Status.ACTIVE
    )
    beside = published_status(seen, None, [Outcome.READ, Outcome.LOGIN_WALL], NOW)
    assert beside.status is Status.ACTIVE


@pytest.mark.parametrize("failures", [0, 1, 2, 9])
@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_closed_platform_is_visited_once_a_week_at_most(outcome, failures):
    report = CrawlReport(source_id=1, started_at=NOW, finished_at=NOW, outcome=outcome)
    for spread in (0.0, 1.0):
        due = next_crawl_at(
            report, Known(closed=True), Revisit(spread=spread), failures=failures, now=NOW
        )
        assert due - NOW >= 7 * DAY
        assert due - NOW <= 8 * DAY


def test_a_shut_door_is_no_failure_where_it_is_always_shut():
    for outcome in SHUT:
        assert OUTCOME_RULES[outcome].tells == "operator"
        for platform in CLOSED:
            assert count_failures(4, outcome, platform) == 0
        assert count_failures(4, outcome, Platform.PIPERMAIL) == 5
    assert count_failures(4, Outcome.NOT_FOUND, Platform.LANDING) == 5


@pytest.mark.parametrize(
    ("url", "platform"),
    [
        ("https://www.linkedin.com/groups/8123456/", Platform.LANDING),
        ("https://groups.google.com/forum/#!forum/child-health", Platform.GOOGLEGROUPS),
        ("http://dgroups.org/partner/group", Platform.GROUPSIO),
        ("https://www.example.org/", None),
    ],
)
def test_an_address_tells_the_platform_where_the_page_is_refused(url, platform):
    def load_spider(plan: CrawlPlan) -> FeedSpider:
        spider = FeedSpider(plan=plan, clock=lambda: NOW)

        async def refuse(asked, headers):
            raise Refused(Outcome.REFUSED, "robots.txt shuts us out", where=asked)

        spider.ask = refuse
        return spider

    probed = asyncio.run(probe_address(url, load_spider, NOW))
    assert (probed.platform, probed.outcome) == (platform, Outcome.REFUSED)


def test_closed_platforms_crawled_for_real_show_as_closed_and_trouble_nobody(
    archive_server, workshop
):
    for number, (name, door) in enumerate(DOORS.items(), start=1):
        url = archive_server.put("/", door, host=f"127.7.7.{number}")
        workshop.watch(name, url, Platform.LANDING)
    visited = workshop.crawl()
    now = workshop.clock()
    assert {name: done.report.outcome for name, done in visited.items()} == {
        "door": Outcome.LOGIN_WALL,
        "form": Outcome.LOGIN_WALL,
        "bare": Outcome.LOGIN_WALL,
        "shut": Outcome.REFUSED,
    }
    assert all(done.next_due - now > 6.9 * DAY for done in visited.values())
    assert {done.report.requests for done in visited.values()} == {1}
    later = now + 900 * DAY
    assess_all(workshop.engine, later)
    with reading(workshop.engine) as session:
        for name, done in visited.items():
            entry = load_entry(session, name, later)
            assert entry is not None
            assert entry.published.status is Status.UNVERIFIABLE
            assert count_posts(session, done.source.id) == 0
            assert load_coverage(session, done.source.id) == ()
        week = f"{now:%G-W%V}"
        report = build_report(session, week=week, now=now)
    assert (report.closed_to_us, report.not_read, report.open_reviews) == (4, (), 0)
    assert read_standing(workshop.engine, workshop.settings, now).troubles == ()
