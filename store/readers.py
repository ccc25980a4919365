"""Readers of the report: they ask, confirm, choose and stop; what bounces is counted."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from domain.people import Role
from domain.readers import MOST_BOUNCES, Choices, Reader, Rhythm
from store.engine import insert_into
from store.reader_tables import ReaderRow
from store.users import list_users, secret

FORGOTTEN = "forgotten:"
FORGOTTEN_KEY = "forgotten readers"
ASKED_FOR = timedelta(days=7)
"""An address that asked and did not confirm is forgotten after so long."""


def ask(s: Session, address: str, choices: Choices, now: datetime) -> Reader:
    """The reader of that address, new or known; choices of one who confirmed stay as they are."""
    values = {"address": fold_address(address), "asked_at": now, **_columns(choices)}
    s.execute(
        insert_into(s, ReaderRow)
        .values(mailed="", bounced="", bounces=0, **values)
        .on_conflict_do_update(
            index_elements=["address"], set_=values, where=ReaderRow.confirmed_at.is_(None)
        )
    )
    found = find_reader(s, address)
    assert found is not None
    return found


def vouch(s: Session, addresses: Collection[str], now: datetime) -> None:
    """Makes readers of addresses that the operator names; those who chose before keep it so."""
    gone = set(s.scalars(select(ReaderRow.address).where(_is_forgotten())))
    for address in addresses:
        if _hide(s, address) in gone:
            continue
        values = {"address": fold_address(address), "asked_at": now, **_columns(Choices())}
        s.execute(
            insert_into(s, ReaderRow)
            .values(mailed="", bounced="", bounces=0, confirmed_at=now, **values)
            .on_conflict_do_update(
                index_elements=["address"],
                set_={"confirmed_at": now},
                where=ReaderRow.confirmed_at.is_(None),
            )
        )


def confirm(s: Session, reader_id: int, now: datetime) -> Reader | None:
    """The reader, who gets mail from now on."""
    s.execute(
        update(ReaderRow)
        .where(ReaderRow.id == reader_id, ReaderRow.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .execution_options(synchronize_session=False)
    )
    return load_reader(s, reader_id)


def choose(s: Session, reader_id: int, choices: Choices) -> None:
    """Notes what a reader wants from now on; wanting any mail also ends the rest."""
    rest = {} if choices.rhythm is Rhythm.NEVER else {"rests_at": None, "bounces": 0}
    s.execute(
        update(ReaderRow)
        .where(ReaderRow.id == reader_id)
        .values(**_columns(choices), **rest)
        .execution_options(synchronize_session=False)
    )


def stop(s: Session, reader_id: int) -> None:
    """Sends this reader nothing more."""
    s.execute(
        update(ReaderRow)
        .where(ReaderRow.id == reader_id)
        .values(rhythm=Rhythm.NEVER.value)
        .execution_options(synchronize_session=False)
    )


def forget(s: Session, reader_id: int) -> None:
    """Removes an address and all that it chose.

    A keyed hash stays, so that the operator's list does not bring the address back.
    """
    row = s.get_one(ReaderRow, reader_id)
    hidden = _hide(s, row.address)
    s.execute(delete(ReaderRow).where(ReaderRow.address == hidden))
    s.execute(
        update(ReaderRow)
        .where(ReaderRow.id == reader_id)
        .values(address=hidden, **_columns(Choices(rhythm=Rhythm.NEVER)))
        .execution_options(synchronize_session=False)
    )


def forget_unconfirmed(s: Session, now: datetime) -> None:
    """Removes addresses that asked long ago and never confirmed."""
    s.execute(
        delete(ReaderRow).where(
            ReaderRow.confirmed_at.is_(None), ReaderRow.asked_at < now - ASKED_FOR
        )
    )


def find_reader(s: Session, address: str) -> Reader | None:
    """The reader with that address, in whatever capitals."""
    row = s.scalars(
        select(ReaderRow).where(ReaderRow.address == fold_address(address))
    ).one_or_none()
    return None if row is None else _build(row, _roles(s))


def load_reader(s: Session, reader_id: int) -> Reader | None:
    """The reader with that number."""
    row = s.get(ReaderRow, reader_id, populate_existing=True)
    if row is None or row.address.startswith(FORGOTTEN):
        return None
    return _build(row, _roles(s))


def count_asked(s: Session, since: datetime) -> int:
    """How many addresses asked from `since` on and have not confirmed."""
    return s.scalars(
        select(func.count())
        .select_from(ReaderRow)
        .where(ReaderRow.asked_at >= since, ReaderRow.confirmed_at.is_(None))
    ).one()


def list_readers(s: Session) -> list[Reader]:
    """Everybody who asked, by address."""
    roles = _roles(s)
    rows = s.scalars(select(ReaderRow).where(~_is_forgotten()).order_by(ReaderRow.address))
    return [_build(row, roles) for row in rows]


def note_mailed(s: Session, addresses: Collection[str], label: str) -> None:
    """Notes the week or month that was queued; a mail before it that did not return ends a row."""
    s.execute(
        update(ReaderRow)
        .where(ReaderRow.address.in_(addresses), ReaderRow.mailed != label)
        .where(ReaderRow.mailed != ReaderRow.bounced)
        .values(bounces=0)
        .execution_options(synchronize_session=False)
    )
    s.execute(
        update(ReaderRow)
        .where(ReaderRow.address.in_(addresses))
        .values(mailed=label)
        .execution_options(synchronize_session=False)
    )


def count_bounce(s: Session, address: str, label: str, now: datetime) -> bool:
    """True when it is counted that the last mail, of that week or month, came back; once for each.

    Earlier mails count no more: a mailbox is read again and again.
    """
    counted = s.execute(
        update(ReaderRow)
        .where(
            ReaderRow.address == fold_address(address),
            ReaderRow.bounced != label,
            ReaderRow.mailed == label,
        )
        .values(bounced=label, bounces=ReaderRow.bounces + 1)
        .returning(ReaderRow.id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if counted is None:
        return False
    s.execute(
        update(ReaderRow)
        .where(
            ReaderRow.id == counted.id,
            ReaderRow.bounces >= MOST_BOUNCES,
            ReaderRow.rests_at.is_(None),
        )
        .values(rests_at=now)
        .execution_options(synchronize_session=False)
    )
    return True


def fold_address(address: str) -> str:
    """The address as it is compared."""
    return address.strip().lower()


def _hide(s: Session, address: str) -> str:
    """What stands for an address that is forgotten: only who knows it can recognise it."""
    key = secret(s, FORGOTTEN_KEY)
    return FORGOTTEN + hmac.digest(key, fold_address(address).encode(), sha256).hex()


def _is_forgotten() -> ColumnElement[bool]:
    return ReaderRow.address.startswith(FORGOTTEN)


def _roles(s: Session) -> Mapping[str, Role]:
    return {user.address: user.role for user in list_users(s)}


def _columns(choices: Choices) -> dict[str, object]:
    return {
        "rhythm": choices.rhythm.value,
        "locale": choices.locale,
        "topics": list(choices.topics),
        "regions": list(choices.regions),
    }


def _build(row: ReaderRow, roles: Mapping[str, Role]) -> Reader:
    return Reader(
        id=row.id,
        address=row.address,
        choices=Choices(
            rhythm=Rhythm(row.rhythm),
            locale=row.locale,
            topics=tuple(row.topics),
            regions=tuple(row.regions),
        ),
        confirmed_at=row.confirmed_at,
        bounces=row.bounces,
        rests_at=row.rests_at,
        role=roles.get(row.address),
    )
