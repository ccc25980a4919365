"""How an installation is doing: read once, told in a few lines, with what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from cli_core import minute
from crawler.plan import OUTCOME_RULES
from domain.alerts import Alert, Late
from domain.canary import PROOF_HOLDS
from domain.outcome import Outcome
from domain.proposal import Proposal
from domain.published import is_shut_by_nature
from domain.records import CrawlReport, Source
from jobs.alert_policy import alert_policy, list_recipients
from jobs.backups import list_backups
from presentation.dates import describe_length
from presentation.proof_words import write_said
from scoring.held import is_held
from store.alerts import list_open_alerts
from store.assessments import latest_assessments
from store.canaries import latest_proofs
from store.crawls import latest_reports
from store.engine import reading
from store.jobs import list_jobs
from store.lateness import list_late
from store.outbox import count_unsent
from store.proposals import list_open_proposals
from store.reviews import list_open_reviews
from store.rule_sets import load_waiting
from store.sources import list_sources

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from config import Settings

NAMED = 8
NOBODY_TOLD = "; nobody is told: `rollcall users invite NAME ADDRESS --role operator`"
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
class Unproved:
    """A source that looks silent and has not proved it; `said` is what failed, if it was asked."""

    source: str
    check: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What `status` says. `late` are duties and sources whose time went by without them."""

    sources: int
    paused: int
    never_visited: int
    seen: int
    troubles: tuple[Trouble, ...]
    late: tuple[Late, ...]
    alerts: tuple[Alert, ...]
    told: bool
    next_crawl: datetime | None
    next_report: datetime | None
    last_backup: datetime | None
    failed_duties: tuple[str, ...]
    unproved: tuple[Unproved, ...]
    proposals: tuple[str, ...]
    rules_waiting: str
    reviews: int
    oldest_review: datetime | None
    mails_waiting: int
    mails_given_up: int

    @property
    def needs_person(self) -> bool:
        """True when something does not mend itself."""
        doubted = any(one.said for one in self.unproved)
        return bool(
            self.troubles or self.late or self.failed_duties or self.mails_given_up or doubted
        )


