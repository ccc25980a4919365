"""How an installation is doing: read once, told in a few lines, with what to type next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from cli_core import minute
from crawler.plan import OUTCOME_RULES
from domain.outcome import Outcome
from domain.records import CrawlReport, Source
from store.crawls import latest_reports
from store.engine import reading
from store.jobs import list_jobs
from store.outbox import count_unsent
from store.reviews import list_open_reviews
from store.sources import list_sources

if TYPE_CHECKING:
    from config import Settings

# A source or duty this long past its time is late: nobody is running the timetable.
GRACE = timedelta(hours=1)
TWO_IN_A_ROW = 2
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A source that a person should look at."""

    source: str
    outcome: Outcome
    detail: str
    since_visit: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What `status` says. `late` names sources and duties whose time passed long ago."""

    sources: int
    paused: int
    never_visited: int
    seen: int
    troubles: tuple[Trouble, ...]
    late: tuple[str, ...]
    next_crawl: datetime | None
    next_report: datetime | None
    failed_duties: tuple[str, ...]
    reviews: int
    oldest_review: datetime | None
    mails_waiting: int
    mails_given_up: int

    @property
    def needs_person(self) -> bool:
        """True when something does not mend itself."""
        return bool(self.troubles or self.late or self.failed_duties or self.mails_given_up)


def read_standing(engine: Engine, now: datetime) -> Standing:
    """How things stand now."""
    with reading(engine) as session:
        sources = list_sources(session)
        reports = latest_reports(session)
        duties = list_jobs(session)
        reviews = list_open_reviews(session)
        unsent = count_unsent(session)
    visited = [source for source in sources if source.platform.crawled and not source.paused]
    waiting = [(source.name, source.due_at) for source in visited]
    waiting += [(duty.name, duty.due_at) for duty in duties]
    dues = [source.due_at for source in visited if source.due_at is not None]
    return Standing(
        sources=len(sources),
        paused=sum(source.paused for source in sources),
        never_visited=sum(source.id not in reports for source in visited),
        seen=sum(reports[s.id].outcome.saw for s in sources if s.id in reports and not s.paused),
        troubles=_list_troubles(visited, reports),
        late=tuple(name for name, due in waiting if due is not None and due < now - GRACE),
        next_crawl=min(dues, default=None),
        next_report=next((duty.due_at for duty in duties if duty.name == "weekly_report"), None),
        failed_duties=tuple(
            f"{duty.name}: {duty.last_error}" for duty in duties if duty.last_error
        ),
        reviews=len(reviews),
        oldest_review=min((review.opened_at for review in reviews), default=None),
        mails_waiting=unsent.waiting,
        mails_given_up=unsent.given_up,
    )


def _list_troubles(sources: list[Source], reports: dict[int, CrawlReport]) -> tuple[Trouble, ...]:
    """Sources whose last outcome is a person's business by the table of outcomes."""
    troubles = []
    for source in sources:
        report = reports.get(source.id)
        if report is None:
            continue
        tells = OUTCOME_RULES[report.outcome].tells
        patient = tells.endswith("two in a row") and source.failures < TWO_IN_A_ROW
        if tells != "nobody" and not patient:
            troubles.append(
                Trouble(
                    source=source.name,
                    outcome=report.outcome,
                    detail=report.detail,
                    since_visit=report.finished_at,
                )
            )
    return tuple(troubles)


def write_lines(standing: Standing, now: datetime) -> list[str]:
    """The standing in a few lines for a person."""
    counts = (
        f"{standing.seen} seen on the last visit, {len(standing.troubles)} in trouble,"
        f" {standing.never_visited} not visited yet, {standing.paused} paused"
    )
    lines = [f"Sources    {standing.sources}: {counts}"]
    lines += [
        f"  ! {trouble.source}: {str(trouble.outcome).replace('_', ' ')}, {trouble.detail}"
        for trouble in standing.troubles
    ]
    if standing.late:
        lines.append(f"Late       {', '.join(standing.late)}: is `rollcall run` running?")
    lines.append(
        f"Timetable  next visit {_when(standing.next_crawl, now)}"
        f" · weekly report {_when(standing.next_report, now)}"
    )
    lines += [f"  ! {error}" for error in standing.failed_duties]
    oldest = f", oldest {minute(standing.oldest_review)}" if standing.oldest_review else ""
    lines.append(f"Review     {standing.reviews} open{oldest}")
    lines.append(f"Mail       {standing.mails_waiting} waiting, {standing.mails_given_up} given up")
    return lines


def _when(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "not planned"
    return "now" if moment <= now else minute(moment) or ""


def suggest_commands(standing: Standing, settings: Settings) -> list[str]:
    """At most three commands worth typing next."""
    found = []
    if not standing.sources:
        found.append("rollcall sources test URL")
        found.append("rollcall sources add URL")
    if standing.troubles:
        found.append(f"rollcall sources show {standing.troubles[0].source}")
    if standing.late or standing.never_visited:
        found.append("rollcall run")
        found.append("rollcall crawl")
    if standing.mails_waiting and not settings.mail.host:
        found.append("rollcall config show")
    if standing.reviews:
        found.append("rollcall review list")
    return found[:SUGGESTIONS]


def standing_record(standing: Standing) -> dict[str, object]:
    """The standing for programs."""
    return {
        "sources": standing.sources,
        "seen": standing.seen,
        "paused": standing.paused,
        "never_visited": standing.never_visited,
        "troubles": [
            {
                "source": trouble.source,
                "outcome": trouble.outcome,
                "detail": trouble.detail,
                "visited_at": trouble.since_visit.isoformat(),
            }
            for trouble in standing.troubles
        ],
        "late": list(standing.late),
        "failed_duties": list(standing.failed_duties),
        "next_crawl": standing.next_crawl,
        "next_report": standing.next_report,
        "reviews": standing.reviews,
        "oldest_review": standing.oldest_review,
        "mails_waiting": standing.mails_waiting,
        "mails_given_up": standing.mails_given_up,
        "needs_person": standing.needs_person,
    }
