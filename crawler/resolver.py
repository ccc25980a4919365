"""Names become addresses, and private ones are refused after that, not only by their spelling."""

from __future__ import annotations

import os
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from crawler.settings import CrawlSettings, load_crawl_settings
from domain.addresses import is_private_host


class GuardedResolver(CachingThreadedResolver):
    """Scrapy's resolver, which refuses names that lead to private addresses unless allowed."""

    refused: set[str] = set()

    def __init__(self, reactor: Any, cache_size: int, timeout: float, allow_private: bool) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.allow_private = allow_private

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        size = crawler.settings.getint("DNSCACHE_SIZE")
        timeout = crawler.settings.getfloat("DNS_TIMEOUT")
        return cls(reactor, size, timeout, crawl_settings_of(crawler).allow_private)

    def getHostByName(  # noqa: N802 - Twisted's name
        self, name: str, timeout: Any = ()
    ) -> Deferred[str]:
        """The address of `name`; a failure where it is private."""
        found: Deferred[str] = super().getHostByName(name, timeout)
        return found.addCallback(self._refuse_private, name)

    def _refuse_private(self, address: str, name: str) -> str:
        if self.allow_private or not is_private_host(address):
            return address
        GuardedResolver.refused.add(name)
        raise DNSLookupError(f"{name} leads to a private address")


def crawl_settings_of(crawler: Crawler) -> CrawlSettings:
    """What the batch was told, or the program's own configuration for a spider that runs alone."""
    told: CrawlSettings | None = crawler.settings.get("ROLLCALL_CRAWL")
    return told or load_crawl_settings(os.environ)
