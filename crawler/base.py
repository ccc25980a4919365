"""What a platform file builds on: `fetch` an answer, `yield` pages, end with a verdict.

A visit is one coroutine (decision record 0003): requests are awaited one after the other, so a
visit reads from top to bottom, has one end, and errors are mapped to outcomes in one place, here.
"""

from __future__ import annotations

import ssl
from abc import abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import scrapy
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Request, Response
from scrapy.http.request import NO_CALLBACK

from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import is_askable, urlsplit
from crawler.formats.html import find_challenge
from crawler.plan import CrawlPlan
from domain.errors import Gone, Refused, RollcallError, SourceError, Unparseable, Unreachable
from domain.outcome import Outcome
from domain.records import FoundPost, Mark, Page, Platform

# EOFError: a packed answer that ends before its first byte is unpacked.
_BROKEN = (DownloadFailedError, ResponseDataLossError, ssl.SSLError, OSError, EOFError)
_BREAKS = {
    "certificate verify failed": "its certificate has expired or is nobody's that we trust",
    "VerificationError": "its certificate is that of another host",
    "ConnectionLost": "it hung up",
    "ConnectionDone": "it hung up",
}
# A host may ask for patience, but not for ever.
LONGEST_RETRY_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One answer. `url` is the final address, `asked` the one we asked for.

    `body` has its content encoding undone; a file that is a gzip is still one. `cut` means that
    the connection ended early: what is there may be read, but proves nothing about the rest.
    """

    url: str
    asked: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    redirects: tuple[str, ...] = ()
    moved_for_good: bool = False
    not_modified: bool = False
    cut: bool = False

    def mark(self, name: str, label: str | None = None) -> Mark:
        """What to remember of this answer, to ask for the page conditionally next time."""
        return Mark(
            name=name,
            etag=self.headers.get("etag"),
            last_modified=self.headers.get("last-modified"),
            label=label,
        )

    @property
    def text_type(self) -> str:
        """The media type without parameters, in lower case; empty when none was sent."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a page is taken for a platform's: what was seen, and the address to watch."""

    platform: Platform
    url: str
    why: tuple[str, ...]
    certainty: str = "sure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a visit ended, in the adapter's own words. The last thing that a visit yields."""

    outcome: Outcome
    detail: str = ""
    to_do: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    new_url: str | None = None


