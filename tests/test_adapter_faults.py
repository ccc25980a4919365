"""Every adapter on a made-up archive: read whole, read again, killed, and broken in every way.

The rule: no stretch is called complete in which a post lies that was not read, and nothing is read
that is not there.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest

from crawler.base import ArchiveSpider
from domain.outcome import Outcome
from domain.records import Mark, Platform, ReadPost
from domain.window import Coverage, complete_windows
from tests.broken_answers import BREAKS
from tests.samples.shown import Archive, load_cases
from tests.table_web import NOW, Visit, run_visit

READ_BY_VISITS = [
    platform.value
    for platform in Platform
    if platform.crawled and load_cases(platform.value).archive is not None
]
WEEK = timedelta(days=7)
UNSEEN = timedelta(days=20)
# An archive is read whole in so many visits, however small its pages.
VISITS = 6
# These change what may be a part of an id: then a post under another id is not an invention.
TOUCH_IDS = {"dates lost", "dates in the future"}
# Of a text that does not tell where it ends, nobody can say that its end is missing.
UNNOTICED = {"half", "nearly all"}
# Which request meets the fault, and whether it is the only one or the first of all that follow.
PLACES = ((1, True), (1, False), (2, True), (2, False), (4, True))


class Breaking:
    """A table of pages that breaks its answers from one request on, or at one only."""

    def __init__(self, pages: Mapping[str, SimpleNamespace], how: Any, place: int, *, once: bool):
        self.pages, self.how, self.place, self.once, self.asked = pages, how, place, once, 0

    def get(self, url: str, default: SimpleNamespace) -> SimpleNamespace:
        self.asked += 1
        own = self.pages.get(url.partition("#")[0], default)
        hit = self.asked == self.place if self.once else self.asked >= self.place
        return self.how(own) if hit else own


@dataclass(kw_only=True)
class Memory:
    """What a store would remember of the visits so far."""

    spider: type[ArchiveSpider]
    archive: Archive
    posts: dict[str, ReadPost] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    coverage: list[Coverage] = field(default_factory=list)

    def visit(
        self, *, now: datetime = NOW, pages: Any = None, stop_after: int | None = None
    ) -> Visit:
        seen = complete_windows(self.coverage)
        dated = [post.at for post in self.posts.values() if post.at]
        visit = run_visit(
            self.spider,
            self.archive.url,
            self.archive.pages if pages is None else pages,
            marks=tuple(self.marks.values()),
            now=now,
            stop_after=stop_after,
            covered_until=seen[-1].end if seen else None,
            posts_known=len(self.posts),
            newest_post_at=max(dated, default=None),
            **self.archive.plan,
        )
        self.posts |= visit.posts
        self.marks |= visit.marks
        self.coverage += visit.coverage
        return visit


def build(platform: str) -> Memory:
    cases = load_cases(platform)
    assert cases.archive is not None
    module = importlib.import_module(f"crawler.spiders.{platform}")
    spider = next(
        thing
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, ArchiveSpider)
        and thing is not ArchiveSpider
    )
    return Memory(spider=spider, archive=cases.archive(NOW))


def read_whole(memory: Memory) -> list[Visit]:
    """Visits until one brings nothing new."""
    visits = []
    for _ in range(VISITS):
        before = len(memory.posts)
        visits.append(memory.visit())
        if len(memory.posts) == before:
            break
    return visits


def find_lies(memory: Memory, truth: Mapping[str, ReadPost], since: datetime) -> list[str]:
    """What is called seen and is not, of the time from `since` on.

    A post that was read by another door of the platform has another id, but its date.
    """
    complete = complete_windows(memory.coverage)
    other_names = Counter(post.at for name, post in memory.posts.items() if name not in truth)
    missed = [post for name, post in truth.items() if name not in memory.posts]
    return [
        f"{post.post_id} of {post.at} was not read, but its time counts as seen"
        for post in missed
        if post.at is not None
        and post.at >= since
        and not other_names[post.at]
        and any(post.at in window for window in complete)
    ]


def find_inventions(memory: Memory, truth: Mapping[str, ReadPost]) -> list[str]:
    """What was read and is not there, or is of another date."""
    moments = Counter(post.at for post in truth.values())
    lies = [
        f"{name} is of {truth[name].at}, but was read as {post.at}"
        for name, post in memory.posts.items()
        if name in truth and post.at not in (truth[name].at, None)
    ]
    unknown = [post for name, post in memory.posts.items() if name not in truth]
    lies += [
        f"{post.post_id} was read, but is not there" for post in unknown if not moments[post.at]
    ]
    return lies


@pytest.mark.parametrize("platform", READ_BY_VISITS)
def test_a_first_reading_finds_every_post_and_nothing_else(platform: str):
    memory = build(platform)
    visits = read_whole(memory)
    archive = memory.archive
    dated = sorted(post.at for post in memory.posts.values() if post.at)
    assert [visit.outcome for visit in visits] == ["read"] * (len(visits) - 1) + [
        visits[-1].outcome
    ]
    assert len(memory.posts) == archive.posts >= 12
    assert (dated[0], dated[-1]) == (archive.first_at, archive.last_at)
    assert archive.last_at - archive.first_at >= timedelta(days=60)
    assert any(post.reply_to for post in memory.posts.values())
    covered = complete_windows(memory.coverage)
    if archive.proves_silence:
        assert covered[0].start <= archive.first_at
        assert covered[-1].end > archive.last_at
        assert len(covered) == 1
    else:
        assert covered == ()
        assert memory.coverage


@pytest.mark.parametrize("platform", READ_BY_VISITS)
def test_a_second_reading_brings_nothing_new_and_sees_further(platform: str):
    memory = build(platform)
    read_whole(memory)
    posts = dict(memory.posts)
    again = memory.visit(now=NOW + WEEK)
    assert again.outcome in ("read", "unchanged")
    assert memory.posts == posts
    if memory.archive.proves_silence:
        assert complete_windows(memory.coverage)[-1].end > NOW + timedelta(days=6)
        assert len(complete_windows(memory.coverage)) == 1


@pytest.mark.parametrize("platform", READ_BY_VISITS)
def test_a_reading_that_was_killed_after_any_page_ends_with_the_same_posts(platform: str):
    whole = build(platform)
    pages = len(read_whole(whole)[0].pages)
    for stop_after in range(1, pages + 1):
        memory = build(platform)
        memory.visit(stop_after=stop_after)
        read_whole(memory)
        assert memory.posts.keys() == whole.posts.keys(), stop_after
        assert complete_windows(memory.coverage) == complete_windows(whole.coverage), stop_after


@pytest.mark.parametrize("fault", BREAKS)
@pytest.mark.parametrize("platform", READ_BY_VISITS)
def test_nothing_is_lost_and_nobody_is_called_silent(platform: str, fault: str):
    truth, requests = whole_truth(platform)
    wrong = {}
    for (place, once), known in product(PLACES, (False, True)):
        if place <= requests:
            lies = find_faults(platform, fault, truth, place=place, once=once, known=known)
            if lies:
                where = f"request {place}{' only' if once else ' on'}, known: {known}"
                wrong[where] = (lies[:3], len(lies))
    assert wrong == {}


@cache
def whole_truth(platform: str) -> tuple[Mapping[str, ReadPost], int]:
    """All posts of the archive in good health, and how many requests reading them takes."""
    whole = build(platform)
    return whole.posts, sum(len(visit.asked) for visit in read_whole(whole))


def find_faults(
    platform: str,
    fault: str,
    truth: Mapping[str, ReadPost],
    *,
    place: int,
    once: bool,
    known: bool,
) -> list[str]:
    """What one visit to a broken archive claims that is not so."""
    memory = build(platform)
    since = memory.archive.first_at
    if known:
        since = NOW - UNSEEN
        remember(memory, truth, since)
    broken = Breaking(memory.archive.pages, BREAKS[fault], place, once=once)
    visit = memory.visit(pages=broken)
    if fault in UNNOTICED and not memory.archive.tells_its_end:
        return []
    lies = find_lies(memory, truth, since)
    if fault not in TOUCH_IDS:
        lies += find_inventions(memory, truth)
    if visit.outcome == Outcome.EMPTY:
        lies.append("it was called empty")
    if place == 1 and not once and visit.outcome == Outcome.UNCHANGED:
        lies.append("it was called unchanged")
    return lies


def remember(memory: Memory, truth: Mapping[str, ReadPost], until: datetime) -> None:
    """A memory of everything up to that moment, without any mark."""
    memory.posts |= {name: post for name, post in truth.items() if post.at and post.at < until}
    if memory.archive.proves_silence:
        memory.coverage.append(Coverage(start=memory.archive.first_at, end=until))
