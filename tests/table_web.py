"""A web of pages in a table, in place of the network: drives a spider's `visit` to its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from crawler.base import ArchiveSpider, Fetched, Verdict, error_for_status
from crawler.plan import CrawlPlan
from domain.errors import SourceError
from domain.records import Mark, Page, Platform, ReadPost
from domain.window import Coverage, Window, complete_windows

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def answer(body: bytes | str = b"", status: int = 200, *, cut: bool = False, **headers: str):
    """One page of the table; header names with `_` for `-`."""
    raw = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(body=raw, status=status, headers=named, cut=cut)


@dataclass(kw_only=True)
class Visit:
    """What one visit yielded, and what it asked for."""

    pages: list[Page] = field(default_factory=list)
    verdict: Verdict | None = None
    error: SourceError | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def posts(self) -> dict[str, ReadPost]:
        return {post.post_id: post for page in self.pages for post in page.posts}

    @property
    def marks(self) -> dict[str, Mark]:
        return {mark.name: mark for page in self.pages for mark in page.marks}

    @property
    def coverage(self) -> list[Coverage]:
        return [stretch for page in self.pages for stretch in page.coverage]

    @property
    def seen(self) -> tuple[Window, ...]:
        return complete_windows(self.coverage)

    @property
    def outcome(self) -> str:
        ended = self.verdict or self.error
        assert ended is not None
        return ended.outcome.value


def serve(spider: ArchiveSpider, table: Any, *, now: datetime, asked: list[str]) -> None:
    """Lets the spider fetch from a table of pages, and notes what it asked for."""

    async def fetch(url, *, mark=None, accept=None, allow=frozenset(), keep_cut=False):
        asked.append(url)
        given = table.get(url, answer("Not Found", 404))
        if isinstance(given, SourceError):
            raise given
        known = spider.plan.mark(mark) if mark else None
        etag = given.headers.get("etag")
        fresh = known is not None and etag is not None and known.etag == etag
        fetched = Fetched(
            url=given.headers.get("final", url),
            asked=url,
            status=304 if fresh else given.status,
            headers=given.headers,
            body=b"" if fresh else given.body,
            fetched_at=now,
            not_modified=fresh,
            cut=given.cut,
        )
        if fresh or 200 <= given.status < 300 or given.status in allow:
            return fetched
        raise error_for_status(fetched)

    spider.fetch = fetch  # type: ignore[method-assign]


def run_visit(
    spider_class: type[ArchiveSpider],
    url: str,
    table: dict,
    *,
    marks: tuple[Mark, ...] = (),
    now: datetime = NOW,
    stop_after: int | None = None,
    **plan: Any,
) -> Visit:
    """One visit; a page that is not in the table is not found, an error in it is raised.

    `stop_after` ends it after so many pages, as a kill would.
    """
    spider = spider_class(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="test",
            url=url,
            platform=Platform(spider_class.name),
            now=now,
            marks=marks,
            **plan,
        ),
        clock=lambda: now,
    )
    visit = Visit()
    serve(spider, table, now=now, asked=visit.asked)

    async def read() -> None:
        async for item in spider.visit():
            if isinstance(item, Verdict):
                visit.verdict = item
            else:
                visit.pages.append(item)
            if stop_after is not None and len(visit.pages) >= stop_after:
                return

    try:
        asyncio.run(read())
    except SourceError as error:
        visit.error = error
    return visit
