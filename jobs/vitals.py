"""Measures how communities talk, for those who ask what thriving ones have in common."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from domain.records import Community
from domain.vitals import Vitals
from jobs.assessing import load_histories
from scoring.health import Health, Vital, read_health
from store.engine import reading, writing
from store.merging import list_shown
from store.vitals import save_vitals


def measure_vitals(engine: Engine, now: datetime) -> int:
    """Of how many communities there are numbers now.

    Raises: StorageFailed.
    """
    with reading(engine) as s:
        communities = list_shown(s)
    measured = [found for one in communities if (found := _measure(engine, one, now))]
    with writing(engine) as s:
        save_vitals(s, measured)
    return len(measured)


def _measure(engine: Engine, community: Community, now: datetime) -> Vitals | None:
    """The numbers of the community's liveliest source; `None` where none was wholly seen."""
    with reading(engine) as s:
        histories = load_histories(s, community.id, until=None)
    seen = [health for history in histories if (health := read_health(history, now=now))]
    known = [health for health in seen if _read(health, Vital.POSTS) is not None]
    if not known:
        return None
    health = max(known, key=lambda one: _read(one, Vital.POSTS) or 0)
    return Vitals(
        community_id=community.id,
        measured_at=now,
        posts=_read(health, Vital.POSTS),
        contributors=_read(health, Vital.CONTRIBUTORS),
        newcomers=_read(health, Vital.NEWCOMERS),
        answered_share=_read(health, Vital.ANSWERED_SHARE),
        first_answer_hours=_read(health, Vital.FIRST_ANSWER_HOURS),
    )


def _read(health: Health, vital: Vital) -> float | None:
    return next(one.now for one in health.measures if one.vital is vital)
