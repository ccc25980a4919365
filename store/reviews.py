"""Reviews and decisions: cards that the machine opens, and what curators conclude.

Decisions are only ever added. An undo is a decision of its own that names the one it takes back,
and a card that nobody has settled any more is open again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache

from sqlalchemy import Result, Select, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from domain.errors import StaleDecision, UsageError
from domain.outcome import (
    CONCLUSIONS,
    CONFIRMED_ALIVE_FOR,
    MANAGER_WAIT,
    Answer,
    Decision,
    Flag,
    FlagKind,
    Review,
)
from store.assessments import build_reason_rows, build_reasons
from store.curator_tables import MergeRow
from store.merging import IS_MERGED
from store.tables import CommunityRow, DecisionRow, ReviewRow, UserRow

HOLDS_FOR = {Answer.ALIVE: CONFIRMED_ALIVE_FOR, Answer.ASK: MANAGER_WAIT}
CONCLUDING = [answer.value for answer in sorted(CONCLUSIONS)]


def open_review(s: Session, community_id: int, flag: Flag, now: datetime) -> Review | None:
    """The new card, or `None` when it would only repeat one.

    That is so while a card of the kind is open, and while a curator's "still alive" to the same
    question holds.
    """
    _lock_community(s, community_id)
    if _has_open(s, community_id, flag.kind) or _confirmed_alive(s, community_id, flag.kind, now):
        return None
    review_id = s.execute(
        insert(ReviewRow)
        .values(
            community_id=community_id,
            kind=flag.kind.value,
            opened_at=now,
            reasons=build_reason_rows(flag.reasons),
        )
        .returning(ReviewRow.id)
    ).scalar_one()
    return load_review(s, review_id)


def list_open_reviews(s: Session) -> list[Review]:
    """Open cards, the oldest promise first; some may have been put off (`store.queue`).

    Cards of a merged record wait until the merge is taken back.
    """
    rows = s.scalars(
        select(ReviewRow)
        .where(
            ReviewRow.closed_at.is_(None),
            ReviewRow.community_id.not_in(select(MergeRow.community_id).where(IS_MERGED)),
        )
        .order_by(ReviewRow.opened_at, ReviewRow.id)
    )
    return [_build_review(row) for row in rows]


def count_open_reviews(s: Session) -> dict[int, int]:
    """How many cards are open, by community; those without one are left out."""
    rows = s.execute(
        select(ReviewRow.community_id, func.count())
        .where(ReviewRow.closed_at.is_(None))
        .group_by(ReviewRow.community_id)
    )
    return dict(rows.all())


def load_review(s: Session, review_id: int) -> Review | None:
    """The card with that number, open or not."""
    row = s.get(ReviewRow, review_id)
    return None if row is None else _build_review(row)


def last_opened(s: Session, community_id: int, kind: FlagKind) -> datetime | None:
    """When the last card of a kind was opened for a community."""
    return s.scalar(
        select(func.max(ReviewRow.opened_at)).where(
            ReviewRow.community_id == community_id, ReviewRow.kind == kind.value
        )
    )


def close_review(s: Session, review_id: int, now: datetime) -> None:
    """Takes a card off the queue without an answer, since its reason has gone."""
    s.execute(
        update(ReviewRow)
        .where(ReviewRow.id == review_id, ReviewRow.closed_at.is_(None))
        .values(closed_at=now)
        .execution_options(synchronize_session=False)
    )


def touch_review(s: Session, review_id: int) -> None:
    """Makes answers stale that were begun before this moment: something else is known now."""
    s.execute(
        update(ReviewRow)
        .where(ReviewRow.id == review_id)
        .values(version=ReviewRow.version + 1)
        .execution_options(synchronize_session=False)
    )


def decide(
    s: Session,
    *,
    review_id: int,
    version: int,
    user_id: int,
    answer: Answer,
    note: str,
    new_url: str | None,
    now: datetime,
    until: datetime | None = None,
) -> Decision:
    """The decision on a card that the curator saw at `version`; sent twice it is made once.

    A conclusion settles the card. "Not sure" leaves it to the next curator; asking the manager and
    "later" put it off, the latter for as long as `until` says.

    Raises: `StaleDecision` when somebody else was first, `UsageError` for a move to nowhere.
    """
    if answer is Answer.UNDO:
        raise ValueError("an undo answers a decision, not a card: call undo()")
    if answer is Answer.MOVED and not new_url:
        raise UsageError("the new address is missing", to_do="give the address it moved to")
    community_id = s.execute(
        update(ReviewRow)
        .where(
            ReviewRow.id == review_id,
            ReviewRow.version == version,
            ReviewRow.closed_at.is_(None),
        )
        .values(version=version + 1, closed_at=now if answer.concludes else None)
        .returning(ReviewRow.community_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    facts = {"user_id": user_id, "answer": answer.value, "note": note, "new_url": new_url}
    if community_id is None:
        return _find_same(s, review_id, version, facts)
    return _append(
        s,
        review_id=review_id,
        community_id=community_id,
        decided_at=now,
        until=now + HOLDS_FOR[answer] if answer in HOLDS_FOR else until,
        **facts,
    )


def undo(s: Session, decision_id: int, user_id: int, now: datetime) -> Decision:
    """The decision that takes another one back; sent twice it is made once.

    The card opens again, unless a later answer still settles it or a newer card asks the same.

    Raises: `UsageError` when there is no such decision or it is an undo itself.
    """
    undone = s.get(DecisionRow, decision_id)
    if undone is None or undone.undoes is not None:
        raise UsageError("there is no such decision to undo", to_do="look at the history again")
    _lock_community(s, undone.community_id)
    before = s.scalars(_decisions().where(DecisionRow.undoes == decision_id)).one_or_none()
    if before is not None:
        return _load_decision(s, before.id)
    decision = _append(
        s,
        review_id=undone.review_id,
        community_id=undone.community_id,
        user_id=user_id,
        answer=Answer.UNDO.value,
        decided_at=now,
        undoes=decision_id,
    )
    if undone.review_id is not None:
        _reopen(s, undone.review_id)
    return decision


def decision_in_force(s: Session, community_id: int, now: datetime) -> Decision | None:
    """The last decision on the community that says something, unless its time is over."""
    return decisions_in_force(s, now, only=[community_id]).get(community_id)


def decisions_in_force(
    s: Session, now: datetime, *, only: Iterable[int] | None = None
) -> dict[int, Decision]:
    """The decision in force of every community that has one (or of those in `only`).

    An answer that ran out does not bring back the one before it.
    """
    if only is None:
        found = _build_decisions(s.execute(_find_last()))
    else:
        found = _build_decisions(s.execute(_find_last(some=True), {"only": list(only)}))
    return {d.community_id: d for d in found if d.until is None or d.until > now}


def list_decisions(s: Session, community_id: int) -> list[Decision]:
    """All decisions on a community, undos among them, newest first."""
    newest_first = _named().order_by(DecisionRow.id.desc())
    return _build_decisions(s.execute(newest_first.where(DecisionRow.community_id == community_id)))


def group_decisions(s: Session) -> dict[int, list[Decision]]:
    """All decisions by their community, each list as `list_decisions` gives it."""
    grouped: dict[int, list[Decision]] = {}
    for decision in _build_decisions(s.execute(_named().order_by(DecisionRow.id.desc()))):
        grouped.setdefault(decision.community_id, []).append(decision)
    return grouped


# ---- cards ---------------------------------------------------------------------------------


def _lock_community(s: Session, community_id: int) -> None:
    """Lets nobody else open or reopen a card of the community until this transaction ends."""
    s.execute(
        select(CommunityRow.id)
        .where(CommunityRow.id == community_id)
        .with_for_update(key_share=True)
    )


def _has_open(s: Session, community_id: int, kind: FlagKind) -> bool:
    found = s.execute(
        select(ReviewRow.id)
        .where(
            ReviewRow.community_id == community_id,
            ReviewRow.kind == kind.value,
            ReviewRow.closed_at.is_(None),
        )
        .limit(1)
    )
    return found.first() is not None


def _confirmed_alive(s: Session, community_id: int, kind: FlagKind, now: datetime) -> bool:
    last = s.scalars(
        _decisions()
        .join(ReviewRow, ReviewRow.id == DecisionRow.review_id)
        .where(
            DecisionRow.community_id == community_id,
            ReviewRow.kind == kind.value,
            DecisionRow.answer.in_(CONCLUDING),
            DecisionRow.id.not_in(undone_ids()),
        )
        .order_by(DecisionRow.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.answer != Answer.ALIVE.value:
        return False
    return last.until is None or last.until > now


def _reopen(s: Session, review_id: int) -> None:
    review = s.get_one(ReviewRow, review_id)
    settled = s.scalars(
        _decisions()
        .where(
            DecisionRow.review_id == review_id,
            DecisionRow.answer.in_(CONCLUDING),
            DecisionRow.id.not_in(undone_ids()),
        )
        .limit(1)
    ).one_or_none()
    if review.closed_at is None or settled is not None:
        return
    if _has_open(s, review.community_id, FlagKind(review.kind)):
        return
    s.execute(
        update(ReviewRow)
        .where(ReviewRow.id == review_id)
        .values(closed_at=None, version=ReviewRow.version + 1)
        .execution_options(synchronize_session=False)
    )


def _build_review(row: ReviewRow) -> Review:
    return Review(
        id=row.id,
        community_id=row.community_id,
        kind=FlagKind(row.kind),
        opened_at=row.opened_at,
        reasons=build_reasons(row.reasons),
        version=row.version,
        closed_at=row.closed_at,
    )


# ---- decisions -----------------------------------------------------------------------------


def _decisions() -> Select[DecisionRow]:
    return select(DecisionRow)


def _named() -> Select[DecisionRow, str]:
    """Decisions with the names of those who took them."""
    return select(DecisionRow, UserRow.name).join(UserRow, UserRow.id == DecisionRow.user_id)


def undone_ids() -> Select[int | None]:
    """The numbers of the decisions that were taken back."""
    return select(DecisionRow.undoes).where(DecisionRow.undoes.is_not(None))


def _append(s: Session, **facts: object) -> Decision:
    decision_id = s.execute(
        insert(DecisionRow).values(facts).returning(DecisionRow.id)
    ).scalar_one()
    return _load_decision(s, decision_id)


def _load_decision(s: Session, decision_id: int) -> Decision:
    return _build_decisions(s.execute(_named().where(DecisionRow.id == decision_id)))[0]


def _find_same(s: Session, review_id: int, version: int, facts: dict[str, object]) -> Decision:
    """The decision that this one repeats.

    Raises: `StaleDecision` when it repeats none.
    """
    review = load_review(s, review_id)
    last = s.execute(
        _named().where(DecisionRow.review_id == review_id).order_by(DecisionRow.id.desc()).limit(1)
    ).one_or_none()
    if review is None or last is None:
        raise StaleDecision("this card is not open any more", to_do="go on with the next card")
    row, name = last
    repeats = all(getattr(row, field) == value for field, value in facts.items())
    if repeats and review.version == version + 1:
        return build_decision(row, name)
    raise StaleDecision(
        f"{name} answered this card on {row.decided_at:%Y-%m-%d %H:%M} UTC: {row.answer}",
        to_do="look at the card again: keep that answer or change it",
    )


# Built once: every page of a community asks for it.
@cache
def _find_last(*, some: bool = False) -> Select[DecisionRow, str]:
    last = select(func.max(DecisionRow.id)).where(
        DecisionRow.answer.in_(CONCLUDING),
        DecisionRow.id.not_in(undone_ids()),
    )
    if some:
        last = last.where(DecisionRow.community_id.in_(bindparam("only", expanding=True)))
    return _named().where(DecisionRow.id.in_(last.group_by(DecisionRow.community_id)))


def _build_decisions(rows: Result[DecisionRow, str]) -> list[Decision]:
    return [build_decision(row, name) for row, name in rows]


def build_decision(row: DecisionRow, curator: str) -> Decision:
    """The value of a row."""
    return Decision(
        id=row.id,
        review_id=row.review_id,
        community_id=row.community_id,
        answer=Answer(row.answer),
        decided_at=row.decided_at,
        curator=curator,
        note=row.note,
        new_url=row.new_url,
        until=row.until,
        undoes=row.undoes,
    )
