"""Records that are one community, or one that is two: joined and parted without losing a row.

A merge hands the sources of the record that goes to the other one, with all that was read there,
and its page leads on; one whose very place the other already reads is paused instead. A split hands
some sources to a new record. To take either back is the same the other way.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from domain.errors import UsageError
from domain.records import Community
from store.curator_tables import MergeRow
from store.handover import hand_over
from store.jobs import ASSESSING, bring_forward
from store.sources import add_community, list_communities, list_sources, pause_source
from store.tables import CommunityRow, UserRow

MERGE, SPLIT, UNDO = "merge", "split", "undo"
MOST_ALIKE = 8
# A split that was taken back is a merge.
IS_MERGED = or_(
    and_(MergeRow.kind == MERGE, MergeRow.undone_at.is_(None)),
    and_(MergeRow.kind == SPLIT, MergeRow.undone_at.is_not(None)),
)
_Into = aliased(CommunityRow)
# Every page of a community asks for it: put together once.
_SHOWN_AS = (
    select(_Into.slug)
    .join(MergeRow, MergeRow.into_id == _Into.id)
    .join(CommunityRow, CommunityRow.id == MergeRow.community_id)
    .where(CommunityRow.slug == bindparam("slug"), IS_MERGED)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Another record that may be the same community, and why: `url`, `host` or `title`."""

    community: Community
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """One joining or parting. `community_id` went into `into_id`, or was split off from it."""

    id: int
    kind: str
    community_id: int
    into_id: int
    curator: str
    made_at: datetime
    undone_at: datetime | None = None


def merge(s: Session, community_id: int, into_id: int, *, user_id: int, now: datetime) -> int:
    """The number of the merge.

    Raises: UsageError when either is merged already, or both are one.
    """
    merged = merged_into(s)
    if community_id == into_id or community_id in merged or into_id in merged:
        raise UsageError("these two cannot be merged", to_do="look at their records again")
    read = {_plain(one.url) for one in list_sources(s, of=[into_id]) if not one.paused}
    own = list_sources(s, of=[community_id])
    doubles = [one.id for one in own if _plain(one.url) in read and not one.paused]
    moved = [one.id for one in own if _plain(one.url) not in read]
    for source_id in doubles:
        pause_source(s, source_id, paused=True)
    hand_over(s, moved, into_id, now)
    content = {"paused": doubles, "moved": moved}
    return _save(s, MERGE, community_id, into_id, user_id=user_id, now=now, content=content)


def split(
    s: Session,
    community: Community,
    source_ids: Collection[int],
    *,
    name: str,
    slug: str,
    user_id: int,
    now: datetime,
) -> Community:
    """The new community, which has these sources from now on.

    Raises: UsageError when no source goes, or none stays.
    """
    own = list_sources(s, of=[community.id])
    going = [source.id for source in own if source.id in source_ids]
    if not going or len(going) == len(own):
        raise UsageError("some sources must go and some must stay", to_do="choose again")
    fresh = add_community(
        s,
        slug=slug,
        name=name,
        now=now,
        languages=community.languages,
        topics=community.topics,
        regions=community.regions,
    )
    hand_over(s, going, fresh.id, now)
    content = {"moved": going}
    _save(s, SPLIT, fresh.id, community.id, user_id=user_id, now=now, content=content)
    return fresh


def undo(s: Session, merge_id: int, *, user_id: int, now: datetime) -> None:
    """Takes a merge or a split back; done once. After a split the new record leads to the old one.

    Raises: UsageError when it was taken back already, or a later one stands on it.
    """
    row = s.get(MergeRow, merge_id)
    if row is None or row.kind == UNDO or row.undone_at is not None:
        raise UsageError("there is nothing to take back", to_do="look at the record again")
    here, back = row.into_id, row.community_id
    if row.kind == SPLIT:
        here, back = back, here
    there = {one.id for one in list_sources(s, of=[here])}
    moved = there if row.kind == SPLIT else set(row.content["moved"])
    merged = merged_into(s)
    if not moved <= there or here in merged or (row.kind == SPLIT and here in merged.values()):
        raise UsageError("its sources went on since", to_do="take the later change back first")
    hand_over(s, sorted(moved), back, now)
    for source_id in row.content.get("paused", ()):
        pause_source(s, source_id, paused=False)
    s.execute(
        update(MergeRow)
        .where(MergeRow.id == merge_id)
        .values(undone_at=now, undone_by=user_id)
        .execution_options(synchronize_session=False)
    )
    # So that whoever follows the table by its numbers hears of it.
    _save(s, UNDO, row.community_id, row.into_id, user_id=user_id, now=now, content={})


