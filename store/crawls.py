"""Crawl reports: what came of each visit, appended and never changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Select, bindparam, func, insert, select
from sqlalchemy.orm import Session

from domain.outcome import Outcome
from domain.records import CrawlReport
from store.columns import plain_table
from store.tables import CrawlReportRow, SourceRow


def save_report(s: Session, report: CrawlReport) -> None:
    """Appends the report of one visit."""
    save_reports(s, [report])


def save_reports(s: Session, reports: Sequence[CrawlReport]) -> None:
    """Appends the reports of many visits."""
    rows = [
        {
            "source_id": report.source_id,
            "started_at": report.started_at,
            "finished_at": report.finished_at,
            "outcome": report.outcome.value,
            "detail": report.detail,
            "to_do": report.to_do,
            "posts_total": report.posts_total,
            "posts_new": report.posts_new,
            "requests": report.requests,
            "robots_requests": report.robots_requests,
            "bytes": report.bytes,
            "new_url": report.new_url,
            "not_before": report.not_before,
            "evidence": dict(report.evidence),
        }
        for report in reports
    ]
    if rows:
        s.connection().execute(insert(plain_table(CrawlReportRow)), rows)


def last_report(s: Session, source_id: int) -> CrawlReport | None:
    """The report of the source's newest visit."""
    reports = list_reports(s, source_id, 1)
    return reports[0] if reports else None


def list_reports(s: Session, source_id: int, limit: int) -> list[CrawlReport]:
    """Reports of one source, newest first."""
    return [build_report(row) for row in s.scalars(_newest_first(source_id).limit(limit))]


def latest_reports(
    s: Session, *, only: Collection[int] | None = None, without: Collection[Outcome] = ()
) -> dict[int, CrawlReport]:
    """The newest report of each source that was ever visited (or of those in `only`), by source.

    Reports with an outcome in `without` are passed over.
    """
    if only is None:
        found = s.scalars(_find_latest(frozenset(without)))
    else:
        found = s.scalars(_find_latest(frozenset(without), some=True), {"only": list(only)})
    return {row.source_id: build_report(row) for row in found}


def latest_outcomes(s: Session, *, without: Collection[Outcome] = ()) -> dict[int, Outcome]:
    """How the newest visit of each source ended, by source; see `latest_reports`."""
    ranked = _rank_newest(without).subquery()
    rows = s.execute(select(ranked.c.source_id, ranked.c.outcome).where(ranked.c.place == 1))
    return {source_id: Outcome(outcome) for source_id, outcome in rows}


@cache
def _find_latest(without: frozenset[Outcome], *, some: bool = False) -> Select[CrawlReportRow]:
    newest = _rank_newest(without)
    if some:
        newest = newest.where(CrawlReportRow.source_id.in_(bindparam("only", expanding=True)))
    ranked = newest.subquery()
    return (
        select(CrawlReportRow)
        .join(ranked, ranked.c.id == CrawlReportRow.id)
        .where(ranked.c.place == 1)
    )


def _rank_newest(without: Collection[Outcome]) -> Select[int, int, str, int]:
    """Every report with its place among those of its source, the newest first."""
    place = func.row_number().over(
        partition_by=CrawlReportRow.source_id,
        order_by=(CrawlReportRow.finished_at.desc(), CrawlReportRow.id.desc()),
    )
    columns = (CrawlReportRow.id, CrawlReportRow.source_id, CrawlReportRow.outcome)
    passed_over = [outcome.value for outcome in without]
    return select(*columns, place.label("place")).where(CrawlReportRow.outcome.not_in(passed_over))


def list_read_since(s: Session, after: int | None) -> tuple[int, set[int]]:
    """The newest report's number, and the communities of whose sources there are newer ones.

    None of them where `after` is not known yet.
    """
    newest = s.scalar(select(func.max(CrawlReportRow.id))) or 0
    if after is None or newest == after:
        return newest, set()
    rows = s.scalars(
        select(SourceRow.community_id)
        .join(CrawlReportRow, CrawlReportRow.source_id == SourceRow.id)
        .where(CrawlReportRow.id > after, CrawlReportRow.id <= newest)
        .distinct()
    )
    return newest, set(rows)


def outcome_since(s: Session, source_id: int) -> datetime | None:
    """Since when every visit has had the present outcome: the start of the first of them."""
    last = last_report(s, source_id)
    if last is None:
        return None
    changed_at = s.scalar(
        select(func.max(CrawlReportRow.finished_at)).where(
            CrawlReportRow.source_id == source_id, CrawlReportRow.outcome != last.outcome.value
        )
    )
    same = select(func.min(CrawlReportRow.started_at)).where(
        CrawlReportRow.source_id == source_id, CrawlReportRow.outcome == last.outcome.value
    )
    if changed_at is not None:
        same = same.where(CrawlReportRow.finished_at > changed_at)
    return s.scalar(same)


def _newest_first(source_id: int) -> Select[CrawlReportRow]:
    return (
        select(CrawlReportRow)
        .where(CrawlReportRow.source_id == source_id)
        .order_by(CrawlReportRow.finished_at.desc(), CrawlReportRow.id.desc())
    )


def build_report(row: CrawlReportRow) -> CrawlReport:
    """The value of a row."""
    return CrawlReport(
        source_id=row.source_id,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=Outcome(row.outcome),
        detail=row.detail,
        to_do=row.to_do,
        posts_total=row.posts_total,
        posts_new=row.posts_new,
        requests=row.requests,
        robots_requests=row.robots_requests,
        bytes=row.bytes,
        new_url=row.new_url,
        not_before=row.not_before,
        evidence=dict(row.evidence),
    )
