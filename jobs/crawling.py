"""Visits what is due, and saves what came of each visit."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Engine

from config import Settings
from crawler.formats.recipe import Recipe
from crawler.order import (
    ChildLimits,
    CrawlOrder,
    Event,
    PageStored,
    Probed,
    VisitDeferred,
    VisitEnded,
)
from crawler.plan import (
    CrawlPlan,
    Known,
    Limits,
    Revisit,
    count_failures,
    next_crawl_at,
    plan_crawl,
)
from crawler.run import CrawlDied, CrawlProcess
from crawler.settings import CrawlSettings, build_crawl_settings, folder_owner
from domain.errors import ClaimLost
from domain.outcome import Outcome
from domain.records import CrawlReport, Source
from jobs.known import load_all_known, load_known
from jobs.proposing import follow_report
from jobs.recipes import give_recipe
from store.claims import require_claim
from store.crawls import save_report
from store.engine import reading, writing
from store.hosts import release_hosts
from store.sources import (
    claim_due,
    list_sources,
    release,
)

log = logging.getLogger("rollcall.jobs")
Clock = Callable[[], datetime]
MIB = 1024 * 1024
CLAIM_GRACE = timedelta(minutes=10)
NOT_REACHED_WAIT = timedelta(minutes=10)
NETWORK_OUTCOMES = frozenset({Outcome.UNREACHABLE, Outcome.TIMEOUT})
# Fewer hosts than this say nothing about our own network.
FEWEST_HOSTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """One source after its visit: the report, and when it is due again. What `crawl` prints.

    `report` is `None` when there was no visit; `why_not` then says why.
    """

    source: Source
    report: CrawlReport | None
    next_due: datetime
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlListener:
    """Whom `crawl_due` tells while it works: of the start, each stored page, each visit's end."""

    started: Callable[[Sequence[Source]], None] = lambda sources: None
    stored: Callable[[Source, int], None] = lambda source, new: None
    visited: Callable[[Visited], None] = lambda visited: None


def list_due(engine: Engine, now: datetime) -> list[Source]:
    """The sources that a crawl would visit now, without claiming them."""
    with reading(engine) as session:
        return [
            source
            for source in list_sources(session)
            if source.platform.visited
            and not source.paused
            and (source.due_at is None or source.due_at <= now)
        ]


def crawl_due(
    engine: Engine,
    settings: Settings,
    clock: Clock,
    listener: CrawlListener,
    *,
    only: Sequence[str] = (),
    force: bool = False,
    child: CrawlProcess | None = None,
) -> list[Visited]:
    """Visits every due source (or those named by `only`, due or not) and saves what came of it.

    The caller holds the lock on the data folder: what an earlier run of it claimed is taken up
    again at once.
    A `child` that was started earlier is used and stays the caller's; else one is started.

    Raises: ConfigError, StorageFailed.
    """
    crawl = build_crawl_settings(settings)
    # SQLite folds its log into the file whenever the last connection closes: one stays open.
    with engine.connect():
        return _crawl(engine, settings, crawl, clock, listener, only=only, force=force, child=child)


def _crawl(
    engine: Engine,
    settings: Settings,
    crawl: CrawlSettings,
    clock: Clock,
    listener: CrawlListener,
    *,
    only: Sequence[str],
    force: bool,
    child: CrawlProcess | None,
) -> list[Visited]:
    sources, known, plans = _claim(engine, settings, clock(), only=only, force=force)
    listener.started(sources)
    batch = Batch(
        engine=engine, settings=settings, clock=clock, listener=listener, owner=crawl.owner
    )
    batch.open = {source.id: source for source in sources}
    batch.known = known
    try:
        while plans:
            order = CrawlOrder(settings=crawl, plans=plans, limits=child_limits(settings))
            plans = _run(batch, order, child)
            child = None
    finally:
        batch.finish()
    return batch.visited


