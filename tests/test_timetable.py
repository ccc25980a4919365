"""A year of timetable in seconds, on a clock that is set, sleeps and keeps summer time."""

from __future__ import annotations

import asyncio
import heapq
import random
import selectors
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from scrapy import Request

import crawler.hosts
from config import WeeklyTime
from crawler.hosts import HostGate
from crawler.manners import leave_line
from crawler.plan import (
    AFTER_THE_WEEK,
    OUTCOME_RULES,
    Known,
    Revisit,
    count_failures,
    next_crawl_at,
)
from crawler.settings import CrawlSettings
from domain.outcome import Outcome
from domain.records import CrawlReport
from store.engine import writing
from store.hosts import save_robots

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LOOK = timedelta(minutes=10)
PAUSE, ASKED_EACH = 2.0, 20
SOURCES = 1_000
# When the machine's clock was put on or back, and by how much.
STEPS = (
    (30 * DAY, -HOUR),
    (60 * DAY, 2 * HOUR),
    (61 * DAY, -2 * HOUR),
    (200 * DAY, -timedelta(minutes=7)),
)
# When the machine slept, and for how long.
SLEEPS = ((90 * DAY, 3 * DAY), (250 * DAY, 8 * HOUR))
FAILURES = (
    Outcome.TIMEOUT,
    Outcome.SERVER_ERROR,
    Outcome.RATE_LIMITED,
    Outcome.LAYOUT_CHANGED,
    Outcome.REFUSED,
    Outcome.OUR_NETWORK_DOWN,
)


def shift_at(moment: timedelta) -> timedelta:
    """How much the clock is ahead of the true time."""
    return sum((by for at, by in STEPS if at <= moment), timedelta(0))


def put_back_between(start: timedelta, end: timedelta) -> timedelta:
    """By how much the clock was put back in between: what was due by then is that much later."""
    return sum((-by for at, by in STEPS if start < at <= end and by < timedelta(0)), timedelta(0))


def slept_between(start: timedelta, end: timedelta) -> timedelta:
    """How long the machine slept in between."""
    return sum(
        (max(min(end, at + long) - max(start, at), timedelta(0)) for at, long in SLEEPS),
        timedelta(0),
    )


@dataclass
class Watched:
    """A made-up source: its talk, how often it fails, and when it was visited (true time)."""

    known: Known
    fails: float
    failures: int = 0
    due: datetime = START
    promised: timedelta = DAY
    visits: list[tuple[timedelta, timedelta]] = field(default_factory=list)

    def visit(self, now: datetime, chance: random.Random) -> None:
        outcome = Outcome.READ
        if chance.random() < self.fails:
            outcome = chance.choice(FAILURES)
        patience = now + chance.random() * 7 * DAY if outcome is Outcome.RATE_LIMITED else None
        report = CrawlReport(
            source_id=1, started_at=now, finished_at=now, outcome=outcome, not_before=patience
        )
        self.failures = count_failures(self.failures, outcome)
        revisit = Revisit(spread=chance.random())
        self.due = next_crawl_at(report, self.known, revisit, failures=self.failures, now=now)
        self.promised = promise(self.known, report)


def promise(known: Known, report: CrawlReport) -> timedelta:
    """The longest that a visit may be away, as the documents say it, not as the program counts."""
    if known.closed:
        return 7 * DAY * 1.1
    if not report.outcome.saw:
        longest = OUTCOME_RULES[report.outcome].longest_wait * 1.1
        return max(
            longest, report.not_before - report.finished_at if report.not_before else longest
        )
    if known.per_day is None:
        return DAY * 1.1
    gap = 14 * DAY if known.per_day == 0 else DAY / known.per_day
    wait = gap / 2 if known.window_items is None else gap * known.window_items / 4
    return min(max(wait, HOUR), 7 * DAY) * 1.1


def make_sources(chance: random.Random) -> list[Watched]:
    """Lively lists and silent ones, archives, feeds and closed doors, sound and broken hosts."""
    made = []
    for number in range(SOURCES):
        per_day = (
            None if number % 50 == 0 else 0.0 if number % 49 == 0 else 0.01 * 300 ** chance.random()
        )
        known = Known(
            per_day=per_day,
            window_items=10 if number % 3 == 0 else None,
            closed=number % 25 == 0,
        )
        made.append(Watched(known=known, fails=(0.0, 0.02, 0.5)[number % 3]))
    return made


@pytest.fixture(scope="module")
def year() -> list[Watched]:
    """A thousand sources after a year; the service looks every ten minutes while it is awake."""
    chance = random.Random(7)
    sources = make_sources(chance)
    queue = [(START, number) for number in range(SOURCES)]
    moment = timedelta(0)
    while moment < 365 * DAY:
        moment += LOOK
        if any(at <= moment < at + long for at, long in SLEEPS):
            continue
        now = START + moment + shift_at(moment)
        while queue[0][0] <= now:
            _, number = heapq.heappop(queue)
            source = sources[number]
            source.visit(now, chance)
            source.visits.append((moment, source.promised))
            heapq.heappush(queue, (source.due, number))
    return sources


