"""Communities and their sources: who is described, where to look, what is due and who reads it.

Being due lives here and nowhere else. A claimed source is due again when its claim ends, so a
killed run needs no cleaning up.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import ColumnElement, Row, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from domain.errors import UsageError
from domain.records import Community, FactLink, Mark, Membership, Platform, Source
from store.columns import plain_table
from store.engine import insert_into
from store.rows import split_values
from store.tables import CommunityRow, MarkRow, SourceRow

SECRET_BYTES = 32
CRAWLED = tuple(platform.value for platform in Platform if platform.crawled)
VISITED = tuple(platform.value for platform in Platform if platform.visited)

# Asked by every command or for every page, so built once.
_BY_SLUG = select(CommunityRow).where(CommunityRow.slug == bindparam("slug"))
# Rows without their objects: there are many.
_SOURCES = select(plain_table(SourceRow)).order_by(SourceRow.name)
_SOURCES_OF = _SOURCES.where(SourceRow.community_id.in_(bindparam("only", expanding=True)))


class CommunityFacts(TypedDict, total=False):
    """What may be known of a community beside its name."""

    url: str
    description: str
    languages: Sequence[str]
    topics: Sequence[str]
    regions: Sequence[str]
    membership: Membership
    owner_address: str
    host: str
    founded: int | None
    scope: str
    observable: str
    follows: str
    followed_by: str
    evidence: Sequence[FactLink]


def add_community(
    s: Session, *, slug: str, name: str, now: datetime, **facts: Unpack[CommunityFacts]
) -> Community:
    """The new community, with a secret key of its own.

    Raises: `UsageError` when the slug is taken.
    """
    statement = (
        insert_into(s, CommunityRow)
        .values(
            slug=slug,
            name=name,
            url=facts.get("url", ""),
            description=facts.get("description", ""),
            languages=list(facts.get("languages", ())),
            topics=list(facts.get("topics", ())),
            regions=list(facts.get("regions", ())),
            membership=facts.get("membership", Membership.UNKNOWN).value,
            owner_address=facts.get("owner_address", ""),
            host=facts.get("host", ""),
            founded=facts.get("founded"),
            scope=facts.get("scope", ""),
            observable=facts.get("observable", "unknown"),
            follows=facts.get("follows", ""),
            followed_by=facts.get("followed_by", ""),
            evidence=[
                {"url": link.url, "supports": list(link.supports)}
                for link in facts.get("evidence", ())
            ],
            added_at=now,
            secret_key=secrets.token_bytes(SECRET_BYTES),
        )
        .on_conflict_do_nothing(index_elements=["slug"])
        .returning(CommunityRow.id)
    )
    community_id = s.execute(statement).scalar_one_or_none()
    if community_id is None:
        raise UsageError(
            "there is a community of this name already", where=slug, to_do="choose another slug"
        )
    return build_community(s.get_one(CommunityRow, community_id))


def load_community(s: Session, slug: str) -> Community | None:
    """The community with that slug."""
    row = s.scalars(_BY_SLUG, {"slug": slug}).one_or_none()
    return None if row is None else build_community(row)


def load_community_by_id(s: Session, community_id: int) -> Community | None:
    """The community with that number."""
    row = s.get(CommunityRow, community_id)
    return None if row is None else build_community(row)


def list_communities(s: Session) -> list[Community]:
    """All communities, by name."""
    rows = s.execute(select(plain_table(CommunityRow)).order_by(CommunityRow.name, CommunityRow.id))
    return [build_community(row) for row in rows]


def add_source(
    s: Session,
    *,
    community_id: int,
    name: str,
    url: str,
    platform: Platform,
    now: datetime,
    mailbox: str = "",
    recipe: str = "",
) -> Source:
    """The new source, due at once if its platform is one that is visited.

    Raises: `UsageError` when the name is taken.
    """
    statement = (
        insert_into(s, SourceRow)
        .values(
            community_id=community_id,
            name=name,
            url=url,
            platform=platform.value,
            added_at=now,
            due_at=now if platform.visited else None,
            mailbox=mailbox,
            recipe=recipe,
        )
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(SourceRow.id)
    )
    source_id = s.execute(statement).scalar_one_or_none()
    if source_id is None:
        raise UsageError(
            "there is a source of this name already", where=name, to_do="choose another name"
        )
    return build_source(s.get_one(SourceRow, source_id))


def load_source(s: Session, name: str) -> Source | None:
    """The source with that name."""
    row = s.scalars(select(SourceRow).where(SourceRow.name == name)).one_or_none()
    return None if row is None else build_source(row)


def list_sources(s: Session, *, of: Collection[int] | None = None) -> list[Source]:
    """All sources, or those of the communities `of`, by name."""
    rows = s.execute(_SOURCES) if of is None else s.execute(_SOURCES_OF, {"only": list(of)})
    return [build_source(row) for row in rows]


def load_sources(s: Session, source_ids: Sequence[int]) -> list[Source]:
    """The sources with these numbers, by name."""
    table = plain_table(SourceRow)
    rows = [
        row
        for some in split_values(source_ids)
        for row in s.execute(select(table).where(table.c.id.in_(some)))
    ]
    return sorted((build_source(row) for row in rows), key=lambda source: source.name)


def list_added(s: Session) -> dict[int, datetime]:
    """Since when each source is watched."""
    rows = s.execute(select(SourceRow.id, SourceRow.added_at))
    return {row.id: row.added_at for row in rows}


def claim_due(
    s: Session,
    *,
    owner: str,
    now: datetime,
    ttl: timedelta,
    only: Sequence[str] = (),
    force: bool = False,
    platforms: Collection[str] = CRAWLED,
) -> list[Source]:
    """The sources that now belong to `owner` until `now + ttl`, by name.

    Taken in one conditional UPDATE that two workers cannot both win. `only` (names) and `force`
    ignore what is due. Paused ones, those of another platform and those that another owner
    holds stay out; what the same owner held and never released is given out again at once.
    """
    own = SourceRow.claimed_by == owner
    wanted: list[ColumnElement[bool]] = [
        SourceRow.paused.is_(False),
        SourceRow.platform.in_(platforms),
        or_(SourceRow.claimed_until.is_(None), SourceRow.claimed_until <= now, own),
    ]
    if only:
        wanted.append(SourceRow.name.in_(only))
    elif not force:
        wanted.append(or_(SourceRow.due_at <= now, own))
    return claim_where(s, *wanted, owner=owner, now=now, ttl=ttl)


def claim_where(
    s: Session, *wanted: ColumnElement[bool], owner: str, now: datetime, ttl: timedelta
) -> list[Source]:
    """The sources that were as wanted, by name; each has a new claim until `now + ttl`."""
    claimed = s.scalars(
        update(SourceRow)
        .where(*wanted)
        .values(
            claimed_by=owner,
            claimed_until=now + ttl,
            due_at=now + ttl,
            claim=SourceRow.claim + 1,
        )
        .returning(SourceRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    return load_sources(s, claimed)


def release(
    s: Session,
    source_id: int,
    *,
    owner: str,
    due_at: datetime | None,
    failures: int,
    claim: int | None = None,
) -> bool:
    """True when the claim was still `owner`'s: it ends, and the source is next due at `due_at`.

    With `claim`, only that very claim. A visit that was requested during the run stays requested.
    """
    requested = SourceRow.due_at < SourceRow.claimed_until
    held = [SourceRow.id == source_id, SourceRow.claimed_by == owner]
    if claim is not None:
        held.append(SourceRow.claim == claim)
    released = s.execute(
        update(SourceRow)
        .where(*held)
        .values(
            claimed_by=None,
            claimed_until=None,
            due_at=case((requested, SourceRow.due_at), else_=due_at),
            failures=failures,
        )
        .returning(SourceRow.id)
        .execution_options(synchronize_session=False)
    )
    return released.first() is not None


def release_all(s: Session, due: Mapping[int, tuple[datetime, int]], *, owner: str) -> None:
    """What `release` does, for sources by their id with when each is next due, and failures."""
    if not due:
        return
    table = plain_table(SourceRow)
    ended = (
        update(table)
        .where(table.c.id == bindparam("its_id"), table.c.claimed_by == owner)
        .values(
            claimed_by=None,
            claimed_until=None,
            due_at=case(
                (table.c.due_at < table.c.claimed_until, table.c.due_at),
                else_=bindparam("its_due", type_=table.c.due_at.type),
            ),
            failures=bindparam("its_failures"),
        )
    )
    rows = [
        {"its_id": source_id, "its_due": due_at, "its_failures": failures}
        for source_id, (due_at, failures) in sorted(due.items())
    ]
    s.connection().execute(ended, rows)


def request_visit(s: Session, source_id: int, now: datetime) -> None:
    """Marks a source as due now; the scheduler does the rest."""
    s.execute(
        update(SourceRow)
        .where(
            SourceRow.id == source_id,
            SourceRow.platform.in_(VISITED),
            or_(SourceRow.due_at.is_(None), SourceRow.due_at > now),
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


def pause_source(s: Session, source_id: int, *, paused: bool) -> None:
    """Takes a source out of the timetable, or back into it; its due time stays."""
    s.execute(
        update(SourceRow)
        .where(SourceRow.id == source_id)
        .values(paused=paused)
        .execution_options(synchronize_session=False)
    )


def next_due(s: Session) -> datetime | None:
    """The earliest moment at which a source that is not paused is due."""
    return s.scalar(
        select(func.min(SourceRow.due_at)).where(
            SourceRow.paused.is_(False), SourceRow.platform.in_(VISITED)
        )
    )


def list_marks(s: Session, source_id: int) -> tuple[Mark, ...]:
    """What is remembered of the source's pages, by name."""
    rows = s.scalars(select(MarkRow).where(MarkRow.source_id == source_id).order_by(MarkRow.name))
    return tuple(
        Mark(name=row.name, etag=row.etag, last_modified=row.last_modified, label=row.label)
        for row in rows
    )


def build_community(row: CommunityRow | Row[Any]) -> Community:
    """The value of a row; its secret key stays behind."""
    return Community(
        id=row.id,
        slug=row.slug,
        name=row.name,
        url=row.url,
        description=row.description,
        languages=tuple(row.languages),
        topics=tuple(row.topics),
        regions=tuple(row.regions),
        membership=Membership(row.membership),
        owner_address=row.owner_address,
        added_at=row.added_at,
        host=row.host,
        founded=row.founded,
        scope=row.scope,
        observable=row.observable,
        follows=row.follows,
        followed_by=row.followed_by,
        evidence=tuple(
            FactLink(url=link["url"], supports=tuple(link["supports"]))
            for link in row.evidence or ()
        ),
    )


def build_source(row: SourceRow | Row[Any]) -> Source:
    """The value of a row; who holds it stays behind."""
    return Source(
        id=row.id,
        community_id=row.community_id,
        name=row.name,
        url=row.url,
        platform=Platform(row.platform),
        due_at=row.due_at,
        paused=row.paused,
        failures=row.failures,
        mailbox=row.mailbox,
        recipe=row.recipe,
        claim=row.claim,
    )
