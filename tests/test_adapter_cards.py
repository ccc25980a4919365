"""Every adapter, broken on purpose while its community is long silent: no card comes of it.

Neither of the two that hold a card back does so by chance: in good health the same silence opens
one, by the same visit, the same look back and the same rules.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.canaries import Held, LookBack, judge
from crawler.plan import CrawlPlan
from crawler.visits import run_look_back
from domain.canary import SilenceProof
from domain.history import History
from domain.keyed_hash import POST, keyed_hash
from domain.outcome import FlagKind, Outcome
from domain.records import Platform
from domain.window import Month
from scoring.default_rules import DEFAULT_RULES
from scoring.flags import raise_flags
from scoring.silence import needs_proof, without_silence
from scoring.status import assess
from tests.broken_answers import BREAKS
from tests.table_web import NOW, Visit, serve
from tests.test_adapter_faults import (
    READ_BY_VISITS,
    Breaking,
    Memory,
    build,
    read_whole,
)

LATER = NOW + timedelta(days=400)
KEY = b"k" * 32
# A look back asks them for pages that their made-up archives do not have: it proves nothing there.
ASKED_OTHERWISE = {
    *("invision", "kunena", "mybb", "nntp", "phpbb", "ponymail", "smf", "vbulletin", "xenforo"),
}
# Here the host itself says that the place is no more: that is no silence, and a person should know.
SAID_BY_THE_HOST = {"410": {FlagKind.MAYBE_CLOSED}, "parked": {FlagKind.MAYBE_CLOSED}}


@cache
def read_once(platform: str) -> Memory:
    """The memory of an archive in good health, read whole."""
    memory = build(platform)
    read_whole(memory)
    return memory


def list_cards(platform: str, how: Any) -> set[FlagKind]:
    """The cards that one visit after long silence opens, where every answer comes as `how` says."""
    known = read_once(platform)
    memory = replace(
        known,
        posts=dict(known.posts),
        marks=dict(known.marks),
        coverage=list(known.coverage),
    )
    before = assess(1, [show(memory)], DEFAULT_RULES, NOW)
    broken = Breaking(memory.archive.pages, how, 1, once=False)
    visit = memory.visit(now=LATER, pages=broken)
    history = show(memory, visit)
    found = assess(1, [history], DEFAULT_RULES, LATER)
    flags = raise_flags(found, before, [history])
    if needs_proof(found, before, flags):
        flags = without_silence(flags, held=not prove(memory, how).holds)
    return {flag.kind for flag in flags}


def show(memory: Memory, visit: Visit | None = None) -> History:
    """What the rules read of the memory after a visit."""
    dated = sorted(
        ((post.at, post) for post in memory.posts.values() if post.at), key=lambda one: one[0]
    )
    people = {name: number for number, name in enumerate({post.author for _, post in dated})}
    return History(
        source_id=1,
        platform=Platform(memory.spider.name),
        ts=[int(at.timestamp()) for at, _ in dated],
        author=[people[post.author] for _, post in dated],
        thread=[0 for _ in dated],
        coverage=memory.coverage,
        last_outcome=Outcome(visit.outcome) if visit else Outcome.READ,
        last_visit_at=LATER if visit else NOW,
    )


def prove(memory: Memory, how: Any) -> SilenceProof:
    """What a look back at the broken archive proves."""
    platform = Platform(memory.spider.name)
    months = sorted({Month.of(post.at.date()) for post in memory.posts.values() if post.at})
    window = months[0].window if months else None
    plan = CrawlPlan(
        source_id=1,
        community_id=1,
        name="test",
        url=memory.archive.url,
        platform=platform,
        now=LATER,
        marks=tuple(replace(mark, etag=None, last_modified=None) for mark in memory.marks.values()),
        posts_known=len(memory.posts),
        **memory.archive.plan,
    )
    spider = memory.spider(plan=plan, clock=lambda: LATER)
    serve(spider, Breaking(memory.archive.pages, how, 1, once=False), now=LATER, asked=[])
    newest = sorted((post.at, post.url) for post in memory.posts.values() if post.at and post.url)
    urls = tuple(url for _, url in newest[:-4:-1])
    order = LookBack(plan=plan, secret_key=KEY, window=window, urls=urls)
    seen = asyncio.run(run_look_back(spider, order))
    ours = {keyed_hash(name, KEY, POST) for name in memory.posts}
    held = Held(
        platform=platform,
        posts=len(memory.posts),
        known=len(ours & set(seen.keys)),
        window=window,
        in_window=sum(
            bool(window and post.at and post.at in window) for post in memory.posts.values()
        ),
    )
    return SilenceProof(source_id=1, checked_at=LATER, canaries=judge(seen, held))


def harms(platform: str, how: Any) -> bool:
    """False where the adapter does not look at what is broken: it reads all posts as they are."""
    memory = build(platform)
    memory.visit(pages=Breaking(memory.archive.pages, how, 1, once=False))
    truth = read_once(platform).posts
    return {name: post.at for name, post in memory.posts.items()} != {
        name: post.at for name, post in truth.items()
    }


@pytest.mark.parametrize("fault", BREAKS)
@pytest.mark.parametrize("platform", READ_BY_VISITS)
def test_a_broken_adapter_opens_no_card(platform: str, fault: str):
    opened = list_cards(platform, BREAKS[fault]) - SAID_BY_THE_HOST.get(fault, set())
    assert not opened or not harms(platform, BREAKS[fault])


def as_it_is(own: SimpleNamespace) -> SimpleNamespace:
    return own


@pytest.mark.parametrize("platform", sorted({*READ_BY_VISITS} - ASKED_OTHERWISE))
def test_the_same_silence_of_an_adapter_in_good_health_opens_one(platform: str):
    assert list_cards(platform, as_it_is) == {FlagKind.WENT_QUIET}


def test_only_adapters_that_read_no_posts_are_left_out():
    left_out = {one.value for one in Platform if one.crawled} - set(READ_BY_VISITS)
    assert left_out == {"googlegroups", "landing"}
