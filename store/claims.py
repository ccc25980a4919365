"""Claims of sources by many machines: taken for a short while, renewed, fenced by their number.

A claim is known by its number, which only grows. Whoever writes what a visit found says under
which claim; when another run has taken the source meanwhile, nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, or_, select, update
from sqlalchemy.orm import Session

from domain.errors import ClaimLost
from domain.records import Source
from store.sources import CRAWLED, build_source
from store.tables import SourceRow


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
    claimed = s.scalars(
        update(SourceRow)
        .where(SourceRow.id.in_(source_ids), _is_free(now))
        .values(
            claimed_by=owner,
            claimed_until=now + ttl,
            due_at=now + ttl,
            claim=SourceRow.claim + 1,
        )
        .returning(SourceRow.id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = s.scalars(select(SourceRow).where(SourceRow.id.in_(claimed)).order_by(SourceRow.name))
    return [build_source(row) for row in rows]


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
    row = s.execute(
        select(SourceRow.name, SourceRow.claim, SourceRow.claimed_by)
        .where(SourceRow.id == source_id)
        .with_for_update()
    ).one()
    if row.claim != claim or row.claimed_by is None:
        raise ClaimLost(row.name)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return and_(
        SourceRow.paused.is_(False),
        SourceRow.platform.in_(CRAWLED),
        SourceRow.due_at <= now,
        or_(SourceRow.claimed_until.is_(None), SourceRow.claimed_until <= now),
    )
