"""Proofs that a reading sees: what each check of a source found, appended and never changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from domain.canary import Canary, Check, CheckResult, Said, SilenceProof
from domain.outcome import Reason
from domain.window import CoverageKind, Month, Window
from store.assessments import build_reason_rows, build_reasons
from store.tables import CanaryRow, CoverageRow, MarkRow, PostRow, RecentSubjectRow

LAYOUT_MARKS = ("layout", "layout_now")
KEYS_PER_QUERY = 500
ENOUGH_POSTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """When a source last had a post, and until when it was seen completely."""

    last_post_at: datetime | None
    seen_until: datetime


def save_proof(s: Session, proof: SilenceProof) -> None:
    """Appends what every check of one source found."""
    s.execute(
        insert(CanaryRow),
        [
            {
                "source_id": proof.source_id,
                "checked_at": proof.checked_at,
                "check": canary.check.value,
                "result": canary.result.value,
                "said": "",
                "reason": build_reason_rows([canary.said])[0],
            }
            for canary in proof.canaries
        ],
    )


def latest_proofs(s: Session, source_ids: Collection[int]) -> dict[int, SilenceProof]:
    """The newest proof of each of the sources that was ever asked for one, by source."""
    newest = (
        select(CanaryRow.source_id, func.max(CanaryRow.checked_at).label("checked_at"))
        .where(CanaryRow.source_id.in_(source_ids))
        .group_by(CanaryRow.source_id)
        .subquery()
    )
    rows = s.scalars(
        select(CanaryRow)
        .join(
            newest,
            (newest.c.source_id == CanaryRow.source_id)
            & (newest.c.checked_at == CanaryRow.checked_at),
        )
        .order_by(CanaryRow.id)
    )
    found: dict[int, list[CanaryRow]] = {}
    for row in rows:
        found.setdefault(row.source_id, []).append(row)
    return {source_id: _build_proof(its) for source_id, its in found.items()}


def choose_period(s: Session, source_id: int, turn: int) -> tuple[Window, int] | None:
    """A stretch of the source's past and how many posts are held of it; another one each `turn`.

    A period of the archive where posts are filed under one, else a month; the newest is left out
    where there are others.
    """
    filed = s.execute(
        select(PostRow.filed_start, PostRow.filed_end, func.count())
        .where(PostRow.source_id == source_id, PostRow.filed_start.is_not(None))
        .group_by(PostRow.filed_start, PostRow.filed_end)
        .order_by(PostRow.filed_start, PostRow.filed_end)
    )
    periods = [(Window(start=a, end=b), count) for a, b, count in filed if a and b]
    periods = periods or _count_months(s, source_id)
    old = periods[:-1] or periods
    enough = [period for period in old if period[1] >= ENOUGH_POSTS] or old
    return enough[turn % len(enough)] if enough else None


def count_known(s: Session, source_id: int, keys: Collection[bytes]) -> int:
    """How many of the keys are posts of the source."""
    distinct = sorted(set(keys))
    return sum(
        s.scalars(
            select(func.count())
            .select_from(PostRow)
            .where(
                PostRow.source_id == source_id,
                PostRow.key.in_(distinct[start : start + KEYS_PER_QUERY]),
            )
        ).one()
        for start in range(0, len(distinct), KEYS_PER_QUERY)
    )


def list_post_urls(s: Session, source_id: int) -> tuple[str, ...]:
    """Where the source's last posts are to be seen, as far as it is known."""
    rows = s.scalars(
        select(RecentSubjectRow.url)
        .where(RecentSubjectRow.source_id == source_id, RecentSubjectRow.url.is_not(None))
        .order_by(RecentSubjectRow.at.desc())
    )
    return tuple(url for url in rows if url)


def last_sights(s: Session) -> dict[int, Sight]:
    """The last post and the end of the complete coverage of each source that was ever seen."""
    ends = s.execute(
        select(CoverageRow.source_id, func.max(CoverageRow.end))
        .where(CoverageRow.kind == CoverageKind.COMPLETE.value)
        .group_by(CoverageRow.source_id)
    )
    posts = dict(
        s.execute(select(PostRow.source_id, func.max(PostRow.at)).group_by(PostRow.source_id)).all()
    )
    return {
        source_id: Sight(last_post_at=posts.get(source_id), seen_until=end)
        for source_id, end in ends
    }


def count_posts_before(s: Session, source_id: int, until: datetime, span: timedelta) -> int:
    """How many posts of the source are dated in the `span` that ends at `until`."""
    counted = select(func.count()).where(
        PostRow.source_id == source_id, PostRow.at > until - span, PostRow.at <= until
    )
    return s.scalars(counted).one()


def forget_layout(s: Session, source_id: int) -> None:
    """Forgets how the source's entry page was built: a person found the new one right."""
    own = MarkRow.source_id == source_id
    s.execute(delete(MarkRow).where(own, MarkRow.name.in_(LAYOUT_MARKS)))


def _count_months(s: Session, source_id: int) -> list[tuple[Window, int]]:
    counts: dict[Month, int] = {}
    days = s.execute(
        select(PostRow.day, func.count())
        .where(PostRow.source_id == source_id, PostRow.day.is_not(None))
        .group_by(PostRow.day)
    )
    for day, count in days:
        if day is not None:
            month = Month.of(day)
            counts[month] = counts.get(month, 0) + count
    return [(month.window, count) for month, count in sorted(counts.items())]


def _build_proof(rows: list[CanaryRow]) -> SilenceProof:
    return SilenceProof(
        source_id=rows[0].source_id,
        checked_at=rows[0].checked_at,
        canaries=tuple(
            Canary(check=Check(row.check), result=CheckResult(row.result), said=_build_said(row))
            for row in rows
        ),
    )


def _build_said(row: CanaryRow) -> Reason:
    """What the check found; a row of an earlier release has its sentence only."""
    if row.reason is None:
        return Reason(code=Said.TEXT.value, values={"text": row.said})
    return build_reasons([row.reason])[0]
