"""One worker of many: takes hosts from the queue and reads them in one crawl subprocess.

The queue dispatches. Politeness comes from the host leases, and nothing is done twice, because each
source is held by a numbered claim that lapses when its worker is not heard of any more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import threading
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from config import Settings
from crawler.order import CrawlOrder
from crawler.plan import CrawlPlan, Known
from crawler.run import START_SECONDS, CrawlDied, CrawlProcess
from crawler.settings import build_crawl_settings, folder_owner
from domain.errors import StorageFailed
from domain.records import Source
from jobs.crawling import (
    Batch,
    Clock,
    CrawlListener,
    Visited,
    child_limits,
    host_name,
    plan_visits,
)
from jobs.heartbeat import tell_supervisor
from jobs.queue import (
    DISPATCH_LOCK,
    QUEUE,
    build_queue,
    close_stalled,
    prepare_queue,
    put_hosts,
)
from jobs.service_log import log_visit
from store.claims import claim_free, list_free, renew_claims
from store.engine import reading, writing
from store.hosts import release_hosts

if TYPE_CHECKING:
    from procrastinate import App

log = logging.getLogger("rollcall.worker")
INTERRUPTED = 130
STOP_SECONDS = 10.0
# So often in one lease a worker says that it lives.
SIGNS_PER_LEASE = 4
RECONNECT_SECONDS = 5.0
# So long a host that could be read waits for others.
TOGETHER_SECONDS = 0.05
CANCEL_AGAIN_SECONDS = 2.0


class Reader:
    """The crawl subprocess of a worker, to which visits are added while it runs.

    Raises: StorageFailed from whatever writes.
    """

    def __init__(self, engine: Engine, settings: Settings, clock: Clock, owner: str) -> None:
        self.engine = engine
        self.settings = settings
        lease = timedelta(seconds=settings.workers.lease_seconds)
        crawl = build_crawl_settings(settings)
        raw = crawl.raw and replace(crawl.raw, place=folder_owner(settings))
        self.crawl = replace(crawl, owner=owner, lease=lease, raw=raw)
        listener = CrawlListener(visited=self._note_end)
        self.batch = Batch(
            engine=engine, settings=settings, clock=clock, listener=listener, owner=owner
        )
        self.plans: dict[int, CrawlPlan] = {}
        self.ends: dict[int, Future[Visited | None]] = {}
        self.child: CrawlProcess | None = None
        self.follower: threading.Thread | None = None
        self.stopping = False
        self.lock = threading.RLock()

    def read(
        self, sources: Sequence[Source], known: Mapping[int, Known], plans: Sequence[CrawlPlan]
    ) -> dict[int, Future[Visited | None]]:
        """The end of the visit to each source, `None` where it broke off."""
        with self.lock:
            self.batch.known.update(known)
            for source, plan in zip(sources, plans, strict=True):
                self.batch.open[source.id] = source
                self.plans[source.id] = plan
                self.ends[source.id] = Future()
                # Nobody can cancel it: an end is always told.
                self.ends[source.id].set_running_or_notify_cancel()
            # Before they are sent: a visit may end at once.
            ends = {source.id: self.ends[source.id] for source in sources}
            if self.child is None:
                self._start(tuple(plans))
            else:
                with suppress(CrawlDied):  # its follower hears of it too, and sees to all
                    self.child.add(tuple(plans))
        return ends

    def open(self) -> None:
        """Nothing, once the subprocess can read: no host should wait while it starts."""
        with self.lock:
            child = self.child or self._start(())
        child.started.wait(START_SECONDS)

    def held(self) -> list[int]:
        """The sources whose visits have not ended."""
        with self.lock:
            return list(self.batch.open)

    def settle(self) -> None:
        """Saves the reports that waited to see whether our own network is down."""
        with self.lock:
            self.batch.settle()
            self.batch.visited.clear()

    def stop(self) -> None:
        """Nothing, once the subprocess is gone and what it had not finished is due at once."""
        with self.lock:
            self.stopping = True
            self.batch.put_back_for = timedelta(0)
            child, follower = self.child, self.follower
        if child is not None:
            child.stop()
        if follower is not None:
            follower.join(STOP_SECONDS)

    def _start(self, plans: tuple[CrawlPlan, ...]) -> CrawlProcess:
        order = CrawlOrder(
            settings=self.crawl, plans=plans, more=True, limits=child_limits(self.settings)
        )
        child = self.child = CrawlProcess(self.settings.data_dir)
        self.follower = threading.Thread(target=self._follow, args=(child, order), daemon=True)
        self.follower.start()
        return child

    def _follow(self, child: CrawlProcess, order: CrawlOrder) -> None:
        died: CrawlDied | None = None
        try:
            with child:
                for event in child.run(order):
                    with self.lock:
                        self.batch.take(event)
                        if not self.batch.waiting():
                            self.settle()
        except CrawlDied as error:
            died = error
        except StorageFailed as broken:
            log.error("%s", broken.line)  # noqa: TRY400 - the line says it all
        with self.lock:
            self.child = None
            try:
                self._go_on_without(died)
            except StorageFailed:
                self._give_up()

    def _go_on_without(self, died: CrawlDied | None) -> None:
        """Reads on after the subprocess died, or gives all back."""
        with writing(self.engine) as session:
            release_hosts(session, self.crawl.owner)
        if died is not None and not self.stopping:
            log.warning("%s", died.line)
            if self.batch.learn_from(died):
                left = tuple(self.plans[source_id] for source_id in self.batch.waiting())
                if left:
                    self._start(left)
                return
        self.batch.finish()

    def _give_up(self) -> None:
        """Lets go of everything while the store does not answer: the claims lapse."""
        self.batch.open.clear()
        self.batch.known.clear()
        self.batch.unanswered.clear()
        self.plans.clear()
        for end in self.ends.values():
            end.set_result(None)
        self.ends.clear()

    def _note_end(self, visited: Visited) -> None:
        log_visit(visited)
        self.plans.pop(visited.source.id, None)
        end = self.ends.pop(visited.source.id, None)
        if end is not None:
            end.set_result(visited)


class Worker:
    """One run of `rollcall worker`."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = clock
        self.lease = timedelta(seconds=settings.workers.lease_seconds)
        self.owner = f"{folder_owner(settings)}:{os.getpid()}:{secrets.token_hex(4)}"
        self.reader = Reader(engine, settings, clock, self.owner)
        self.asked: list[int] = []
        self.claiming: asyncio.Task[dict[int, Future[Visited | None]]] | None = None
        self.stopped = asyncio.Event()
        self.signal = 0

    async def run(self) -> int:
        """The exit code, once a signal has come: 0 after SIGTERM, 130 after Ctrl-C."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._take_signal, number)
        while not self.stopped.is_set():
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - the worker outlives a lost database
                log.warning("no queue, so we wait: %s", str(error).partition("\n")[0])
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopped.wait(), RECONNECT_SECONDS)
        log.info("stopped")
        return INTERRUPTED if self.signal == signal.SIGINT else 0

    async def _work(self) -> None:
        await asyncio.to_thread(prepare_queue, self.engine)
        await asyncio.to_thread(self.reader.open)
        queue = build_queue(self.settings.database_url, self._read_host)
        lease, look = self.lease.total_seconds(), self.settings.schedule.look_every_seconds
        async with queue.open_async():
            taking = asyncio.create_task(
                queue.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self.settings.workers.hosts_at_once,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    fetch_job_polling_interval=look,
                    update_heartbeat_interval=lease / SIGNS_PER_LEASE,
                    stalled_worker_timeout=lease,
                    shutdown_graceful_timeout=STOP_SECONDS,
                )
            )
            tasks = {
                taking,
                asyncio.create_task(self.stopped.wait()),
                asyncio.create_task(self._repeat(look, self._dispatch, queue)),
                asyncio.create_task(self._repeat(lease / SIGNS_PER_LEASE, self._live, queue)),
            }
            log.info("working as %s", self.owner)
            tell_supervisor("READY=1")
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.to_thread(self.reader.stop)
                await end_tasks(tasks)
                self.reader = Reader(self.engine, self.settings, self.clock, self.owner)
            for task in done:
                task.result()

    async def _repeat(
        self, seconds: float, do: Callable[[App], Awaitable[None]], queue: App
    ) -> None:
        while True:
            await do(queue)
            await asyncio.sleep(seconds)

    async def _dispatch(self, queue: App) -> None:
        """Puts every host with something due in the queue; one worker at a time does so."""
        turn = await asyncio.to_thread(self._take_turn)
        if turn is None:
            return
        try:
            hosts = await asyncio.to_thread(self._list_hosts)
            put = await put_hosts(queue, hosts) if hosts else 0
            if put:
                log.info("%d hosts are due", put)
        finally:
            await asyncio.to_thread(turn.close)

    def _take_turn(self) -> Connection | None:
        connection = self.engine.connect()
        try:
            if connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({DISPATCH_LOCK})")):
                return connection
        except SQLAlchemyError:
            connection.close()
            raise
        connection.close()
        return None

    def _list_hosts(self) -> dict[str, list[int]]:
        with reading(self.engine) as session:
            due = list_free(session, self.clock())
        hosts: dict[str, list[int]] = {}
        for source in due:
            hosts.setdefault(host_name(source.url), []).append(source.id)
        return hosts

    async def _live(self, queue: App) -> None:
        """Keeps what we hold, and closes the jobs of those who are gone."""
        tell_supervisor("WATCHDOG=1")
        await asyncio.to_thread(self._renew)
        await close_stalled(queue, self.lease.total_seconds())

    def _renew(self) -> None:
        # Only what is being read: a claim that was given up must lapse.
        held = self.reader.held()
        if held:
            with writing(self.engine) as session:
                renew_claims(session, held, owner=self.owner, now=self.clock(), ttl=self.lease)
        self.reader.settle()

    async def _read_host(self, _host: str, source_ids: Sequence[int]) -> None:
        if self.claiming is None or self.claiming.done():
            self.asked = []
            self.claiming = asyncio.create_task(self._claim_soon(self.asked))
        self.asked += source_ids
        ends = await asyncio.shield(self.claiming)
        own = [asyncio.wrap_future(ends[one]) for one in source_ids if one in ends]
        if own:
            await asyncio.wait(own)

    async def _claim_soon(self, asked: list[int]) -> dict[int, Future[Visited | None]]:
        """Hosts often become free together: they are claimed and planned together."""
        await asyncio.sleep(TOGETHER_SECONDS)
        self.claiming = None
        return await asyncio.to_thread(self._start_visits, asked)

    def _start_visits(self, source_ids: Sequence[int]) -> dict[int, Future[Visited | None]]:
        now = self.clock()
        with writing(self.engine) as session:
            sources = claim_free(session, source_ids, owner=self.owner, now=now, ttl=self.lease)
        if not sources:
            return {}
        return self.reader.read(sources, *plan_visits(self.engine, self.settings, sources, now))

    def _take_signal(self, number: int) -> None:
        if self.signal:
            os._exit(INTERRUPTED)
        self.signal = number
        os.write(2, b"rollcall: stopping; a second signal stops at once\n")
        tell_supervisor("STOPPING=1")
        self.stopped.set()


async def end_tasks(
    tasks: Collection[asyncio.Task[Any]], again: float = CANCEL_AGAIN_SECONDS
) -> None:
    """Nothing, once all of these cancelled tasks are over.

    A cancellation that comes while a library opens a connection can get lost: then it is repeated.
    """
    left = set(tasks)
    while left:
        over, left = await asyncio.wait(left, timeout=again)
        for task in left:
            task.cancel()
        await asyncio.gather(*over, return_exceptions=True)


def run_worker(settings: Settings, engine: Engine, clock: Clock) -> int:
    """The exit code after a clean stop: 0 after SIGTERM, 130 after Ctrl-C.

    Raises: ConfigError.
    """
    prepare_queue(engine)
    # It tells of every job; what came of a visit is told by ourselves.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)

    async def work() -> int:
        return await Worker(engine, settings, clock).run()

    return asyncio.run(work())
