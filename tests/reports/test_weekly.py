"""The weekly report built from a database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.alerts import AlertKind
from domain.outcome import (
    Answer,
    Assessment,
    Decision,
    Flag,
    FlagKind,
    Marker,
    Outcome,
    Reason,
    Status,
)
from domain.people import Role
from domain.records import Community, CrawlReport, DateBasis, Platform, Source
from domain.report import Change, ChangeKind, NotTalk, Recount, TalkRow
from domain.window import Coverage, CoverageKind, Window
from presentation.digest import Edition
from presentation.weekly_forms import render_json
from reports.changes import Turn, find_kind, in_force, spoke
from reports.render import render_text
from reports.weekly import build_report
from store.alerts import open_alert
from store.assessments import save_assessment
from store.crawls import save_report
from store.engine import writing
from store.moves import change_address, undo_address_change
from store.posts import KeyedPage, KeyedPost, save_page
from store.reports import load_weekly, save_report_content
from store.reviews import decide, open_review, undo
from store.sources import add_community, add_source
from store.users import add_user

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = timedelta(days=7)
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONG_AGO = MONDAY - timedelta(days=800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A database in which communities can be put, read and judged."""

    session: Session

    def add(self, slug: str, *, sources: int = 1, added: datetime = LONG_AGO) -> Community:
        community = add_community(self.session, slug=slug, name=slug.title(), now=added)
        for number in range(sources):
            name = slug if number == 0 else f"{slug}-{number}"
            self.source(community, name)
        return community

    def source(self, community: Community, name: str) -> Source:
        return add_source(
            self.session,
            community_id=community.id,
            name=name,
            url=f"https://lists.example.org/{name}",
            platform=Platform.PIPERMAIL,
            now=LONG_AGO,
        )

    def read(self, source_id: int, start: datetime, end: datetime, *posts: datetime) -> None:
        """Stores that everything from `start` to `end` was seen, and the posts in it."""
        page = KeyedPage(
            posts=tuple(_post(source_id, number, at) for number, at in enumerate(posts)),
            coverage=(Coverage(start=start, end=end, kind=CoverageKind.COMPLETE),),
        )
        save_page(self.session, source_id, page, now=NOW)

    def visit(self, source_id: int, outcome: Outcome, at: datetime) -> None:
        report = CrawlReport(source_id=source_id, started_at=at, finished_at=at, outcome=outcome)
        save_report(self.session, report)

    def judge(
        self,
        community: Community,
        status: Status,
        at: datetime,
        code: str = "talk",
        *,
        markers: frozenset[Marker] = frozenset(),
    ) -> None:
        assessment = Assessment(
            community_id=community.id,
            assessed_at=at,
            observed_until=at,
            status=status,
            markers=markers,
            reasons=(Reason(code=code, values={"posts": 3}),),
            last_post_at=LONG_AGO,
        )
        save_assessment(self.session, assessment)

    def decide(self, community: Community, answer: Answer, at: datetime) -> Decision:
        review = open_review(self.session, community.id, Flag(kind=FlagKind.WENT_QUIET), at)
        assert review is not None
        user = self.curator()
        return decide(
            self.session,
            review_id=review.id,
            version=review.version,
            user_id=user,
            answer=answer,
            note="",
            new_url=None,
            now=at,
        )

    def curator(self) -> int:
        return add_user(
            self.session, name="Ada", address="ada@example.org", role=Role.CURATOR, now=LONG_AGO
        ).id

    def changes(self, week: str = "2026-W47", now: datetime = NOW) -> list[tuple[str, ChangeKind]]:
        report = build_report(self.session, week=week, now=now)
        return [(change.slug, change.kind) for change in report.changes]

    def row(self, slug: str, now: datetime = NOW) -> TalkRow:
        report = build_report(self.session, week="2026-W47", now=now)
        return next(row for row in report.talk if row.slug == slug)


@pytest.fixture
def stage(engine: Engine) -> Iterator[Stage]:
    with writing(engine) as session:
        yield Stage(session=session)


def _post(source_id: int, number: int, at: datetime) -> KeyedPost:
    key = blake2b(f"{source_id} {number} {at}".encode(), digest_size=16).digest()
    return KeyedPost(key=key, at=at, basis=DateBasis.SENT)


