"""The gate before every request, in every mode: leases, delays, robots.txt, opt-outs, addresses.

Politeness is one mechanism. Whatever the number of spiders, sources, processes or machines, a
request leaves only while this process holds the host's lease in the store, only once the one before
it has ended, and only at the moment that the store reserved for it. robots.txt itself goes through
the same gate.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from sqlalchemy import Engine

from crawler.base import Tally, error_for_download, read_retry_after, utc_now
from crawler.formats.addresses import is_askable, urljoin, urlsplit
from crawler.formats.packed import is_cut
from crawler.manners import (
    LINE,
    ROBOTS,
    count_answer,
    count_request,
    cut_robots,
    has_robots,
    host_of,
    leave_line,
    origin_of,
    private_address,
    read_rules,
    stop_long_robots,
)
from crawler.resolver import GuardedResolver, crawl_settings_of
from crawler.settings import CrawlSettings
from crawler.together import Together
from domain.addresses import is_private_host
from domain.errors import HostBusy, Refused, RollcallError, SourceError, Unparseable, Unreachable
from domain.outcome import Outcome
from store import hosts as host_store
from store.engine import open_database, reading, writing
from store.hosts import Robots, Turn

# A Crawl-delay beyond this would let one host hold a worker for days; it is cut to this.
LONGEST_CRAWL_DELAY = timedelta(seconds=30)
# A turn taken later than this moves the next one on.
LATE = timedelta(milliseconds=20)
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A host that wants to be left alone for longer is visited later instead of waited for.
LONGEST_TURN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A request that wants in. `origin` is named while nothing is known of its robots.txt."""

    url: str
    host: str
    origin: str | None


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
        self.guests: defaultdict[str, set[int]] = defaultdict(set)
        self.asked: defaultdict[int, set[str]] = defaultdict(set)
        self.lingering: set[str] = set()
        # Questions to the store, each asked for all visits that have it at the same moment.
        self.knocks: Together[Knock, Robots | None] = Together(self._let_in)
        self.renewals: Together[str, int] = Together(self._renew)
        self.turns: Together[Turn, datetime | None] = Together(self._reserve)
        self.waits: Together[tuple[str, datetime], None] = Together(self._push_back)
        self.goodbyes: Together[str, None] = Together(self._see_off)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings = crawl_settings_of(crawler)
        clock = crawler.settings.get("ROLLCALL_CLOCK") or utc_now
        engine = open_database(settings.database_url, keep_open=True)
        gate = cls(crawler, settings, engine, clock)
        crawler.signals.connect(gate.release_all, signals.spider_closed)
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
        if not self.settings.allow_private and is_private_host(host):
            raise private_address(request.url, host)
        visit = id(request.meta.get("rollcall_tally"))
        self.guests[host].add(visit)
        self.asked[visit].add(host)
        obeys = ROBOTS not in request.meta and has_robots(request.url)
        origin = origin_of(request.url) if obeys else ""
        unknown = origin if obeys and not self._knows_robots(origin) else None
        found = await self.knocks.ask(Knock(url=request.url, host=host, origin=unknown))
        if found:
            self.robots[origin] = found
        if obeys:
            await self._obey_robots(request, host, origin)
        line = self.lines.setdefault(host, asyncio.Lock())
        await line.acquire()
        try:
            await self._wait_for_turn(host, await self._lease(host), request)
        except BaseException:
            line.release()
            raise
        request.meta[LINE] = line  # `leave_line` gives it back, whatever comes of the request
        count_request(request)

    def process_response(self, request: Request, response: Response) -> Response:
        """The same answer, marked where it was packed and its end is missing.

        A Retry-After is kept for every later request to the host.

        Raises: Unparseable where it leads on to what is no address.
        """
        count_answer(request, response.status)
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
        self._release(list(self.leases))
        self.engine.dispose()

    async def release_after(self, tally: Tally) -> None:
        """Gives back the hosts that no visit but this one asked; for the end of a visit."""
        hosts = self.asked.pop(id(tally), set()) | self.lingering
        for host in hosts:
            self.guests[host].discard(id(tally))
        free = {host for host in hosts if not self.guests[host]}
        # A request of a visit that was ended early may still be under way.
        self.lingering = {host for host in free if self._is_asked(host)}
        for host in free - self.lingering:
            await self.goodbyes.ask(host)

    def _is_asked(self, host: str) -> bool:
        line = self.lines.get(host)
        return line is not None and line.locked()

    # ---- what is asked of the store, for many visits at once ----

    def _let_in(self, knocks: Sequence[Knock]) -> list[Robots | Exception | None]:
        """The remembered robots.txt where one was asked for; a lease of each host is held then."""
        origins = {knock.origin for knock in knocks if knock.origin}
        with reading(self.engine) as session:
            shut = host_store.find_opted_out(session, [knock.url for knock in knocks])
            robots = host_store.load_all_robots(session, origins, self.clock())
        self._hold([knock.host for knock in knocks if knock.url not in shut])
        return [
            _opted_out(knock)
            if knock.url in shut
            else robots.get(knock.origin or "")
            if knock.host in self.leases
            else HostBusy(knock.host)
            for knock in knocks
        ]

    def _renew(self, hosts: Sequence[str]) -> list[int | Exception]:
        self._hold(hosts)
        return [self.leases[h][0] if h in self.leases else HostBusy(h) for h in hosts]

    def _hold(self, hosts: Sequence[str]) -> None:
        """Claims or renews the leases that do not last; those that cannot be had are gone."""
        now, owner, ttl = self.clock(), self.settings.owner, self.settings.lease
        wanted = {host for host in hosts if self._held(host) is None}
        if not wanted:
            return
        held = {host: self.leases[host][0] for host in wanted & self.leases.keys()}
        with writing(self.engine) as session:
            tokens = {
                host: token
                for host, token in held.items()
                if host_store.renew_host(session, host, owner, token, now=now, ttl=ttl)
            }
            lost = wanted - tokens.keys()
            tokens |= host_store.claim_hosts(session, lost, owner, now=now, ttl=ttl)
        for host in wanted - tokens.keys():
            self.leases.pop(host, None)
        self.leases |= {host: (token, now + ttl) for host, token in tokens.items()}

    def _held(self, host: str) -> int | None:
        """The token of a lease that lasts for a while yet."""
        token, until = self.leases.get(host, (None, None))
        return token if until and until - self.clock() > self.settings.lease / 2 else None

    def _reserve(self, turns: Sequence[Turn]) -> list[datetime | None]:
        with writing(self.engine) as session:
            return host_store.reserve_requests(session, turns, self.clock())

    def _push_back(self, waits: Sequence[tuple[str, datetime]]) -> list[None]:
        with writing(self.engine) as session:
            host_store.push_all_back(session, dict(waits))
        return [None] * len(waits)

    def _see_off(self, hosts: Sequence[str]) -> list[None]:
        # Another visit may have come meanwhile.
        gone = [host for host in hosts if not self.guests.get(host)]
        self._release(gone)
        for host in gone:
            self.guests.pop(host, None)
        return [None] * len(hosts)

    def _release(self, hosts: Sequence[str]) -> None:
        """Whoever is next there keeps the pause after our last request."""
        now, left = self.clock(), monotonic()
        rests = {
            host: self.left.get(host, 0.0) + self.settings.delay(host).total_seconds() - left
            for host in hosts
        }
        waits = {host: now + timedelta(seconds=rest) for host, rest in rests.items() if rest > 0}
        held = {host: self.leases[host][0] for host in hosts if host in self.leases}
        if waits or held:
            with writing(self.engine) as session:
                host_store.push_all_back(session, waits)
                host_store.release_leases(session, held, self.settings.owner)
        for host in held:
            del self.leases[host]

    async def _lease(self, host: str) -> int:
        """The fencing token under which this process may ask `host` now.

        Raises: HostBusy.
        """
        token = self._held(host)
        return await self.renewals.ask(host) if token is None else token

    async def _wait_for_turn(self, host: str, token: int, request: Request) -> None:
        delay = max(self.settings.delay(host), request.meta.get("rollcall_delay", timedelta(0)))
        turn = await self.turns.ask(Turn(host=host, token=token, delay=delay))
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
            await self._lease(host)
        self.left[host] = monotonic()
        now = self.clock()
        if delay and now - turn > LATE:
            # This process was busy meanwhile: the next turn counts from when this one is taken.
            await self.waits.ask((host, now + delay))

    def _knows_robots(self, origin: str) -> bool:
        robots = self.robots.get(origin)
        return robots is not None and self.clock() - robots.fetched_at < host_store.ROBOTS_FRESH

    async def _obey_robots(self, request: Request, host: str, origin: str) -> None:
        async with self.robots_reads.setdefault(origin, asyncio.Lock()):
            robots = await self._load_robots(origin, request)
        if robots.status is None or robots.status >= 500:
            raise Unreachable(
                Outcome.SERVER_ERROR,
                f"robots.txt of {host} answers {robots.status}, so we keep away (RFC 9309)",
                where=f"{origin}/robots.txt",
                evidence={"robots": f"{origin}/robots.txt", "robots_status": str(robots.status)},
            )
        rules = read_rules(robots.body if robots.status < 400 else "")
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
        if origin in self.robots_failed:
            raise self.robots_failed[origin]
        if not self._knows_robots(origin):
            try:
                self.robots[origin] = await self._read_robots(origin, request)
            except SourceError as error:
                self.robots_failed[origin] = error
                raise
        return self.robots[origin]

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


def _opted_out(knock: Knock) -> Refused:
    what = f"{knock.host} asked not to be visited"
    to_do = "this holds for ever; watch the community another way"
    return Refused(Outcome.REFUSED, what, where=knock.url, to_do=to_do)
