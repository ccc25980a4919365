"""The gate before every request, in every mode: leases, delays, robots.txt, opt-outs, addresses.

Politeness is one mechanism. Whatever the number of spiders, sources, processes or machines, a
request leaves only while this process holds the host's lease in the store, only once the one before
it has ended, and only at the moment that the store reserved for it. robots.txt itself goes through
the same gate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Self

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from crawler.base import Tally, error_for_download, read_retry_after, utc_now
from crawler.formats.addresses import is_askable, urljoin, urlsplit
from crawler.formats.packed import is_cut
from crawler.resolver import GuardedResolver, crawl_settings_of
from crawler.settings import CrawlSettings
from domain.addresses import is_private_host
from domain.errors import HostBusy, Refused, RollcallError, SourceError, Unparseable, Unreachable
from domain.outcome import Outcome
from store import hosts as host_store
from store.engine import open_database, reading, writing
from store.hosts import Robots

# Source: RFC 9309, 2.5: a crawler must parse at least 500 KiB and may stop there.
ROBOTS_BYTES = 500 * 1024
# A Crawl-delay beyond this would let one host hold a worker for days; it is cut to this.
LONGEST_CRAWL_DELAY = timedelta(seconds=30)
# What a request carries: that it asks for robots.txt (and how much came), its place in the line.
ROBOTS, LINE = "rollcall_robots", "rollcall_line"
# A turn taken later than this moves the next one on.
LATE = timedelta(milliseconds=20)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A host that wants to be left alone for longer is visited later instead of waited for.
LONGEST_TURN = timedelta(minutes=5)
# Sent when a visit is over, with its tally: hosts that only it asked are free for others.
visit_over = object()


class HostGate:
    """Downloader middleware: lets a request through when manners and the store allow it."""

    def __init__(
        self,
        crawler: Crawler,
        settings: CrawlSettings,
        engine: Engine,
        clock: Callable[[], datetime],
    ) -> None:
        self.crawler = crawler
        self.settings = settings
        self.engine = engine
        self.clock = clock
        self.leases: dict[str, tuple[int, datetime]] = {}
        self.robots: dict[str, Robots] = {}
        self.robots_failed: dict[str, SourceError] = {}
        self.robots_reads: dict[str, asyncio.Lock] = {}
        self.lines: dict[str, asyncio.Lock] = {}
        self.left: dict[str, float] = {}
        self.guests: dict[str, set[int]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawl_settings_of(crawler)
        clock = crawler.settings.get("ROLLCALL_CLOCK") or utc_now
        engine = open_database(settings.database_url, keep_open=True)
        gate = cls(crawler, settings, engine, clock)
        crawler.signals.connect(gate.release_all, signals.spider_closed)
        crawler.signals.connect(gate.release_after, visit_over)
        crawler.signals.connect(gate.note_end, signals.request_left_downloader)
        crawler.signals.connect(leave_line, signals.request_left_downloader)
        crawler.signals.connect(stop_long_robots, signals.bytes_received)
        return gate

    async def process_request(self, request: Request) -> None:
        """Nothing, once the request may leave.

        Raises: Refused (opt-out, private address, robots.txt), Unreachable (robots.txt could not
        be read), Unparseable (no address that can be asked), HostBusy.
        """
        if not is_askable(request.url):
            raise Unparseable(Outcome.UNPARSEABLE, "is not a web address", where=request.url)
        host = host_of(request.url)
        request.headers["User-Agent"] = self.settings.user_agent
        self._check_address(request.url, host)
        self._lease(host)
        self.guests.setdefault(host, set()).add(id(request.meta.get("rollcall_tally")))
        if ROBOTS not in request.meta and has_robots(request.url):
            await self._obey_robots(request, host)
        line = self.lines.setdefault(host, asyncio.Lock())
        await line.acquire()
        try:
            await self._wait_for_turn(host, self._lease(host), request)
        except BaseException:
            line.release()
            raise
        request.meta[LINE] = line  # `leave_line` gives it back, whatever comes of the request
        _count(request)

    def process_response(self, request: Request, response: Response) -> Response:
        """The same answer, marked where it was packed and its end is missing.

        A Retry-After is kept for every later request to the host.

        Raises: Unparseable where it leads on to what is no address.
        """
        location = (response.headers.get("Location") or b"").decode("latin-1")
        if response.status in REDIRECTS and not urlsplit(urljoin(request.url, location)).scheme:
            what = "redirects to what is no web address"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=request.url)
        if response.status >= 400:
            header = (response.headers.get("Retry-After") or b"").decode("latin-1")
            until = read_retry_after(header, self.clock())
            if until is not None:
                with writing(self.engine) as session:
                    host_store.push_back(session, host_of(request.url), until)
        # Unpacking it keeps quiet about a stream that ends too early, under a length that agrees.
        packed = b"gzip" in (response.headers.get("Content-Encoding") or b"")
        if packed and is_cut(response.body, limit_bytes=self.settings.max_answer_bytes):
            return response.replace(flags=[*response.flags, "dataloss"])
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Nothing; gives the refusals of the resolver their own words."""
        host = host_of(request.url)
        if host in GuardedResolver.refused:
            raise private_address(request.url, host) from exception

    def note_end(self, request: Request) -> None:
        """The pause counts from the end of a request: when it arrived there, nobody here knows."""
        self.left[host_of(request.url)] = monotonic()

    def release_all(self) -> None:
        """Gives every lease back when the crawl ends."""
        with writing(self.engine) as session:
            for host, (token, _) in self.leases.items():
                self._release(session, host, token)
        self.leases.clear()
        self.engine.dispose()

    def release_after(self, tally: Tally) -> None:
        """Gives back the hosts that no visit but this one asked; for the end of a visit."""
        free = []
        for host, guests in self.guests.items():
            guests.discard(id(tally))
            line = self.lines.get(host)
            # A request of a visit that was ended early may still be under way.
            if not guests and not (line and line.locked()):
                free.append(host)
        if not free:
            return
        with writing(self.engine) as session:
            for host in free:
                del self.guests[host]
                held = self.leases.pop(host, None)
                if held:
                    self._release(session, host, held[0])

    def _release(self, session: Session, host: str, token: int) -> None:
        """Whoever is next there keeps the pause after our last request."""
        pause = self.settings.delay(host).total_seconds()
        rest = self.left.get(host, 0.0) + pause - monotonic()
        if rest > 0:
            host_store.push_back(session, host, self.clock() + timedelta(seconds=rest))
        host_store.release_host(session, host, self.settings.owner, token)

    def _check_address(self, url: str, host: str) -> None:
        if not self.settings.allow_private and is_private_host(host):
            raise private_address(url, host)
        with reading(self.engine) as session:
            if host_store.is_opted_out(session, url):
                raise Refused(
                    Outcome.REFUSED,
                    f"{host} asked not to be visited",
                    where=url,
                    to_do="this holds for ever; watch the community another way",
                )

    def _lease(self, host: str) -> int:
        """The fencing token under which this process may ask `host` now.

        Raises: HostBusy.
        """
        now, owner, ttl = self.clock(), self.settings.owner, self.settings.lease
        held = self.leases.get(host)
        if held and held[1] - now > ttl / 2:
            return held[0]
        with writing(self.engine) as session:
            if held and host_store.renew_host(session, host, owner, held[0], now=now, ttl=ttl):
                token: int | None = held[0]
            else:
                token = host_store.claim_host(session, host, owner, now, ttl)
        if token is None:
            self.leases.pop(host, None)
            raise HostBusy(host)
        self.leases[host] = (token, now + ttl)
        return token

    async def _wait_for_turn(self, host: str, token: int, request: Request) -> None:
        delay = max(self.settings.delay(host), request.meta.get("rollcall_delay", timedelta(0)))
        with writing(self.engine) as session:
            turn = host_store.reserve_request(session, host, token, self.clock(), delay)
        if turn is None:
            raise HostBusy(host)
        wait = turn - self.clock()
        if wait > LONGEST_TURN:
            raise Refused(
                Outcome.RATE_LIMITED,
                f"{host} asked for patience",
                where=request.url,
                not_before=turn,
            )
        # By a clock that nobody sets: a step of the other would make the wait an hour, or nothing.
        last_left = self.left.get(host)
        leaves = monotonic() + wait.total_seconds()
        if last_left is not None:
            leaves = max(leaves, last_left + delay.total_seconds())
        while (rest := leaves - monotonic()) > 0:
            await asyncio.sleep(min(rest, self.settings.lease.total_seconds() / 4))
            self._lease(host)
        self.left[host] = monotonic()
        now = self.clock()
        if now - turn > LATE:
            # This process was busy meanwhile: the next turn counts from when this one is taken.
            with writing(self.engine) as session:
                host_store.push_back(session, host, now + delay)

    async def _obey_robots(self, request: Request, host: str) -> None:
        origin = origin_of(request.url)
        async with self.robots_reads.setdefault(origin, asyncio.Lock()):
            robots = await self._load_robots(origin, request)
        if robots.status is None or robots.status >= 500:
            raise Unreachable(
                Outcome.SERVER_ERROR,
                f"robots.txt of {host} answers {robots.status}, so we keep away (RFC 9309)",
                where=f"{origin}/robots.txt",
                evidence={"robots": f"{origin}/robots.txt", "robots_status": str(robots.status)},
            )
        rules = _rules(robots.body if robots.status < 400 else "")
        if not rules.can_fetch(request.url, self.settings.user_agent):
            raise Refused(
                Outcome.REFUSED,
                "robots.txt does not allow this address",
                where=request.url,
                to_do="ask the host's owners, or watch the community by mailbox",
                evidence={"robots": f"{origin}/robots.txt"},
            )
        crawl_delay = rules.crawl_delay(self.settings.user_agent)
        if crawl_delay:
            request.meta["rollcall_delay"] = min(
                timedelta(seconds=crawl_delay), LONGEST_CRAWL_DELAY
            )

    async def _load_robots(self, origin: str, request: Request) -> Robots:
        """robots.txt as it was read in the last day, else as the host gives it now.

        A host that does not answer is asked for it once a crawl, however many its sources are.

        Raises: SourceError.
        """
        now = self.clock()
        if origin in self.robots_failed:
            raise self.robots_failed[origin]
        robots = self.robots.get(origin)
        if robots is None or now - robots.fetched_at >= host_store.ROBOTS_FRESH:
            with reading(self.engine) as session:
                robots = host_store.load_robots(session, origin, now)
        if robots is None:
            try:
                robots = await self._read_robots(origin, request)
            except SourceError as error:
                self.robots_failed[origin] = error
                raise
        self.robots[origin] = robots
        return robots

    async def _read_robots(self, origin: str, request: Request) -> Robots:
        """robots.txt as the host gives it now, saved for a day; failures are not saved.

        Raises: Unreachable where the host does not answer at all.
        """
        url = f"{origin}/robots.txt"
        asked = Request(
            url,
            callback=NO_CALLBACK,
            meta={ROBOTS: [], "rollcall_tally": request.meta.get("rollcall_tally")},
        )
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(asked)
        except RollcallError:
            raise
        except Exception as error:
            if not (isinstance(error, IgnoreRequest) and "max redirections" in str(error)):
                raise error_for_download(error, url) from error
            # Source: RFC 9309, 2.3.1.2: after five redirects it counts as not there.
            response = Response(url, status=404)
        now = self.clock()
        robots = Robots(status=response.status, body=cut_robots(response.body), fetched_at=now)
        header = (response.headers.get("Retry-After") or b"").decode("latin-1")
        until = read_retry_after(header, now) if response.status >= 400 else None
        if response.status == 429 or (until and response.status == 503):
            what = f"{host_of(url)} asks for patience before it shows its robots.txt"
            raise Refused(Outcome.RATE_LIMITED, what, where=url, not_before=until)
        if response.status < 500:
            with writing(self.engine) as session:
                host_store.save_robots(
                    session, origin, status=robots.status, body=robots.body, now=robots.fetched_at
                )
        return robots


