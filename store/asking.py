"""Questions to managers: asked at most twice in 30 days, answered, or recorded as unanswered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from domain.asking import ASK_WINDOW, ASKS_PER_WINDOW, ManagerAnswer, ManagerAsk
from domain.outcome import MANAGER_WAIT
from store.curator_tables import ManagerAskRow
from store.tables import CommunityRow, UserRow

# Every page of a community asks for it: built once.
_ASKED = (
    select(ManagerAskRow.community_id, ManagerAskRow.asked_at, ManagerAskRow.answer)
    .where(
        ManagerAskRow.community_id.in_(bindparam("only", expanding=True)),
        ManagerAskRow.withdrawn_at.is_(None),
    )
    .order_by(ManagerAskRow.asked_at, ManagerAskRow.id)
)


def may_ask(s: Session, community_id: int, now: datetime) -> bool:
    """True when its manager has a published address and was not asked too often of late."""
    address = s.scalar(select(CommunityRow.owner_address).where(CommunityRow.id == community_id))
    return bool(address) and _count_asked(s, community_id, now) < ASKS_PER_WINDOW


def add_ask(
    s: Session,
    community_id: int,
    *,
    locale: str,
    now: datetime,
    user_id: int | None = None,
    review_id: int | None = None,
    decision_id: int | None = None,
) -> ManagerAsk | None:
    """The question as it is kept; `None` when the manager must not be asked now.

    A question for the same decision is kept once.
    """
    # Two who ask at once must not both be the second.
    s.execute(
        select(CommunityRow.id)
        .where(CommunityRow.id == community_id)
        .with_for_update(key_share=True)
    )
    if decision_id is not None:
        known = s.scalars(
            select(ManagerAskRow.id).where(ManagerAskRow.decision_id == decision_id)
        ).one_or_none()
        if known is not None:
            return None
    if not may_ask(s, community_id, now):
        return None
    ask_id = s.execute(
        insert(ManagerAskRow)
        .values(
            community_id=community_id,
            review_id=review_id,
            decision_id=decision_id,
            user_id=user_id,
            asked_at=now,
            locale=locale,
        )
        .returning(ManagerAskRow.id)
    ).scalar_one()
    return load_ask(s, ask_id)


def load_ask(s: Session, ask_id: int) -> ManagerAsk | None:
    """The question with that number, unless it was withdrawn."""
    found = _build_asks(s, _asks().where(ManagerAskRow.id == ask_id))
    return found[0] if found else None


def list_asks(s: Session, community_id: int) -> list[ManagerAsk]:
    """What the manager of a community was asked, newest first; without what was withdrawn."""
    return _build_asks(
        s,
        _asks()
        .where(ManagerAskRow.community_id == community_id)
        .order_by(ManagerAskRow.asked_at.desc(), ManagerAskRow.id.desc()),
    )


def last_asked(s: Session, community_ids: Collection[int]) -> dict[int, ManagerAsk]:
    """The newest question by community."""
    found = _build_asks(
        s,
        _asks()
        .where(ManagerAskRow.community_id.in_(community_ids))
        .order_by(ManagerAskRow.asked_at, ManagerAskRow.id),
    )
    return {ask.community_id: ask for ask in found}


def first_asked(s: Session, community_ids: Collection[int]) -> dict[int, datetime]:
    """Since when each community has had a question without an answer that says it lives."""
    rows = s.execute(_ASKED, {"only": list(community_ids)})
    since: dict[int, datetime] = {}
    for community_id, asked_at, answer in rows:
        if answer == ManagerAnswer.ACTIVE.value:
            since.pop(community_id, None)
        else:
            since.setdefault(community_id, asked_at)
    return since


def list_overdue(s: Session, now: datetime) -> list[ManagerAsk]:
    """Questions without an answer for `MANAGER_WAIT`, not recorded as such yet."""
    return _build_asks(
        s,
        _asks().where(
            ManagerAskRow.answered_at.is_(None),
            ManagerAskRow.unanswered_at.is_(None),
            ManagerAskRow.asked_at <= now - MANAGER_WAIT,
        ),
    )


def mark_unanswered(s: Session, ask_id: int, now: datetime) -> None:
    """Records that no answer came in time."""
    _update(s, ask_id, unanswered_at=now)


def save_answer(
    s: Session,
    ask_id: int,
    answer: ManagerAnswer,
    *,
    new_url: str | None,
    attestation_id: int | None,
    now: datetime,
) -> None:
    """Keeps what the manager said; a later word takes the place of an earlier one."""
    _update(
        s,
        ask_id,
        answer=answer.value,
        answered_at=now,
        new_url=new_url,
        attestation_id=attestation_id,
    )


def claim_ask(s: Session, ask_id: int) -> ManagerAsk | None:
    """The question, which nobody else answers until this transaction ends."""
    s.execute(select(ManagerAskRow.id).where(ManagerAskRow.id == ask_id).with_for_update())
    return load_ask(s, ask_id)


def withdraw_asks(s: Session, decision_id: int, now: datetime) -> list[int]:
    """The unanswered questions of a decision that was taken back; their buttons work no more."""
    done = s.execute(
        update(ManagerAskRow)
        .where(
            ManagerAskRow.decision_id == decision_id,
            ManagerAskRow.answered_at.is_(None),
            ManagerAskRow.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .returning(ManagerAskRow.id)
        .execution_options(synchronize_session=False)
    )
    return list(done.scalars())


def _count_asked(s: Session, community_id: int, now: datetime) -> int:
    """Withdrawn ones too: their mail may have gone out."""
    return s.scalars(
        select(func.count(ManagerAskRow.id)).where(
            ManagerAskRow.community_id == community_id, ManagerAskRow.asked_at > now - ASK_WINDOW
        )
    ).one()


def _asks() -> Select[ManagerAskRow, str | None]:
    return (
        select(ManagerAskRow, UserRow.name)
        .outerjoin(UserRow, UserRow.id == ManagerAskRow.user_id)
        .where(ManagerAskRow.withdrawn_at.is_(None))
    )


def _update(s: Session, ask_id: int, **values: object) -> None:
    s.execute(
        update(ManagerAskRow)
        .where(ManagerAskRow.id == ask_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _build_asks(s: Session, wanted: Select[ManagerAskRow, str | None]) -> list[ManagerAsk]:
    return [
        ManagerAsk(
            id=row.id,
            community_id=row.community_id,
            asked_at=row.asked_at,
            locale=row.locale,
            asker=name or "",
            user_id=row.user_id,
            review_id=row.review_id,
            decision_id=row.decision_id,
            answer=ManagerAnswer(row.answer) if row.answer else None,
            answered_at=row.answered_at,
            new_url=row.new_url,
            unanswered_at=row.unanswered_at,
        )
        for row, name in s.execute(wanted)
    ]
