"""Scores every community from its stored facts, and opens reviews for what a person should see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.canary import PROOF_HOLDS, SilenceProof, Standing
from domain.history import History
from domain.outcome import Assessment, Flag, Reason
from domain.records import Community, CrawlReport, Source
from domain.window import complete_windows
from jobs.listing import make_lines
from scoring.attested import hold_alive
from scoring.codes import ReasonCode
from scoring.default_rules import DEFAULT_RULES
from scoring.flags import raise_flags
from scoring.held import HELD
from scoring.rules import Rules
from scoring.silence import hold_back, needs_proof, without_silence
from scoring.status import assess
from store.assessments import last_without, save_assessment
from store.attestations import latest_attestations
from store.canaries import latest_proofs
from store.crawls import latest_reports
from store.engine import reading, writing
from store.merging import list_shown
from store.posts import load_history
from store.reviews import open_review
from store.sources import list_sources, request_visit

# A proof that failed is tried again so soon; what broke may have been the hour's.
PROVE_AGAIN = timedelta(days=1)
DOUBTFUL = HELD | {ReasonCode.NOT_SEEING}
BELIEVED = Standing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A community with its new assessment and what it flags.

    `standing` says how far a worse word was proved; where it was not, the last one stayed.
    """

    community: Community
    assessment: Assessment
    flags: tuple[Flag, ...] = ()
    standing: Standing = BELIEVED


def assess_all(
    engine: Engine,
    now: datetime,
    *,
    as_of: datetime | None = None,
    only: Iterable[str] = (),
    rules: Rules = DEFAULT_RULES,
) -> list[Assessed]:
    """The assessment of every community (or of those named by slug), saved with its flags.

    Silence is believed only with a proof of the last days (`jobs.proving`). Without one the last
    word stays, and the sources that should prove themselves become due.

    With `as_of` later posts and later looks are ignored, no proof is asked for, and nothing is
    saved: it answers "what would the rules have said then?".
    """
    communities = choose_communities(engine, only)
    if as_of is not None:
        return [_look_back(engine, community, as_of, rules) for community in communities]
    assessed = [_assess_one(engine, community, now, rules) for community in communities]
    make_lines(engine, now)
    return assessed


def list_unproved(
    engine: Engine, now: datetime, *, only: Iterable[str] = (), rules: Rules = DEFAULT_RULES
) -> list[Assessed]:
    """What would be said of each community whose silence should prove itself now; saves nothing."""
    weighed = (weigh(engine, one, now, rules) for one in choose_communities(engine, only))
    return [one for one in weighed if one.standing.wanted]


def choose_communities(engine: Engine, only: Iterable[str] = ()) -> list[Community]:
    """All communities that stand for themselves, or those of them named by slug."""
    wanted = set(only)
    with reading(engine) as session:
        return [one for one in list_shown(session) if not wanted or one.slug in wanted]


def weigh(engine: Engine, community: Community, now: datetime, rules: Rules) -> Assessed:
    """What may be said of a community now: a worse word only if its silence is proved."""
    with reading(engine) as session:
        watched = list_sources(session, of=[community.id])
        histories = tuple(load_history(session, one.id, until=None) for one in watched)
        believed = last_without(session, community.id, HELD)
        sure = last_without(session, community.id, DOUBTFUL)
        reports = latest_reports(session, only=[one.id for one in watched])
        proofs = latest_proofs(session, [one.id for one in watched])
        word = latest_attestations(session, [community.id]).get(community.id)
    found = hold_alive(assess(community.id, histories, rules, now), word, now)
    flags = raise_flags(found, sure, histories)
    if not needs_proof(found, believed, flags):
        return Assessed(community=community, assessment=found, flags=flags)
    standing = read_standing(list_proving(watched, histories), reports, proofs, now)
    if not standing.proved:
        found = hold_back(found, believed, standing)
        flags = without_silence(raise_flags(found, sure, histories), held=True)
    return Assessed(community=community, assessment=found, flags=flags, standing=standing)


def list_proving(watched: Sequence[Source], histories: Sequence[History]) -> list[Source]:
    """The sources whose silence must prove itself: visited ones that were once seen completely.

    Paused ones are asked nothing; they only stand where there is no other.
    """
    seen = {one.source_id for one in histories if complete_windows(one.coverage)}
    crawled = [one for one in watched if one.platform.crawled and one.id in seen]
    return [one for one in crawled if not one.paused] or crawled


def read_standing(
    proving: Sequence[Source],
    reports: dict[int, CrawlReport],
    proofs: dict[int, SilenceProof],
    now: datetime,
) -> Standing:
    """How far the silence of these sources is proved, and which should be asked now."""
    doubts: list[Reason] = []
    wanted: list[int] = []
    for source in proving:
        report, proof = reports.get(source.id), proofs.get(source.id)
        sees = report is not None and report.outcome.saw and not source.paused
        age = now - proof.checked_at if proof is not None else None
        if proof is None or age is None or age > PROOF_HOLDS or not sees:
            doubts.append(Reason(code=ReasonCode.WAITING_FOR_PROOF.value))
        elif not proof.holds:
            check = proof.failed[0].check if proof.failed else proof.canaries[0].check
            values = {"check": check.value}
            doubts.append(Reason(code=ReasonCode.NOT_PROVED.value, values=values))
        else:
            continue
        if sees and (age is None or age > PROVE_AGAIN):
            wanted.append(source.id)
    doubts.sort(key=lambda reason: reason.code)
    return Standing(doubts=tuple(doubts[:1]), wanted=tuple(wanted))


def _assess_one(engine: Engine, community: Community, now: datetime, rules: Rules) -> Assessed:
    weighed = weigh(engine, community, now, rules)
    with writing(engine) as session:
        save_assessment(session, weighed.assessment)
        for flag in weighed.flags:
            open_review(session, community.id, flag, now)
        for source_id in weighed.standing.wanted:
            request_visit(session, source_id, now)
    return weighed


def _look_back(engine: Engine, community: Community, as_of: datetime, rules: Rules) -> Assessed:
    with reading(engine) as session:
        histories = load_histories(session, community.id, until=as_of)
        word = latest_attestations(session, [community.id], until=as_of).get(community.id)
    found = hold_alive(assess(community.id, histories, rules, as_of), word, as_of)
    return Assessed(community=community, assessment=found)


def load_histories(
    session: Session, community_id: int, *, until: datetime | None
) -> tuple[History, ...]:
    """What every source of a community shows, up to `until`."""
    return tuple(
        load_history(session, source.id, until=until)
        for source in list_sources(session, of=[community_id])
    )
