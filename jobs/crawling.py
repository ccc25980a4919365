"""Visits what is due, and saves what came of each visit."""

from __future__ import annotations

import logging
import os
from collections import Counter
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
    Lull,
    PageStored,
    Probed,
    VisitDeferred,
    VisitEnded,
)
from crawler.plan import (
    CrawlPlan,
    Known,
    Limits,
    plan_crawl,
)
from crawler.run import CrawlDied, CrawlProcess
from crawler.settings import CrawlSettings, build_crawl_settings, folder_owner
from domain.outcome import Outcome
from domain.records import CrawlReport, Source
from jobs.concluding import conclude_visits, save_visits
from jobs.known import load_all_known
from jobs.recipes import give_recipe
from store.engine import reading, writing
from store.hosts import release_hosts
from store.sources import claim_due, list_sources, release

log = logging.getLogger("rollcall.jobs")
Clock = Callable[[], datetime]
MIB = 1024 * 1024
CLAIM_GRACE = timedelta(minutes=10)
NOT_REACHED_WAIT = timedelta(minutes=10)
NETWORK_OUTCOMES = frozenset({Outcome.UNREACHABLE, Outcome.TIMEOUT})
# Killed from outside so often without any step forward: that is no chance any more.
DEATHS_THAT_PROVE = 3
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
    """What is left to visit after the subprocess died; mostly nothing."""
    try:
        with nullcontext(child) if child else CrawlProcess(batch.settings.data_dir) as process:
            try:
                for event in process.run(order):
                    batch.take(event)
            finally:
                process.stop()
    except CrawlDied as died:
        log.warning("%s", died.line)
        if batch.learn_from(died):
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
    return sources, *plan_visits(engine, settings, sources, now)


def plan_visits(
    engine: Engine, settings: Settings, sources: Sequence[Source], now: datetime
) -> tuple[dict[int, Known], tuple[CrawlPlan, ...]]:
    """The visits to sources that are claimed, and what was known before them."""
    known = load_all_known(engine, sources, now)
    return known, _plan_all(settings, sources, known, now)


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
        self.ended: list[CrawlReport] = []
        self.unanswered: list[CrawlReport] = []
        # How often the subprocess died in the turn of a source (or of none) that got no further.
        self.deaths: Counter[int | None] = Counter()

    def take(self, event: Event) -> None:
        """Saves what one event says; ends of visits together with others of the same moment."""
        if isinstance(event, Lull):
            self._save_ended()
        elif isinstance(event, PageStored):
            self._note_progress(event.source_id)
            self.listener.stored(self.open[event.source_id], event.new)
        elif isinstance(event, VisitEnded):
            if event.report.outcome in NETWORK_OUTCOMES:
                self.unanswered.append(event.report)
            else:
                self.ended.append(event.report)
        elif isinstance(event, VisitDeferred):
            self._put_back(event.source_id, f"another run reads {event.host or 'it'} now")

    def waiting(self) -> frozenset[int]:
        """The sources whose visits have not ended yet."""
        return frozenset(self.open) - {report.source_id for report in self.unanswered}

    def learn_from(self, died: CrawlDied) -> bool:
        """True when what waits can be read on after the subprocess died.

        Who ended it has its report. Killed from outside nobody is blamed, only whoever is there
        every time, always at the same place; where that is nobody, all of them wait.
        """
        self._save_ended()
        turn = died.turn if died.turn in self.waiting() else None
        self.deaths[turn] += 1
        proved = died.by_itself or self.deaths[turn] >= DEATHS_THAT_PROVE
        if proved and turn is not None:
            self._blame(turn, died.how)
        return not proved or turn is not None

    def _note_progress(self, source_id: int) -> None:
        del self.deaths[source_id]
        del self.deaths[None]

    def _blame(self, source_id: int, how: str) -> None:
        now = self.clock()
        report = CrawlReport(
            source_id=source_id,
            started_at=now,
            finished_at=now,
            outcome=Outcome.UNPARSEABLE,
            detail=f"while it was being read the crawl subprocess {how}",
            to_do="report it; the other sources were read without it",
            evidence={"error": "CrawlDied"},
        )
        self._save([report])

    def settle(self) -> None:
        """Saves the reports that could mean our own outage, judged by all that ended so far."""
        self._save_ended()
        hosts_heard = {
            host_name(done.source.url) for done in self.visited if done.report is not None
        }
        silent = {host_name(self.open[report.source_id].url) for report in self.unanswered}
        ours = is_our_outage(silent=silent, heard=hosts_heard)
        waited, self.unanswered = self.unanswered, []
        self._save([replace_outage(report) if ours else report for report in waited])

    def finish(self) -> None:
        """Settles, and gives back what was not reached."""
        self.settle()
        for source_id in list(self.open):
            self._put_back(source_id, "the crawl ended before it was reached")

    def _save_ended(self) -> None:
        ended, self.ended = self.ended, []
        self._save(ended)

    def _save(self, reports: Sequence[CrawlReport]) -> None:
        for report in reports:
            self._note_progress(report.source_id)
        sources = [self.open.pop(report.source_id) for report in reports]
        known = {source.id: self.known.pop(source.id, None) for source in sources}
        now = self.clock()
        ended = zip(sources, reports, strict=True)
        visits = conclude_visits(self.engine, self.settings, ended, known, now)
        for visit, lost in save_visits(self.engine, visits, owner=self.owner, now=now):
            if lost is None:
                self._tell(Visited(source=visit.source, report=visit.report, next_due=visit.due_at))
            else:
                log.warning("%s: the report of a late visit was refused", lost.where)
                why = lost.what
                self._tell(Visited(source=visit.source, report=None, next_due=now, why_not=why))

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