def cut_robots(body: bytes) -> str:
    """As much of a robots.txt as is read, cut between two lines: half a rule is another rule."""
    if len(body) > ROBOTS_BYTES:
        body = body[:ROBOTS_BYTES].rpartition(b"\n")[0]
    return body.decode("utf-8-sig", "replace")


def leave_line(request: Request) -> None:
    """Nothing; the host is free for the next request."""
    line: asyncio.Lock | None = request.meta.pop(LINE, None)
    if line is not None:
        line.release()


def stop_long_robots(data: bytes, request: Request) -> None:
    """Nothing; a robots.txt that has no end is read as far as a crawler must.

    Raises: StopDownload.
    """
    sizes: list[int] | None = request.meta.get(ROBOTS)
    if sizes is None:
        return
    sizes.append(len(data))
    if sum(sizes) > ROBOTS_BYTES:
        raise StopDownload(fail=False)


def host_of(url: str) -> str:
    """The host key of an address: the lower-case name without port."""
    return (urlsplit(url).hostname or "").lower()


def origin_of(url: str) -> str:
    """Scheme, host and port of an address, as robots.txt is kept for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def has_robots(url: str) -> bool:
    """True for addresses of the web; a news server has no robots.txt (RFC 9309, 2.3)."""
    return urlsplit(url).scheme in ("http", "https")


def private_address(url: str, host: str) -> Refused:
    """The refusal of an address inside a private network."""
    return Refused(
        Outcome.REFUSED,
        f"{host} is a loopback or private address",
        where=url,
        to_do="set allow_private = true (or ROLLCALL_ALLOW_PRIVATE=1) if you mean it",
    )


def _count(request: Request) -> None:
    tally: Tally | None = request.meta.get("rollcall_tally")
    if tally is None:
        return
    if ROBOTS in request.meta:
        tally.robots_requests += 1
    else:
        tally.requests += 1


@lru_cache(maxsize=1024)
def _rules(body: str) -> Protego:
    return Protego.parse(body)
