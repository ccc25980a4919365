"""The keys of communities, changed without losing which posts and writers are the same."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from domain.errors import UsageError
from domain.keyed_hash import AUTHOR, KEY_BYTES, POST, hash_again
from store.tables import CommunityRow, PostRow, SecretRow, SourceRow

PORTION = 5_000
# Source, message, writer, thread.
Stored = tuple[int, bytes, bytes | None, bytes | None]


def change_key(s: Session, community_id: int, *, owner: str, now: datetime) -> int:
    """How many posts are stored under a new key of their community now.

    `owner` is who asks: what it claimed itself is not being read.

    Raises: UsageError while a source of the community is being read.
    """
    check_unread(s, community_id, owner=owner, now=now)
    new_key = secrets.token_bytes(KEY_BYTES)
    posts = PostRow.__table__
    of_it = select(PostRow.source_id, PostRow.key, PostRow.author_key, PostRow.reply_key).where(
        PostRow.community_id == community_id
    )
    known = [(of, key, author, reply) for of, key, author, reply in s.execute(of_it)]
    change = (
        update(posts)  # type: ignore[arg-type]
        .where(posts.c.source_id == bindparam("of"), posts.c.key == bindparam("known"))
        .values(key=bindparam("new"), author_key=bindparam("author"), reply_key=bindparam("reply"))
    )
    for start in range(0, len(known), PORTION):
        rows = known[start : start + PORTION]
        s.connection().execute(change, list(_rehash(rows, new_key)))
    row = s.get_one(CommunityRow, community_id)
    row.secret_key = row.secret_key + new_key
    handed = select(SourceRow).where(
        SourceRow.community_id == community_id, SourceRow.own_key.is_not(None)
    )
    for source in s.scalars(handed):
        source.own_key = (source.own_key or b"") + new_key
    return len(known)


def change_secret(s: Session, name: str) -> None:
    """Throws a random key away; the next use makes another."""
    s.execute(delete(SecretRow).where(SecretRow.name == name))


def check_unread(s: Session, community_id: int, *, owner: str, now: datetime) -> None:
    """Nothing, if nobody reads a source of the community; nobody begins to before the commit.

    Raises: UsageError.
    """
    rows = s.scalars(
        select(SourceRow).where(SourceRow.community_id == community_id).with_for_update()
    )
    for row in rows:
        held = row.claimed_until is not None and row.claimed_until > now
        if held and row.claimed_by != owner:
            raise UsageError(
                "is being read just now",
                where=row.name,
                to_do="stop the service, or try again when the visit is over",
            )


def _rehash(rows: Sequence[Stored], new_key: bytes) -> Iterator[dict[str, object]]:
    for source_id, key, author, reply in rows:
        yield {
            "of": source_id,
            "known": key,
            "new": hash_again(key, new_key, POST),
            "author": author and hash_again(author, new_key, AUTHOR),
            "reply": reply and hash_again(reply, new_key, POST),
        }
