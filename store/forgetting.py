"""Takes a person, or a whole community, out of the database for good."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from domain.keyed_hash import AUTHOR, keyed_hash
from store import readers
from store.columns import Base
from store.searching import forget_words
from store.tables import CommunityRow, OutboxRow, PostRow, SourceRow, UserRow

NOBODY = "somebody who was forgotten"
# Tables whose rows belong to a community, by the names of columns that lead to them.
_OWNED = {"source_id": "sources", "review_id": "reviews", "decision_id": "decisions"}


def forget_writer(s: Session, writer: str) -> int:
    """How many posts have no writer any more; they still count as posts.

    `writer` is what an archive calls them: an address in lower case, else a name.
    """
    changed = 0
    for community in s.scalars(select(CommunityRow)):
        handed = select(SourceRow.own_key).where(SourceRow.community_id == community.id)
        secrets = {community.secret_key, *(key for key in s.scalars(handed) if key)}
        keys = [keyed_hash(writer, secret, AUTHOR) for secret in secrets]
        rows = s.scalars(
            update(PostRow)
            .where(PostRow.community_id == community.id, PostRow.author_key.in_(keys))
            .values(author_key=None)
            .returning(PostRow.key)
            .execution_options(synchronize_session=False)
        ).all()
        changed += len(rows)
    return changed


def forget_address(s: Session, address: str) -> Mapping[str, int]:
    """How many rows of each table reached the address and do no more.

    A reader's address leaves a keyed hash, so that no list brings it back. Decisions of a curator
    stay, and name nobody.
    """
    folded = readers.fold_address(address)
    reader = readers.find_reader(s, folded)
    if reader is not None:
        readers.forget(s, reader.id)
    mails = s.scalars(
        delete(OutboxRow)
        .where(OutboxRow.recipient.icontains(folded, autoescape=True))
        .returning(OutboxRow.id)
    ).all()
    owners = s.scalars(
        update(CommunityRow)
        .where(CommunityRow.owner_address.icontains(folded, autoescape=True))
        .values(owner_address="")
        .returning(CommunityRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    return {
        "readers": int(reader is not None),
        "outbox": len(mails),
        "communities": len(owners),
        "users": _forget_user(s, folded),
    }


def forget_community(s: Session, community_id: int) -> Mapping[str, int]:
    """How many rows of each table were of that community and are gone."""
    gone = {}
    forget_words(s, community_id)
    for table in reversed(Base.metadata.sorted_tables):
        of_it = _of_community(table, community_id)
        if of_it is None:
            continue
        done = s.connection().execute(delete(table).where(of_it)).rowcount
        if done:
            gone[table.name] = done
    s.expire_all()
    return gone


def _forget_user(s: Session, address: str) -> int:
    row = s.scalars(select(UserRow).where(UserRow.address == address)).one_or_none()
    if row is None:
        return 0
    row.name, row.address = NOBODY, f"{readers.FORGOTTEN}user-{row.id}"
    row.removed_at = row.removed_at or row.added_at
    return 1


def _of_community(table: Table, community_id: int) -> ColumnElement[bool] | None:
    if table.name == "communities":
        return table.c.id == community_id
    ways = []
    if "community_id" in table.c:
        ways.append(table.c.community_id == community_id)
    for column, owner in _OWNED.items():
        if column in table.c and owner != table.name:
            other = Base.metadata.tables[owner]
            mine = select(other.c.id).where(other.c.community_id == community_id)
            ways.append(table.c[column].in_(mine))
    return or_(*ways) if ways else None
