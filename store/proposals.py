"""Proposals: what visits found that only a person may act on, and what a decision does with them.

A proposal changes no record. A decision "it moved" changes the address of the source that it is
about, and taking the decision back restores it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from domain.outcome import Answer, Decision, FlagKind
from domain.proposal import Proposal, ProposalKind
from store.moves import change_address, undo_address_change
from store.rows import split_values
from store.sources import request_visit
from store.tables import ProposalRow, ReviewRow, SourceMoveRow, SourceRow

SETTLING = frozenset({Answer.MOVED, Answer.CLOSED})
ABOUT_PROPOSALS = frozenset({FlagKind.MAYBE_MOVED.value, FlagKind.MAYBE_CLOSED.value})


def propose(
    s: Session,
    source_id: int,
    kind: ProposalKind,
    *,
    new_url: str | None,
    sentence: str,
    now: datetime,
) -> Proposal:
    """The proposal, new or seen again.

    One that was withdrawn opens again; one that a decision settled stays settled.
    """
    known = s.scalars(
        select(ProposalRow)
        .where(
            ProposalRow.source_id == source_id,
            ProposalRow.kind == kind.value,
            ProposalRow.new_url.is_not_distinct_from(new_url),
        )
        .order_by(ProposalRow.id)
        .limit(1)
    ).one_or_none()
    if known is None:
        facts = {"kind": kind.value, "new_url": new_url, "sentence": sentence}
        added = insert(ProposalRow).values(
            source_id=source_id, seen_at=now, last_seen_at=now, **facts
        )
        proposal_id = s.execute(added.returning(ProposalRow.id)).scalar_one()
    else:
        proposal_id = known.id
        settled = known.settled_at if known.decision_id is not None else None
        _update(s, [proposal_id], sentence=sentence, last_seen_at=now, settled_at=settled)
    return _build(s.scalars(select(ProposalRow).where(ProposalRow.id == proposal_id)).one())


def withdraw(s: Session, source_ids: Collection[int], now: datetime) -> None:
    """Settles the sources' open proposals, since visits saw the archives without their sign."""
    for some in split_values(sorted(source_ids)):
        s.execute(
            update(ProposalRow)
            .where(ProposalRow.source_id.in_(some), ProposalRow.settled_at.is_(None))
            .values(settled_at=now)
            .execution_options(synchronize_session=False)
        )


def list_proposals(s: Session, source_id: int) -> list[Proposal]:
    """All proposals about a source, the newest first."""
    rows = s.scalars(
        select(ProposalRow)
        .where(ProposalRow.source_id == source_id)
        .order_by(ProposalRow.id.desc())
    )
    return [_build(row) for row in rows]


def list_open_proposals(s: Session, *, of: Collection[int] | None = None) -> list[Proposal]:
    """The open proposals, or those about the sources `of`, the oldest first."""
    wanted = select(ProposalRow).where(ProposalRow.settled_at.is_(None)).order_by(ProposalRow.id)
    if of is not None:
        wanted = wanted.where(ProposalRow.source_id.in_(of))
    return [_build(row) for row in s.scalars(wanted)]


def follow_decision(s: Session, decision: Decision, now: datetime) -> int | None:
    """The source that now has the address the decision gives, if it is clear which one moved.

    It is due at once, with nothing remembered of its old pages. The proposals that the decision
    answers are settled. A decision that was followed before changes nothing.
    """
    if _is_followed(s, decision.id):
        return None
    open_ones = list_open_proposals(s, of=_source_ids(s, decision.community_id))
    moved = None
    if decision.answer is Answer.MOVED and decision.new_url:
        moved = _find_moved(s, decision, open_ones)
    if _settles(s, decision):
        found = [proposal.id for proposal in open_ones]
        _update(s, found, settled_at=now, decision_id=decision.id)
    if moved is not None and decision.new_url:
        change_address(s, moved, decision.new_url, now, decision_id=decision.id)
        request_visit(s, moved, now)
    return moved


def unfollow_decision(s: Session, decision_id: int, now: datetime) -> None:
    """Takes back what following the decision did: addresses are as before, proposals open again."""
    settled = select(ProposalRow.id).where(ProposalRow.decision_id == decision_id)
    _update(s, list(s.scalars(settled)), settled_at=None, decision_id=None)
    moves = select(SourceMoveRow.source_id).where(
        SourceMoveRow.decision_id == decision_id, SourceMoveRow.undone_at.is_(None)
    )
    for source_id in list(s.scalars(moves)):
        undo_address_change(s, source_id, now, decision_id=decision_id)
        request_visit(s, source_id, now)


def _is_followed(s: Session, decision_id: int) -> bool:
    move = select(SourceMoveRow.id).where(SourceMoveRow.decision_id == decision_id).limit(1)
    settled = select(ProposalRow.id).where(ProposalRow.decision_id == decision_id).limit(1)
    return s.scalar(move) is not None or s.scalar(settled) is not None


def _settles(s: Session, decision: Decision) -> bool:
    if decision.answer in (Answer.NOT_SURE, Answer.UNDO):
        return False
    if decision.answer in SETTLING:
        return True
    kind = s.scalar(select(ReviewRow.kind).where(ReviewRow.id == decision.review_id))
    return kind in ABOUT_PROPOSALS


def _source_ids(s: Session, community_id: int) -> list[int]:
    return list(s.scalars(select(SourceRow.id).where(SourceRow.community_id == community_id)))


def _find_moved(s: Session, decision: Decision, open_ones: Sequence[Proposal]) -> int | None:
    """The source that moved: the one that said so, the one with any sign, or the only one."""
    named = {one.source_id for one in open_ones if one.new_url == decision.new_url}
    signed = {one.source_id for one in open_ones}
    for found in (named, signed, set(_source_ids(s, decision.community_id))):
        if len(found) == 1:
            return found.pop()
    return None


def _update(s: Session, proposal_ids: Sequence[int], **values: object) -> None:
    s.execute(
        update(ProposalRow)
        .where(ProposalRow.id.in_(proposal_ids))
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _build(row: ProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        source_id=row.source_id,
        kind=ProposalKind(row.kind),
        new_url=row.new_url,
        sentence=row.sentence,
        seen_at=row.seen_at,
        last_seen_at=row.last_seen_at,
        settled_at=row.settled_at,
        decision_id=row.decision_id,
    )