# ---- counts --------------------------------------------------------------------------------


def test_a_wholly_seen_week_is_counted_beside_the_last_and_the_usual_one(stage: Stage) -> None:
    stage.add("talkers")
    posts = [
        MONDAY - back * WEEK + timedelta(hours=hour)
        for back in range(53)
        for hour in range(3 if back == 0 else 5 if back == 1 else 4)
    ]
    stage.read(1, LONG_AGO, NOW, *posts)
    row = stage.row("talkers")
    assert (row.this_week, row.last_week, row.usual) == (3, 5, 4)
    assert len(row.months) == 12
    assert row.months[-1] == 4 * 4  # October 2026 has four Mondays


def test_a_week_seen_only_until_sunday_is_unknown_although_posts_are_known(stage: Stage) -> None:
    stage.add("talkers")
    stage.read(1, LONG_AGO, MONDAY + timedelta(days=6), MONDAY)
    row = stage.row("talkers")
    assert row.this_week is None
    assert row.last_week == 0
    report = build_report(stage.session, week="2026-W47", now=NOW)
    assert (report.posts, report.seen, report.posts_last_week) == (0, 0, None)


def test_months_that_were_not_wholly_seen_are_unknown(stage: Stage) -> None:
    stage.add("talkers")
    stage.read(1, datetime(2026, 9, 2, tzinfo=UTC), NOW, datetime(2026, 10, 5, tzinfo=UTC))
    assert stage.row("talkers").months == (*[None] * 11, 1)


def test_a_feed_that_was_first_seen_this_week_has_no_week_yet(stage: Stage) -> None:
    stage.add("feed")
    stage.read(1, MONDAY + timedelta(days=2), NOW, MONDAY + timedelta(days=3))
    row = stage.row("feed")
    assert (row.this_week, row.last_week, row.usual) == (None, None, None)


def test_posts_are_summed_over_communities_seen_and_compared_over_those_seen_twice(
    stage: Stage,
) -> None:
    for slug in ("old", "fresh", "blind"):
        stage.add(slug)
    stage.read(1, LONG_AGO, NOW, MONDAY, MONDAY - WEEK)
    stage.read(2, MONDAY, NOW, MONDAY)
    stage.read(3, LONG_AGO, MONDAY, MONDAY - WEEK)
    report = build_report(stage.session, week="2026-W47", now=NOW)
    assert (report.posts, report.seen, report.posts_last_week) == (2, 2, 1)


def test_rows_come_with_most_posts_first_and_unknown_ones_last(stage: Stage) -> None:
    for slug in ("few", "blind", "many"):
        stage.add(slug)
    stage.read(1, LONG_AGO, NOW, MONDAY)
    stage.read(3, LONG_AGO, NOW, *[MONDAY + timedelta(hours=h) for h in range(5)])
    report = build_report(stage.session, week="2026-W47", now=NOW)
    assert [row.slug for row in report.talk] == ["many", "few", "blind"]


def test_a_community_without_any_source_is_closed_to_us_and_has_no_row(stage: Stage) -> None:
    stage.add("hidden", sources=0)
    stage.add("open")
    report = build_report(stage.session, week="2026-W47", now=NOW)
    assert report.closed_to_us == 1
    assert [row.slug for row in report.talk] == ["open"]


def test_an_empty_directory_has_an_empty_report(stage: Stage) -> None:
    report = build_report(stage.session, week="2026-W47", now=NOW)
    assert (report.talk, report.changes, report.seen, report.posts_last_week) == ((), (), 0, None)


def test_a_built_report_survives_being_stored(stage: Stage) -> None:
    community = stage.add("talkers", added=MONDAY)
    stage.read(1, LONG_AGO, NOW, MONDAY)
    stage.judge(community, Status.ACTIVE, MONDAY)
    report = build_report(stage.session, week="2026-W47", now=NOW)
    save_report_content(stage.session, report)
    assert load_weekly(stage.session, "2026-W47") == report


