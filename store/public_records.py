"""Communities with their lines and sources, for those who take the data away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.listing import PublicRecord
from domain.records import Source
from store.listings import load_listings
from store.sources import build_community, list_sources
from store.tables import CommunityRow

PORTION = 500


def list_records(s: Session, community_ids: Sequence[int]) -> Iterator[PublicRecord]:
    """The records of these communities, in their order; one without a line is left out."""
    for start in range(0, len(community_ids), PORTION):
        wanted = community_ids[start : start + PORTION]
        rows = s.scalars(select(CommunityRow).where(CommunityRow.id.in_(wanted)))
        communities = {row.id: build_community(row) for row in rows}
        sources: dict[int, list[Source]] = defaultdict(list)
        for source in list_sources(s, of=wanted):
            sources[source.community_id].append(source)
        for line in load_listings(s, wanted):
            number = line.facts.community_id
            yield PublicRecord(
                listing=line, community=communities[number], sources=tuple(sources[number])
            )
