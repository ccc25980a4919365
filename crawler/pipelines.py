"""From a page as read to a page as kept: take the people out, save, sign the receipt.

A `Parcel` carries one page through the pipelines together with its own receipt, which the visit
waits for: nothing is read ahead of what is safely stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from sqlalchemy import Engine
from twisted.python.failure import Failure

from crawler.plan import CrawlPlan
from crawler.redact import redact_page
from crawler.settings import CrawlSettings
from crawler.together import Together
from domain.records import KeyedPage, Page
from store.claims import find_lost_claims, require_claim
from store.engine import open_database, reading, writing
from store.posts import QuietPage, SavedPage, community_key, save_page, save_quiet_pages


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

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.quiet: Together[Parcel, SavedPage] = Together(self._save_quiet)

    async def process_item(self, parcel: Parcel) -> Parcel:
        """The parcel, now stored; one without posts together with others of this moment."""
        assert parcel.keyed is not None
        if parcel.keyed.posts or parcel.plan.claim is None:
            saved = self._save(parcel.plan, parcel.keyed)
        else:
            saved = await self.quiet.ask(parcel)
        if not parcel.receipt.cancelled():
            parcel.receipt.set_result(saved)
        return parcel

    def _save(self, plan: CrawlPlan, page: KeyedPage) -> SavedPage:
        with writing(self.engine) as session:
            if plan.claim is not None:
                require_claim(session, plan.source_id, plan.claim)
            return save_page(session, plan.source_id, page, now=plan.now)

    def _save_quiet(self, parcels: Sequence[Parcel]) -> list[SavedPage | Exception]:
        claims = {p.plan.source_id: p.plan.claim for p in parcels if p.plan.claim is not None}
        with writing(self.engine) as session:
            lost = find_lost_claims(session, claims)
            pages = [
                QuietPage(source_id=parcel.plan.source_id, page=parcel.keyed, now=parcel.plan.now)
                for parcel in parcels
                if parcel.keyed and parcel.plan.source_id not in lost
            ]
            save_quiet_pages(session, pages)
        return [lost.get(parcel.plan.source_id) or SavedPage(new=0, known=0) for parcel in parcels]


def refuse_receipt(item: Any, failure: Failure) -> None:
    """Nothing; the visit that waits for this parcel hears what went wrong."""
    if isinstance(item, Parcel) and not item.receipt.done():
        item.receipt.set_exception(failure.value or RuntimeError("the page was not stored"))
