"""The operator's room: every source with its last weeks, and what is wrong with one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from domain.alerts import Alert, AlertKind
from domain.people import Role
from domain.records import CrawlReport, Source
from domain.window import Coverage, CoverageKind, Window, complete_windows, holes, merge_windows
from presentation.dates import describe_age, describe_length, format_day, format_minute
from presentation.grid import (
    GridRow,
    Seen,
    build_row,
    rank,
    summarise,
    tell_next,
    tell_state,
    week_starts,
)
from presentation.marks import RunMark, mark_source, mark_visit
from presentation.plots import plot_coverage
from presentation.words import outcome_words
from store import alerts, coverage, crawls, runs, sources
from store.engine import reading, writing
from web.auth import Shown, current_user, signed_in
from web.site import site

OPERATORS = (Role.OPERATOR, Role.LEAD)
ROWS = 50
VISITS = 20
STRIP_DAYS = 730
STRETCHES = 12

pages = Blueprint("runs", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit as the page of its source shows it."""

    at: str
    mark: RunMark
    words: str
    report: CrawlReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of time and how it was seen."""

    days: str
    seen: str


@pages.get("/runs")
@signed_in(*OPERATORS)
def grid() -> Shown:
    """Every source that is visited, worst first, with eight weeks each."""
    here = site()
    now = here.clock()
    with reading(here.engine) as s:
        watched = [source for source in sources.list_sources(s) if source.platform.visited]
        rows = _build_rows(s, watched, now)
        troubles = [a for a in alerts.list_open_alerts(s) if a.kind is not AlertKind.SOURCE]
    count = max(1, -(-len(rows) // ROWS))
    number = min(max(request.args.get("page", 1, type=int), 1), count)
    return _render(
        "runs.html",
        rows=rows[(number - 1) * ROWS : number * ROWS],
        weeks=week_starts(now),
        summary=summarise(rows),
        troubles=[_tell_alert(alert) for alert in troubles],
        legend=RunMark,
        number=number,
        count=count,
    )


@pages.get("/runs/<path:name>")
@signed_in(*OPERATORS)
def source(name: str) -> Shown:
    """One source: how it stands, since when, its visits, its evidence, and what was seen of it."""
    here = site()
    now = here.clock()
    with reading(here.engine) as s:
        found = sources.load_source(s, name) or _missing()
        visits = crawls.list_reports(s, found.id, VISITS)
        told = runs.latest_conclusions(s, only=[found.id]).get(found.id)
        streak = runs.failing_streaks(s, only=[found.id]).get(found.id)
        seen = coverage.load_coverage(s, found.id)
        past = alerts.list_alerts(s, found.id, VISITS)
    window = Window(start=now - timedelta(days=STRIP_DAYS), end=now)
    return _render(
        "run.html",
        source=found,
        mark=mark_source(found, told),
        state=tell_state(found, told, streak),
        broken_for=describe_length(now - streak.since) if streak else "",
        told=told,
        next_visit=tell_next(found, now),
        visits=[_build_visit(report) for report in visits],
        strip=Markup(plot_coverage(window, seen)),  # noqa: S704 - numbers only
        window=window,
        stretches=list_stretches(window, seen),
        alerts=[_tell_past(alert) for alert in past],
        look=(visits[0].finished_at if visits else None),
        age=(describe_age(visits[0].finished_at, now) if visits else ""),
    )


@pages.post("/runs/test")
@signed_in(*OPERATORS)
def test_again() -> Response:
    """Marks a source as due: the service visits it at its next look. The web itself never does."""
    here = site()
    with writing(here.engine) as s:
        found = sources.load_source(s, request.form.get("source", "")) or _missing()
        if not found.paused:
            sources.request_visit(s, found.id, here.clock())
    words = (
        f"{found.name} is paused and stays so. Resume it with: "
        f"rollcall sources pause {found.name} --off"
        if found.paused
        else f"{found.name} is due now. The service visits it within seconds, if it is running."
    )
    session["done"] = {"words": words}
    return redirect(url_for("runs.source", name=found.name), 303)


def list_stretches(window: Window, seen: Sequence[Coverage]) -> tuple[Stretch, ...]:
    """The window in stretches as they were seen, newest first."""
    whole = complete_windows(seen)
    partial = merge_windows(c.window for c in seen if c.kind is CoverageKind.PARTIAL)
    found = [(part, "whole") for part in _cut(window, whole)]
    for gap in holes(window, whole):
        found += [(part, "in part") for part in _cut(gap, partial)]
        found += [(part, "not seen") for part in holes(gap, partial)]
    newest = sorted(found, key=lambda pair: pair[0].start, reverse=True)[:STRETCHES]
    return tuple(
        Stretch(days=f"{format_day(part.start)} – {format_day(part.end)}", seen=how)
        for part, how in newest
    )


def _cut(window: Window, parts: Sequence[Window]) -> list[Window]:
    """What of the parts lies in the window."""
    return [
        Window(start=max(part.start, window.start), end=min(part.end, window.end))
        for part in parts
        if part.end > window.start and part.start < window.end
    ]


def _build_rows(s: Session, watched: Sequence[Source], now: datetime) -> list[GridRow]:
    ids = [source.id for source in watched]
    seen = Seen(
        reports=runs.latest_conclusions(s, only=ids),
        weeks=runs.list_visited_weeks(s, week_starts(now), only=ids),
        streaks=runs.failing_streaks(s, only=ids),
        dated=runs.dated_shares(s, only=ids),
        added=sources.list_added(s),
    )
    grace = site().visit_grace
    return sorted((build_row(one, seen, grace=grace, now=now) for one in watched), key=rank)


def _build_visit(report: CrawlReport) -> Visit:
    return Visit(
        at=format_minute(report.finished_at),
        mark=mark_visit(report.outcome, report.posts_new),
        words=outcome_words(report.outcome),
        report=report,
    )


def _tell_alert(alert: Alert) -> str:
    since = format_minute(alert.since)
    if alert.kind is AlertKind.NETWORK:
        return f"Our own network has been down since {since}; nothing was concluded since."
    if alert.kind is AlertKind.ODD:
        return f"{alert.name} has been read, but not as usual, since {since}."
    return f"Late: {alert.name.replace('_', ' ')}, due {since}. See rollcall status."


def _tell_past(alert: Alert) -> str:
    began = format_minute(alert.since)
    told = "" if alert.notified_at else "; nobody was told"
    if alert.closed_at is None:
        return f"Since {began}: open, {alert.failures} visits in a row{told}"
    lasted = describe_length(alert.closed_at - alert.since)
    return f"{began} – {format_minute(alert.closed_at)}: lasted {lasted}{told}"


def _missing() -> NoReturn:
    abort(404)


def _render(template: str, **values: object) -> str:
    """A page of this room, with who is signed in and what was just done."""
    return render_template(
        template, me=current_user(), leads=True, done=session.pop("done", None), **values
    )
