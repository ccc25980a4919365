"""The history of one source, as the scoring rules read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.history import History
from domain.records import Platform
from domain.window import Coverage
from store.coverage import load_coverage
from store.crawls import last_report
from store.tables import PostRow, SourceRow

NOBODY = -1
"""The author of a post whose author is not known."""

ONE_SECOND = timedelta(seconds=1)


# Second, key and author of a post. A plain tuple: it sorts by time, and tens of thousands are made.
_Post = tuple[int, bytes, bytes | None]


def load_history(s: Session, source_id: int, *, until: datetime | None) -> History:
    """The source's posts and coverage before `until`, in columns (`History` says how).

    What is known of the visits is that of the newest one, whatever `until` says; no post stands
    later than its end for being filed under a period that is still running.
    """
    platform = Platform(s.get_one(SourceRow, source_id).platform)
    report = last_report(s, source_id)
    seen_until = None if report is None else report.finished_at
    placed, parents, undated = _load_posts(s, source_id, until, seen_until)
    return History(
        source_id=source_id,
        platform=platform,
        ts=tuple(ts for ts, _, _ in placed),
        author=_number_authors(author for _, _, author in placed),
        thread=_number_threads([key for _, key, _ in placed], parents),
        undated=undated,
        coverage=_cut_coverage(load_coverage(s, source_id), until),
        windowed=platform in (Platform.FEED, Platform.NING),
        last_outcome=None if report is None else report.outcome,
        last_visit_at=seen_until,
    )


def _load_posts(
    s: Session, source_id: int, until: datetime | None, seen_until: datetime | None
) -> tuple[list[_Post], dict[bytes, bytes], int]:
    """Posts in order of time, whom each answers, and how many have no place in time."""
    of_source = select(PostRow.key, PostRow.author_key, PostRow.reply_key).where(
        PostRow.source_id == source_id
    )
    dated = of_source.add_columns(PostRow.at).where(PostRow.at.is_not(None))
    if until is not None:
        dated = dated.where(PostRow.at < until)
    placed: list[_Post] = []
    parents: dict[bytes, bytes] = {}
    for key, author, reply, at in s.execute(dated):
        placed.append((int(at.timestamp()), key, author))
        if reply is not None:
            parents[key] = reply
    undated = 0
    filed = of_source.add_columns(PostRow.filed_start, PostRow.filed_end)
    for key, author, reply, start, end in s.execute(filed.where(PostRow.at.is_(None))):
        moment = _latest_moment(start, end, until or seen_until)
        if moment is None:
            undated += 1
        elif until is None or start < until:
            placed.append((int(moment.timestamp()), key, author))
            if reply is not None:
                parents[key] = reply
    placed.sort()
    return placed, parents, undated


def _latest_moment(
    start: datetime | None, end: datetime | None, limit: datetime | None
) -> datetime | None:
    """The last second at which a post filed under `start` to `end` can be from before `limit`."""
    if start is None or end is None:
        return None
    return max(start, (end if limit is None else min(end, limit)) - ONE_SECOND)


def _number_authors(keys: Iterable[bytes | None]) -> tuple[int, ...]:
    numbers: dict[bytes, int] = {}
    return tuple(NOBODY if key is None else numbers.setdefault(key, len(numbers)) for key in keys)


def _number_threads(keys: Sequence[bytes], parents: Mapping[bytes, bytes]) -> tuple[int, ...]:
    """One number per thread: posts that lead back to the same root, stored or not."""
    roots: dict[bytes, bytes] = {}
    numbers: dict[bytes, int] = {}
    return tuple(numbers.setdefault(_find_root(key, parents, roots), len(numbers)) for key in keys)


def _find_root(key: bytes, parents: Mapping[bytes, bytes], roots: dict[bytes, bytes]) -> bytes:
    """Where the chain of answers from `key` ends; `roots` remembers it for all on the way."""
    path = []
    top = key
    # A chain may end at a post we never saw, or lead round in a circle: then one of it is chosen.
    while top not in roots:
        roots[top] = top
        path.append(top)
        top = parents.get(top, top)
    root = roots[top]
    for passed in path:
        roots[passed] = root
    return root


def _cut_coverage(coverage: Iterable[Coverage], until: datetime | None) -> tuple[Coverage, ...]:
    if until is None:
        return tuple(coverage)
    return tuple(
        Coverage(start=c.start, end=min(c.end, until), kind=c.kind)
        for c in coverage
        if c.start < until
    )
