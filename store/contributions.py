"""What people without an account send in, from the form to the answer."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from domain.contribution import DRAFT, Contribution, Kind, State
from store.engine import insert_into
from store.listing_tables import ContributionRow

# Without signs that are taken for one another when they are read out.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 8
UNCONFIRMED_FOR = timedelta(days=14)


def add_contribution(
    s: Session,
    kind: Kind,
    *,
    content: Mapping[str, str],
    now: datetime,
    community_id: int | None = None,
    address: str = "",
    sender: str = "",
    state: State = State.UNCONFIRMED,
) -> Contribution:
    """The contribution as it is kept, under a new reference."""
    reference = "".join(secrets.choice(ALPHABET) for _ in range(REFERENCE_LENGTH))
    number = s.execute(
        insert_into(s, ContributionRow)
        .values(
            reference=reference,
            kind=kind.value,
            community_id=community_id,
            content=dict(content),
            address=address,
            sender=sender,
            state=state.value,
            made_at=now,
            confirmed_at=None if state is State.UNCONFIRMED else now,
            answered_at=now if state is State.ACCEPTED else None,
            answer="",
        )
        .returning(ContributionRow.__table__.c.id)
    ).scalar_one()
    return _build(s.get_one(ContributionRow, number))


def load_contribution(s: Session, reference: str) -> Contribution | None:
    """The contribution with that reference."""
    wanted = select(ContributionRow).where(ContributionRow.reference == reference)
    row = s.scalars(wanted).one_or_none()
    return None if row is None else _build(row)


def count_sent(
    s: Session, since: datetime, *, sender: str | None = None, address: str | None = None
) -> int:
    """How many came in since then: all, or those from one place or with one address."""
    wanted = select(func.count(ContributionRow.id)).where(ContributionRow.made_at >= since)
    if sender is not None:
        wanted = wanted.where(ContributionRow.sender == sender)
    if address is not None:
        wanted = wanted.where(ContributionRow.address == address)
    return s.scalar(wanted) or 0


def confirm(s: Session, contribution_id: int, now: datetime) -> bool:
    """True when it waits for an answer from now on; false when it did already, or longer."""
    done = s.execute(
        update(ContributionRow)
        .where(
            ContributionRow.id == contribution_id,
            ContributionRow.state == State.UNCONFIRMED.value,
        )
        .values(state=State.WAITING.value, confirmed_at=now)
        .returning(ContributionRow.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def list_waiting(s: Session) -> list[Contribution]:
    """What waits for an answer, the oldest first."""
    rows = s.scalars(
        select(ContributionRow)
        .where(ContributionRow.state == State.WAITING.value)
        .order_by(ContributionRow.confirmed_at, ContributionRow.id)
    )
    return [_build(row) for row in rows]


def answer(
    s: Session,
    contribution_id: int,
    state: State,
    text: str,
    *,
    user_id: int | None,
    now: datetime,
) -> bool:
    """True when this was the answer; false when somebody was first.

    With it the address and the sender are forgotten.
    """
    done = s.execute(
        update(ContributionRow)
        .where(
            ContributionRow.id == contribution_id,
            ContributionRow.state == State.WAITING.value,
        )
        .values(
            state=state.value,
            answer=text,
            answered_by=user_id,
            answered_at=now,
            address="",
            sender="",
        )
        .returning(ContributionRow.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def note_draft(s: Session, contribution_id: int, draft: Mapping[str, str]) -> None:
    """Adds what our own look at the submitted address found."""
    row = s.get_one(ContributionRow, contribution_id)
    row.content = {**row.content, **{f"{DRAFT}{name}": text for name, text in draft.items()}}


def list_untried(s: Session) -> list[Contribution]:
    """What waits with an address that our own look has not been at, the oldest first."""
    return [
        one
        for one in list_waiting(s)
        if one.content.get("url") and not any(name.startswith(DRAFT) for name in one.content)
    ]


def last_accepted(s: Session, community_id: int, kinds: Collection[Kind]) -> Contribution | None:
    """The newest accepted contribution of these kinds about a community."""
    row = s.scalars(
        select(ContributionRow)
        .where(
            ContributionRow.community_id == community_id,
            ContributionRow.kind.in_([kind.value for kind in kinds]),
            ContributionRow.state == State.ACCEPTED.value,
        )
        .order_by(ContributionRow.answered_at.desc(), ContributionRow.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _build(row)


def forget_unconfirmed(s: Session, now: datetime) -> int:
    """How many were thrown away because nobody pressed the button in two weeks."""
    done = s.execute(
        delete(ContributionRow)
        .where(
            ContributionRow.state == State.UNCONFIRMED.value,
            ContributionRow.made_at < now - UNCONFIRMED_FOR,
        )
        .returning(ContributionRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def _build(row: ContributionRow) -> Contribution:
    return Contribution(
        id=row.id,
        reference=row.reference,
        kind=Kind(row.kind),
        community_id=row.community_id,
        content=row.content,
        address=row.address,
        state=State(row.state),
        made_at=row.made_at,
        confirmed_at=row.confirmed_at,
        answered_at=row.answered_at,
        answer=row.answer,
    )
