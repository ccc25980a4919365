"""The weekly report on the web: a lasting page a week, its data, its feed, and a year by days."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from domain.published import MonthBar
from domain.report import WeeklyReport
from domain.window import Window
from presentation import calendar
from presentation.dates import format_month
from presentation.digest import Edition, build_digest
from presentation.plots import plot_months
from presentation.weekly_forms import render_atom, render_csv, render_json
from presentation.weekly_words import ToldWeek, format_number, tell_week
from store import coverage, posts, reports, sources
from store.engine import reading
from web.directory import revalidate
from web.language import asked_locale
from web.merged import lead_on
from web.site import Site, render_in, site

pages = Blueprint("weekly", __name__)
pages.before_request(lead_on)
pages.after_request(revalidate)

DRAWN = 60
PER_PAGE = 12
FIRST_YEAR = 1970


@pages.get("/reports")
def index() -> str:
    """The weeks, newest first, each with its answer."""
    here, locale = site(), asked_locale()
    before = request.args.get("before", "")
    with reading(here.engine) as s:
        weeks = {w: at for w, at in reports.list_built(s).items() if not before or w < before}
        shown = [_tell(s, here, week, weeks[week], locale) for week in list(weeks)[:PER_PAGE]]
    return render_in(
        locale,
        "reports.html",
        reports=shown,
        earlier=shown[-1].week if len(weeks) > PER_PAGE else "",
    )


def _tell(s: Session, here: Site, week: str, built_at: datetime, locale: str) -> ToldWeek:
    """The week in a line or two, put together once: a report holds a row for every community."""
    key = (week, built_at, locale)
    if key not in here.weeks:
        report = reports.load_weekly(s, week)
        assert report is not None
        here.weeks[key] = tell_week(report, locale)
    return here.weeks[key]


@pages.get("/reports/<week>")
def week_page(week: str) -> str:
    """One week, as it was mailed, with a picture of each community's year."""
    report = _load(week)
    locale = asked_locale()
    edition = _edition(site(), locale)
    return render_in(
        locale,
        "report.html",
        report=report,
        digest=build_digest(report, edition),
        drawn=DRAWN,
        bars={row.slug: _bars(report, row.months) for row in report.talk},
        plot=lambda bars: Markup(plot_months(bars)),  # noqa: S704 - numbers only
        number=lambda value: format_number(value, locale),
        month=lambda value: format_month(value, locale),
    )


@pages.get("/reports/<week>.csv")
def week_csv(week: str) -> Response:
    """The week as a table for spreadsheets."""
    return Response(render_csv(_load(week)), mimetype="text/csv")


@pages.get("/reports/<week>.json")
def week_json(week: str) -> Response:
    """The week for programs."""
    return Response(render_json(_load(week), public=True), mimetype="application/json")


@pages.get("/changes.atom")
def changes() -> Response:
    """What changed in the last weeks, as a feed."""
    here = site()
    edition = _edition(here, asked_locale())
    with reading(here.engine) as s:
        weeks = reports.list_weeks(s)[:PER_PAGE]
        latest = [found for week in weeks if (found := reports.load_weekly(s, week, rows=False))]
    home = urlsplit(here.public_url).hostname or "localhost"
    return Response(render_atom(latest, edition, home), mimetype="application/atom+xml")


@pages.get("/c/<slug>/<int:year>")
def year_page(slug: str, year: int) -> str:
    """A community's year, day by day."""
    here = site()
    now = here.clock()
    if not FIRST_YEAR <= year <= now.year:
        abort(404)
    with reading(here.engine) as s:
        community = sources.load_community(s, slug)
        if community is None:
            abort(404)
        first, last = (datetime(y, 1, 1, tzinfo=UTC) for y in (year, year + 1))
        counts = posts.load_daily_counts(s, community.id, Window(start=first, end=last))
        seen = coverage.community_coverage(s, community.id)
    days = calendar.build_year(year, counts, seen, now)
    earliest = min((window.start.year for window in seen), default=year)
    locale = asked_locale()
    return render_in(
        locale,
        "year.html",
        community=community,
        year=year,
        months=calendar.sum_months(days),
        total=sum(counts.values()),
        picture=Markup(calendar.plot_year(days)),  # noqa: S704 - numbers only
        earlier=year - 1 if year > earliest else None,
        later=year + 1 if year < now.year else None,
        month=lambda value: format_month(value, locale),
    )


def _load(week: str) -> WeeklyReport:
    with reading(site().engine) as s:
        found = reports.load_weekly(s, week)
    if found is None:
        abort(404)
    return found


def _edition(here: Site, locale: str) -> Edition:
    return Edition(title=here.name, public_url=here.public_url, locale=locale, rows=None)


def _bars(report: WeeklyReport, months: tuple[int | None, ...]) -> tuple[MonthBar, ...]:
    """The row's months as bars; one that was not wholly seen is hatched, and no number."""
    return tuple(
        MonthBar(month=month, posts=posts, seen_share=0.0 if posts is None else 1.0)
        for month, posts in zip(report.months, months, strict=True)
    )
