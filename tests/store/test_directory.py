from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from domain.outcome import Answer, Assessment, Flag, FlagKind, Outcome, Status
from domain.people import Role
from domain.records import CrawlReport, KeyedPage
from domain.window import Coverage, Month
from store.assessments import save_assessment
from store.crawls import save_report
from store.directory import list_entries, list_version, load_entry
from store.engine import reading, writing
from store.posts import save_page
from store.reviews import decide, open_review
from store.users import add_user

DAY = timedelta(days=1)
NOVEMBER = Month(2026, 11)


@pytest.fixture
def save(engine, now):
    def save(source, *posts, coverage=()):
        with writing(engine) as s:
            save_page(s, source.id, KeyedPage(posts=posts, coverage=coverage), now=now)

    return save


@pytest.fixture
def judge(engine, now):
    def judge(community, status, **facts):
        assessment = Assessment(
            community_id=community.id,
            assessed_at=now,
            observed_until=facts.pop("observed_until", now),
            status=status,
            **facts,
        )
        with writing(engine) as s:
            save_assessment(s, assessment)
        return assessment

    return judge


def load(engine, now, slug="malaria-practice"):
    with reading(engine) as s:
        return load_entry(s, slug, now)


def test_a_community_that_was_never_looked_at_is_not_checked_yet(engine, make_community, now):
    community = make_community()
    entry = load(engine, now)
    assert entry.community == community
    assert entry.published.status is None
    assert (entry.sources, entry.assessment, entry.decision) == ((), None, None)
    assert (entry.reports, entry.open_reviews) == ({}, 0)
    assert {bar.posts for bar in entry.months} == {None}


def test_a_slug_that_nobody_has_has_no_entry(engine, now):
    assert load(engine, now, "nowhere") is None


def test_an_entry_holds_everything_known_of_its_community(
    engine, make_community, make_source, judge, now
):
    community = make_community()
    source, other = make_source("one", community=community), make_source("else")
    assessment = judge(community, Status.SLOWING)
    reports = {}
    for visited, outcome in ((source, Outcome.READ), (other, Outcome.TIMEOUT)):
        report = CrawlReport(source_id=visited.id, started_at=now, finished_at=now, outcome=outcome)
        reports[visited.id] = report
        with writing(engine) as s:
            save_report(s, report)
    with writing(engine) as s:
        open_review(s, community.id, Flag(kind=FlagKind.WENT_QUIET), now)
        open_review(s, community.id, Flag(kind=FlagKind.SPAM), now)
    entry = load(engine, now)
    assert entry.sources == (source,)
    assert entry.assessment == assessment
    assert entry.reports == {source.id: reports[source.id]}
    assert entry.open_reviews == 2
    assert entry.published.status is Status.SLOWING


def test_entries_are_those_of_all_communities_by_name(engine, make_community, make_source, now):
    make_community("b", name="Beta")
    make_source("list", community=make_community("a", name="Alpha"))
    with reading(engine) as s:
        entries = list_entries(s, now)
        alone = [load_entry(s, slug, now) for slug in ("a", "b")]
    assert [entry.community.name for entry in entries] == ["Alpha", "Beta"]
    assert entries == alone


def test_a_decision_in_force_is_published(engine, make_community, judge, now):
    community = make_community()
    judge(community, Status.DORMANT, last_post_at=now - 200 * DAY)
    with writing(engine) as s:
        ana = add_user(s, name="Ana", address="ana@example.org", role=Role.CURATOR, now=now)
        card = open_review(s, community.id, Flag(kind=FlagKind.WENT_QUIET), now)
        decision = decide(
            s,
            review_id=card.id,
            version=card.version,
            user_id=ana.id,
            answer=Answer.INACTIVE,
            note="",
            new_url=None,
            now=now,
        )
    entry = load(engine, now)
    assert entry.decision == decision
    assert (entry.published.status, entry.published.by_curator) == (Status.INACTIVE, True)


def test_a_community_with_a_known_owner_is_not_called_inactive_before_the_owner_was_asked(
    engine, make_community, judge, now
):
    known = make_community("known", owner_address="owner@example.org")
    for community in (known, make_community("unknown")):
        judge(community, Status.INACTIVE)
    assert load(engine, now, "known").published.status is Status.DORMANT
    assert load(engine, now, "unknown").published.status is Status.INACTIVE


# ---- months --------------------------------------------------------------------------------


@pytest.fixture
def source(make_source, make_community):
    return make_source(community=make_community())


def bars(engine, now):
    return {bar.month: bar for bar in load(engine, now).months}


def test_the_last_24_months_are_shown_oldest_first(engine, source, now):
    months = [bar.month for bar in load(engine, now).months]
    assert months == list(Month(2024, 12).until(NOVEMBER))
    assert len(months) == 24


def test_a_month_that_was_seen_without_posts_is_zero_and_one_that_was_not_is_unknown(
    engine, source, save, now
):
    june = Month(2026, 6)
    save(source, coverage=(Coverage(start=june.start, end=june.window.end),))
    found = bars(engine, now)
    assert (found[june].posts, found[june].seen_share) == (0, 1.0)
    assert (found[june.shifted(1)].posts, found[june.shifted(1)].seen_share) == (None, 0.0)


def test_posts_are_summed_by_month(engine, source, save, make_post, now):
    save(
        source,
        make_post(1, Month(2026, 6).start),
        make_post(2, Month(2026, 7).start - timedelta(microseconds=1)),
        make_post(3, Month(2026, 7).start),
        make_post(4, Month(2020, 7).start),
    )
    found = {month: bar.posts for month, bar in bars(engine, now).items() if bar.posts}
    assert found == {Month(2026, 6): 2, Month(2026, 7): 1}


def test_a_month_whose_posts_are_known_without_complete_coverage_is_seen_in_part(
    engine, source, save, make_post, now
):
    save(source, make_post(1, Month(2026, 6).start))
    bar = bars(engine, now)[Month(2026, 6)]
    assert (bar.posts, bar.seen_share, bar.wholly_seen) == (1, 0.0, False)


def test_the_running_month_is_measured_up_to_now(engine, source, save, now):
    save(source, coverage=(Coverage(start=NOVEMBER.start, end=now),))
    bar = bars(engine, now)[NOVEMBER]
    assert (bar.posts, bar.seen_share, bar.wholly_seen) == (0, 1.0, True)


def test_the_first_moment_of_a_month_divides_nothing_by_nothing(engine, source):
    bar = bars(engine, NOVEMBER.start)[NOVEMBER]
    assert (bar.posts, bar.seen_share) == (None, 0.0)


# ---- size ----------------------------------------------------------------------------------


def test_more_communities_do_not_mean_more_queries(engine, make_community, make_source, now):
    def count_queries() -> int:
        asked: list[str] = []
        listen = lambda _c, _u, statement, *_rest: asked.append(statement)  # noqa: E731
        event.listen(engine, "before_cursor_execute", listen)
        with reading(engine) as s:
            list_entries(s, now)
        event.remove(engine, "before_cursor_execute", listen)
        return sum(statement.startswith("SELECT") for statement in asked)

    make_source("first", community=make_community("first"))
    few = count_queries()
    for number in range(8):
        make_source(f"s{number}", community=make_community(f"c{number}"))
    assert count_queries() == few


def test_the_lists_version_grows_with_what_the_list_shows(engine, make_community, judge):
    def version():
        with reading(engine) as s:
            return list_version(s)

    versions = [version()]
    community = make_community()
    versions.append(version())
    judge(community, Status.ACTIVE)
    versions.append(version())
    assert versions == sorted(set(versions))
    assert version() == versions[-1]
