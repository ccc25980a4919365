"""Posts, what is counted of them, and which stretches of time were seen.

A page is saved whole: its posts, the counts of the days they touch, the coverage it proves and
the marks to remember, in the caller's one transaction. Saving it again changes nothing.
What the posts add up to is loaded from here too: `load_history`, `load_coverage` and
`community_coverage` have files of their own and are at home here as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from heapq import nlargest

from sqlalchemy import Insert, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from domain.records import KeyedPage, KeyedPost
from domain.window import CoverageKind, Window
from store.columns import plain_table
from store.coverage import add_coverages, community_coverage, load_coverage
from store.engine import insert_for
from store.histories import load_history
from store.recounting import count_days
from store.rows import add_new_rows
from store.tables import (
    CommunityRow,
    DailyCountRow,
    MarkRow,
    PostRow,
    RecentSubjectRow,
    SourceRow,
)

__all__ = [
    "QuietPage",
    "RecentSubject",
    "SavedPage",
    "community_coverage",
    "community_key",
    "count_posts",
    "load_coverage",
    "load_daily_counts",
    "load_history",
    "newest_post_at",
    "recent_subjects",
    "save_page",
    "save_quiet_pages",
]

SUBJECTS_KEPT = 3
_SOURCES, _COMMUNITIES = plain_table(SourceRow), plain_table(CommunityRow)
# Asked for every page that is stored, so built once.
_LOCK = (
    select(_COMMUNITIES.c.id)
    .join(_SOURCES)
    .where(_SOURCES.c.id == bindparam("its_source"))
    .with_for_update(of=_COMMUNITIES, key_share=True)
)
_SUBJECTS = plain_table(RecentSubjectRow)
_KEPT_SUBJECTS = select(_SUBJECTS).where(_SUBJECTS.c.source_id == bindparam("its_source"))
_PAST_SUBJECTS = delete(_SUBJECTS).where(_SUBJECTS.c.source_id == bindparam("its_source"))
_POST_COLUMNS = (
    *("source_id", "key", "community_id", "at", "day", "basis"),
    *("author_key", "reply_key", "filed_start", "filed_end"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPage:
    """How many distinct posts of a page were new to the source, and how many it had."""

    new: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietPage:
    """A page without posts, seen at `now`: what it proves, and what to remember of it."""

    source_id: int
    page: KeyedPage
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentSubject:
    """The subject of one of the last posts of a public archive, for the curator's "see it"."""

    at: datetime
    subject: str
    url: str | None


def save_page(s: Session, source_id: int, page: KeyedPage, *, now: datetime) -> SavedPage:
    """How many posts were new. Facts are only added: the first reading of a post stands.

    Coverage after `now` is not believed: nobody has seen it yet.
    """
    community_id = lock_community(s, source_id)
    posts = _join_copies(page.posts)
    added = _insert_posts(s, source_id, community_id, posts)
    if added:
        count_days(s, community_id, {day_of(post.at) for post in posts if post.at is not None})
    keep_subjects(s, source_id, posts)
    _save_what_was_seen(s, [QuietPage(source_id=source_id, page=page, now=now)])
    return SavedPage(new=added, known=len(posts) - added)


def save_quiet_pages(s: Session, pages: Sequence[QuietPage]) -> None:
    """Saves pages without posts of many sources, as `save_page` would save each."""
    _save_what_was_seen(s, pages)


def community_key(s: Session, source_id: int) -> bytes:
    """What keys the source's posts and authors: the secret key of its community, or its own."""
    return s.scalars(
        select(func.coalesce(SourceRow.own_key, CommunityRow.secret_key))
        .join(CommunityRow)
        .where(SourceRow.id == source_id)
    ).one()


def count_posts(s: Session, source_id: int, *, since: datetime | None = None) -> int:
    """Distinct posts stored for the source, dated or not; with `since` those dated from then on."""
    counted = select(func.count()).select_from(PostRow).where(PostRow.source_id == source_id)
    if since is not None:
        counted = counted.where(PostRow.at >= since)
    return s.scalars(counted).one()


def newest_post_at(s: Session, source_id: int) -> datetime | None:
    """The date of the source's newest dated post."""
    return s.scalar(select(func.max(PostRow.at)).where(PostRow.source_id == source_id))


