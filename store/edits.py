"""Changes of a community's record, each kept with what it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from store.listing_tables import RecordEditRow
from store.tables import CommunityRow, UserRow

Value = str | int | None | Sequence[str]
EDITABLE = frozenset(
    {
        "name",
        "url",
        "description",
        "host",
        "languages",
        "topics",
        "regions",
        "membership",
        "founded",
        "observable",
        "follows",
        "followed_by",
        "owner_address",
        "scope",
    }
)
# Of these only is told whether there was one.
PRIVATE = frozenset({"owner_address"})
KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEdit:
    """One change. Shape: `changes` holds by field what it was and what it is since.

    `source` is the page that shows it, `curator` who made it.
    """

    edited_at: datetime
    changes: Mapping[str, tuple[object, object]]
    source: str = ""
    curator: str = ""


def edit_community(
    s: Session,
    community_id: int,
    fields: Mapping[str, Value],
    *,
    user_id: int,
    now: datetime,
    contribution_id: int | None = None,
    source: str = "",
) -> RecordEdit | None:
    """The change as it is kept; `None` when the record says all of it already."""
    if not set(fields) <= EDITABLE:
        raise ValueError(f"not to be edited: {sorted(set(fields) - EDITABLE)}")
    row = s.get_one(CommunityRow, community_id)
    plain = {
        name: value if isinstance(value, str | int | None) else list(value)
        for name, value in fields.items()
    }
    changes = {
        name: (getattr(row, name), value)
        for name, value in plain.items()
        if getattr(row, name) != value
    }
    if not changes:
        return None
    s.execute(
        update(CommunityRow)
        .where(CommunityRow.id == community_id)
        .values({name: new for name, (_, new) in changes.items()})
        .execution_options(synchronize_session=False)
    )
    s.execute(
        insert(RecordEditRow).values(
            community_id=community_id,
            edited_at=now,
            user_id=user_id,
            contribution_id=contribution_id,
            changes={name: _tell(name, pair) for name, pair in changes.items()},
            source=source,
        )
    )
    return RecordEdit(edited_at=now, changes=changes, source=source)


def list_edits(s: Session, community_id: int) -> list[RecordEdit]:
    """All changes of a record, newest first."""
    rows = s.execute(
        select(RecordEditRow, UserRow.name)
        .join(UserRow, UserRow.id == RecordEditRow.user_id)
        .where(RecordEditRow.community_id == community_id)
        .order_by(RecordEditRow.id.desc())
    )
    return [
        RecordEdit(
            edited_at=row.edited_at,
            changes={name: (pair[0], pair[1]) for name, pair in row.changes.items()},
            source=row.source,
            curator=name,
        )
        for row, name in rows
    ]


def _tell(name: str, pair: tuple[object, object]) -> list[object]:
    return [KNOWN if one else "" for one in pair] if name in PRIVATE else list(pair)