def shown_as(s: Session, slug: str) -> str | None:
    """The slug of the community that the one of that slug was merged into."""
    return s.scalar(_SHOWN_AS, {"slug": slug})


def merged_into(s: Session) -> dict[int, int]:
    """Which community each merged one is shown as."""
    rows = s.execute(select(MergeRow.community_id, MergeRow.into_id).where(IS_MERGED))
    return dict(rows.all())


def list_shown(s: Session) -> list[Community]:
    """All communities that stand for themselves, by name: without those that were merged."""
    merged = merged_into(s)
    return [one for one in list_communities(s) if one.id not in merged]


def list_merges(s: Session, community_id: int) -> list[Merge]:
    """Every joining and parting that a community was part of, newest first."""
    rows = s.execute(
        select(MergeRow, UserRow.name)
        .join(UserRow, UserRow.id == MergeRow.user_id)
        .where(
            or_(MergeRow.community_id == community_id, MergeRow.into_id == community_id),
            MergeRow.kind != UNDO,
        )
        .order_by(MergeRow.id.desc())
    )
    return [
        Merge(
            id=row.id,
            kind=row.kind,
            community_id=row.community_id,
            into_id=row.into_id,
            curator=name,
            made_at=row.made_at,
            undone_at=row.undone_at,
        )
        for row, name in rows
    ]


def find_alike(s: Session, community: Community) -> list[Likeness]:
    """Other records that may be the same: of one address, of one title, or run on one host."""
    sources = list_sources(s)
    merged = merged_into(s)
    own = {_plain(one.url) for one in sources if one.community_id == community.id}
    own |= {_plain(community.url)} - {""}
    hosts = {_host(address) for address in own}
    title = _fold(community.name)
    found = []
    for other in list_communities(s):
        if other.id == community.id or other.id in merged:
            continue
        theirs = {_plain(one.url) for one in sources if one.community_id == other.id}
        theirs |= {_plain(other.url)} - {""}
        if own & theirs:
            found.append(Likeness(community=other, why="url"))
        elif _fold(other.name) == title:
            found.append(Likeness(community=other, why="title"))
        elif hosts & {_host(address) for address in theirs} and _share_words(title, other.name):
            found.append(Likeness(community=other, why="host"))
    order = ("url", "title", "host")
    return sorted(found, key=lambda one: order.index(one.why))[:MOST_ALIKE]


def _save(
    s: Session,
    kind: str,
    community_id: int,
    into_id: int,
    *,
    user_id: int,
    now: datetime,
    content: dict[str, list[int]],
) -> int:
    bring_forward(s, ASSESSING, now)
    return s.execute(
        insert(MergeRow)
        .values(
            kind=kind,
            community_id=community_id,
            into_id=into_id,
            user_id=user_id,
            made_at=now,
            content=content,
        )
        .returning(MergeRow.id)
    ).scalar_one()


def _plain(url: str) -> str:
    """The address without what does not tell places apart."""
    parts = urlsplit(url.strip().lower())
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}"


def _host(plain: str) -> str:
    return plain.partition("/")[0]


def _fold(name: str) -> str:
    return " ".join(sorted(set("".join(c if c.isalnum() else " " for c in name.lower()).split())))


def _share_words(title: str, name: str) -> bool:
    """True when most of the longer words are the same."""
    one, two = ({w for w in _fold(t).split() if len(w) > 3} for t in (title, name))
    return bool(one and two) and len(one & two) * 2 > max(len(one), len(two))
