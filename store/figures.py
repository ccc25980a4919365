"""How the work is going, in figures for monitoring; no person, subject or address is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from domain.alerts import AlertPolicy
from domain.answers import NONE, UNKNOWN, read_answers
from domain.outcome import SEEING
from domain.records import CrawlReport, Source
from store.crawls import latest_reports
from store.jobs import Job, list_jobs
from store.lateness import list_late
from store.outbox import count_unsent
from store.runs import dated_shares
from store.sources import list_sources
from store.tables import CrawlReportRow, OutboxRow, PostRow, ReviewRow, SourceRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One moment. By source where the key is a number, else by the words that are counted."""

    sources: tuple[Source, ...]
    reports: Mapping[int, CrawlReport]
    seen_at: Mapping[int, datetime]
    dated: Mapping[int, float]
    visits: Mapping[str, int]
    codes: Mapping[str, int]
    robots_requests: int
    posts: Mapping[str, int]
    reviews: Mapping[str, int]
    mails: Mapping[tuple[str, str], int]
    mails_waiting: int
    jobs: tuple[Job, ...]
    late_duties: int
    late_sources: int


def load_figures(s: Session, policy: AlertPolicy, now: datetime) -> Figures:
    """The figures as they are stored now."""
    sources = tuple(list_sources(s))
    late = list_late(s, policy, now)
    visits = s.execute(
        select(
            CrawlReportRow.outcome, func.count(), func.sum(CrawlReportRow.robots_requests)
        ).group_by(CrawlReportRow.outcome)
    ).all()
    return Figures(
        sources=sources,
        reports=latest_reports(s),
        seen_at=_load_seen(s),
        dated=dated_shares(s, only=[source.id for source in sources]),
        visits={outcome: number for outcome, number, _ in visits},
        codes=_count_codes(s),
        robots_requests=sum(int(robots) for _, _, robots in visits),
        posts=_count_posts(s),
        reviews=_count_reviews(s),
        mails=_count_mails(s),
        mails_waiting=count_unsent(s).waiting,
        jobs=tuple(list_jobs(s)),
        late_duties=sum(not one.is_source for one in late),
        late_sources=sum(one.is_source for one in late),
    )


def _load_seen(s: Session) -> dict[int, datetime]:
    rows = s.execute(
        select(CrawlReportRow.source_id, func.max(CrawlReportRow.finished_at).label("seen_at"))
        .where(CrawlReportRow.outcome.in_([outcome.value for outcome in SEEING]))
        .group_by(CrawlReportRow.source_id)
    )
    return {row.source_id: row.seen_at for row in rows}


def _count_codes(s: Session) -> Counter[str]:
    """Requests by the status of their answers, as the reports tell it."""
    row = CrawlReportRow
    first = func.coalesce(row.evidence["status"].as_string(), NONE)
    asked = (
        select(
            row.requests,
            row.evidence["answers"].as_string().label("answers"),
            case((row.requests == 1, first), else_=UNKNOWN).label("alone"),
        )
        .where(row.requests > 0)
        .subquery()
    )
    group = (asked.c.answers, asked.c.alone)
    found = s.execute(select(*group, func.sum(asked.c.requests), func.count()).group_by(*group))
    codes: Counter[str] = Counter()
    for line, alone, requests, visits in found:
        told = {code: n * visits for code, n in read_answers(line or "").items()}
        codes.update(told or {alone: int(requests)})
    return codes


def _count_posts(s: Session) -> dict[str, int]:
    rows = s.execute(
        select(SourceRow.platform, func.count())
        .join(PostRow, PostRow.source_id == SourceRow.id)
        .group_by(SourceRow.platform)
    )
    return {row[0]: row[1] for row in rows}


def _count_reviews(s: Session) -> dict[str, int]:
    rows = s.execute(
        select(ReviewRow.kind, func.count())
        .where(ReviewRow.closed_at.is_(None))
        .group_by(ReviewRow.kind)
    )
    return {row[0]: row[1] for row in rows}


def _count_mails(s: Session) -> dict[tuple[str, str], int]:
    result = case((OutboxRow.sent_at.is_not(None), "sent"), else_="failed").label("result")
    rows = s.execute(
        select(OutboxRow.kind, result, func.count())
        .where(OutboxRow.sent_at.is_not(None) | OutboxRow.failed_at.is_not(None))
        .group_by(OutboxRow.kind, result)
    )
    return {(kind, said): count for kind, said, count in rows}
