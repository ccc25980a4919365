"""Who gets which letter: by how often, what about, and what they do here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.people import Role
from domain.readers import Choices, Reader, Rhythm
from domain.records import Community
from domain.report import Change, ChangeKind, TalkRow, WeeklyReport
from domain.window import Window
from presentation.digest import Edition
from reports.addressing import build_month, narrow, plan_letters
from reports.letters import Letter

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def _reader(name: str = "ada", role: Role | None = None, **choices: object) -> Reader:
    return Reader(
        id=1,
        address=f"{name}@example.org",
        choices=Choices(**choices),  # type: ignore[arg-type]
        confirmed_at=NOW,
        role=role,
    )


def _plan(
    week: WeeklyReport,
    *readers: Reader,
    month: WeeklyReport | None = None,
    communities: Iterable[Community] = (),
) -> list[Letter]:
    return list(
        plan_letters(
            week,
            month,
            readers,
            communities={community.slug: community for community in communities},
            edition_for=lambda _reader: Edition(),
        )
    )


def _community(slug: str, *, topics: tuple[str, ...] = (), regions: tuple[str, ...] = ()):
    return Community(id=1, slug=slug, name=slug, topics=topics, regions=regions)


@pytest.fixture
def silent(make_report: Callable[..., WeeklyReport], make_row: Callable[..., TalkRow]):
    """A week in which there is nothing to say."""
    return make_report(talk=(make_row(this_week=0),))


@pytest.mark.parametrize("role", list(Role))
def test_a_week_without_news_goes_to_those_who_keep_the_directory_and_to_nobody_else(silent, role):
    letters = _plan(silent, _reader(), _reader("cleo", role))
    assert [letter.address for letter in letters] == ["cleo@example.org"]


def test_cards_are_for_curators_and_what_broke_for_operators(full_report):
    people = [_reader(str(role), role) for role in Role] + [_reader()]
    told = {
        letter.address.partition("@")[0]: (letter.edition.for_curator, letter.edition.for_operator)
        for letter in _plan(full_report, *people)
    }
    assert told == {
        "curator": (True, False),
        "lead": (True, True),
        "operator": (False, True),
        "ada": (False, False),
    }


def test_nothing_goes_to_who_did_not_confirm_or_stopped_or_rests(full_report):
    fine = _reader()
    unasked = replace(fine, confirmed_at=None)
    resting = replace(fine, rests_at=NOW)
    stopped = _reader(rhythm=Rhythm.NEVER)
    assert _plan(full_report, unasked, resting, stopped) == []
    assert len(_plan(full_report, fine)) == 1


def test_who_wants_only_changes_gets_no_mail_of_a_week_with_mere_talk(full_report, make_report):
    reader = _reader(rhythm=Rhythm.CHANGES)
    assert len(_plan(full_report, reader)) == 1
    assert _plan(make_report(), reader) == []


def test_only_changes_of_a_topic_are_changes_to_who_chose_it(full_report):
    known = [_community("malaria", topics=("hiv-tb-malaria",)), _community("forum")]
    other = _reader(rhythm=Rhythm.CHANGES, topics=("nutrition",))
    this = _reader("bob", rhythm=Rhythm.CHANGES, topics=("hiv-tb-malaria",))
    (letter,) = _plan(full_report, other, this, communities=known)
    assert letter.address == "bob@example.org"
    assert [change.slug for change in letter.report.changes] == ["malaria"]
    assert letter.edition.only == "HIV, tuberculosis and malaria"


def test_a_narrowed_report_counts_anew(make_report, make_row):
    week = make_report(
        talk=(
            make_row("Here", this_week=30, last_week=20),
            make_row("There", this_week=5, last_week=None),
            make_row("Else", this_week=400),
        )
    )
    known = {
        "here": _community("here", topics=("wash",), regions=("Africa",)),
        "there": _community("there", topics=("wash", "nutrition"), regions=("Asia",)),
        "else": _community("else", topics=("nutrition",), regions=("Africa",)),
    }
    both = narrow(week, Choices(topics=("wash",)), known)
    assert [row.slug for row in both.talk] == ["here", "there"]
    assert (both.posts, both.posts_last_week, both.seen) == (35, 20, 2)
    one = narrow(week, Choices(topics=("wash",), regions=("Africa",)), known)
    assert [row.slug for row in one.talk] == ["here"]
    assert narrow(week, Choices(), known) is week


def test_a_month_has_its_own_numbers_and_the_last_change_of_each_community(make_report, make_row):
    first = datetime(2026, 9, 28, tzinfo=UTC)

    def week(number: int, *changes: Change) -> WeeklyReport:
        start = first + timedelta(weeks=number)
        window = Window(start=start, end=start + timedelta(weeks=1))
        return make_report(week=f"2026-W{40 + number}", window=window, changes=changes)

    def change(slug: str, kind: ChangeKind) -> Change:
        return Change(slug=slug, name=slug.title(), kind=kind, status=None)

    weeks = [
        week(0, change("before", ChangeKind.NEW)),
        week(1, change("a", ChangeKind.WENT_QUIET)),
        week(2, change("a", ChangeKind.WOKE_UP), change("b", ChangeKind.NEW)),
        week(5, change("after", ChangeKind.NEW)),
    ]
    months = (None, 10, 10, 10, 10, 10, 10, 10, 10, 10, 40, 60)
    last = make_report(
        week="2026-W44",
        window=Window(start=first + timedelta(weeks=4), end=first + timedelta(weeks=5)),
        talk=(make_row(months=months), make_row("Unseen", months=(*months[:-1], None))),
    )
    month = build_month(last, [*weeks, last])
    assert (month.label, month.window.start.isoformat()[:10]) == ("2026-10", "2026-10-01")
    assert [(c.slug, c.kind) for c in month.changes] == [
        ("a", ChangeKind.WOKE_UP),
        ("b", ChangeKind.NEW),
    ]
    assert (month.posts, month.posts_last_week, month.seen) == (60, 40, 1)
    row = month.talk[0]
    assert (row.this_week, row.last_week, row.usual) == (60, 40, 10)
    assert month.talk[1].this_week is None


def test_a_month_is_one_mail_whatever_week_it_is_sent_with(make_report, make_row):
    month = build_month(make_report(), [])
    (letter,) = _plan(make_report(), _reader(rhythm=Rhythm.MONTHLY), month=month)
    assert letter.key == "weekly:2026-10:ada@example.org"
