"""The lines of the public list, made ahead: reading them costs a page nothing but their own rows.

All that changes a line is only ever added (communities, sources, their moves, visits, judgements,
decisions, words of people, edits). So the tables' newest numbers tell which communities have to be
described again. What time alone changes has a moment of its own, the word before all, and no line
stands for more than a day, so that a row which became visible out of its turn is not missed for
long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from domain.listing import ListedFacts, ListedWords, Listing
from domain.published import DirectoryEntry
from domain.window import Month
from store.columns import UtcDateTime
from store.curator_tables import ManagerAskRow, MergeRow
from store.directory import load_entries
from store.engine import insert_into
from store.listing_tables import ListingMarkRow, ListingRow, RecordEditRow
from store.searching import save_words
from store.tables import (
    AssessmentRow,
    CommunityRow,
    CrawlReportRow,
    DecisionRow,
    SourceMoveRow,
    SourceRow,
)
from store.witness_tables import AttestationRow

Describe = Callable[[DirectoryEntry, datetime], Listing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How far the lines tell what is stored: as of `revision`.

    `changed` is true when some line says an untruth or is missing, `expired` when the time of one
    is over.
    """

    changed: bool
    expired: bool
    revision: int


LONGEST = timedelta(days=1)
PORTION = 250
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
NEVER_SHOWN = 0

_BY_COMMUNITY = {
    "assessments": (AssessmentRow.id, AssessmentRow.community_id),
    "decisions": (DecisionRow.id, DecisionRow.community_id),
    "attestations": (AttestationRow.id, AttestationRow.community_id),
    "record_edits": (RecordEditRow.id, RecordEditRow.community_id),
    "manager_asks": (ManagerAskRow.id, ManagerAskRow.community_id),
    "merges": (MergeRow.id, MergeRow.community_id),
    "merged_into": (MergeRow.id, MergeRow.into_id),
    "communities": (CommunityRow.id, CommunityRow.id),
    "sources": (SourceRow.id, SourceRow.community_id),
}
_BY_SOURCE = {
    "crawl_reports": (CrawlReportRow.id, CrawlReportRow.source_id),
    "source_moves": (SourceMoveRow.id, SourceMoveRow.source_id),
}
_COLUMNS = {name: columns[0] for name, columns in (_BY_COMMUNITY | _BY_SOURCE).items()}
_ADDED = " OR ".join(
    f"coalesce((SELECT max(id) FROM {column.class_.__tablename__}), 0)"  # noqa: S608 - our own names
    f" > coalesce((SELECT seen FROM listing_marks WHERE name = '{name}'), 0)"
    for name, column in _COLUMNS.items()
)
# Every page asks for it: as a text, which costs a tenth of a statement that is put together.
_FRESHNESS = text(
    "SELECT (EXISTS (SELECT 1 FROM listings WHERE word_until <= :now)"  # noqa: S608 - the same
    f" OR EXISTS (SELECT 1 FROM listings WHERE good_until <= :at_once) OR {_ADDED}) AS changed,"
    " EXISTS (SELECT 1 FROM listings WHERE good_until <= :now) AS expired,"
    " coalesce((SELECT max(revision) FROM listings), 0) AS revision"
).bindparams(bindparam("now", type_=UtcDateTime()), bindparam("at_once", type_=UtcDateTime()))


def read_freshness(s: Session, now: datetime) -> Freshness:
    """How far the lines tell what is stored."""
    row = s.execute(_FRESHNESS, {"now": now, "at_once": AT_ONCE}).one()
    return Freshness(changed=bool(row.changed), expired=bool(row.expired), revision=row.revision)


