"""Made weeks whose whole mail is known by heart: each was read by a person before it was kept.

A file that is missing is written, and then the test fails: read it before you keep it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from bs4 import BeautifulSoup

from domain.alerts import AlertKind
from domain.outcome import Marker, Outcome, Reason, Status
from domain.report import (
    Change,
    ChangeKind,
    NotRead,
    NotTalk,
    Recount,
    TalkRow,
    Trouble,
    WeeklyReport,
)
from presentation.digest import Edition
from reports.addressing import build_month
from reports.letters import build_mail
from reports.render import render_html, render_subject, render_text
from reports.weeks import week_window

GOLDEN = Path(__file__).parent / "golden"
KIB = 1024
EDITION = Edition(
    public_url="https://cops.example.org",
    choices_url="https://cops.example.org/mail/TOKEN",
    stop_url="https://cops.example.org/stop/TOKEN",
    for_curator=True,
    for_operator=True,
)
MONTHS = (150, 140, 160, 120, 0, None, 130, 140, 150, 170, 160, 155)
SILENCE = Reason(
    code="silence",
    values={"silent_days": 63, "last": "2026-09-19", "usual_days": 4, "longest_days": 31},
)


def _row(name: str, this: int | None, last: int | None = 38, **facts: object) -> TalkRow:
    known: dict[str, object] = {"usual": 34.0, "season": 30.0, "months": MONTHS}
    slug = re.sub(r"\W+", "-", name.lower())
    return TalkRow(slug=slug, name=name, this_week=this, last_week=last, **{**known, **facts})  # type: ignore[arg-type]


def _report(week: str, *talk: TalkRow, **facts: object) -> WeeklyReport:
    window = week_window(week)
    both = [row for row in talk if row.this_week is not None and row.last_week is not None]
    known: dict[str, object] = {
        "built_at": window.end + timedelta(hours=6),
        "posts": sum(row.this_week or 0 for row in talk),
        "posts_last_week": sum(row.last_week or 0 for row in both) if both else None,
        "seen": sum(row.this_week is not None for row in talk),
        "changes": (),
        "not_read": (),
        "closed_to_us": 0,
        "open_reviews": 0,
    }
    return WeeklyReport(week=week, window=window, talk=talk, **{**known, **facts})  # type: ignore[arg-type]


def _change(name: str, kind: ChangeKind, **facts: object) -> Change:
    return Change(slug=name.lower(), name=name, kind=kind, **{"status": None, **facts})  # type: ignore[arg-type]


def nothing_happened() -> WeeklyReport:
    """All quiet, all seen: the mail that says that the machine still looks."""
    return _report(
        "2026-W47", *(_row(f"Forum {n}", 0, 0, usual=0.0, season=0.0) for n in range(58))
    )


def everything_broke() -> WeeklyReport:
    """Not one archive could be read, and our own network was down."""
    since = datetime.fromisoformat("2026-11-14T03:00:00+00:00")
    names = [f"Example List {n}" for n in range(1, 16)]
    outcomes = [o for o in Outcome if not o.saw]
    return _report(
        "2026-W47",
        *(_row(name, None, None, season=None) for name in names),
        not_read=tuple(
            NotRead(slug=f"list-{n}", name=name, outcome=outcomes[n % len(outcomes)], since=since)
            for n, name in enumerate(names)
        ),
        troubles=(
            Trouble(kind=AlertKind.NETWORK, name="our own network", since=since, failures=1),
            *(
                Trouble(kind=AlertKind.SOURCE, name=f"list-{n}", since=since, failures=n)
                for n in range(1, 15)
            ),
            Trouble(kind=AlertKind.LATE, name="assess", since=since, failures=0),
            Trouble(kind=AlertKind.LATE, name="visits", since=since, failures=15),
        ),
        open_reviews=1,
    )


def week_53() -> WeeklyReport:
    """The week that lies in two years, in which everything changed that can."""
    return _report(
        "2026-W53",
        _row("Child Health Exchange", 39),
        _row("Primary Care Forum", 33, 37, usual=30.5),
        _row("Announcer", 0, 4),
        changes=(
            _change("Malaria", ChangeKind.WENT_QUIET, status=Status.DORMANT, reason=SILENCE),
            _change("Eyes", ChangeKind.WOKE_UP, status=Status.ACTIVE),
            _change("Ears", ChangeKind.BECAME_INACTIVE, status=Status.INACTIVE),
            _change("One Health", ChangeKind.NEW),
            _change("TB Care", ChangeKind.MOVED, status=Status.MOVED),
            _change("Old Forum", ChangeKind.CLOSED, status=Status.CLOSED),
            _change("Second Life", ChangeKind.CORRECTED, status=Status.ACTIVE),
            _change("Course", ChangeKind.DECIDED, status=Status.ACTIVE),
        ),
        recounts=(Recount(slug="p", name="Primary Care Forum", told=35, counted=37),),
        not_talk=(NotTalk(slug="s", name="Pill Shop", marker=Marker.SPAM),),
        closed_to_us=27,
        open_reviews=7,
    )


def dst_week() -> WeeklyReport:
    """The week in which Europe turns its clocks back: in UTC it has seven days like any other."""
    return _report(
        "2026-W43",
        _row("Child Health Exchange", 38, 38, season=38.0),
        _row("Rare Diseases", 1, None, usual=None, season=None),
    )


def three_hundred() -> WeeklyReport:
    """More communities than a mail can show."""
    return _report(
        "2026-W47",
        *(_row(f"Réseau de santé communautaire n.{n}", 400 - n, 398 - n) for n in range(300)),
        changes=tuple(_change(f"New Forum {n}", ChangeKind.NEW) for n in range(30)),
    )


def right_to_left() -> WeeklyReport:
    """Names that are written from right to left, in every place where a name stands."""
    name = "شبكة صحة المجتمع"
    return _report(
        "2026-W47",
        _row(name, 12, 9),
        _row("קהילת בריאות", 3, 5),
        _row("Primary Care Forum", 2, 2),
        changes=(_change(name, ChangeKind.WOKE_UP), _change("מרפאה", ChangeKind.NEW)),
        not_read=(NotRead(slug="n", name=name, outcome=Outcome.LOGIN_WALL, since=None),),
    )


def a_month() -> WeeklyReport:
    """October, as it goes out with the first week that ends in November."""
    window = week_window("2026-W44")
    built_at = window.end + timedelta(hours=6)
    week = replace(week_53(), week="2026-W44", window=window, built_at=built_at)
    quiet = _row("Night Shift", 1, 2, months=(*(5,) * 11, None))
    return build_month(replace(week, talk=(*week.talk, quiet)), [week])


WEEKS: Mapping[str, Callable[[], WeeklyReport]] = MappingProxyType(
    {
        made.__name__: made
        for made in (
            nothing_happened,
            everything_broke,
            week_53,
            dst_week,
            three_hundred,
            right_to_left,
            a_month,
        )
    }
)


def _check(name: str, told: str) -> None:
    kept = GOLDEN / name
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(told, encoding="utf-8")
        pytest.fail(f"{kept} was missing and is written now: read it, then keep it")
    assert told == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", list(WEEKS))
def test_subject_and_text_are_as_a_person_read_them(case: str) -> None:
    report = WEEKS[case]()
    mail = build_mail(
        report,
        recipient="ada@example.org",
        sender="rollcall@cops.example.org",
        now=report.built_at,
        edition=EDITION,
    )
    _check(f"{case}.txt", f"Subject: {mail['Subject']}\n\n{render_text(report, EDITION)}")


@pytest.mark.parametrize("locale", ["fr", "es", "pt"])
def test_the_text_is_as_a_person_read_it_in_each_language(locale: str) -> None:
    report, edition = week_53(), replace(EDITION, locale=locale)
    broken = everything_broke()
    report = replace(report, not_read=broken.not_read, troubles=broken.troubles)
    subject = render_subject(report, edition)
    _check(f"week_53.{locale}.txt", f"Subject: {subject}\n\n{render_text(report, edition)}")


@pytest.mark.parametrize("case", list(WEEKS))
def test_the_html_is_as_a_person_saw_it(case: str) -> None:
    html = render_html(WEEKS[case](), EDITION)
    assert len(html.encode()) <= 80 * KIB
    _check(f"{case}.html", html)


@pytest.mark.parametrize("case", list(WEEKS))
def test_text_and_html_tell_the_same(case: str) -> None:
    """Every number of the text stands in the HTML, but for those that only the text draws."""
    report = WEEKS[case]()
    shown = " ".join(BeautifulSoup(render_html(report, EDITION), "lxml").get_text(" ").split())
    text = render_text(report, EDITION).replace("\u2068", "").replace("\u2069", "")
    text = re.sub(r"https\S+", "", " ".join(text.split()))
    months = {"12"}
    told = set(re.findall(r"\d[\d,.]*\d|\d", text)) - months
    assert told
    assert told <= set(re.findall(r"\d[\d,.]*\d|\d", shown))
