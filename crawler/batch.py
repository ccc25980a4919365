"""The crawl subprocess: one engine that reads many sources at once, each host one at a time.

Started by `crawler.run`. Takes one pickled `CrawlOrder` on standard input, gives pickled events on
standard output, and dies with its parent: by the parent-death signal, and when standard input
closes.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import IO, Any

import scrapy
from scrapy import signals

# Here, because Scrapy walks through all frames when it loads this: now there are few.
from scrapy.core.downloader.handlers import http11  # noqa: F401
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from crawler.base import ArchiveSpider, Fetched, utc_now
from crawler.canaries import LookBack
from crawler.detect import load_spider_class
from crawler.hosts import HostGate
from crawler.keeper import Keeper, VisitWriter
from crawler.limits import keep_to, mark_turns
from crawler.manners import host_of
from crawler.order import (
    Alive,
    CrawlOrder,
    Event,
    MorePlans,
    PageStored,
    StoreBroken,
    VisitDeferred,
    VisitEnded,
)
from crawler.pipelines import Parcel
from crawler.plan import CrawlPlan
from crawler.probe import probe_address
from crawler.together import Crowd, Doors
from crawler.visits import run_look_back, run_visit
from domain.errors import ClaimLost, HostBusy, StorageFailed
from domain.records import KEPT_ON, CrawlReport, Page
from store.posts import SavedPage

log = logging.getLogger("rollcall.crawl")
PR_SET_PDEATHSIG = 1
# Told to stop, what was read and waits to be stored gets this long; a hanging request gets nothing.
STORE_SECONDS = 1.0
# No answer takes this long to read.
STUCK_SECONDS = 300
STOPPED = 128 + signal.SIGTERM
ALIVE_SECONDS = 5.0
# So many hosts are waited for at once; each is an open connection.
HOSTS_AT_ONCE = 200
Tell = Callable[[Event], None]
Hear = Callable[[Callable[[MorePlans], object]], None]


class BatchSpider(scrapy.Spider):
    """Owns the engine; runs the visit of each platform spider and tells how it ended."""

    name = "batch"

    def __init__(self, order: CrawlOrder, tell: Tell, hear: Hear, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.order = order
        self.tell = tell
        self.hear = hear
        self.more: asyncio.Queue[MorePlans] = asyncio.Queue()
        self.parcels: asyncio.Queue[Parcel | None] = asyncio.Queue(maxsize=8)
        self.receipts: set[asyncio.Future[SavedPage]] = set()
        self.keeper = open_keeper(order)
        self.doors = Doors(HOSTS_AT_ONCE)

    async def start(self) -> AsyncIterator[Any]:
        """Every page of every visit, in the order in which they were read."""
        awake = asyncio.create_task(stay_awake())
        visits = asyncio.create_task(self._run_all())
        leave_when_told(partial(self._leave, visits))
        loop = asyncio.get_running_loop()
        self.hear(lambda more: loop.call_soon_threadsafe(self.more.put_nowait, more))
        signs = asyncio.create_task(self._show_signs_of_life())
        while (parcel := await self.parcels.get()) is not None:
            yield parcel
        signs.cancel()
        await visits
        awake.cancel()

    async def _run_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for plan in self.order.plans:
                    self._begin(group, plan)
                for look in self.order.look_backs:
                    group.create_task(mark_turns(self._look_back(look), look.plan.source_id))
                if self.order.probe_url:
                    group.create_task(self._probe(self.order.probe_url))
                while self.order.more and (plans := (await self.more.get()).plans):
                    for plan in plans:
                        self._begin(group, plan)
        except* StorageFailed as broken:
            self.tell(StoreBroken(line=str(broken.exceptions[0])))
        finally:
            await self.parcels.put(None)

    def _begin(self, group: asyncio.TaskGroup, plan: CrawlPlan) -> None:
        group.create_task(mark_turns(self._run_one(plan), plan.source_id))

    async def _show_signs_of_life(self) -> None:
        while True:
            self.tell(Alive())
            await asyncio.sleep(ALIVE_SECONDS)

    async def _run_one(self, plan: CrawlPlan) -> None:
        async with self.doors.enter(host_of(plan.url)) as go_on:
            with Crowd.join():
                await self._read_one(plan, go_on)

    async def _read_one(self, plan: CrawlPlan, go_on: Callable[[], None]) -> None:
        spider = load_spider(self.crawler, plan)
        writer = self.keeper.open_visit(plan) if self.keeper else None

        def hear(answer: Fetched) -> None:
            go_on()
            if writer:
                writer.hear(answer)

        spider.hear = hear
        try:
            report = await run_visit(spider, partial(self._deliver, plan, writer))
        except HostBusy as busy:
            await self._leave_hosts(spider)
            self.tell(VisitDeferred(source_id=plan.source_id, host=busy.host))
        except ClaimLost:
            await self._leave_hosts(spider)
            self.tell(VisitDeferred(source_id=plan.source_id, host=""))
        else:
            if writer and writer.finish(report):
                report = self._tell_where_kept(report)
            await self._leave_hosts(spider)
            self.tell(VisitEnded(report=report))
        finally:
            if writer:
                writer.drop()

    def _tell_where_kept(self, report: CrawlReport) -> CrawlReport:
        raw = self.order.settings.raw
        if raw is None or not raw.place:
            return report
        return replace(report, evidence={**report.evidence, KEPT_ON: raw.place})

    async def _leave_hosts(self, spider: ArchiveSpider) -> None:
        gate = self.crawler.get_downloader_middleware(HostGate)
        assert gate is not None
        await gate.release_after(spider.tally)

    async def _look_back(self, wanted: LookBack) -> None:
        spider = load_spider(self.crawler, wanted.plan)
        try:
            self.tell(await run_look_back(spider, wanted))
        except HostBusy as busy:
            self.tell(VisitDeferred(source_id=wanted.plan.source_id, host=busy.host))

    async def _deliver(self, plan: CrawlPlan, writer: VisitWriter | None, page: Page) -> int:
        """How many posts of the page were new, once it is stored."""
        receipt: asyncio.Future[SavedPage] = asyncio.get_running_loop().create_future()
        await self.parcels.put(Parcel(plan=plan, page=page, receipt=receipt))
        self.receipts.add(receipt)
        receipt.add_done_callback(self._put_away)
        # The end of a visit does not call back a page that is on its way to the store.
        saved = await asyncio.shield(receipt)
        if writer:
            writer.note(page)
        self.tell(PageStored(source_id=plan.source_id, new=saved.new))
        return saved.new

    def _put_away(self, receipt: asyncio.Future[SavedPage]) -> None:
        self.receipts.discard(receipt)
        if not receipt.cancelled():
            receipt.exception()  # heard here, where the visit that waited for it is gone

    async def _leave(self, visits: asyncio.Task[None]) -> None:
        """Ends this process: no page that was read is lost, no open request is waited for.

        Where there is no time left for it, the parent gives the hosts back.
        """
        visits.cancel()
        if self.receipts:
            await asyncio.wait(self.receipts, timeout=STORE_SECONDS)
        self.crawler.signals.send_catch_log(signals.spider_closed, spider=self, reason="stopped")
        os._exit(STOPPED)

    async def _probe(self, url: str) -> None:
        load = partial(load_spider, self.crawler)
        self.tell(
            await probe_address(
                url, load, utc_now(), recipe=self.order.probe_recipe, word=self.order.probe_word
            )
        )


def load_spider(crawler: Crawler, plan: CrawlPlan) -> ArchiveSpider:
    """The platform's spider for one visit, on the engine of `crawler`."""
    spider = load_spider_class(plan.platform)(plan=plan, clock=utc_now)
    spider.crawler = crawler
    spider.settings = crawler.settings
    return spider