def refresh_listings(
    s: Session,
    describe: Describe,
    now: datetime,
    *,
    at_most: int | None = None,
    expired: int | None = None,
) -> int:
    """How many lines were made again: those that changed, and those whose time is over.

    With `at_most` and `expired` no more than so many of each; the rest stays stale.
    """
    _lock_marks(s)
    _mark_stale(s)
    _mark_untrue(s, now)
    wanted = _list_stale(s, AT_ONCE, at_most)
    wanted += _list_stale(s, now, expired, after=AT_ONCE)
    revision = s.scalar(select(func.max(ListingRow.revision))) or 0
    for start in range(0, len(wanted), PORTION):
        entries = load_entries(s, wanted[start : start + PORTION], now)
        revision += 1
        _save(s, [describe(entry, now) for entry in entries], revision, now)
    return len(wanted)


def list_facts(
    s: Session, after: int = 0, *, at_most: int | None = None
) -> tuple[int, list[ListedFacts]]:
    """A revision, and the facts of all lines written after `after` and up to that one.

    It is the newest, or an earlier one where there are more lines than `at_most`; that must be
    more than `PORTION`.
    """
    rows = s.execute(
        select(ListingRow.revision, ListingRow.facts)
        .where(ListingRow.revision > after)
        .order_by(ListingRow.revision)
        .limit(at_most)
    ).all()
    newest = rows[-1].revision if rows else after
    if len(rows) == at_most:
        # Of the last revision some lines may be missing; the next time begins with it.
        newest -= 1
    return newest, [_build_facts(row.facts) for row in rows]


def load_listings(s: Session, community_ids: Iterable[int]) -> list[Listing]:
    """The lines of these communities, in their order; one without a line is left out."""
    wanted = list(community_ids)
    rows = s.execute(
        select(ListingRow.community_id, ListingRow.facts, ListingRow.line).where(
            ListingRow.community_id.in_(wanted), ListingRow.revision > NEVER_SHOWN
        )
    )
    found = {row.community_id: _build_listing(row.facts, row.line) for row in rows}
    return [found[one] for one in wanted if one in found]


def _newest(s: Session) -> dict[str, int]:
    found = select(*(select(func.max(c)).scalar_subquery().label(n) for n, c in _COLUMNS.items()))
    row = s.execute(found).one()
    return {name: number or 0 for name, number in zip(_COLUMNS, row, strict=True)}