def read_standing(engine: Engine, settings: Settings, now: datetime) -> Standing:
    """How things stand now."""
    with reading(engine) as session:
        sources = list_sources(session)
        reports = latest_reports(session)
        duties = list_jobs(session)
        reviews = list_open_reviews(session)
        waits = load_waiting(session)
        proposals = list_open_proposals(session)
        unsent = count_unsent(session)
        late = list_late(session, alert_policy(settings), now)
        alerts = list_open_alerts(session)
        recipients = list_recipients(session, settings)
        unproved = _list_unproved(session, sources, now)
    backups = list_backups(settings)
    visited = [source for source in sources if source.platform.visited and not source.paused]
    dues = [source.due_at for source in visited if source.due_at is not None]
    return Standing(
        sources=len(sources),
        paused=sum(source.paused for source in sources),
        never_visited=sum(source.id not in reports for source in visited),
        seen=sum(reports[s.id].outcome.saw for s in sources if s.id in reports and not s.paused),
        troubles=_list_troubles(visited, reports),
        late=tuple(late),
        alerts=tuple(alerts),
        told=bool(recipients),
        next_crawl=min(dues, default=None),
        next_report=next((duty.due_at for duty in duties if duty.name == "weekly_report"), None),
        last_backup=backups[0].made_at if backups else None,
        failed_duties=tuple(
            f"{duty.name}: {duty.last_error}" for duty in duties if duty.last_error
        ),
        unproved=unproved,
        proposals=_name_proposals(sources, proposals),
        rules_waiting=waits.version if waits is not None else "",
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
        if report is None or is_shut_by_nature(source.platform, report.outcome):
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


def _name_proposals(sources: list[Source], proposals: list[Proposal]) -> tuple[str, ...]:
    names = {source.id: source.name for source in sources}
    return tuple(f"{names[one.source_id]} ({one.kind})" for one in proposals)


def _list_unproved(session: Session, sources: list[Source], now: datetime) -> tuple[Unproved, ...]:
    """The sources whose community keeps a better word because their silence is not proved."""
    held = {n for n, last in latest_assessments(session).items() if is_held(last)}
    silent = [one for one in sources if one.community_id in held and one.platform.crawled]
    proofs = latest_proofs(session, [source.id for source in silent])
    found = []
    for source in silent:
        proof = proofs.get(source.id)
        if proof is None or now - proof.checked_at > PROOF_HOLDS:
            found.append(Unproved(source=source.name))
        elif proof.failed:
            first = proof.failed[0]
            found.append(
                Unproved(source=source.name, check=first.check, said=write_said(first.said))
            )
    return tuple(found)


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
    if standing.unproved:
        lines.append(f"Silence    {len(standing.unproved)} not proved, so not believed")
        lines += [
            f"  {'!' if one.said else '-'} {one.source}: {one.said or 'not asked yet'}"
            for one in standing.unproved
        ]
    lines += _write_late(standing.late, now)
    if standing.alerts:
        told = "" if standing.told else NOBODY_TOLD
        lines.append(
            f"Alerts     {len(standing.alerts)} open, oldest since "
            f"{minute(min(alert.since for alert in standing.alerts))}{told}"
        )
    lines.append(
        f"Timetable  next visit {_when(standing.next_crawl, now)}"
        f" · weekly report {_when(standing.next_report, now)}"
        f" · last backup {minute(standing.last_backup) or 'never'}"
    )
    lines += [f"  ! {error}" for error in standing.failed_duties]
    if standing.proposals:
        more = len(standing.proposals) - NAMED
        named = ", ".join(standing.proposals[:NAMED]) + (f" and {more} more" if more > 0 else "")
        lines.append(f"Proposals  {named}: a curator decides")
    if standing.rules_waiting:
        lines.append(f"Rules      set {standing.rules_waiting} waits for a lead's go")
    oldest = f", oldest {minute(standing.oldest_review)}" if standing.oldest_review else ""
    lines.append(f"Review     {standing.reviews} open{oldest}")
    lines.append(f"Mail       {standing.mails_waiting} waiting, {standing.mails_given_up} given up")
    return lines


def _write_late(late: Sequence[Late], now: datetime) -> list[str]:
    """What is late, the longest overdue first, by name as far as a line holds."""
    if not late:
        return []
    names = [f"{one.name} ({describe_length(now - one.due_at)})" for one in late[:NAMED]]
    more = f" and {len(late) - NAMED} more" if len(late) > NAMED else ""
    return [f"Late       {', '.join(names)}{more}: is `rollcall run` running?"]


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
    found += [f"rollcall sources show {one.source}" for one in standing.unproved[:1] if one.said]
    if standing.late or standing.never_visited:
        found.append("rollcall run")
        found.append("rollcall crawl")
    if standing.failed_duties:
        found.append("rollcall doctor")
    if standing.mails_waiting and not settings.mail.host:
        found.append("rollcall config show")
    if standing.rules_waiting:
        found.append("rollcall rules")
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
        "late": [one.name for one in standing.late],
        "alerts": [alert.name for alert in standing.alerts],
        "silence_not_proved": [
            {"source": one.source, "check": one.check or None, "said": one.said or None}
            for one in standing.unproved
        ],
        "failed_duties": list(standing.failed_duties),
        "next_crawl": standing.next_crawl,
        "next_report": standing.next_report,
        "last_backup": standing.last_backup,
        "proposals": list(standing.proposals),
        "rules_waiting": standing.rules_waiting or None,
        "reviews": standing.reviews,
        "oldest_review": standing.oldest_review,
        "mails_waiting": standing.mails_waiting,
        "mails_given_up": standing.mails_given_up,
        "needs_person": standing.needs_person,
    }
