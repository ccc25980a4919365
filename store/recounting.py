"""The posts of a day, counted anew wherever posts came or went."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    and_,
    bindparam,
    delete,
    extract,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from store.columns import plain_table
from store.engine import insert_for
from store.rows import split_values
from store.tables import DailyCountRow, PostRow, SourceRow

_POSTS, _SOURCES, _COUNTS = map(plain_table, (PostRow, SourceRow, DailyCountRow))
_ITS = bindparam("its_community", type_=_POSTS.c.community_id.type)
_DAYS = bindparam("its_days", type_=_POSTS.c.day.type, expanding=True)


def recount_days(s: Session, community_id: int, days: Collection[date]) -> None:
    """Counts the community's distinct posts of those days anew.

    What was read at a source that was handed over (`store.handover`) is hashed with another key: it
    is the same post as one of the same moment elsewhere.
    """
    connection = s.connection()
    count, empty = _build(connection.dialect.name)
    for some in split_values(sorted(days)):
        own = {"its_community": community_id, "its_days": some}
        connection.execute(count, own)
        connection.execute(empty, own)


@cache
def _build(dialect: str) -> tuple[Insert, Delete]:
    """The statement that counts the days, and the one that ends those of which nothing is left.

    Built once: that took longer than running them on the days of a page.
    """
    own = (_POSTS.c.community_id == _ITS, _POSTS.c.day.in_(_DAYS), ~_is_doubled())
    counted = (
        select(_POSTS.c.community_id, _POSTS.c.day, func.count(_POSTS.c.key.distinct()))
        .where(*own)
        .group_by(_POSTS.c.community_id, _POSTS.c.day)
    )
    columns = ["community_id", "day", "posts"]
    new = insert_for(dialect, DailyCountRow).from_select(columns, counted)
    facts = {"posts": new.excluded.posts}
    return (
        new.on_conflict_do_update(index_elements=columns[:2], set_=facts),
        delete(_COUNTS).where(
            _COUNTS.c.community_id == _ITS,
            _COUNTS.c.day.in_(_DAYS),
            _COUNTS.c.day.not_in(select(_POSTS.c.day).where(*own)),
        ),
    )


def _is_doubled() -> ColumnElement[bool]:
    """True of a post that another source of the community, of another key, counts already."""
    mine, other, theirs = _SOURCES.alias(), _POSTS.alias(), _SOURCES.alias()
    handed = select(_SOURCES.c.id).where(
        _SOURCES.c.community_id == _ITS, _SOURCES.c.own_key.is_not(None)
    )
    twin = (
        select(other.c.key)
        .join(theirs, theirs.c.id == other.c.source_id)
        .join(mine, mine.c.id == _POSTS.c.source_id)
        .where(
            other.c.community_id == _ITS,
            other.c.day == _POSTS.c.day,
            other.c.at == _POSTS.c.at,
            # Where only the day is told, all posts of a day are of the same moment.
            or_(*(extract(part, _POSTS.c.at) != 0 for part in ("hour", "minute", "second"))),
            or_(
                theirs.c.own_key.is_(None),
                and_(theirs.c.own_key != mine.c.own_key, theirs.c.id < mine.c.id),
            ),
        )
        .correlate(_POSTS)
    )
    return and_(_POSTS.c.source_id.in_(handed), twin.exists())
