"""What other rules would change, kept for the lead to look at before they go live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from domain.outcome import Answer, FlagKind, Status
from store.curator_tables import RuleTrialRow

TRIALS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialChange:
    """A community whose status would be another, and the cards that would open and close."""

    slug: str
    name: str
    stands: Status
    would: Status
    opens: tuple[FlagKind, ...] = ()
    closes: tuple[FlagKind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialContradiction:
    """A curator's answer that speaks against the other rules: what they would have said then."""

    slug: str
    name: str
    answer: Answer
    decided_at: datetime
    curator: str
    said: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTrial:
    """One comparison of the rules in force, of version `stands`, with `other` ones."""

    made_at: datetime
    stands: str
    other: str
    communities: int
    changes: tuple[TrialChange, ...]
    contradictions: tuple[TrialContradiction, ...]


def save_trial(s: Session, trial: RuleTrial) -> None:
    """Keeps a comparison."""
    s.execute(
        insert(RuleTrialRow).values(
            made_at=trial.made_at,
            stands=trial.stands,
            other=trial.other,
            content={
                "communities": trial.communities,
                "changes": [
                    {
                        "slug": one.slug,
                        "name": one.name,
                        "stands": one.stands.value,
                        "would": one.would.value,
                        "opens": [kind.value for kind in one.opens],
                        "closes": [kind.value for kind in one.closes],
                    }
                    for one in trial.changes
                ],
                "contradictions": [
                    {
                        "slug": one.slug,
                        "name": one.name,
                        "answer": one.answer.value,
                        "decided_at": one.decided_at.isoformat(),
                        "curator": one.curator,
                        "said": one.said.value,
                    }
                    for one in trial.contradictions
                ],
            },
        )
    )


def list_trials(s: Session) -> list[RuleTrial]:
    """The last comparisons, newest first; of the same two sets of rules only the newest."""
    newest = select(func.max(RuleTrialRow.id)).group_by(RuleTrialRow.stands, RuleTrialRow.other)
    rows = s.scalars(
        select(RuleTrialRow)
        .where(RuleTrialRow.id.in_(newest))
        .order_by(RuleTrialRow.id.desc())
        .limit(TRIALS_SHOWN)
    )
    return [_build(row) for row in rows]


def load_trial(s: Session, stands: str, other: str) -> RuleTrial | None:
    """The newest comparison of two sets of rules, by their versions."""
    row = s.scalars(
        select(RuleTrialRow)
        .where(RuleTrialRow.stands == stands, RuleTrialRow.other == other)
        .order_by(RuleTrialRow.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _build(row)


def _build(row: RuleTrialRow) -> RuleTrial:
    content = row.content
    return RuleTrial(
        made_at=row.made_at,
        stands=row.stands,
        other=row.other,
        communities=int(content["communities"]),
        changes=tuple(_build_change(one) for one in content["changes"]),
        contradictions=tuple(_build_contradiction(one) for one in content["contradictions"]),
    )


def _build_change(one: Mapping[str, Any]) -> TrialChange:
    return TrialChange(
        slug=one["slug"],
        name=one["name"],
        stands=Status(one["stands"]),
        would=Status(one["would"]),
        opens=tuple(FlagKind(kind) for kind in one["opens"]),
        closes=tuple(FlagKind(kind) for kind in one["closes"]),
    )


def _build_contradiction(one: Mapping[str, Any]) -> TrialContradiction:
    return TrialContradiction(
        slug=one["slug"],
        name=one["name"],
        answer=Answer(one["answer"]),
        decided_at=datetime.fromisoformat(one["decided_at"]),
        curator=one["curator"],
        said=Status(one["said"]),
    )
