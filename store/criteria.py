"""The directory's criteria, and the dated answers to them, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from store.curator_tables import CriterionRow
from store.tables import UserRow


class Criterion(StrEnum):
    """What a community must be to stand in the directory proper."""

    OPEN = "open"
    FUNCTIONAL = "functional"
    SUBJECT = "subject"
    FREE = "free"
    NOT_STAFF_ONLY = "not_staff_only"


class Met(StrEnum):
    """Whether it is. Unknown is not no: a community stays listed while nobody knows."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answer, who gave it when, and the page that shows it."""

    criterion: Criterion
    met: Met
    source: str
    curator: str
    made_at: datetime


def list_checks(s: Session, community_id: int) -> dict[Criterion, Check]:
    """The newest answer to each criterion that has one."""
    rows = s.execute(
        select(CriterionRow, UserRow.name)
        .join(UserRow, UserRow.id == CriterionRow.user_id)
        .where(CriterionRow.community_id == community_id)
        .order_by(CriterionRow.id)
    )
    return {
        Criterion(row.criterion): Check(
            criterion=Criterion(row.criterion),
            met=Met(row.answer),
            source=row.source,
            curator=name,
            made_at=row.made_at,
        )
        for row, name in rows
    }


def save_checks(
    s: Session,
    community_id: int,
    given: Mapping[Criterion, tuple[Met, str]],
    *,
    user_id: int,
    now: datetime,
) -> list[Criterion]:
    """The criteria whose answer or source is new; each is a row of its own, none is rewritten."""
    known = list_checks(s, community_id)
    fresh = []
    for criterion, (met, source) in given.items():
        before = known.get(criterion)
        if (met, source) == ((before.met, before.source) if before else (Met.UNKNOWN, "")):
            continue
        s.execute(
            insert(CriterionRow).values(
                community_id=community_id,
                criterion=criterion.value,
                answer=met.value,
                source=source,
                user_id=user_id,
                made_at=now,
            )
        )
        fresh.append(criterion)
    return fresh


def is_outside(checks: Mapping[Criterion, Check]) -> bool:
    """True when some criterion is not met."""
    return any(check.met is Met.NO for check in checks.values())
