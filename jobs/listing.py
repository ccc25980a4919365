"""Takes a directory file over into the store, and makes the lines of the public list.

What is there already is never overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config.directory import ListedCommunity
from presentation.listing import describe
from store.engine import writing
from store.listings import PORTION, refresh_listings
from store.sources import add_community, add_source, list_sources, load_community


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """How many communities and sources were new, and how many communities were known."""

    communities: int
    sources: int
    known: int


def take_over(engine: Engine, listed: Sequence[ListedCommunity], now: datetime) -> TakenOver:
    """What came of a directory file: all of it or, where that fails, nothing.

    Raises: StorageFailed.
    """
    with writing(engine) as session:
        known = sum(not _add_community(session, community, now) for community in listed)
        sources = sum(_add_sources(session, community, now) for community in listed)
    make_lines(engine, now)
    return TakenOver(communities=len(listed) - known, sources=sources, known=known)


def make_lines(engine: Engine, now: datetime) -> int:
    """How many lines of the public list were made again, a portion to a transaction.

    Raises: StorageFailed.
    """
    made = 0
    while True:
        with writing(engine) as session:
            done = refresh_listings(session, describe, now, at_most=PORTION, expired=PORTION)
        made += done
        if done == 0:
            return made


def _add_community(session: Session, listed: ListedCommunity, now: datetime) -> bool:
    if load_community(session, listed.slug) is not None:
        return False
    add_community(
        session,
        slug=listed.slug,
        name=listed.name,
        now=now,
        url=listed.homepage,
        description=listed.description,
        languages=listed.languages,
        topics=listed.topics,
        regions=listed.regions,
        membership=listed.membership,
        owner_address=listed.owner_address,
        host=listed.host,
        founded=listed.founded,
        scope=listed.scope,
        observable=listed.observable,
        follows=listed.follows,
        followed_by=listed.followed_by,
        evidence=listed.evidence,
    )
    return True


def _add_sources(session: Session, listed: ListedCommunity, now: datetime) -> int:
    home = load_community(session, listed.slug)
    assert home is not None
    watched = list_sources(session)
    addresses, names = {source.url for source in watched}, {source.name for source in watched}
    fresh = [source for source in listed.sources if source.url not in addresses]
    for source in fresh:
        name = next(
            wanted
            for number in range(1, len(names) + 2)
            if (wanted := listed.slug if number == 1 else f"{listed.slug}-{number}") not in names
        )
        names.add(name)
        add_source(
            session,
            community_id=home.id,
            name=name,
            url=source.url,
            platform=source.platform,
            now=now,
            recipe=source.recipe,
        )
    return len(fresh)
