"""Asks sources to prove that we still see them, before their silence is believed.

Between crawling and assessing: what `list_unproved` names is asked two or three small questions,
and what came of it is stored. `assess_all` believes only that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from config import Settings
from crawler.canaries import (
    LAYOUT_MARK,
    REQUESTS,
    Held,
    LookBack,
    LookedBack,
    Neighbour,
    judge,
    judge_neighbours,
)
from crawler.order import CrawlOrder
from crawler.plan import Limits, plan_crawl
from crawler.run import CrawlDied, CrawlProcess
from crawler.settings import build_crawl_settings
from domain.canary import Canary, Check, CheckResult, Said, SilenceProof
from domain.outcome import Reason
from domain.records import Source
from jobs.assessing import list_unproved
from jobs.crawling import NETWORK_OUTCOMES, host_name, is_our_outage
from jobs.known import load_known
from jobs.recipes import give_recipe
from scoring.default_rules import DEFAULT_RULES
from scoring.rules import Rules
from store.canaries import (
    choose_period,
    count_known,
    forget_layout,
    last_sights,
    list_post_urls,
    save_proof,
)
from store.engine import reading, writing
from store.posts import community_key, count_posts
from store.sources import list_sources

log = logging.getLogger("rollcall.jobs")
Clock = Callable[[], datetime]
LOOK_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A source that was asked, and what came of it."""

    source: Source
    proof: SilenceProof


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A source that is being asked: the order, how many posts of its window we hold, its layout."""

    source: Source
    order: LookBack
    in_window: int
    layout: str


def prove_silence(
    engine: Engine,
    settings: Settings,
    clock: Clock,
    *,
    only: Iterable[str] = (),
    rules: Rules = DEFAULT_RULES,
) -> list[Proved]:
    """What came of asking every source whose community (of those in `only`) looks worse now.

    Nothing is asked, and no subprocess started, where no silence waits for a proof.

    Raises: ConfigError, StorageFailed.
    """
    now = clock()
    wanted = {
        source_id
        for one in list_unproved(engine, now, only=only, rules=rules)
        for source_id in one.standing.wanted
    }
    if not wanted:
        return []
    with reading(engine) as session:
        watched = list_sources(session)
    asked = {
        source.id: _plan_look(engine, settings, source, now)
        for source in watched
        if source.id in wanted
    }
    found = _ask(settings, asked)
    return [
        Proved(
            source=asked[source_id].source,
            proof=_save_answer(engine, clock(), asked[source_id], answer),
        )
        for source_id, answer in found.items()
    ]


def accept_silence(engine: Engine, source: Source, now: datetime) -> SilenceProof:
    """The proof that a person gives who has looked and found that we see what there is."""
    said = Reason(code=Said.LOOKED.value)
    looked = Canary(check=Check.LOOKED, result=CheckResult.OK, said=said)
    proof = SilenceProof(source_id=source.id, checked_at=now, canaries=(looked,))
    with writing(engine) as session:
        forget_layout(session, source.id)
        save_proof(session, proof)
    return proof


def _plan_look(engine: Engine, settings: Settings, source: Source, now: datetime) -> _Asked:
    limits = Limits(requests=REQUESTS, seconds=LOOK_SECONDS)
    plan = plan_crawl(source, load_known(engine, source, now), limits, now)
    plan = give_recipe(plan, source, settings.data_dir)
    # What an answer is compared with must not come from a cache on the way: nothing conditional.
    marks = tuple(replace(mark, etag=None, last_modified=None) for mark in plan.marks)
    with reading(engine) as session:
        period = choose_period(session, source.id, now.toordinal())
        order = LookBack(
            plan=replace(plan, marks=marks),
            secret_key=community_key(session, source.id),
            window=period[0] if period else None,
            urls=list_post_urls(session, source.id),
        )
    layout = plan.mark(LAYOUT_MARK)
    return _Asked(
        source=source,
        order=order,
        in_window=period[1] if period else 0,
        layout=(layout.label or "") if layout else "",
    )


def _ask(settings: Settings, asked: dict[int, _Asked]) -> dict[int, LookedBack]:
    """The answers, by source; none of a host that another run reads, or while we are cut off."""
    looks = tuple(one.order for one in asked.values())
    order = CrawlOrder(settings=build_crawl_settings(settings), look_backs=looks)
    found: dict[int, LookedBack] = {}
    try:
        with CrawlProcess(settings.data_dir) as process:
            for event in process.run(order):
                if isinstance(event, LookedBack):
                    found[event.source_id] = event
    except CrawlDied as died:
        log.warning("%s", died.line)
    hosts = {source_id: host_name(asked[source_id].source.url) for source_id in found}
    silent = {n for n, answer in found.items() if answer.outcome in NETWORK_OUTCOMES}
    heard = [hosts[n] for n in found if n not in silent]
    if is_our_outage(silent=[hosts[n] for n in silent], heard=heard):
        log.info("most hosts did not answer: nothing was concluded of %d", len(silent))
        return {n: answer for n, answer in found.items() if n not in silent}
    return found


def _save_answer(engine: Engine, now: datetime, asked: _Asked, answer: LookedBack) -> SilenceProof:
    source = asked.source
    with writing(engine) as session:
        held = Held(
            platform=source.platform,
            posts=count_posts(session, source.id),
            known=count_known(session, source.id, answer.keys),
            window=asked.order.window,
            in_window=asked.in_window,
            layout=asked.layout,
        )
        canaries = (*judge(answer, held), _judge_neighbours(session, source))
        proof = SilenceProof(source_id=source.id, checked_at=now, canaries=canaries)
        save_proof(session, proof)
    return proof


def _judge_neighbours(session: Session, source: Source) -> Canary:
    host, sights = host_name(source.url), last_sights(session)
    own = sights.get(source.id)
    others = [
        Neighbour(
            same_host=host_name(other.url) == host,
            last_post_at=sights[other.id].last_post_at,
            seen_until=sights[other.id].seen_until,
        )
        for other in list_sources(session)
        if other.community_id != source.community_id
        and other.id in sights
        and other.platform.crawled
        and (other.platform is source.platform or host_name(other.url) == host)
    ]
    return judge_neighbours(host, source.platform, own.last_post_at if own else None, others)
