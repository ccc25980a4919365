"""Scores every community from its stored facts, and opens reviews for what a person should see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.history import History
from domain.outcome import Assessment, Flag
from domain.records import Community
from scoring.codes import ReasonCode
from scoring.default_rules import DEFAULT_RULES
from scoring.flags import raise_flags
from scoring.rules import Rules
from scoring.status import assess
from store.assessments import list_assessments, save_assessment
from store.engine import reading, writing
from store.posts import load_history
from store.reviews import open_review
from store.sources import list_communities, list_sources

# Assessments are a day apart or less; after this long a doubt is no news to compare with.
LOOK_BACK = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A community with its new assessment and what it flags."""

    community: Community
    assessment: Assessment
    flags: tuple[Flag, ...] = ()


def assess_all(
    engine: Engine,
    now: datetime,
    *,
    as_of: datetime | None = None,
    only: Iterable[str] = (),
    rules: Rules = DEFAULT_RULES,
) -> list[Assessed]:
    """The assessment of every community (or of those named by slug), saved with its flags.

    With `as_of` later posts and later looks are ignored and nothing is saved: it answers "what
    would the rules have said then?".
    """
    wanted = set(only)
    with reading(engine) as session:
        communities = [
            community
            for community in list_communities(session)
            if not wanted or community.slug in wanted
        ]
    return [_assess_one(engine, community, now, as_of, rules) for community in communities]


def _assess_one(
    engine: Engine, community: Community, now: datetime, as_of: datetime | None, rules: Rules
) -> Assessed:
    with reading(engine) as session:
        histories = load_histories(session, community.id, until=as_of)
        previous = _last_sure(list_assessments(session, community.id, limit=LOOK_BACK))
    assessment = assess(community.id, histories, rules, as_of or now)
    if as_of is not None:
        return Assessed(community=community, assessment=assessment)
    flags = raise_flags(assessment, previous, histories)
    with writing(engine) as session:
        save_assessment(session, assessment)
        for flag in flags:
            open_review(session, community.id, flag, now)
    return Assessed(community=community, assessment=assessment, flags=flags)


def _last_sure(assessments: Iterable[Assessment]) -> Assessment | None:
    """The newest assessment that no doubtful visit overshadowed.

    A flag is held back while a source does not see. Compared with what was known before, it is
    raised as soon as the reading proves itself, instead of never.
    """
    return next((past for past in assessments if not _is_doubtful(past)), None)


def _is_doubtful(assessment: Assessment) -> bool:
    return any(reason.code == ReasonCode.NOT_SEEING for reason in assessment.reasons)


def load_histories(
    session: Session, community_id: int, *, until: datetime | None
) -> tuple[History, ...]:
    """What every source of a community shows, up to `until`."""
    return tuple(
        load_history(session, source.id, until=until)
        for source in list_sources(session)
        if source.community_id == community_id
    )
