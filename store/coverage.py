"""Which stretches of time were really seen, per source and for a community as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from domain.records import Platform
from domain.window import Coverage, CoverageKind, Window, complete_windows, holes, merge_windows
from store.tables import CoverageRow, SourceRow


def add_coverage(s: Session, source_id: int, kind: CoverageKind, seen: Sequence[Window]) -> None:
    """Adds `seen` to what the source has of that kind; what touches or overlaps becomes one."""
    if not seen:
        return
    this_kind = (CoverageRow.source_id == source_id, CoverageRow.kind == kind.value)
    stored = [
        Window(start=row.start, end=row.end)
        for row in s.execute(select(CoverageRow.start, CoverageRow.end).where(*this_kind))
    ]
    joined = merge_windows([*stored, *seen])
    gone = [window.start for window in stored if window not in joined]
    fresh = [window for window in joined if window not in stored]
    if gone:
        s.execute(
            delete(CoverageRow)
            .where(*this_kind, CoverageRow.start.in_(gone))
            .execution_options(synchronize_session=False)
        )
    if fresh:
        s.execute(
            insert(CoverageRow),
            [
                {"source_id": source_id, "kind": kind.value, "start": w.start, "end": w.end}
                for w in fresh
            ],
        )


def load_coverage(s: Session, source_id: int) -> tuple[Coverage, ...]:
    """What was seen of the source, in order; merged per kind."""
    rows = s.execute(
        select(CoverageRow.start, CoverageRow.end, CoverageRow.kind)
        .where(CoverageRow.source_id == source_id)
        .order_by(CoverageRow.start, CoverageRow.kind)
    )
    return tuple(
        Coverage(start=row.start, end=row.end, kind=CoverageKind(row.kind)) for row in rows
    )


def community_coverage(s: Session, community_id: int) -> tuple[Window, ...]:
    """When the whole community was seen completely: the joint coverage of its sources."""
    return community_coverages(s, [community_id]).get(community_id, ())


def community_coverages(
    s: Session, community_ids: Collection[int]
) -> dict[int, tuple[Window, ...]]:
    """The joint complete coverage of each of the communities, as `join_sources` defines it."""
    rows = s.execute(
        select(SourceRow, CoverageRow)
        .join(CoverageRow, CoverageRow.source_id == SourceRow.id)
        .where(SourceRow.community_id.in_(community_ids))
    )
    seen: dict[int, dict[int, list[Coverage]]] = {}
    watched: set[int] = set()
    for source, row in rows:
        stretch = Coverage(start=row.start, end=row.end, kind=CoverageKind(row.kind))
        seen.setdefault(source.community_id, {}).setdefault(source.id, []).append(stretch)
        if not source.paused and Platform(source.platform).crawled:
            watched.add(source.id)
    return {
        community_id: join_sources(
            [
                (complete_windows(stretches), source_id in watched)
                for source_id, stretches in by_source.items()
            ]
        )
        for community_id, by_source in seen.items()
    }


def join_sources(
    sources: Iterable[tuple[Sequence[Window], bool]],
) -> tuple[Window, ...]:
    """When all sources that are still watched were seen, from those of each and whether it is.

    A watched source counts from the first moment it was ever seen: before, nothing is known of
    it. A paused or imported one adds what it has seen and asks for nothing more.
    """
    kept = [(windows, watched) for windows, watched in sources if windows]
    joint = merge_windows(window for windows, _ in kept for window in windows)
    end = max((windows[-1].end for windows, _ in kept), default=None)
    for windows, watched in kept:
        if not watched or end is None:
            continue
        life = Window(start=windows[0].start, end=end)
        missing = holes(life, windows)
        joint = tuple(part for window in joint for part in holes(window, missing))
    return joint
