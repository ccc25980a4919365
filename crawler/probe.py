"""One look at an address that nobody watches yet: what it is, its newest posts. Stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from crawler.base import ArchiveSpider, Evidence, Verdict
from crawler.detect import detect_platform
from crawler.order import Probed
from crawler.plan import CrawlPlan
from domain.errors import RollcallError, SourceError
from domain.outcome import Outcome
from domain.records import FoundPost, Platform, ReadPost

SHOWN = 5
REQUESTS = 8
NOTHING_KNOWN = datetime.min.replace(tzinfo=UTC)
LoadSpider = Callable[[CrawlPlan], ArchiveSpider]


async def probe_address(url: str, load_spider: LoadSpider, now: datetime) -> Probed:
    """What the address is, how a visit would end, and the newest posts that it shows."""
    plan = CrawlPlan(
        source_id=0,
        community_id=0,
        name=url,
        url=url,
        platform=Platform.FEED,
        now=now,
        request_budget=REQUESTS,
        newest_only=True,
    )
    try:
        page = await load_spider(plan).fetch(url)
        evidence = detect_platform(page)
    except RollcallError as error:
        return _failed(url, error)
    if evidence is None:
        return Probed(
            url=url,
            platform=None,
            outcome=Outcome.UNPARSEABLE,
            detail="no platform that we know shows itself here",
            to_do="give the address of the archive's index page or of the feed",
        )
    spider = load_spider(replace(plan, platform=evidence.platform, url=evidence.url))
    return await _try_visit(url, spider, evidence)


async def _try_visit(url: str, spider: ArchiveSpider, evidence: Evidence) -> Probed:
    posts: dict[str, ReadPost] = {}
    verdict = Verdict(outcome=Outcome.PARTIAL, detail="stopped after the newest part")
    try:
        async for item in spider.visit():
            if isinstance(item, Verdict):
                verdict = item
            else:
                posts.update((post.post_id, post) for post in item.posts)
    except SourceError as error:
        verdict = Verdict(outcome=error.outcome, detail=error.what, to_do=error.to_do)
    except RollcallError as error:
        return _failed(url, error)
    by_date = sorted(posts.values(), key=lambda post: post.at or NOTHING_KNOWN, reverse=True)
    return Probed(
        url=url,
        platform=evidence.platform,
        outcome=verdict.outcome,
        detail=verdict.detail,
        to_do=verdict.to_do,
        why=evidence.why,
        certainty=evidence.certainty,
        watch_url=evidence.url,
        posts_read=len(posts),
        newest=tuple(FoundPost(at=post.at, subject=post.subject or "") for post in by_date[:SHOWN]),
        evidence=verdict.evidence,
    )


def _failed(url: str, error: RollcallError) -> Probed:
    outcome = error.outcome if isinstance(error, SourceError) else Outcome.UNREACHABLE
    return Probed(url=url, platform=None, outcome=outcome, detail=error.what, to_do=error.to_do)
