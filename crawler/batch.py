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
from functools import cache, partial
from typing import Any

import scrapy
from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.base import ArchiveSpider, utc_now
from crawler.canaries import LookBack
from crawler.keeper import Keeper, VisitWriter
from crawler.order import (
    CrawlOrder,
    Event,
    PageStored,
    StoreBroken,
    VisitDeferred,
    VisitEnded,
)
from crawler.pipelines import Parcel
from crawler.plan import CrawlPlan
from crawler.probe import probe_address
from crawler.visits import run_look_back, run_visit
from domain.errors import HostBusy, StorageFailed
from domain.records import Page
from store.posts import SavedPage

log = logging.getLogger("rollcall.crawl")
PR_SET_PDEATHSIG = 1
# Told to stop, what was read and waits to be stored gets this long; a hanging request gets nothing.
STORE_SECONDS = 1.0
STOPPED = 128 + signal.SIGTERM
Tell = Callable[[Event], None]


class BatchSpider(scrapy.Spider):
    """Owns the engine; runs the visit of each platform spider and tells how it ended."""

    name = "batch"

    def __init__(self, order: CrawlOrder, tell: Tell, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.order = order
        self.tell = tell
        self.parcels: asyncio.Queue[Parcel | None] = asyncio.Queue(maxsize=8)
        self.receipts: set[asyncio.Future[SavedPage]] = set()
        self.keeper = open_keeper(order)

    async def start(self) -> AsyncIterator[Any]:
        """Every page of every visit, in the order in which they were read."""
        visits = asyncio.create_task(self._run_all())
        leave_when_told(partial(self._leave, visits))
        while (parcel := await self.parcels.get()) is not None:
            yield parcel
        await visits

    async def _run_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for plan in self.order.plans:
                    group.create_task(self._run_one(plan))
                for look in self.order.look_backs:
                    group.create_task(self._look_back(look))
                if self.order.probe_url:
                    group.create_task(self._probe(self.order.probe_url))
        except* StorageFailed as broken:
            self.tell(StoreBroken(line=str(broken.exceptions[0])))
        finally:
            await self.parcels.put(None)

    async def _run_one(self, plan: CrawlPlan) -> None:
        spider = load_spider(self.crawler, plan)
        writer = self.keeper.open_visit(plan) if self.keeper else None
        if writer:
            spider.hear = writer.hear
        try:
            report = await run_visit(spider, partial(self._deliver, plan, writer))
        except HostBusy as busy:
            self.tell(VisitDeferred(source_id=plan.source_id, host=busy.host))
        else:
            if writer:
                writer.finish(report)
            self.tell(VisitEnded(report=report))
        finally:
            if writer:
                writer.drop()

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
        self.tell(await probe_address(url, load, utc_now(), recipe=self.order.probe_recipe))


def load_spider(crawler: Crawler, plan: CrawlPlan) -> ArchiveSpider:
    """The platform's spider for one visit, on the engine of `crawler`."""
    spider_class = _loader(crawler).load(str(plan.platform))
    assert issubclass(spider_class, ArchiveSpider)
    spider = spider_class(plan=plan, clock=utc_now)
    spider.crawler = crawler
    spider.settings = crawler.settings
    return spider


@cache
def _loader(crawler: Crawler) -> SpiderLoader:
    return SpiderLoader.from_settings(crawler.settings)


def open_keeper(order: CrawlOrder) -> Keeper | None:
    """Where the answers of the order's visits are kept; `None` where they are not."""
    raw = order.settings.raw
    if raw is None or not order.plans:
        return None
    try:
        return Keeper(raw.folder, raw.cap_bytes)
    except OSError as error:
        log.warning("answers are not kept: %s: %s", raw.folder, error.strerror)
        return None


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
            "USER_AGENT": order.settings.user_agent,
            "DOWNLOAD_MAXSIZE": order.settings.max_answer_bytes,
            "DOWNLOAD_TIMEOUT": order.settings.answer_seconds,
            "EXTENSIONS_BASE": {},  # pages go to the store, not to a file
            "ITEM_PIPELINES": {"crawler.pipelines.Redact": 200, "crawler.pipelines.Save": 300},
        },
        priority="cmdline",
    )
    return settings


def die_with_parent(lifeline: int) -> None:
    """Nothing; from now on this process ends when its parent does, however that ends.

    `lifeline` is a descriptor that the parent holds open and never writes to again.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    def wait_for_end() -> None:
        os.read(lifeline, 1)
        os._exit(1)

    threading.Thread(target=wait_for_end, daemon=True).start()


def main() -> None:
    """Runs the order on standard input; events go to standard output."""
    events = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints by mistake must not break the stream of events
    try:
        order: CrawlOrder = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our parent
    except EOFError:
        return  # there was nothing to do
    die_with_parent(sys.stdin.fileno())

    def tell(event: Event) -> None:
        pickle.dump(event, events)
        events.flush()

    process = AsyncCrawlerProcess(build_scrapy_settings(order))
    process.crawl(BatchSpider, order=order, tell=tell)
    process.start(install_signal_handlers=False)
    events.close()
    logging.shutdown()
    os._exit(0)  # nothing is left to tidy, and the parent waits


if __name__ == "__main__":
    main()