@pytest.mark.parametrize("marker", [Marker.SPAM, Marker.ANNOUNCEMENTS_ONLY])
def test_spam_and_announcements_are_no_talk(stage: Stage, marker: Marker) -> None:
    loud, small = stage.add("loud"), stage.add("small")
    stage.read(1, LONG_AGO, NOW, *(MONDAY + timedelta(hours=n) for n in range(9)))
    stage.read(2, LONG_AGO, NOW, MONDAY)
    stage.judge(small, Status.ACTIVE, MONDAY)
    stage.judge(loud, Status.DORMANT, MONDAY, markers=frozenset({marker}))
    report = build_report(stage.session, week="2026-W47", now=NOW)
    assert [row.slug for row in report.talk] == ["small"]
    assert (report.posts, report.seen) == (1, 1)
    assert report.not_talk == (NotTalk(slug="loud", name="Loud", marker=marker),)
    assert "Not counted as talk: Loud (" in render_text(report)


# ---- not read ------------------------------------------------------------------------------


def test_a_source_that_could_not_be_read_is_named_with_the_start_of_its_trouble(
    stage: Stage,
) -> None:
    stage.add("walled")
    stage.read(1, LONG_AGO, MONDAY - WEEK)
    stage.visit(1, Outcome.READ, MONDAY - WEEK)
    stage.visit(1, Outcome.LOGIN_WALL, MONDAY - timedelta(days=3))
    stage.visit(1, Outcome.LOGIN_WALL, MONDAY + timedelta(days=3))
    (entry,) = build_report(stage.session, week="2026-W47", now=NOW).not_read
    assert (entry.slug, entry.name) == ("walled", "Walled")
    assert entry.outcome is Outcome.LOGIN_WALL
    assert entry.since == MONDAY - timedelta(days=3)


def test_a_source_that_fails_only_after_its_week_was_wholly_seen_is_not_named(
    stage: Stage,
) -> None:
    stage.add("late")
    stage.read(1, LONG_AGO, NOW - timedelta(hours=2))
    stage.visit(1, Outcome.TIMEOUT, NOW - timedelta(hours=1))
    assert build_report(stage.session, week="2026-W47", now=NOW).not_read == ()


def test_one_of_several_sources_is_named_with_its_own_name(stage: Stage) -> None:
    stage.add("double", sources=2)
    stage.visit(1, Outcome.UNCHANGED, NOW)
    stage.visit(2, Outcome.GONE, NOW)
    (entry,) = build_report(stage.session, week="2026-W47", now=NOW).not_read
    assert entry.name == "Double (double-1)"


@pytest.mark.parametrize("outcome", [Outcome.READ, Outcome.UNCHANGED, Outcome.EMPTY])
def test_a_source_that_was_seen_is_never_called_unread(stage: Stage, outcome: Outcome) -> None:
    stage.add("fine")
    stage.visit(1, outcome, NOW)
    assert build_report(stage.session, week="2026-W47", now=NOW).not_read == ()


# ---- changes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (Status.ACTIVE, Status.SLOWING, ChangeKind.WENT_QUIET),
        (Status.ACTIVE, Status.DORMANT, ChangeKind.WENT_QUIET),
        (Status.ACTIVE, Status.INACTIVE, ChangeKind.BECAME_INACTIVE),
        (Status.DORMANT, Status.INACTIVE, ChangeKind.BECAME_INACTIVE),
        (Status.DORMANT, Status.ACTIVE, ChangeKind.WOKE_UP),
        (Status.INACTIVE, Status.SLOWING, ChangeKind.WOKE_UP),
        (Status.SLOWING, Status.DORMANT, None),
        (Status.ACTIVE, Status.ACTIVE, None),
        (Status.ACTIVE, Status.UNVERIFIABLE, None),
        (Status.UNVERIFIABLE, Status.INACTIVE, None),
        (None, Status.INACTIVE, None),
        (Status.ACTIVE, None, None),
    ],
)
def test_only_a_change_of_the_public_word_between_seen_states_is_told(
    before: Status | None, after: Status | None, kind: ChangeKind | None
) -> None:
    assert find_kind(Turn(before=before, after=after)) is kind


def test_a_change_found_in_the_week_is_told_with_its_first_reason(stage: Stage) -> None:
    community = stage.add("malaria")
    stage.judge(community, Status.ACTIVE, MONDAY - timedelta(days=1))
    stage.judge(community, Status.ACTIVE, MONDAY + timedelta(days=1))
    stage.judge(community, Status.DORMANT, MONDAY + timedelta(days=2), code="silence")
    (change,) = build_report(stage.session, week="2026-W47", now=NOW).changes
    assert change == Change(
        slug="malaria",
        name="Malaria",
        kind=ChangeKind.WENT_QUIET,
        status=Status.DORMANT,
        reason=Reason(code="silence", values={"posts": 3}),
    )


