"""Which stretches of time were really seen, per source and for a community as a whole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.orm import Session

from domain.records import Platform
from domain.window import Coverage, CoverageKind, Window, complete_windows, holes, merge_windows
from store.columns import plain_table
from store.rows import split_values
from store.tables import CoverageRow, SourceRow

_COVERAGE = plain_table(CoverageRow)
# Asked for every page that is stored or shown, so built once.
_STORED = select(_COVERAGE.c.source_id, _COVERAGE.c.kind, _COVERAGE.c.start, _COVERAGE.c.end).where(
    _COVERAGE.c.source_id.in_(bindparam("source_ids", expanding=True))
)
_OF_COMMUNITIES = (
    select(
        *(SourceRow.community_id, SourceRow.platform, SourceRow.paused),
        *(CoverageRow.source_id, CoverageRow.start, CoverageRow.end, CoverageRow.kind),
    )
    .join(CoverageRow, CoverageRow.source_id == SourceRow.id)
    .where(SourceRow.community_id.in_(bindparam("only", expanding=True)))
)
_REPLACED = delete(_COVERAGE).where(
    _COVERAGE.c.source_id == bindparam("its_source"),
    _COVERAGE.c.kind == bindparam("its_kind"),
    _COVERAGE.c.start == bindparam("its_start"),
)


def add_coverages(s: Session, seen: Mapping[tuple[int, CoverageKind], Sequence[Window]]) -> None:
    """Adds what was seen of each source to what it has of that kind.

    What touches or overlaps becomes one.
    """
    if not seen:
        return
    stored = _load_windows(s, sorted({source_id for source_id, _ in seen}))
    gone, fresh = [], []
    for (source_id, kind), windows in seen.items():
        known = stored[source_id, kind]
        joined = merge_windows([*known, *windows])
        key = {"its_source": source_id, "its_kind": kind.value}
        gone += [key | {"its_start": w.start} for w in known if w not in joined]
        key = {"source_id": source_id, "kind": kind.value}
        fresh += [key | {"start": w.start, "end": w.end} for w in joined if w not in known]
    if gone:
        s.connection().execute(_REPLACED, gone)
    if fresh:
        s.connection().execute(insert(_COVERAGE), fresh)


def _load_windows(
    s: Session, source_ids: Sequence[int]
) -> defaultdict[tuple[int, CoverageKind], list[Window]]:
    stored: defaultdict[tuple[int, CoverageKind], list[Window]] = defaultdict(list)
    for some in split_values(source_ids):
        for source_id, kind, start, end in s.connection().execute(_STORED, {"source_ids": some}):
            stored[source_id, CoverageKind(kind)].append(Window(start=start, end=end))
    return stored


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
    rows = s.execute(_OF_COMMUNITIES, {"only": list(community_ids)})
    seen: dict[int, dict[int, list[Coverage]]] = {}
    watched: set[int] = set()
    for row in rows:
        stretch = Coverage(start=row.start, end=row.end, kind=CoverageKind(row.kind))
        seen.setdefault(row.community_id, {}).setdefault(row.source_id, []).append(stretch)
        if not row.paused and Platform(row.platform).crawled:
            watched.add(row.source_id)
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