def _added(s: Session, newest: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """The tables with rows that no line knows: after which number, and up to which."""
    seen = {row.name: row.seen for row in s.scalars(select(ListingMarkRow))}
    return {
        name: (seen.get(name, 0), number)
        for name, number in newest.items()
        if number > seen.get(name, 0)
    }


def _mark_stale(s: Session) -> None:
    """Notes in the lines themselves which have to be made at once, and moves the marks on."""
    newest = _newest(s)
    changed: set[int] = set()
    for name, (after, until) in _added(s, newest).items():
        changed.update(s.scalars(_touched(name, after, until)))
    _save_marks(s, newest)
    if not changed:
        return
    empty = {"revision": NEVER_SHOWN, "good_until": AT_ONCE, "facts": {}, "line": {}}
    new = insert_into(s, ListingRow)
    s.execute(
        new.on_conflict_do_update(
            index_elements=["community_id"], set_={"good_until": new.excluded["good_until"]}
        ),
        [{"community_id": one, **empty} for one in sorted(changed)],
    )


def _mark_untrue(s: Session, now: datetime) -> None:
    """Notes that lines whose word time has changed have to be made at once."""
    s.execute(
        update(ListingRow)
        .where(ListingRow.word_until <= now)
        .values(word_until=None, good_until=AT_ONCE)
    )


def _list_stale(
    s: Session, until: datetime, limit: int | None, *, after: datetime | None = None
) -> list[int]:
    wanted = (
        select(ListingRow.community_id)
        .where(ListingRow.good_until <= until)
        .order_by(ListingRow.good_until, ListingRow.revision, ListingRow.community_id)
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(ListingRow.good_until > after)
    return list(s.scalars(wanted))


def _touched(name: str, after: int, until: int) -> Select[int]:
    if name in _BY_COMMUNITY:
        number, community = _BY_COMMUNITY[name]
        return select(community).where(number > after, number <= until).distinct()
    number, source = _BY_SOURCE[name]
    touched = select(source).where(number > after, number <= until)
    return select(SourceRow.community_id).where(SourceRow.id.in_(touched)).distinct()


def _lock_marks(s: Session) -> None:
    """Lets one transaction at a time make lines; on SQLite every writer is alone anyway."""
    _save_marks(s, {"lock": 0})


def _save_marks(s: Session, newest: Mapping[str, int]) -> None:
    new = insert_into(s, ListingMarkRow).values(
        [{"name": name, "seen": number} for name, number in newest.items()]
    )
    s.execute(
        new.on_conflict_do_update(index_elements=["name"], set_={"seen": new.excluded["seen"]})
    )


def _save(s: Session, lines: list[Listing], revision: int, now: datetime) -> None:
    rows = [
        {
            "community_id": line.facts.community_id,
            "revision": revision,
            "word_until": line.word_until,
            "good_until": min(line.good_until or now + LONGEST, now + LONGEST),
            "facts": _facts_content(line.facts),
            "line": _line_content(line),
        }
        for line in lines
    ]
    if not rows:
        return
    new = insert_into(s, ListingRow)
    s.execute(
        new.on_conflict_do_update(
            index_elements=["community_id"],
            set_={name: new.excluded[name] for name in rows[0] if name != "community_id"},
        ),
        rows,
    )
    save_words(s, {line.facts.community_id: line.sought for line in lines})


def _facts_content(facts: ListedFacts) -> dict[str, Any]:
    return {
        "id": facts.community_id,
        "slug": facts.slug,
        "name": facts.name,
        "activity": facts.activity,
        "place": facts.place,
        "last": _iso(facts.last_post_at),
        "checked": _iso(facts.checked_at),
        "topics": list(facts.topics),
        "languages": list(facts.languages),
        "regions": list(facts.regions),
        "places": list(facts.places),
        "membership": facts.membership,
        "host": facts.host,
        "outside": facts.outside,
        "per_month": facts.posts_per_month,
    }


def _build_facts(row: Mapping[str, Any]) -> ListedFacts:
    return ListedFacts(
        community_id=row["id"],
        slug=row["slug"],
        name=row["name"],
        activity=row["activity"],
        place=row["place"],
        last_post_at=_moment(row["last"]),
        checked_at=_moment(row["checked"]),
        topics=tuple(row["topics"]),
        languages=tuple(row["languages"]),
        regions=tuple(row["regions"]),
        places=tuple(row["places"]),
        membership=row["membership"],
        host=row["host"],
        outside=row["outside"],
        posts_per_month=row["per_month"],
    )


def _line_content(line: Listing) -> dict[str, Any]:
    month = line.first_month
    return {
        "tone": line.tone,
        "lang": line.name_language,
        "url": line.url,
        "month": [month.year, month.month] if month else None,
        "posts": list(line.posts),
        "seen": [round(share, 3) for share in line.seen_shares],
        "words": {
            locale: [words.word, words.rest, list(words.markers)]
            for locale, words in line.words.items()
        },
    }


def _build_listing(facts: Mapping[str, Any], line: Mapping[str, Any]) -> Listing:
    return Listing(
        facts=_build_facts(facts),
        tone=line["tone"],
        name_language=line["lang"],
        url=line["url"],
        first_month=Month(*line["month"]) if line["month"] else None,
        posts=tuple(line["posts"]),
        seen_shares=tuple(line["seen"]),
        words=dict(_build_words(line["words"])),
    )


def _build_words(rows: Mapping[str, Any]) -> Iterator[tuple[str, ListedWords]]:
    for locale, (word, rest, markers) in rows.items():
        yield locale, ListedWords(word=word, rest=rest, markers=tuple(markers))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
