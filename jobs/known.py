"""What is known of sources before a visit, from what the store has of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from crawler.plan import Known
from domain.records import Platform, Source
from domain.window import complete_windows
from store.engine import reading
from store.known import SourceFacts, load_facts

RHYTHM_DAYS = 90
# What most feeds show when they do not say; the fewer we assume, the sooner we come back.
FEED_ITEMS = 10


def load_known(engine: Engine, source: Source, now: datetime) -> Known:
    """What the store knows of a source before a visit."""
    return load_all_known(engine, [source], now)[source.id]


def load_all_known(engine: Engine, sources: Sequence[Source], now: datetime) -> dict[int, Known]:
    """What the store knows of each source before a visit."""
    since = now - timedelta(days=RHYTHM_DAYS)
    with reading(engine) as session:
        facts = load_facts(session, [source.id for source in sources], since=since)
    return {source.id: _build_known(source, facts[source.id]) for source in sources}


def _build_known(source: Source, facts: SourceFacts) -> Known:
    seen = complete_windows(facts.coverage)
    return Known(
        marks=facts.marks,
        covered_until=seen[-1].end if seen else None,
        posts=facts.posts,
        newest_post_at=facts.newest_post_at,
        per_day=facts.recent / RHYTHM_DAYS if seen else None,
        window_items=FEED_ITEMS if source.platform is Platform.FEED else None,
        closed=source.platform.closed,
    )
