"""What belongs to accounts beside names: browsers signed in, tries by network, choices."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from domain.people import User
from store.curator_tables import DeviceRow, SignInTryRow, UserChoiceRow
from store.engine import insert_into
from store.users import CODE_KEY, load_user, secret

SIGNED_IN_FOR = timedelta(days=90)
SEEN_EVERY = timedelta(days=1)
TRIES_KEPT = timedelta(days=1)
KEY_BYTES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser that somebody signed in with; `label` is what it called itself, shortened."""

    id: int
    label: str
    signed_in_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A curator's language, whether digits move to the answers, and how far the account got."""

    locale: str = "en"
    keys: bool = False
    joined_at: datetime | None = None
    practised_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who a browser belongs to."""

    user: User
    device_id: int
    seen_at: datetime
    choices: Choices


def add_device(s: Session, user_id: int, label: str, now: datetime) -> str:
    """The key that the browser is to keep; it works for 90 days."""
    key = secrets.token_urlsafe(KEY_BYTES)
    s.execute(
        insert(DeviceRow).values(
            user_id=user_id,
            key_hash=_hash(key),
            label=label,
            signed_in_at=now,
            seen_at=now,
            expires_at=now + SIGNED_IN_FOR,
        )
    )
    return key


def find_signed_in(s: Session, key: str, now: datetime) -> SignedIn | None:
    """Who the browser with that key belongs to, while its time lasts and they may sign in."""
    row = s.scalars(
        select(DeviceRow).where(
            DeviceRow.key_hash == _hash(key),
            DeviceRow.ended_at.is_(None),
            DeviceRow.expires_at > now,
        )
    ).one_or_none()
    user = None if row is None else load_user(s, row.user_id)
    if row is None or user is None:
        return None
    choices = load_choices(s, user.id)
    return SignedIn(user=user, device_id=row.id, seen_at=row.seen_at, choices=choices)


def list_devices(s: Session, user_id: int, now: datetime) -> list[Device]:
    """The browsers that somebody is signed in with, the one used last first."""
    rows = s.scalars(
        select(DeviceRow)
        .where(
            DeviceRow.user_id == user_id,
            DeviceRow.ended_at.is_(None),
            DeviceRow.expires_at > now,
        )
        .order_by(DeviceRow.seen_at.desc(), DeviceRow.id.desc())
    )
    return [
        Device(
            id=row.id,
            label=row.label,
            signed_in_at=row.signed_in_at,
            seen_at=row.seen_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


def note_seen(s: Session, device_id: int, now: datetime) -> None:
    """Remembers when a browser was used last; callers do so once in `SEEN_EVERY`."""
    s.execute(
        update(DeviceRow)
        .where(DeviceRow.id == device_id)
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


def end_device(s: Session, user_id: int, device_id: int, now: datetime) -> bool:
    """True when it was signed in until now, by its own user."""
    done = s.execute(
        update(DeviceRow)
        .where(
            DeviceRow.id == device_id, DeviceRow.user_id == user_id, DeviceRow.ended_at.is_(None)
        )
        .values(ended_at=now)
        .returning(DeviceRow.id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def count_tries(s: Session, network: str, since: datetime) -> int:
    """How often somebody tried to sign in from a network since then."""
    return s.scalars(
        select(func.count(SignInTryRow.id)).where(
            SignInTryRow.network == _hash_network(s, network), SignInTryRow.at >= since
        )
    ).one()


def add_try(s: Session, network: str, now: datetime) -> None:
    """Counts a try; what is older than a day is forgotten."""
    s.execute(delete(SignInTryRow).where(SignInTryRow.at < now - TRIES_KEPT))
    s.execute(insert(SignInTryRow).values(network=_hash_network(s, network), at=now))


def load_choices(s: Session, user_id: int) -> Choices:
    """What a curator chose; the defaults for one who never did."""
    row = s.get(UserChoiceRow, user_id)
    if row is None:
        return Choices()
    return Choices(
        locale=row.locale, keys=row.keys, joined_at=row.joined_at, practised_at=row.practised_at
    )


def save_choices(
    s: Session,
    user_id: int,
    *,
    locale: str | None = None,
    keys: bool | None = None,
    practised_at: datetime | None = None,
) -> None:
    """Keeps what is given; the rest stays as it is."""
    given = {"locale": locale, "keys": keys, "practised_at": practised_at}
    _save(s, user_id, **{name: value for name, value in given.items() if value is not None})


def invite(s: Session, user_id: int, *, locale: str, by: int, now: datetime) -> None:
    """Notes that somebody was invited, in which language and by whom; they have not joined yet."""
    _save(s, user_id, locale=locale, invited_by=by, invited_at=now, joined_at=None)


def join(s: Session, user_id: int, now: datetime) -> bool:
    """True when an invitation was used now; it works once, until its user signs in anyhow."""
    done = s.execute(
        update(UserChoiceRow)
        .where(
            UserChoiceRow.user_id == user_id,
            UserChoiceRow.invited_at.is_not(None),
            UserChoiceRow.joined_at.is_(None),
        )
        .values(joined_at=now)
        .returning(UserChoiceRow.user_id)
        .execution_options(synchronize_session=False)
    )
    return done.first() is not None


def _save(s: Session, user_id: int, **values: object) -> None:
    new = insert_into(s, UserChoiceRow).values({"user_id": user_id, "locale": "en", **values})
    if values:
        s.execute(new.on_conflict_do_update(index_elements=["user_id"], set_=values))


def _hash(key: str) -> bytes:
    return sha256(key.encode()).digest()


def _hash_network(s: Session, network: str) -> bytes:
    """Keyed, since there are few networks: a copy of the table names none."""
    return hmac.digest(secret(s, CODE_KEY), network.encode(), sha256)
