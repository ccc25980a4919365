"""From a page as read to a page as kept: take the people out, save, sign the receipt.

A `Parcel` carries one page through the pipelines together with its own receipt, which the visit
waits for: nothing is read ahead of what is safely stored.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy import Engine
from twisted.python.failure import Failure

from crawler.plan import CrawlPlan
from crawler.redact import redact_page
from crawler.settings import CrawlSettings
from domain.records import KeyedPage, Page
from store.claims import require_claim
from store.engine import open_database, reading, writing
from store.posts import SavedPage, community_key, save_page


@dataclass(slots=True, kw_only=True, eq=False)
class Parcel:
    """One page on its way to the store, with the receipt that its visit waits for."""

    plan: CrawlPlan
    page: Page
    receipt: asyncio.Future[SavedPage]
    keyed: KeyedPage | None = field(default=None)


class StorePipeline:
    """What the pipelines share: the store that the crawl was told of."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        settings: CrawlSettings = crawler.settings["ROLLCALL_CRAWL"]
        return cls(open_database(settings.database_url, keep_open=True))

    def close_spider(self) -> None:
        """Nothing; the connections are closed."""
        self.engine.dispose()


class Redact(StorePipeline):
    """Replaces every id and author by a keyed hash, and impossible dates by unknown ones."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.keys: dict[int, bytes] = {}

    def process_item(self, parcel: Parcel) -> Parcel:
        """The parcel with its page redacted."""
        # A quiet visit has nothing to hash: most visits are quiet, and each would ask the store.
        key = self._key(parcel.plan.source_id) if parcel.page.posts else b""
        parcel.keyed = redact_page(parcel.page, key, now=parcel.plan.now)
        return parcel

    def _key(self, source_id: int) -> bytes:
        if source_id not in self.keys:
            with reading(self.engine) as session:
                self.keys[source_id] = community_key(session, source_id)
        return self.keys[source_id]


class Save(StorePipeline):
    """Stores posts, coverage and marks of a page in one transaction, and signs the receipt."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        crawler.signals.connect(refuse_receipt, signals.item_error)
        return super().from_crawler(crawler)

    def process_item(self, parcel: Parcel) -> Parcel:
        """The parcel, now stored."""
        assert parcel.keyed is not None
        plan = parcel.plan
        with writing(self.engine) as session:
            if plan.claim is not None:
                require_claim(session, plan.source_id, plan.claim)
            saved = save_page(session, plan.source_id, parcel.keyed, now=plan.now)
        if not parcel.receipt.cancelled():
            parcel.receipt.set_result(saved)
        return parcel


def refuse_receipt(item: Any, failure: Failure) -> None:
    """Nothing; the visit that waits for this parcel hears what went wrong."""
    if isinstance(item, Parcel) and not item.receipt.done():
        item.receipt.set_exception(failure.value or RuntimeError("the page was not stored"))
