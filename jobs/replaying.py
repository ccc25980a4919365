"""What other rules would say of everything that is known, and which decisions speak against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from domain.outcome import Answer, Decision, FlagKind, Status
from domain.records import Community
from jobs.assessing import Assessed, assess_all, load_histories
from scoring.flags import LIVELY, QUIET, raise_flags
from scoring.rules import Rules
from store.engine import reading, writing
from store.reviews import list_decisions
from store.rule_trials import RuleTrial, TrialChange, TrialContradiction, save_trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A curator's answer, and what the other rules would have said on that day."""

    decision: Decision
    said: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One community under the rules in force and under others.

    `opens` and `closes` are the kinds of cards that only the other rules, or only those in force,
    would open for what is known today.
    """

    community: Community
    stands: Status
    would: Status
    contradictions: tuple[Contradiction, ...]
    opens: tuple[FlagKind, ...] = ()
    closes: tuple[FlagKind, ...] = ()

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
        _compare(engine, before, after, other) for before, after in zip(stands, would, strict=True)
    ]


def keep_trial(
    engine: Engine, replayed: Sequence[Replayed], now: datetime, *, rules: Rules, other: Rules
) -> RuleTrial:
    """The comparison as the lead's page shows it, from now on."""
    trial = RuleTrial(
        made_at=now,
        stands=rules.version,
        other=other.version,
        communities=len(replayed),
        changes=tuple(
            TrialChange(
                slug=one.community.slug,
                name=one.community.name,
                stands=one.stands,
                would=one.would,
                opens=one.opens,
                closes=one.closes,
            )
            for one in replayed
            if one.changes or one.opens or one.closes
        ),
        contradictions=tuple(
            TrialContradiction(
                slug=one.community.slug,
                name=one.community.name,
                answer=against.decision.answer,
                decided_at=against.decision.decided_at,
                curator=against.decision.curator,
                said=against.said,
            )
            for one in replayed
            for against in one.contradictions
        ),
    )
    with writing(engine) as session:
        save_trial(session, trial)
    return trial


def _compare(engine: Engine, before: Assessed, after: Assessed, other: Rules) -> Replayed:
    with reading(engine) as session:
        histories = load_histories(session, before.community.id, until=None)
    now, then = (
        {flag.kind for flag in raise_flags(one.assessment, None, histories)}
        for one in (before, after)
    )
    return Replayed(
        community=before.community,
        stands=before.assessment.status,
        would=after.assessment.status,
        contradictions=_list_contradictions(engine, before.community, other),
        opens=tuple(sorted(then - now)),
        closes=tuple(sorted(now - then)),
    )


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