def test_a_change_there_and_back_within_the_week_is_none(stage: Stage) -> None:
    community = stage.add("flicker")
    for day, status in enumerate((Status.ACTIVE, Status.DORMANT, Status.ACTIVE)):
        stage.judge(community, status, MONDAY + timedelta(days=day - 1))
    assert stage.changes() == []


def test_the_first_judgement_of_a_community_is_no_change(stage: Stage) -> None:
    stage.judge(stage.add("known"), Status.DORMANT, MONDAY + timedelta(days=1))
    assert stage.changes() == []


def test_a_new_community_is_told_as_new_and_nothing_else(stage: Stage) -> None:
    community = stage.add("fresh", added=MONDAY)
    stage.judge(community, Status.ACTIVE, MONDAY)
    stage.judge(community, Status.DORMANT, MONDAY + timedelta(days=1))
    assert stage.changes() == [("fresh", ChangeKind.NEW)]


def test_what_is_found_on_the_morning_of_the_report_is_told_at_once_and_only_once(
    stage: Stage,
) -> None:
    community = stage.add("malaria")
    stage.judge(community, Status.ACTIVE, LONG_AGO)
    stage.judge(community, Status.DORMANT, NOW)
    stage.add("fresh", added=NOW)
    first = build_report(stage.session, week="2026-W47", now=NOW)
    assert [change.slug for change in first.changes] == ["malaria", "fresh"]
    save_report_content(stage.session, first)
    assert stage.changes("2026-W48", NOW + WEEK) == []


def test_what_came_after_a_report_is_told_by_the_next_one(stage: Stage) -> None:
    community = stage.add("malaria")
    stage.judge(community, Status.ACTIVE, MONDAY)
    save_report_content(stage.session, build_report(stage.session, week="2026-W47", now=NOW))
    stage.judge(community, Status.DORMANT, NOW + timedelta(minutes=1))
    assert stage.changes("2026-W48", NOW + WEEK) == [("malaria", ChangeKind.WENT_QUIET)]


def test_weeks_without_a_report_lose_no_change(stage: Stage) -> None:
    community = stage.add("malaria")
    stage.judge(community, Status.ACTIVE, MONDAY)
    save_report_content(stage.session, build_report(stage.session, week="2026-W47", now=NOW))
    stage.judge(community, Status.DORMANT, NOW + timedelta(days=3))
    assert stage.changes("2026-W51", NOW + 4 * WEEK) == [("malaria", ChangeKind.WENT_QUIET)]


def test_a_report_of_an_old_week_built_late_takes_no_change_from_later_ones(
    stage: Stage,
) -> None:
    community = stage.add("malaria")
    stage.judge(community, Status.ACTIVE, MONDAY - 10 * WEEK)
    stage.judge(community, Status.DORMANT, MONDAY)
    old = build_report(stage.session, week="2026-W38", now=NOW)
    assert old.changes == ()
    save_report_content(stage.session, old)
    assert stage.changes() == [("malaria", ChangeKind.WENT_QUIET)]


def test_a_decision_of_the_week_stands_above_what_the_rules_found(stage: Stage) -> None:
    community = stage.add("ended")
    stage.judge(community, Status.ACTIVE, MONDAY - timedelta(days=1))
    stage.judge(community, Status.DORMANT, MONDAY + timedelta(days=1))
    stage.decide(community, Answer.CLOSED, MONDAY + timedelta(days=2))
    (change,) = build_report(stage.session, week="2026-W47", now=NOW).changes
    assert (change.kind, change.status) == (ChangeKind.CLOSED, Status.CLOSED)
    assert change.reason is None


def test_a_decision_in_force_keeps_the_rules_from_announcing_silence(stage: Stage) -> None:
    community = stage.add("course")
    stage.judge(community, Status.ACTIVE, MONDAY - timedelta(days=20))
    stage.decide(community, Answer.ALIVE, MONDAY - timedelta(days=10))
    stage.judge(community, Status.DORMANT, MONDAY + timedelta(days=1))
    assert stage.changes() == []