def open_keeper(order: CrawlOrder) -> Keeper | None:
    """Where the answers of the order's visits are kept; `None` where they are not."""
    raw = order.settings.raw
    if raw is None or not (order.plans or order.more):
        return None
    try:
        return Keeper(raw.folder, raw.cap_bytes)
    except OSError as error:
        log.warning("answers are not kept: %s: %s", raw.folder, error.strerror)
        return None


async def stay_awake() -> None:
    """Nothing; while this loop does not turn, the system ends this process.

    A parser that a hostile page holds up can be stopped by nothing inside of it.
    """
    while True:
        signal.alarm(STUCK_SECONDS)
        await asyncio.sleep(STUCK_SECONDS / 10)


def leave_when_told(leave: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Nothing; from now on SIGTERM and Ctrl-C run `leave` in the event loop, once."""
    loop = asyncio.get_running_loop()
    leaving: list[asyncio.Task[None]] = []

    def begin() -> None:
        if not leaving:
            leaving.append(loop.create_task(leave()))

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(begin))


def build_scrapy_settings(order: CrawlOrder) -> Settings:
    """Scrapy's settings for one batch."""
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    settings.setdict(
        {
            "ROLLCALL_CRAWL": order.settings,
            "ROLLCALL_CLOCK": utc_now,
            "SPIDER_MODULES": [],  # each is loaded when it has a visit to make
            "USER_AGENT": order.settings.user_agent,
            "DOWNLOAD_MAXSIZE": order.settings.max_answer_bytes,
            "DOWNLOAD_TIMEOUT": order.settings.answer_seconds,
            "EXTENSIONS_BASE": {},  # pages go to the store, not to a file
            "ITEM_PIPELINES": {"crawler.pipelines.Redact": 200, "crawler.pipelines.Save": 300},
        },
        priority="cmdline",
    )
    return settings


class Teller:
    """Sends events to the parent, those of many visits at the same moment together."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.waiting: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Nothing; the event is sent in a moment."""
        if not self.waiting:
            asyncio.get_running_loop().call_later(Crowd.patience(), self.send)
        self.waiting.append(event)

    def send(self) -> None:
        """Nothing; what waits is sent now."""
        if self.waiting:
            pickle.dump(tuple(self.waiting), self.stream)
            self.stream.flush()
            self.waiting.clear()


def die_with_parent() -> None:
    """Nothing; from now on the kernel ends this process when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def listen_to_parent(lifeline: IO[bytes], tell: Callable[[MorePlans], object]) -> None:
    """Nothing; in a thread, `tell` gets what the parent sends, and its end is ours."""

    def listen() -> None:
        while True:
            try:
                tell(pickle.load(lifeline))  # noqa: S301 - from our parent
            except (EOFError, pickle.UnpicklingError):
                os._exit(1)

    threading.Thread(target=listen, daemon=True).start()


def main() -> None:
    """Runs the order on standard input; events go to standard output."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints by mistake must not break the stream of events
    try:
        order: CrawlOrder = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our parent
    except EOFError:
        return  # there was nothing to do
    die_with_parent()
    keep_to(order.limits)

    tell = Teller(events)
    process = AsyncCrawlerProcess(build_scrapy_settings(order))
    hear = partial(listen_to_parent, sys.stdin.buffer)
    process.crawl(BatchSpider, order=order, tell=tell, hear=hear)
    process.start(install_signal_handlers=False)
    tell.send()
    events.close()
    logging.shutdown()
    os._exit(0)  # nothing is left to tidy, and the parent waits


if __name__ == "__main__":
    main()
