"""Scrapy's settings; each departure from its defaults says why.

`CrawlSettings` is what the program itself hands to a crawl. A spider that runs alone
(`scrapy crawl NAME -a url=…`) takes it from the same configuration as every other command.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

from config import FILE_NAME, Settings, load
from domain.errors import ConfigError

BOT_NAME = "rollcall"
SPIDER_MODULES = ["crawler.spiders"]

# One engine reads every host at once, each host one request at a time (decision record 0003).
CONCURRENT_REQUESTS = 0
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# The delay of a host is kept in the store by `HostGate`, across processes; see crawler/hosts.py.
DOWNLOAD_DELAY = 0
# Only what we need, instead of all that Scrapy brings: robots.txt is the gate's own (its cache is
# in the store), cookies would tie our visits together, and where a page's refresh tag leads is
# evidence for the adapter, not a step to take unseen.
DOWNLOADER_MIDDLEWARES_BASE = {
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": 550,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": 600,
    "crawler.hosts.HostGate": 650,
}
ROBOTSTXT_OBEY = False
COOKIES_ENABLED = False
# A name that resolves to a private address is refused after resolution, not only by its spelling.
TWISTED_DNS_RESOLVER = "crawler.resolver.GuardedResolver"
# An answer cut off in the middle still holds posts; what it does not prove is left to the adapter.
DOWNLOAD_FAIL_ON_DATALOSS = False
DOWNLOAD_TIMEOUT = 60
DNS_TIMEOUT = 20
DOWNLOAD_MAXSIZE = 64 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
# Scrapy does not check certificates unless told so; a wrong one is a broken reading.
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 5
# A dropped connection is tried once more in the same visit; every other failure waits for the next.
RETRY_TIMES = 1
RETRY_HTTP_CODES: list[int] = []
RETRY_EXCEPTIONS = ["scrapy.exceptions.DownloadFailedError"]
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
# Only the web and news are read; the others would open files of this machine, and each costs
# start-up time.
DOWNLOAD_HANDLERS = {
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
    "nntp": "crawler.newsgroups.NewsHandler",
    "nntps": "crawler.newsgroups.NewsHandler",
}
# Our requests are awaited inside a visit and pass no spider middleware; redirects want this one.
SPIDER_MIDDLEWARES_BASE = {"scrapy.spidermiddlewares.referer.RefererMiddleware": 700}
# Nobody looks at these in a batch, and each costs start-up time.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
EXTENSIONS_BASE = {"scrapy.extensions.feedexport.FeedExporter": 0}
LOG_LEVEL = "WARNING"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSettings:
    """Where raw answers are kept, and how much they may take in all.

    `place` is told in each report, where there are several.
    """

    folder: Path
    cap_bytes: int
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSettings:
    """What a crawl must be told: where the store is, who we are, and the manners to keep."""

    database_url: str
    user_agent: str
    owner: str
    allow_private: bool = False
    delay_seconds: float = 1.0
    host_delays: Mapping[str, float] = field(default_factory=dict)
    max_answer_bytes: int = DOWNLOAD_MAXSIZE
    answer_seconds: float = DOWNLOAD_TIMEOUT
    lease: timedelta = timedelta(minutes=2)
    raw: RawSettings | None = None

    def delay(self, host: str) -> timedelta:
        """How long to leave `host` alone between two requests."""
        return timedelta(seconds=self.host_delays.get(host, self.delay_seconds))


def build_crawl_settings(settings: Settings) -> CrawlSettings:
    """What a crawl must be told, from the program's settings.

    Raises: ConfigError when there is no contact address for the hosts we visit.
    """
    if not settings.contact:
        raise ConfigError(
            "no contact address: the hosts we visit must be able to reach us",
            where=str(settings.data_dir / FILE_NAME),
            to_do='set contact = "you@example.org", or a page about your crawl',
        )
    return CrawlSettings(
        database_url=settings.database_url,
        user_agent=f"{settings.user_agent_name}/{version('rollcall')} (+{settings.contact})",
        allow_private=settings.allow_private,
        delay_seconds=settings.delay_seconds,
        host_delays={host: own.delay_seconds for host, own in settings.hosts.items()},
        max_answer_bytes=settings.crawl.max_answer_mib * 1024 * 1024,
        answer_seconds=settings.crawl.answer_seconds,
        owner=folder_owner(settings),
        raw=_raw_settings(settings),
    )


def _raw_settings(settings: Settings) -> RawSettings | None:
    if not settings.keep_raw:
        return None
    return RawSettings(folder=settings.raw_folder, cap_bytes=settings.raw_cap_mib * 1024 * 1024)


def load_crawl_settings(environ: Mapping[str, str]) -> CrawlSettings:
    """What a spider that runs alone must know, from the program's own settings.

    Raises: ConfigError.
    """
    return build_crawl_settings(load(None, environ))


def folder_owner(settings: Settings) -> str:
    """The name under which this data folder claims work.

    It is the same after a restart, so that what a killed run held is taken up again at once: the
    lock on the folder proves that no other run of it is alive.
    """
    return f"{socket.gethostname()}:{settings.data_dir}"
