"""People who may sign in, the codes on their way to them, and the keys behind both."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from domain.errors import UsageError
from domain.people import Role, User
from store.engine import insert_into
from store.tables import SecretRow, SignInRow, UserRow

CODE_VALID = timedelta(minutes=15)
CODE_TRIES = 5
# After so many in a day somebody is guessing: then only the link of the mail signs in.
TRIES_PER_DAY = 20
DAY = timedelta(days=1)
SECRET_BYTES = 32
CODE_KEY = "sign-in codes"


def add_user(s: Session, *, name: str, address: str, role: Role, now: datetime) -> User:
    """The new user; one who was removed comes back under the same number.

    Raises: `UsageError` when the address is in use.
    """
    facts = {"name": name, "role": role.value, "added_at": now, "removed_at": None}
    user_id = s.execute(
        insert_into(s, UserRow)
        .values(address=_fold(address), **facts)
        .on_conflict_do_update(
            index_elements=["address"], set_=facts, where=UserRow.removed_at.is_not(None)
        )
        .returning(UserRow.id)
    ).scalar_one_or_none()
    if user_id is None:
        raise UsageError(
            "somebody with this address may sign in already",
            where=address,
            to_do="see: rollcall users list",
        )
    return _build_user(s.get_one(UserRow, user_id))


def find_user(s: Session, address: str) -> User | None:
    """The user with that address, in whatever capitals."""
    row = s.scalars(
        select(UserRow).where(UserRow.address == _fold(address), UserRow.removed_at.is_(None))
    ).one_or_none()
    return None if row is None else _build_user(row)


def load_user(s: Session, user_id: int) -> User | None:
    """The user with that number, unless they may not sign in any more."""
    row = s.get(UserRow, user_id)
    return None if row is None or row.removed_at is not None else _build_user(row)


def list_users(s: Session) -> list[User]:
    """Everybody who may sign in, by name."""
    rows = s.scalars(
        select(UserRow).where(UserRow.removed_at.is_(None)).order_by(UserRow.name, UserRow.id)
    )
    return [_build_user(row) for row in rows]


def save_code(s: Session, user_id: int, code: str, now: datetime) -> None:
    """Remembers a code, hashed, for 15 minutes; the user's earlier codes end."""
    # Two codes asked for at once must not both stay open.
    s.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update(key_share=True))
    s.execute(
        update(SignInRow)
        .where(SignInRow.user_id == user_id, SignInRow.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    s.execute(
        insert(SignInRow).values(
            user_id=user_id, code_hash=_hash(s, user_id, code), expires_at=now + CODE_VALID
        )
    )


def count_codes(s: Session, user_id: int, since: datetime) -> int:
    """How many codes were made for the user from `since` on."""
    return s.scalars(
        select(func.count())
        .select_from(SignInRow)
        .where(SignInRow.user_id == user_id, SignInRow.expires_at >= since + CODE_VALID)
    ).one()


def use_code(
    s: Session, address: str, code: str, now: datetime, *, by_link: bool = False
) -> User | None:
    """The user whose code this is; it is used up then. `None` counts as one of five tries.

    A code that came with its signed link is no guess, whatever others tried that day.
    """
    user = find_user(s, address)
    if user is None or (not by_link and _count_tries(s, user.id, now - DAY) >= TRIES_PER_DAY):
        return None
    tried = s.execute(
        update(SignInRow)
        .where(
            SignInRow.user_id == user.id,
            SignInRow.used_at.is_(None),
            SignInRow.expires_at > now,
            SignInRow.tries < CODE_TRIES,
        )
        .values(tries=SignInRow.tries + 1)
        .returning(SignInRow.id, SignInRow.code_hash)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if tried is None or not hmac.compare_digest(tried.code_hash, _hash(s, user.id, code)):
        return None
    s.execute(
        update(SignInRow)
        .where(SignInRow.id == tried.id)
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return user


def _count_tries(s: Session, user_id: int, since: datetime) -> int:
    """How many digits were typed for the user with codes made from `since` on."""
    return s.scalars(
        select(func.coalesce(func.sum(SignInRow.tries), 0)).where(
            SignInRow.user_id == user_id, SignInRow.expires_at >= since + CODE_VALID
        )
    ).one()


def secret(s: Session, name: str) -> bytes:
    """The random key of that name; the first use makes it, and needs a writing session."""
    chosen = select(SecretRow.value).where(SecretRow.name == name)
    value = s.scalars(chosen).one_or_none()
    if value is not None:
        return value
    s.execute(
        insert_into(s, SecretRow)
        .values(name=name, value=secrets.token_bytes(SECRET_BYTES))
        .on_conflict_do_nothing(index_elements=["name"])
    )
    return s.scalars(chosen).one()


def _hash(s: Session, user_id: int, code: str) -> bytes:
    """Keyed, since a million codes are tried in no time by whoever copies the table alone."""
    return hmac.digest(secret(s, CODE_KEY), f"{user_id}:{code}".encode(), sha256)


def _fold(address: str) -> str:
    return address.strip().lower()


def _build_user(row: UserRow) -> User:
    return User(
        id=row.id,
        name=row.name,
        address=row.address,
        role=Role(row.role),
        added_at=row.added_at,
    )