def verdict_of(error: SourceError) -> Verdict:
    """The verdict of a visit that ends with this error."""
    return Verdict(
        outcome=error.outcome,
        detail=f"{error.what} ({error.where})" if error.where else error.what,
        to_do=error.to_do,
        evidence=error.evidence,
        new_url=error.new_url,
    )


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a visit has cost so far."""

    requests: int = 0
    robots_requests: int = 0
    bytes: int = 0
    codes: Counter[int] = field(default_factory=Counter)


class ArchiveSpider(scrapy.Spider):
    """A reader of one platform. Runs in a batch with others, or alone: `scrapy crawl NAME`."""

    name: str
    entry_mark: ClassVar[str] = "index"

    def __init__(
        self,
        plan: CrawlPlan | None = None,
        url: str = "",
        clock: Callable[[], datetime] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.clock = clock or utc_now
        self.plan = plan or CrawlPlan(
            source_id=0,
            community_id=0,
            name=url,
            url=url,
            platform=Platform(self.name),
            now=self.clock(),
        )
        self.tally = Tally()
        self.entry: Fetched | None = None
        # Who answers, and who hears each answer: a repair answers from what was kept.
        self.ask: Callable[[str, Mapping[str, str]], Awaitable[Fetched]] = self._ask_host
        self.hear: Callable[[Fetched], None] = lambda answer: None

    @abstractmethod
    def visit(self) -> AsyncIterator[Page | Verdict]:
        """Pages as they are read, then one verdict.

        Raises: SourceError where reading cannot go on; pages that were yielded before stay.
        """

    @abstractmethod
    async def look_back(self, wanted: LookBack) -> Sighting:
        """What the archive still shows of what it showed before, asked for unconditionally.

        Raises: SourceError where it shows something else.
        """

    async def start(self) -> AsyncIterator[Any]:
        """The posts of a run of this spider alone, without their people, then the verdict."""
        async for item in self.visit():
            if isinstance(item, Verdict):
                yield item
                continue
            for post in item.posts:
                yield FoundPost(at=post.at, subject=post.subject or "")

    async def fetch(
        self,
        url: str,
        *,
        mark: str | None = None,
        accept: str | None = None,
        allow: frozenset[int] = frozenset(),
        keep_cut: bool = False,
    ) -> Fetched:
        """The answer to a GET of `url`; conditional when `mark` names a remembered page.

        Statuses in `allow` come back like 200. `keep_cut` returns a body that was cut off.

        Raises: Unreachable, Refused, Gone, Unparseable.
        """
        if self.tally.requests >= self.plan.request_budget:
            raise Unparseable(
                Outcome.TOO_LARGE,
                f"more than {self.plan.request_budget} requests in one visit",
                where=url,
                to_do="the next visit goes on from here",
            )
        fetched = await self._download(url, self._headers(mark, accept), keep_cut=keep_cut)
        if not (200 <= fetched.status < 300 or fetched.not_modified or fetched.status in allow):
            raise error_for_status(fetched)
        return fetched

    def _headers(self, mark: str | None, accept: str | None) -> dict[str, str]:
        headers = {"Accept": accept or "*/*"}
        known = self.plan.mark(mark) if mark else None
        if known and known.etag:
            headers["If-None-Match"] = known.etag
        if known and known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        return headers

    async def _download(self, url: str, headers: dict[str, str], *, keep_cut: bool) -> Fetched:
        fetched = await self.ask(url, headers)
        self.entry = self.entry or fetched
        self.hear(fetched)
        self.tally.bytes += len(fetched.body)
        if self.tally.bytes > self.plan.byte_budget:
            raise Unparseable(
                Outcome.TOO_LARGE,
                f"more than {self.plan.byte_budget} bytes in one visit",
                where=url,
                to_do="the next visit goes on from here",
            )
        if fetched.cut and not keep_cut:
            raise Unreachable(
                Outcome.UNREACHABLE, "the answer was cut off in the middle", where=url
            )
        return fetched

    async def _ask_host(self, url: str, headers: Mapping[str, str]) -> Fetched:
        if not is_askable(url):
            raise Unparseable(Outcome.UNPARSEABLE, "is not a web address", where=url)
        request = Request(
            url, headers=dict(headers), callback=NO_CALLBACK, meta={"rollcall_tally": self.tally}
        )
        assert self.crawler.engine is not None
        try:
            response = await self.crawler.engine.download_async(request)
        except RollcallError:
            raise
        except Exception as error:
            raise error_for_download(error, url) from error
        return build_fetched(response, asked=url, fetched_at=self.clock())


def utc_now() -> datetime:
    """The clock of a crawl subprocess, and of a spider that runs alone."""
    return datetime.now(UTC)  # noqa: TID251 - the one reading of the clock in this package


def build_fetched(response: Response, *, asked: str, fetched_at: datetime) -> Fetched:
    """The answer as a value, freed from Scrapy."""
    headers = {
        name.decode("latin-1").lower(): (value or b"").decode("latin-1").strip()
        for name in response.headers
        for value in [response.headers.get(name)]
    }
    meta = response.request.meta if response.request else {}
    reasons = meta.get("redirect_reasons", [])
    return Fetched(
        url=response.url,
        asked=asked,
        status=response.status,
        headers=headers,
        body=response.body,
        fetched_at=fetched_at,
        redirects=tuple(meta.get("redirect_urls", [])),
        moved_for_good=bool(reasons) and all(reason in (301, 308) for reason in reasons),
        not_modified=response.status == 304,
        cut="dataloss" in response.flags,
    )


def error_for_status(fetched: Fetched) -> SourceError:
    """The error that an answer with this status means."""
    status, where = fetched.status, fetched.url
    not_before = read_retry_after(fetched.headers.get("retry-after"), fetched.fetched_at)
    evidence = {"status": str(status), "url": where}
    what = f"the host answered {status}"
    challenge = find_challenge(fetched.body, status)
    if challenge:
        evidence["seen"] = challenge
        return Refused(Outcome.CHALLENGE, challenge, where=where, evidence=evidence)
    if status == 429 or (status == 503 and not_before):
        return Refused(
            Outcome.RATE_LIMITED, what, where=where, evidence=evidence, not_before=not_before
        )
    if status in (401, 402, 403, 407, 451):
        to_do = "open it in a browser; if it asks for a login, it cannot be crawled"
        return Refused(Outcome.REFUSED, what, where=where, evidence=evidence, to_do=to_do)
    if status == 404:
        to_do = "check the address of the source"
        return Gone(Outcome.NOT_FOUND, what, where=where, evidence=evidence, to_do=to_do)
    if status == 410:
        return Gone(Outcome.GONE, what, where=where, evidence=evidence)
    if status >= 500:
        return Unreachable(
            Outcome.SERVER_ERROR, what, where=where, evidence=evidence, not_before=not_before
        )
    return Unparseable(Outcome.UNPARSEABLE, what, where=where, evidence=evidence)


def read_retry_after(value: str | None, now: datetime) -> datetime | None:
    """The moment a Retry-After names (seconds or a date; at most a week on), if it names one.

    Source: RFC 9110, 10.2.3.
    """
    if not value:
        return None
    try:
        seconds = max(0, min(int(value), int(LONGEST_RETRY_AFTER.total_seconds())))
        moment = now + timedelta(seconds=seconds)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
    return min(max(moment, now), now + LONGEST_RETRY_AFTER)


def error_for_download(error: Exception, url: str) -> SourceError:
    """The error that a failed download means; anything unknown is a bug and rises."""
    host = urlsplit(url).hostname or url
    evidence = {"error": type(error).__name__, "url": url}
    text = str(error)
    if isinstance(error, DownloadTimeoutError):
        what = f"{host} did not answer in time"
        return Unreachable(Outcome.TIMEOUT, what, where=url, evidence=evidence)
    if isinstance(error, IgnoreRequest) and "max redirections" in text:
        what = "the host redirects in a circle"
        return Unreachable(Outcome.SERVER_ERROR, what, where=url, evidence=evidence)
    if isinstance(error, DownloadCancelledError) or (
        isinstance(error, IgnoreRequest) and "DOWNLOAD_MAXSIZE" in text
    ):
        return Unparseable(
            Outcome.TOO_LARGE, "the answer is larger than we read", where=url, evidence=evidence
        )
    if isinstance(error, CannotResolveHostError):
        what = f"the name {host} leads nowhere"
        return Unreachable(Outcome.UNREACHABLE, what, where=url, evidence=evidence)
    if isinstance(error, DownloadConnectionRefusedError):
        what = f"{host} refuses the connection"
        return Unreachable(Outcome.UNREACHABLE, what, where=url, evidence=evidence)
    if isinstance(error, UnsupportedURLSchemeError):
        return Unparseable(Outcome.UNPARSEABLE, "is not a web address", where=url)
    if isinstance(error, _BROKEN):
        what = f"the connection to {host} failed ({_say_why(text)})"
        return Unreachable(Outcome.UNREACHABLE, what, where=url, evidence=evidence)
    raise error


def _say_why(text: str) -> str:
    known = (words for sign, words in _BREAKS.items() if sign in text)
    return next(known, _short(text))


def _short(text: str, limit: int = 120) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
