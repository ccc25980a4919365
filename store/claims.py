"""Claims of sources by many machines: taken for a short while, renewed, fenced by their number.

A claim is known by its number, which only grows. Whoever writes what a visit found says under
which claim; when another run has taken the source meanwhile, nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from domain.errors import ClaimLost
from domain.records import Source
from store.columns import plain_table
from store.rows import split_values
from store.sources import CRAWLED, claim_where
from store.tables import SourceRow

_SOURCES = plain_table(SourceRow)
# Asked before every page that is stored, so built once.
_CLAIMS = (
    select(_SOURCES.c.id, _SOURCES.c.name, _SOURCES.c.claim, _SOURCES.c.claimed_by)
    .where(_SOURCES.c.id.in_(bindparam("source_ids", expanding=True)))
    .order_by(_SOURCES.c.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSource:
    """A source that is due and that nobody holds."""

    id: int
    url: str


def list_free(s: Session, now: datetime) -> list[DueSource]:
    """The sources to crawl that are due and that nobody holds, the longest due first."""
    rows = s.execute(
        select(SourceRow.id, SourceRow.url)
        .where(_is_free(now))
        .order_by(SourceRow.due_at, SourceRow.id)
    )
    return [DueSource(id=row.id, url=row.url) for row in rows]


def claim_free(
    s: Session, source_ids: Collection[int], *, owner: str, now: datetime, ttl: timedelta
) -> list[Source]:
    """Those of the sources that are still due and free; they are `owner`'s until `now + ttl`."""
    free = (SourceRow.id.in_(source_ids), _is_free(now))
    return claim_where(s, *free, owner=owner, now=now, ttl=ttl)


def renew_claims(
    s: Session, source_ids: Collection[int], *, owner: str, now: datetime, ttl: timedelta
) -> int:
    """How many of the sources `owner` still holds, each now until `now + ttl`.

    A claim that lapsed is renewed too, as long as nobody took the source. A visit that was
    requested meanwhile stays requested.
    """
    requested = SourceRow.due_at < SourceRow.claimed_until
    renewed = s.execute(
        update(SourceRow)
        .where(SourceRow.id.in_(source_ids), SourceRow.claimed_by == owner)
        .values(
            claimed_until=now + ttl, due_at=case((requested, SourceRow.due_at), else_=now + ttl)
        )
        .returning(SourceRow.id)
        .execution_options(synchronize_session=False)
    )
    return len(renewed.all())


def require_claim(s: Session, source_id: int, claim: int) -> None:
    """Nothing; until this transaction ends nobody else can take the source.

    Raises: ClaimLost when the claim is no longer the newest, or was given back.
    """
    for lost in find_lost_claims(s, {source_id: claim}).values():
        raise lost


def find_lost_claims(s: Session, claims: Mapping[int, int]) -> dict[int, ClaimLost]:
    """What `require_claim` raises for each source (by its id) whose claim was lost.

    Until this transaction ends nobody else can take the others.
    """
    lost: dict[int, ClaimLost] = {}
    for some in split_values(sorted(claims)):
        rows = s.connection().execute(_CLAIMS, {"source_ids": some}).all()
        assert len(rows) == len(some), "a source that is being read is never deleted"
        for row in rows:
            if row.claim != claims[row.id] or row.claimed_by is None:
                lost[row.id] = ClaimLost(row.name)
    return lost


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(
        SourceRow.paused.is_(False),
        SourceRow.platform.in_(CRAWLED),
        SourceRow.due_at <= now,
        or_(SourceRow.claimed_until.is_(None), SourceRow.claimed_until <= now),
    )
