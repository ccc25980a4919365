"""What changed for each community in a stretch of time, as its public status tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.outcome import Answer, Assessment, Decision, Reason, Status
from domain.published import STATUS_OF, published_status
from domain.records import Community
from domain.report import Change, ChangeKind
from domain.window import Window
from store.assessments import latest_assessments
from store.moves import list_redirected
from store.reviews import group_decisions

# How lively a status is, as far as we could see; the others say nothing about talk.
LIVELINESS: Mapping[Status, int] = {
    Status.ACTIVE: 2,
    Status.SLOWING: 1,
    Status.DORMANT: 1,
    Status.INACTIVE: 0,
}
BY_ANSWER: Mapping[Answer, ChangeKind] = {
    Answer.MOVED: ChangeKind.MOVED,
    Answer.CLOSED: ChangeKind.CLOSED,
}
ORDER = tuple(ChangeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A community's standing before and after a stretch of time; `None` where it had none."""

    before: Status | None
    after: Status | None


def list_changes(
    session: Session,
    communities: Sequence[Community],
    window: Window,
    latest: Mapping[int, Assessment],
) -> tuple[Change, ...]:
    """At most one change for each community, by kind and name.

    A decision stands above what the rules found in the same time. `latest` is what
    `latest_assessments` gives: all there is to ask of a time that nothing was assessed after.
    """
    before = latest_assessments(session, before=window.start)
    after = latest
    if any(one.assessed_at >= window.end for one in latest.values()):
        after = latest_assessments(session, before=window.end)
    redirected = list_redirected(session, window)
    decided = group_decisions(session)
    found = []
    for community in communities:
        assessed = (before.get(community.id), after.get(community.id))
        change = _find_change(community, decided.get(community.id, []), window, assessed)
        if change is None and community.id in redirected:
            change = _tell(community, ChangeKind.MOVED, _status(after.get(community.id)))
        if change is not None:
            found.append(change)
    return tuple(sorted(found, key=lambda change: (ORDER.index(change.kind), change.name)))


def find_kind(turn: Turn) -> ChangeKind | None:
    """What a change of status is called in public; `None` where it says nothing about talk."""
    if turn.before is None or turn.after is None:
        return None
    before, after = LIVELINESS.get(turn.before), LIVELINESS.get(turn.after)
    if before is None or after is None or before == after:
        return None
    if after > before:
        return ChangeKind.WOKE_UP
    return ChangeKind.BECAME_INACTIVE if turn.after is Status.INACTIVE else ChangeKind.WENT_QUIET


def spoke(decisions: Sequence[Decision], window: Window) -> bool:
    """True when a curator's word of that time still changes anything at its end.

    "Not sure" changes nothing, and a decision that was undone in the same time neither.
    """
    inside = [decision for decision in decisions if decision.decided_at in window]
    undone = {decision.undoes for decision in inside if decision.answer is Answer.UNDO}
    said = {decision.id for decision in inside if decision.answer in STATUS_OF}
    return bool(said - undone) or bool(undone - said - {None})


def in_force(decisions: Sequence[Decision], moment: datetime) -> Decision | None:
    """The decision that held at a moment, of those taken before it.

    As in `store.reviews`: an answer that ran out does not bring back the one before it.
    """
    taken = [decision for decision in decisions if decision.decided_at < moment]
    undone = {decision.undoes for decision in taken}
    said = [d for d in taken if d.answer in STATUS_OF and d.id not in undone]
    last = max(said, key=lambda decision: decision.id, default=None)
    return last if last is None or last.until is None or last.until > moment else None


def name_decision(decisions: Sequence[Decision], window: Window) -> ChangeKind:
    """What a curator's word of that time is called; one only taken back is a correction."""
    held = in_force(decisions, window.end)
    if held is not None:
        return BY_ANSWER.get(held.answer, ChangeKind.DECIDED)
    last = max((d for d in decisions if d.decided_at in window), key=lambda d: d.id)
    return ChangeKind.CORRECTED if last.answer is Answer.UNDO else ChangeKind.DECIDED


def _find_change(
    community: Community,
    decisions: Sequence[Decision],
    window: Window,
    found: tuple[Assessment | None, Assessment | None],
) -> Change | None:
    turn = Turn(
        before=_published(community, found[0], decisions, window.start),
        after=_published(community, found[1], decisions, window.end),
    )
    by_rules = None
    kind: ChangeKind | None
    if community.added_at is not None and community.added_at in window:
        kind = ChangeKind.NEW
    elif spoke(decisions, window):
        kind = name_decision(decisions, window)
    else:
        kind, by_rules = find_kind(turn), found[1]
    if kind is None:
        return None
    return _tell(
        community, kind, turn.after, next(iter(by_rules.reasons), None) if by_rules else None
    )


def _tell(
    community: Community, kind: ChangeKind, status: Status | None, reason: Reason | None = None
) -> Change:
    return Change(slug=community.slug, name=community.name, kind=kind, status=status, reason=reason)


def _status(assessment: Assessment | None) -> Status | None:
    return None if assessment is None else assessment.status


def _published(
    community: Community,
    assessment: Assessment | None,
    decisions: Sequence[Decision],
    moment: datetime,
) -> Status | None:
    return published_status(
        assessment,
        in_force(decisions, moment),
        (),
        moment,
        owner_known=bool(community.owner_address),
    ).status
