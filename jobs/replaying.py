"""What other rules would say of everything that is known, and which decisions speak against it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from domain.outcome import Answer, Decision, Status
from domain.records import Community
from jobs.assessing import assess_all
from scoring.flags import LIVELY, QUIET
from scoring.rules import Rules
from store.engine import reading
from store.reviews import list_decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A curator's answer, and what the other rules would have said on that day."""

    decision: Decision
    said: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One community under the rules in force and under others."""

    community: Community
    stands: Status
    would: Status
    contradictions: tuple[Contradiction, ...]

    @property
    def changes(self) -> bool:
        return self.stands is not self.would


def replay_rules(engine: Engine, now: datetime, *, rules: Rules, other: Rules) -> list[Replayed]:
    """Every community under both rules now, and past decisions against the other ones.

    Nothing is stored, and no silence is asked to prove itself. A decision that was taken back does
    not count.
    """
    stands = assess_all(engine, now, as_of=now, rules=rules)
    would = assess_all(engine, now, as_of=now, rules=other)
    return [
        Replayed(
            community=before.community,
            stands=before.assessment.status,
            would=after.assessment.status,
            contradictions=_list_contradictions(engine, before.community, other),
        )
        for before, after in zip(stands, would, strict=True)
    ]


def _list_contradictions(
    engine: Engine, community: Community, other: Rules
) -> tuple[Contradiction, ...]:
    with reading(engine) as session:
        decisions = list_decisions(session, community.id)
    undone = {one.undoes for one in decisions}
    found = []
    for decision in decisions:
        if decision.id in undone or decision.answer not in {Answer.ALIVE, Answer.INACTIVE}:
            continue
        day = decision.decided_at
        then = assess_all(engine, day, as_of=day, only=[community.slug], rules=other)
        said = then[0].assessment.status
        denied = QUIET if decision.answer is Answer.ALIVE else LIVELY
        if said in denied:
            found.append(Contradiction(decision=decision, said=said))
    return tuple(found)
