"""A look back at a table of pages: what a spider sees of what was shown before."""

from __future__ import annotations

import asyncio
from typing import Any

from crawler.base import ArchiveSpider, Fetched, error_for_status
from crawler.canaries import LookBack, Sighting
from crawler.plan import CrawlPlan
from domain.records import Platform
from tests.table_web import NOW, answer


def look_back(
    spider_class: type[ArchiveSpider], url: str, table: dict, **plan: Any
) -> tuple[Sighting, list[str]]:
    """What a look back sees, and what it asks for."""
    asked: list[str] = []
    order = CrawlPlan(
        source_id=1,
        community_id=1,
        name="test",
        url=url,
        platform=Platform(spider_class.name),
        now=NOW,
        **plan,
    )
    spider = spider_class(plan=order, clock=lambda: NOW)

    async def fetch(address, *, mark=None, accept=None, allow=frozenset(), keep_cut=False):
        asked.append(address)
        given = table.get(address, answer("Not Found", 404))
        fetched = Fetched(
            url=address,
            asked=address,
            status=given.status,
            headers=given.headers,
            body=given.body,
            fetched_at=NOW,
        )
        if given.status == 200 or given.status in allow:
            return fetched
        raise error_for_status(fetched)

    spider.fetch = fetch  # type: ignore[method-assign]
    return asyncio.run(spider.look_back(LookBack(plan=order, secret_key=b"key"))), asked
