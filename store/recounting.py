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


def count_days(s: Session, community_id: int, days: Collection[date]) -> None:
    """Counts the community's distinct posts of those days anew, after posts were added to them.

    What was read at a source that was handed over (`store.handover`) is hashed with another key: it
    is the same post as one of the same moment elsewhere.
    """
    connection = s.connection()
    count = _build_count(connection.dialect.name)
    for some in split_values(sorted(days)):
        connection.execute(count, {"its_community": community_id, "its_days": some})


def recount_days(s: Session, community_id: int, days: Collection[date]) -> None:
    """What `count_days` does, where a day may also have lost its last post."""
    count_days(s, community_id, days)
    empty = _build_end()
    for some in split_values(sorted(days)):
        s.connection().execute(empty, {"its_community": community_id, "its_days": some})


# Built once: that took longer than counting the days of a page.
@cache
def _build_count(dialect: str) -> Insert:
    counted = (
        select(_POSTS.c.community_id, _POSTS.c.day, func.count(_POSTS.c.key.distinct()))
        .where(*_are_counted())
        .group_by(_POSTS.c.community_id, _POSTS.c.day)
    )
    columns = ["community_id", "day", "posts"]
    new = insert_for(dialect, DailyCountRow).from_select(columns, counted)
    facts = {"posts": new.excluded.posts}
    return new.on_conflict_do_update(index_elements=columns[:2], set_=facts)


@cache
def _build_end() -> Delete:
    return delete(_COUNTS).where(
        _COUNTS.c.community_id == _ITS,
        _COUNTS.c.day.in_(_DAYS),
        _COUNTS.c.day.not_in(select(_POSTS.c.day).where(*_are_counted())),
    )


def _are_counted() -> tuple[ColumnElement[bool], ...]:
    return (_POSTS.c.community_id == _ITS, _POSTS.c.day.in_(_DAYS), ~_is_doubled())


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
