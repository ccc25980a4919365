"""Which card is next for whom: put off, passed on, claimed by somebody, or folded with others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, or_, select
from sqlalchemy.orm import Session

from domain.outcome import Answer, Review
from store.curator_tables import FoldedDecisionRow, ManagerAskRow, ReviewClaimRow
from store.engine import insert_into
from store.reviews import list_open_reviews, undone_ids
from store.tables import DecisionRow, ReviewRow, UserRow

CLAIM_HOLDS = timedelta(minutes=20)
PUTTING_OFF = [answer.value for answer in Answer if answer.puts_off]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody has a card open until then."""

    review_id: int
    user_id: int
    name: str
    until: datetime


def list_due(s: Session, now: datetime) -> list[Review]:
    """The open cards that nobody has put off, the oldest first."""
    off = list_put_off(s, now)
    return [review for review in list_open_reviews(s) if review.id not in off]


def list_put_off(s: Session, now: datetime) -> dict[int, datetime]:
    """Until when open cards were put off; a manager's answer ends the waiting for it."""
    answered = (
        select(ManagerAskRow.id)
        .where(
            ManagerAskRow.decision_id == DecisionRow.id,
            or_(ManagerAskRow.answered_at.is_not(None), ManagerAskRow.unanswered_at.is_not(None)),
        )
        .exists()
    )
    rows = s.execute(
        select(DecisionRow.review_id, func.max(DecisionRow.until))
        .join(ReviewRow, ReviewRow.id == DecisionRow.review_id)
        .where(
            DecisionRow.answer.in_(PUTTING_OFF),
            DecisionRow.until > now,
            DecisionRow.id.not_in(undone_ids()),
            ReviewRow.closed_at.is_(None),
            ~answered,
        )
        .group_by(DecisionRow.review_id)
    )
    return {a: until for a, until in rows if a is not None and until is not None}


def next_review(s: Session, user_id: int, now: datetime) -> Review | None:
    """The longest waiting card that is not put off, passed on by the user, or claimed by others."""
    passed = list_passed(s, user_id)
    taken = {c.review_id for c in list_claims(s, now) if c.user_id != user_id}
    left_out = passed | taken
    return next((review for review in list_due(s, now) if review.id not in left_out), None)


def claim_review(s: Session, review_id: int, user_id: int, now: datetime) -> Claim | None:
    """The claim that somebody else holds on the card; `None` once it is the user's own."""
    until = now + CLAIM_HOLDS
    new = insert_into(s, ReviewClaimRow).values(review_id=review_id, user_id=user_id, until=until)
    mine = s.execute(
        new.on_conflict_do_update(
            index_elements=["review_id"],
            set_={"user_id": user_id, "until": until},
            where=or_(ReviewClaimRow.user_id == user_id, ReviewClaimRow.until <= now),
        ).returning(ReviewClaimRow.review_id)
    )
    if mine.first() is not None:
        return None
    return next((c for c in list_claims(s, now) if c.review_id == review_id), None)


def release_review(s: Session, review_id: int) -> None:
    """Ends whatever claim there is on the card."""
    s.execute(
        delete(ReviewClaimRow)
        .where(ReviewClaimRow.review_id == review_id)
        .execution_options(synchronize_session=False)
    )


def list_claims(s: Session, now: datetime) -> list[Claim]:
    """The claims that still hold."""
    rows = s.execute(
        select(ReviewClaimRow.review_id, ReviewClaimRow.user_id, UserRow.name, ReviewClaimRow.until)
        .join(UserRow, UserRow.id == ReviewClaimRow.user_id)
        .where(ReviewClaimRow.until > now)
    )
    return [Claim(review_id=a, user_id=b, name=name, until=until) for a, b, name, until in rows]


def list_passed(s: Session, user_id: int) -> frozenset[int]:
    """The open cards that the user has passed on to others with "not sure"."""
    passed = (
        select(DecisionRow.review_id)
        .join(ReviewRow, ReviewRow.id == DecisionRow.review_id)
        .where(
            DecisionRow.user_id == user_id,
            DecisionRow.answer == Answer.NOT_SURE.value,
            DecisionRow.id.not_in(undone_ids()),
            ReviewRow.closed_at.is_(None),
        )
    )
    return frozenset(review_id for review_id in s.scalars(passed) if review_id is not None)


def list_answered_at(s: Session, user_id: int, since: datetime) -> list[datetime]:
    """When the user last answered each card from `since` on, oldest first.

    What was taken back or put off to a date does not count; folded cards are one.
    """
    one = case(
        (FoldedDecisionRow.first_id.is_not(None), -FoldedDecisionRow.first_id),
        else_=DecisionRow.review_id,
    )
    rows = s.scalars(
        select(func.max(DecisionRow.decided_at))
        .outerjoin(FoldedDecisionRow, FoldedDecisionRow.decision_id == DecisionRow.id)
        .where(
            DecisionRow.user_id == user_id,
            DecisionRow.review_id.is_not(None),
            DecisionRow.decided_at >= since,
            DecisionRow.answer.not_in([Answer.UNDO.value, Answer.LATER.value]),
            DecisionRow.id.not_in(undone_ids()),
        )
        .group_by(one)
    )
    return sorted(rows)


def count_answers(s: Session, user_id: int, since: datetime) -> int:
    """How many cards the user has answered from `since` on, without those taken back."""
    return len(list_answered_at(s, user_id, since))
