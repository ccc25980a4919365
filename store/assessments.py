"""Assessments: dated results of the rules, appended and never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Row, Select, Text, bindparam, cast, func, insert, select
from sqlalchemy.orm import Session

from domain.outcome import Assessment, Confidence, Marker, Reason, Status
from store.columns import plain_table
from store.tables import AssessmentRow

_NEWEST_FIRST = (
    select(AssessmentRow)
    .where(AssessmentRow.community_id == bindparam("community_id"))
    .order_by(AssessmentRow.id.desc())
    .limit(bindparam("limit", type_=Integer))
)


def save_assessment(s: Session, assessment: Assessment) -> None:
    """Appends one assessment."""
    s.execute(
        insert(AssessmentRow).values(
            community_id=assessment.community_id,
            assessed_at=assessment.assessed_at,
            observed_until=assessment.observed_until,
            status=assessment.status.value,
            markers=sorted(marker.value for marker in assessment.markers),
            since=assessment.since,
            confidence=assessment.confidence.value,
            p_quiet=assessment.p_quiet,
            p_any_180=assessment.p_any_180,
            p_fun_180=assessment.p_fun_180,
            last_post_at=assessment.last_post_at,
            posts_seen=assessment.posts_seen,
            reasons=build_reason_rows(assessment.reasons),
            change=build_reason_rows(assessment.change),
            rules_version=assessment.rules_version,
        )
    )


def latest_assessment(s: Session, community_id: int) -> Assessment | None:
    """The assessment that was saved last."""
    found = list_assessments(s, community_id, 1)
    return found[0] if found else None


def latest_assessments(
    s: Session, *, before: datetime | None = None, only: Collection[int] | None = None
) -> dict[int, Assessment]:
    """The last assessment of each community that has one, by community.

    With `before` the last that was made before that moment; with `only` of those communities.
    """
    given: dict[str, object] = {}
    if before is not None:
        given["before"] = before
    if only is not None:
        given["only"] = list(only)
    rows = s.execute(_find_latest(*given), given)
    return {row.community_id: _build_assessment(row) for row in rows}


def list_assessments(s: Session, community_id: int, limit: int) -> list[Assessment]:
    """Assessments of one community, newest first."""
    rows = s.scalars(_NEWEST_FIRST, {"community_id": community_id, "limit": limit})
    return [_build_assessment(row) for row in rows]


def last_without(s: Session, community_id: int, codes: Collection[str]) -> Assessment | None:
    """The newest assessment of a community that gives none of these codes as a reason."""
    reasons = cast(AssessmentRow.reasons, Text)
    row = s.scalars(
        select(AssessmentRow)
        .where(
            AssessmentRow.community_id == community_id,
            *(reasons.not_like(f'%"code": "{code}"%') for code in sorted(codes)),
        )
        .order_by(AssessmentRow.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _build_assessment(row)


# Built once for each set of conditions: every page of a community asks for it.
@cache
def _find_latest(*conditions: str) -> Select[*tuple[Any, ...]]:
    newest = select(func.max(AssessmentRow.id)).group_by(AssessmentRow.community_id)
    if "before" in conditions:
        newest = newest.where(AssessmentRow.assessed_at < bindparam("before"))
    if "only" in conditions:
        newest = newest.where(AssessmentRow.community_id.in_(bindparam("only", expanding=True)))
    # Rows without their objects: there is one for each community.
    return select(plain_table(AssessmentRow)).where(AssessmentRow.id.in_(newest))


def build_reason_rows(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    """Reasons as they stand in a JSON column."""
    return [{"code": reason.code, "values": dict(reason.values)} for reason in reasons]


def build_reasons(rows: Sequence[Any]) -> tuple[Reason, ...]:
    """Reasons from a JSON column."""
    return tuple(Reason(code=row["code"], values=row["values"]) for row in rows)


def _build_assessment(row: AssessmentRow | Row[Any]) -> Assessment:
    return Assessment(
        community_id=row.community_id,
        assessed_at=row.assessed_at,
        observed_until=row.observed_until,
        status=Status(row.status),
        markers=frozenset(Marker(marker) for marker in row.markers),
        since=row.since,
        confidence=Confidence(row.confidence),
        p_quiet=row.p_quiet,
        p_any_180=row.p_any_180,
        p_fun_180=row.p_fun_180,
        last_post_at=row.last_post_at,
        posts_seen=row.posts_seen,
        reasons=build_reasons(row.reasons),
        change=build_reasons(row.change),
        rules_version=row.rules_version,
    )