def load_daily_counts(s: Session, community_id: int, window: Window) -> dict[date, int]:
    """Distinct posts by UTC day, for every day that `window` touches and that has posts."""
    if window.length <= timedelta(0):
        return {}
    rows = s.execute(
        select(DailyCountRow.day, DailyCountRow.posts)
        .where(
            DailyCountRow.community_id == community_id,
            DailyCountRow.day >= window.start.date(),
            DailyCountRow.day <= (window.end - timedelta.resolution).date(),
        )
        .order_by(DailyCountRow.day)
    )
    return {row.day: row.posts for row in rows}


def recent_subjects(s: Session, community_id: int) -> tuple[RecentSubject, ...]:
    """The community's last subjects, newest first, at most three."""
    rows = s.scalars(
        select(RecentSubjectRow)
        .join(SourceRow, SourceRow.id == RecentSubjectRow.source_id)
        .where(SourceRow.community_id == community_id)
        .order_by(RecentSubjectRow.at.desc(), RecentSubjectRow.subject)
        .limit(SUBJECTS_KEPT)
    )
    return tuple(RecentSubject(at=row.at, subject=row.subject, url=row.url) for row in rows)


# ---- saving --------------------------------------------------------------------------------


def lock_community(s: Session, source_id: int) -> int:
    """The source's community, which no other transaction can count for until this one ends."""
    locked: int = s.connection().scalars(_LOCK, {"its_source": source_id}).one()
    return locked


def _join_copies(posts: Iterable[KeyedPost]) -> list[KeyedPost]:
    """Each post once: archives store messages twice, and the copy with a date is the better."""
    distinct: dict[bytes, KeyedPost] = {}
    for post in posts:
        first = distinct.get(post.key)
        if first is None or (first.at is None and post.at is not None):
            distinct[post.key] = post
    return list(distinct.values())


def _insert_posts(s: Session, source_id: int, community_id: int, posts: Sequence[KeyedPost]) -> int:
    """How many of the posts the source did not have."""
    rows = [
        (
            source_id,
            post.key,
            community_id,
            post.at,
            None if post.at is None else day_of(post.at),
            post.basis.value,
            post.author_key,
            post.reply_key,
            None if post.filed is None else post.filed.start,
            None if post.filed is None else post.filed.end,
        )
        for post in posts
    ]
    return add_new_rows(s, PostRow, _POST_COLUMNS, rows)


def keep_subjects(s: Session, source_id: int, posts: Iterable[KeyedPost]) -> None:
    """Keeps the newest subjects of the source, those of `posts` included."""
    dated = [(post.at, post) for post in posts if post.at is not None and post.subject]
    if not dated:
        return
    oldest = min(nlargest(SUBJECTS_KEPT, {at for at, _ in dated}))
    offered = {
        RecentSubject(at=at, subject=post.subject or "", url=post.url)
        for at, post in dated
        if at >= oldest
    }
    stored = {
        RecentSubject(at=row.at, subject=row.subject, url=row.url)
        for row in s.connection().execute(_KEPT_SUBJECTS, {"its_source": source_id})
    }
    by_age = sorted(offered | stored, key=lambda r: (r.at, r.subject, r.url or ""), reverse=True)
    newest = by_age[:SUBJECTS_KEPT]
    if set(newest) == stored:
        return
    s.connection().execute(_PAST_SUBJECTS, {"its_source": source_id})
    s.connection().execute(
        insert(_SUBJECTS),
        [{"source_id": source_id, "at": r.at, "subject": r.subject, "url": r.url} for r in newest],
    )


def _save_what_was_seen(s: Session, pages: Sequence[QuietPage]) -> None:
    seen: defaultdict[tuple[int, CoverageKind], list[Window]] = defaultdict(list)
    for one in pages:
        for c in one.page.coverage:
            if c.start < one.now:
                window = Window(start=c.start, end=min(c.end, one.now))
                seen[one.source_id, c.kind].append(window)
    add_coverages(s, seen)
    marks = [
        {
            "source_id": one.source_id,
            "name": mark.name,
            "etag": mark.etag,
            "last_modified": mark.last_modified,
            "label": mark.label,
        }
        for one in pages
        for mark in one.page.marks
    ]
    if marks:
        connection = s.connection()
        connection.execute(_build_memory(connection.dialect.name), marks)


@cache
def _build_memory(dialect: str) -> Insert:
    """The statement that remembers marks in place of the earlier ones of their names."""
    new = insert_for(dialect, MarkRow)
    facts = {name: new.excluded[name] for name in ("etag", "last_modified", "label")}
    return new.on_conflict_do_update(index_elements=["source_id", "name"], set_=facts)


def day_of(at: datetime) -> date:
    """The UTC day under which a post is counted."""
    return at.astimezone(UTC).date()
