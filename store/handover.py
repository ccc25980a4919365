"""Sources that change hands: another community has them, with all that was ever read there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from store.posts import community_key
from store.recounting import recount_days
from store.sources import request_visit
from store.tables import CommunityRow, PostRow, SourceRow


def hand_over(s: Session, source_ids: Iterable[int], community_id: int, now: datetime) -> None:
    """Gives the sources to the community, and reads them again soon.

    Their posts stay hashed with the key they were hashed with, which stays theirs, so that the way
    back loses nothing. A visit that is on its way is refused when it comes, since its source has
    changed.
    """
    for source_id in source_ids:
        _give(s, source_id, community_id)
        request_visit(s, source_id, now)


def _give(s: Session, source_id: int, community_id: int) -> None:
    key = community_key(s, source_id)
    their_key = s.scalars(
        select(CommunityRow.secret_key).where(CommunityRow.id == community_id)
    ).one()
    before = s.scalars(select(SourceRow.community_id).where(SourceRow.id == source_id)).one()
    s.execute(
        update(SourceRow)
        .where(SourceRow.id == source_id)
        .values(
            community_id=community_id,
            own_key=None if key == their_key else key,
            claim=SourceRow.claim + 1,
            claimed_by=None,
            claimed_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    s.execute(
        update(PostRow)
        .where(PostRow.source_id == source_id)
        .values(community_id=community_id)
        .execution_options(synchronize_session=False)
    )
    found = s.scalars(select(PostRow.day).where(PostRow.source_id == source_id).distinct())
    days = {day for day in found if day is not None}
    for community in (before, community_id):
        recount_days(s, community, days)