def _run(batch: Batch, order: CrawlOrder, child: CrawlProcess | None) -> tuple[CrawlPlan, ...]:
    """What is left to visit, without the source on which the subprocess died; mostly nothing."""
    try:
        with nullcontext(child) if child else CrawlProcess(batch.settings.data_dir) as process:
            try:
                for event in process.run(order):
                    batch.take(event)
            finally:
                process.stop()
    except CrawlDied as died:
        log.warning("%s", died.line)
        if batch.blame(died):
            return tuple(plan for plan in order.plans if plan.source_id in batch.waiting())
    finally:
        with writing(batch.engine) as session:
            # A child that was stopped or killed could not do so itself.
            release_hosts(session, order.settings.owner)
    return ()


def child_limits(settings: Settings) -> ChildLimits:
    """What a crawl subprocess may take as a whole."""
    return ChildLimits(
        memory_mib=settings.crawl.memory_mib, hang_seconds=settings.crawl.hang_seconds
    )


def _claim(
    engine: Engine, settings: Settings, now: datetime, *, only: Sequence[str], force: bool
) -> tuple[list[Source], dict[int, Known], tuple[CrawlPlan, ...]]:
    ttl = timedelta(seconds=settings.crawl.visit_seconds) + CLAIM_GRACE
    owner = folder_owner(settings)
    with writing(engine) as session:
        sources = claim_due(session, owner=owner, now=now, ttl=ttl, only=only, force=force)
    known = load_all_known(engine, sources, now)
    return sources, known, _plan_all(settings, sources, known, now)


def plan_visits(
    engine: Engine, settings: Settings, sources: Sequence[Source], now: datetime
) -> tuple[CrawlPlan, ...]:
    """The visits to sources that are claimed."""
    return _plan_all(settings, sources, load_all_known(engine, sources, now), now)


def _plan_all(
    settings: Settings, sources: Sequence[Source], known: Mapping[int, Known], now: datetime
) -> tuple[CrawlPlan, ...]:
    limits = _limits(settings)
    return tuple(
        give_recipe(plan_crawl(source, known[source.id], limits, now), source, settings.data_dir)
        for source in sources
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        requests=settings.crawl.request_budget,
        bytes=settings.crawl.byte_budget_mib * MIB,
        seconds=settings.crawl.visit_seconds,
    )