def test_a_decision_undone_in_the_same_week_is_not_told(stage: Stage) -> None:
    community = stage.add("ended")
    decision = stage.decide(community, Answer.INACTIVE, MONDAY + timedelta(days=2))
    undo(stage.session, decision.id, 1, MONDAY + timedelta(days=3))
    assert stage.changes() == []


def test_an_old_decision_that_is_taken_back_is_a_correction(stage: Stage) -> None:
    community = stage.add("ended")
    stage.judge(community, Status.ACTIVE, MONDAY - 3 * WEEK)
    decision = stage.decide(community, Answer.CLOSED, MONDAY - 2 * WEEK)
    undo(stage.session, decision.id, 1, MONDAY + timedelta(days=3))
    assert stage.changes() == [("ended", ChangeKind.CORRECTED)]


def test_an_archive_that_redirects_for_good_has_moved(stage: Stage) -> None:
    stage.add("mover")
    change_address(stage.session, 1, "https://new.example.org/mover", MONDAY + timedelta(days=2))
    assert stage.changes() == [("mover", ChangeKind.MOVED)]
    undo_address_change(stage.session, 1, NOW)
    assert stage.changes() == []


def test_a_week_that_is_known_better_now_is_told_again(stage: Stage) -> None:
    stage.add("slow")
    start = MONDAY - WEEK
    stage.read(1, LONG_AGO, MONDAY, start)
    save_report_content(
        stage.session, build_report(stage.session, week="2026-W46", now=MONDAY + timedelta(hours=6))
    )
    stage.read(1, MONDAY, NOW, start, start + timedelta(days=1), start + timedelta(days=2))
    (entry,) = build_report(stage.session, week="2026-W47", now=NOW).recounts
    assert entry == Recount(slug="slow", name="Slow", told=1, counted=3)


def test_open_alerts_are_the_operators_troubles(stage: Stage) -> None:
    open_alert(
        stage.session,
        kind=AlertKind.LATE,
        name="assess",
        since=MONDAY,
        failures=0,
        now=MONDAY + timedelta(hours=3),
    )
    report = build_report(stage.session, week="2026-W47", now=NOW)
    (trouble,) = report.troubles
    assert (trouble.kind, trouble.name, trouble.since) == (AlertKind.LATE, "assess", MONDAY)
    assert "assess" in render_text(report, Edition(for_operator=True))
    assert "assess" not in render_text(report, Edition(for_curator=True))
    assert "assess" not in render_json(report, public=True)
    save_report_content(stage.session, report)
    assert load_weekly(stage.session, "2026-W47") == report


def test_an_open_card_is_counted(stage: Stage) -> None:
    community = stage.add("doubtful")
    open_review(stage.session, community.id, Flag(kind=FlagKind.WENT_QUIET), MONDAY)
    assert build_report(stage.session, week="2026-W47", now=NOW).open_reviews == 1


def _decision(number: int, answer: Answer, day: int, **fields: int | datetime) -> Decision:
    return Decision(
        id=number,
        review_id=None,
        community_id=1,
        answer=answer,
        decided_at=MONDAY + timedelta(days=day),
        curator="Ada",
        **fields,  # type: ignore[arg-type]
    )


def test_the_decision_in_force_is_the_one_of_that_moment_and_not_of_today() -> None:
    inactive = _decision(1, Answer.INACTIVE, -9)
    taken_back = _decision(2, Answer.UNDO, 2, undoes=1)
    alive = _decision(3, Answer.ALIVE, 3, until=MONDAY + timedelta(days=183))
    all_three = (inactive, taken_back, alive)
    assert in_force(all_three, MONDAY) == inactive
    assert in_force(all_three, MONDAY + timedelta(days=2, hours=1)) is None
    assert in_force(all_three, MONDAY + timedelta(days=5)) == alive
    assert in_force(all_three, MONDAY + timedelta(days=183)) is None


def test_taking_back_an_old_decision_is_a_word_of_the_week() -> None:
    week = Window(start=MONDAY, end=MONDAY + WEEK)
    old = _decision(1, Answer.INACTIVE, -9)
    assert spoke((old, _decision(2, Answer.UNDO, 2, undoes=1)), week)
    assert not spoke((old,), week)
    assert not spoke((_decision(1, Answer.NOT_SURE, 1),), week)
