"""What is stored of many sources or communities, loaded together: asked once, not for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from domain.records import Mark
from domain.window import Coverage, CoverageKind, Window
from store.rows import split_values
from store.tables import CoverageRow, DailyCountRow, MarkRow, PostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What one source has: marks by name, coverage in order, and its distinct posts.

    `recent` counts the posts dated from the asked moment on.
    """

    marks: tuple[Mark, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    posts: int = 0
    recent: int = 0
    newest_post_at: datetime | None = None


def load_facts(s: Session, source_ids: Sequence[int], *, since: datetime) -> dict[int, SourceFacts]:
    """The facts of each of the sources."""
    found: dict[int, SourceFacts] = {}
    for some in split_values(source_ids):
        marks, coverage = _load_marks(s, some), _load_coverage(s, some)
        counted = (
            select(
                PostRow.source_id,
                func.count().label("posts"),
                func.sum(case((PostRow.at >= since, 1), else_=0)).label("recent"),
                func.max(PostRow.at).label("newest"),
            )
            .where(PostRow.source_id.in_(some))
            .group_by(PostRow.source_id)
        )
        counts = {row.source_id: row for row in s.execute(counted)}
        for source_id in some:
            row = counts.get(source_id)
            found[source_id] = SourceFacts(
                marks=tuple(marks[source_id]),
                coverage=tuple(coverage[source_id]),
                posts=row.posts if row else 0,
                recent=row.recent if row else 0,
                newest_post_at=row.newest if row else None,
            )
    return found


def load_counts(
    s: Session, community_ids: Sequence[int], window: Window
) -> dict[int, dict[date, int]]:
    """Distinct posts by UTC day, as `load_daily_counts` gives them, for each of the communities."""
    counts: dict[int, dict[date, int]] = {community_id: {} for community_id in community_ids}
    columns = (DailyCountRow.community_id, DailyCountRow.day, DailyCountRow.posts)
    for some in split_values(community_ids):
        rows = select(*columns).where(
            DailyCountRow.community_id.in_(some),
            DailyCountRow.day >= window.start.date(),
            DailyCountRow.day <= (window.end - timedelta.resolution).date(),
        )
        for community_id, day, posts in s.execute(rows):
            counts[community_id][day] = posts
    return counts


def _load_marks(s: Session, source_ids: Sequence[int]) -> defaultdict[int, list[Mark]]:
    marks: defaultdict[int, list[Mark]] = defaultdict(list)
    columns = (MarkRow.source_id, MarkRow.name, MarkRow.etag, MarkRow.last_modified, MarkRow.label)
    rows = select(*columns).where(MarkRow.source_id.in_(source_ids)).order_by(MarkRow.name)
    for row in s.execute(rows):
        marks[row.source_id].append(
            Mark(name=row.name, etag=row.etag, last_modified=row.last_modified, label=row.label)
        )
    return marks


def _load_coverage(s: Session, source_ids: Sequence[int]) -> defaultdict[int, list[Coverage]]:
    seen: defaultdict[int, list[Coverage]] = defaultdict(list)
    columns = (CoverageRow.source_id, CoverageRow.start, CoverageRow.end, CoverageRow.kind)
    rows = select(*columns).where(CoverageRow.source_id.in_(source_ids))
    for row in s.execute(rows.order_by(CoverageRow.start, CoverageRow.kind)):
        seen[row.source_id].append(
            Coverage(start=row.start, end=row.end, kind=CoverageKind(row.kind))
        )
    return seen