class Batch:
    """Takes the events of one batch; saves each report, and at the end what had to wait for it."""

    def __init__(
        self,
        *,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        listener: CrawlListener,
        owner: str,
    ) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = clock
        self.listener = listener
        self.owner = owner
        self.put_back_for = NOT_REACHED_WAIT
        self.open: dict[int, Source] = {}
        self.known: dict[int, Known] = {}
        self.visited: list[Visited] = []
        self.unanswered: list[CrawlReport] = []

    def take(self, event: Event) -> None:
        """Saves what one event says."""
        if isinstance(event, PageStored):
            self.listener.stored(self.open[event.source_id], event.new)
        elif isinstance(event, VisitEnded):
            if event.report.outcome in NETWORK_OUTCOMES:
                self.unanswered.append(event.report)
            else:
                self._save(event.report)
        elif isinstance(event, VisitDeferred):
            self._put_back(event.source_id, f"another run reads {event.host or 'it'} now")

    def waiting(self) -> frozenset[int]:
        """The sources whose visits have not ended yet."""
        return frozenset(self.open) - {report.source_id for report in self.unanswered}

    def blame(self, died: CrawlDied) -> bool:
        """True when it is known on which source the subprocess died: that one has its report."""
        if died.culprit not in self.waiting():
            return False
        now = self.clock()
        report = CrawlReport(
            source_id=died.culprit,
            started_at=now,
            finished_at=now,
            outcome=Outcome.UNPARSEABLE,
            detail=f"while it was being read the crawl subprocess {died.how}",
            to_do="report it; the other sources were read without it",
            evidence={"error": "CrawlDied"},
        )
        self._save(report)
        return True

    def settle(self) -> None:
        """Saves the reports that could mean our own outage, judged by all that ended so far."""
        hosts_heard = {
            host_name(done.source.url) for done in self.visited if done.report is not None
        }
        silent = {host_name(self.open[report.source_id].url) for report in self.unanswered}
        ours = is_our_outage(silent=silent, heard=hosts_heard)
        waited, self.unanswered = self.unanswered, []
        for report in waited:
            self._save(replace_outage(report) if ours else report)

    def finish(self) -> None:
        """Settles, and gives back what was not reached."""
        self.settle()
        for source_id in list(self.open):
            self._put_back(source_id, "the crawl ended before it was reached")

    def _save(self, report: CrawlReport) -> None:
        source = self.open.pop(report.source_id)
        now = self.clock()
        failures = count_failures(source.failures, report.outcome, source.platform)
        known = self.known.pop(source.id, None)
        if known is None or report.posts_new or known.per_day is None:
            known = load_known(self.engine, source, now)
        report = replace(report, posts_total=known.posts)
        revisit = draw_revisit(self.settings)
        due_at = next_crawl_at(report, known, revisit, failures=failures, now=now)
        try:
            with writing(self.engine) as session:
                require_claim(session, source.id, source.claim)
                save_report(session, report)
                if follow_report(session, source, report, now):
                    due_at, failures = now, 0
                release(session, source.id, owner=self.owner, due_at=due_at, failures=failures)
        except ClaimLost as lost:
            log.warning("%s: the report of a late visit was refused", lost.where)
            self._tell(Visited(source=source, report=None, next_due=now, why_not=lost.what))
            return
        self._tell(Visited(source=source, report=report, next_due=due_at))

    def _put_back(self, source_id: int, why: str) -> None:
        source = self.open.pop(source_id)
        due_at = self.clock() + self.put_back_for
        with writing(self.engine) as session:
            release(
                session,
                source.id,
                owner=self.owner,
                due_at=due_at,
                failures=source.failures,
                claim=source.claim,
            )
        self._tell(Visited(source=source, report=None, next_due=due_at, why_not=why))

    def _tell(self, visited: Visited) -> None:
        self.visited.append(visited)
        self.listener.visited(visited)


def draw_revisit(settings: Settings) -> Revisit:
    """The bounds of the timetable, with a share drawn anew."""
    schedule = settings.schedule
    return Revisit(
        shortest=timedelta(hours=schedule.shortest_revisit_hours),
        longest=timedelta(hours=schedule.longest_revisit_hours),
        spread=random.random(),  # noqa: S311 - spreads visits, keeps no secret
    )


def host_name(url: str) -> str:
    """The host that an address names."""
    return (urlsplit(url).hostname or "").lower()


def is_our_outage(*, silent: Iterable[str], heard: Iterable[str]) -> bool:
    """True when most of at least three unrelated hosts did not answer: then it is our network."""
    quiet = set(silent) - set(heard)
    return len(quiet) >= FEWEST_HOSTS and len(quiet) > len(set(heard))


def replace_outage(report: CrawlReport) -> CrawlReport:
    """The report of a visit from which nothing is concluded."""
    return replace(
        report,
        outcome=Outcome.OUR_NETWORK_DOWN,
        detail=f"most hosts did not answer, so it is our own network; here: {report.detail}",
        to_do="check this machine's connection; nothing was concluded from this run",
    )


def probe(settings: Settings, url: str, recipe: Recipe | None = None, *, word: str = "") -> Probed:
    """What an address is and shows, without storing anything but robots.txt and manners.

    With a recipe, what that reads there; with a word, whether it stands on the page.

    Raises: ConfigError, StorageFailed, CrawlDied.
    """
    crawl = build_crawl_settings(settings)
    # A name of its own: a run on the same folder may read that host just now.
    own = replace(crawl, owner=f"{crawl.owner}:{os.getpid()}", raw=None)
    order = CrawlOrder(settings=own, probe_url=url, probe_recipe=recipe, probe_word=word)
    with CrawlProcess(settings.data_dir) as process:
        return process.probe(order)