def test_no_source_waits_longer_than_its_promise(year):
    visits = sum(len(source.visits) for source in year)
    assert visits > 100 * SOURCES
    for source in year:
        for (start, promised), (end, _) in pairwise(source.visits):
            late = end - start - slept_between(start, end) - put_back_between(start, end)
            assert late <= promised + LOOK, (source.known, start, end)


def test_no_source_is_visited_twice_within_the_shortest_wait(year):
    for source in year:
        for (start, _), (end, _) in pairwise(source.visits):
            # A clock put on by two hours makes a visit that much too early, and no earlier.
            put_on = shift_at(end) - shift_at(start)
            assert end - start + max(put_on, timedelta(0)) >= 0.9 * HOUR - LOOK


def test_a_source_that_is_seen_is_seen_anew_in_the_first_hours_of_every_week(year):
    """Else the weekly report could say nothing of the week before."""
    sound = [source for source in year if source.fails == 0 and not source.known.closed]
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    for source in sound:
        moments = [START + moment + shift_at(moment) for moment, _ in source.visits]
        for week in range(1, 51):
            begin = monday + week * 7 * DAY
            if slept_between(begin - START - HOUR, begin - START + 6 * HOUR):
                continue
            end = begin + AFTER_THE_WEEK + 2 * LOOK
            assert any(begin - LOOK <= at <= end for at in moments), (source.known, begin)


def test_visits_are_spread(year):
    """At no look are more than a fifth of all sources due, once the first week is over."""
    at_once: dict[timedelta, int] = defaultdict(int)
    awake = {at + long for at, long in SLEEPS}
    for source in year:
        for moment, _ in source.visits:
            at_once[moment] += 1
    for moment, count in at_once.items():
        if moment > 8 * DAY and not any(end <= moment <= end + LOOK for end in awake):
            assert count <= SOURCES / 5, moment


def test_the_weekly_report_comes_once_a_week_through_summer_time_and_steps():
    zone, wanted = ZoneInfo("Europe/Berlin"), WeeklyTime(weekday=0, hour=6, minute=0)
    due = wanted.next_after(START, zone)
    moment, built = timedelta(0), []
    while moment < 365 * DAY:
        moment += LOOK
        if any(at <= moment < at + long for at, long in SLEEPS):
            continue
        now = START + moment + shift_at(moment)
        if due <= now:
            built.append((due, now))
            due = wanted.next_after(now, zone)
    assert [due.astimezone(zone).strftime("%a %H:%M") for due, _ in built] == ["Mon 06:00"] * 52
    assert len({due for due, _ in built}) == 52
    assert all(now - due <= LOOK + max(long for _, long in SLEEPS) for due, now in built)


# ---- manners ------------------------------------------------------------------------------


class QuickTime(selectors.DefaultSelector):
    """Waits in no time: a wait for nothing but a timer moves the time on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        found = super().select(0)
        if not found and timeout:
            self.now += timeout
        return found


class Hosts:
    """Hosts that are asked through one gate, on a clock that is set under its feet."""

    def __init__(self, engine, time: QuickTime, steps: list[tuple[float, float]]) -> None:
        self.time = time
        self.steps = steps
        self.left: dict[str, list[float]] = defaultdict(list)
        settings = CrawlSettings(
            database_url="", user_agent="x", owner="me", allow_private=True, delay_seconds=PAUSE
        )
        self.gate = HostGate(SimpleNamespace(), settings, engine, self.clock)

    def clock(self) -> datetime:
        ahead = sum(by for at, by in self.steps if at <= self.time.now)
        return START + timedelta(seconds=self.time.now + ahead)

    async def read(self, host: str) -> None:
        for number in range(ASKED_EACH):
            request = Request(f"http://{host}/{number}", meta={})
            await self.gate.process_request(request)
            self.left[host].append(self.time.now)
            leave_line(request)

    async def read_all(self, names: list[str]) -> None:
        await asyncio.gather(*(self.read(host) for host in names for _ in range(2)))


def test_no_two_requests_to_a_host_are_closer_than_its_pause(make_workshop, monkeypatch):
    """The gate itself: two sources on each host, a dozen steps of the clock while they are read."""
    workshop, time, chance = make_workshop(), QuickTime(), random.Random(11)
    length = ASKED_EACH * PAUSE
    steps = sorted((chance.uniform(0, length), chance.uniform(-20, 60)) for _ in range(12))
    hosts = Hosts(workshop.engine, time, steps)
    names = [f"127.78.1.{number}" for number in range(1, 7)]
    with writing(workshop.engine) as session:
        for host in names:
            save_robots(session, f"http://{host}", status=404, body="", now=START + HOUR)
    monkeypatch.setattr(crawler.hosts, "monotonic", lambda: time.now)
    loop = asyncio.SelectorEventLoop(time)
    loop.time = lambda: time.now  # type: ignore[method-assign]
    try:
        loop.run_until_complete(hosts.read_all(names))
    finally:
        loop.close()
    for moments in hosts.left.values():
        assert len(moments) == 2 * ASKED_EACH
        assert min(later - before for before, later in pairwise(moments)) >= PAUSE - 1e-6
    # And nobody waits for nothing: a clock that is put back costs its step once.
    put_back = sum(-by for _, by in steps if by < 0)
    assert max(moments[-1] for moments in hosts.left.values()) <= 2 * length + put_back + PAUSE
