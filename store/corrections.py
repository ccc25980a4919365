"""Corrects posts that were read again: the one place where a stored post changes.

`store.posts.save_page` lets the first reading of a post stand. When a parser was wrong, the same
answers are read once more and what it got wrong is replaced here. No post is ever removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select, update
from sqlalchemy.orm import Session

from domain.records import KeyedPost
from store.posts import day_of, keep_subjects, lock_community
from store.recounting import recount_days
from store.rows import split_values
from store.tables import PostRow, RecentSubjectRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """How many stored posts changed, each counted once.

    The date became known, became another, became unknown; or only its basis, its author, its
    thread or the period it is filed under changed.
    """

    dates_gained: int = 0
    dates_changed: int = 0
    dates_lost: int = 0
    others: int = 0

    def __add__(self, more: Corrected) -> Corrected:
        return Corrected(
            dates_gained=self.dates_gained + more.dates_gained,
            dates_changed=self.dates_changed + more.dates_changed,
            dates_lost=self.dates_lost + more.dates_lost,
            others=self.others + more.others,
        )


def correct_posts(s: Session, source_id: int, posts: Sequence[KeyedPost]) -> Corrected:
    """What changed: each of the posts that the source has now is as given. Adds none.

    Counts of the touched days and the recent subjects follow. Doing it again changes nothing.
    """
    community_id = lock_community(s, source_id)
    stored = _load(s, source_id, [post.key for post in posts])
    changed = [post for post in posts if post.key in stored and stored[post.key] != _facts(post)]
    if not changed:
        return Corrected()
    _replace(s, source_id, changed)
    days = set()
    for post in changed:
        days |= {day_of(at) for at in (stored[post.key]["at"], post.at) if at is not None}
    recount_days(s, community_id, days)
    _move_subjects(s, source_id, changed, stored)
    counted = Corrected()
    for post in changed:
        counted += _compare(stored[post.key], _facts(post))
    return counted


def _compare(old: dict[str, Any], new: dict[str, Any]) -> Corrected:
    if old["at"] == new["at"]:
        return Corrected(others=1)
    if old["at"] is None:
        return Corrected(dates_gained=1)
    return Corrected(dates_lost=1) if new["at"] is None else Corrected(dates_changed=1)


def _facts(post: KeyedPost) -> dict[str, Any]:
    """What is stored of a post for good, by column."""
    return {
        "at": post.at,
        "basis": post.basis.value,
        "author_key": post.author_key,
        "reply_key": post.reply_key,
        "filed_start": None if post.filed is None else post.filed.start,
        "filed_end": None if post.filed is None else post.filed.end,
    }


def _load(s: Session, source_id: int, keys: Sequence[bytes]) -> dict[bytes, dict[str, Any]]:
    found = {}
    for some in split_values(keys):
        rows = s.execute(
            select(
                PostRow.key,
                PostRow.at,
                PostRow.basis,
                PostRow.author_key,
                PostRow.reply_key,
                PostRow.filed_start,
                PostRow.filed_end,
            ).where(PostRow.source_id == source_id, PostRow.key.in_(some))
        )
        found.update({row.key: {**row._asdict()} for row in rows})
    for facts in found.values():
        del facts["key"]
    return found


def _replace(s: Session, source_id: int, posts: Iterable[KeyedPost]) -> None:
    # On the plain table: through the mapped class rows are updated by their primary key only.
    table = PostRow.metadata.tables[PostRow.__tablename__]
    rows = [
        {**_facts(post), "day": post.at and day_of(post.at), "of_key": post.key} for post in posts
    ]
    changes: dict[str, BindParameter[Any]] = {
        name: bindparam(name) for name in rows[0] if name != "of_key"
    }
    s.connection().execute(
        update(table)
        .where(table.c.source_id == source_id, table.c.key == bindparam("of_key"))
        .values(changes),
        rows,
    )


def _move_subjects(
    s: Session, source_id: int, posts: Iterable[KeyedPost], stored: dict[bytes, dict[str, Any]]
) -> None:
    """Keeps the recent subjects under the new dates of their posts, and not under the old ones."""
    moved = [post for post in posts if post.at != stored[post.key]["at"]]
    for post in moved:
        if post.subject is not None and stored[post.key]["at"] is not None:
            s.execute(
                delete(RecentSubjectRow)
                .where(
                    RecentSubjectRow.source_id == source_id,
                    RecentSubjectRow.at == stored[post.key]["at"],
                    RecentSubjectRow.subject == post.subject,
                )
                .execution_options(synchronize_session=False)
            )
    keep_subjects(s, source_id, moved)
