"""One look at an address that nobody watches yet: what it is, its newest posts. Stores nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.detect import detect_platform, is_settled, list_leads, rank_evidence, read_version
from crawler.feeds import list_named_feeds
from crawler.formats.html import find_title, is_html, read_html
from crawler.formats.recipe import Recipe
from crawler.order import Probed
from crawler.plan import CrawlPlan
from domain.errors import RollcallError, SourceError
from domain.outcome import Outcome
from domain.records import FoundPost, Platform, ReadPost

SHOWN = 5
REQUESTS = 12
# So many addresses that a page leads to are looked at, the likeliest first.
LEADS = 5
NOTHING_KNOWN = datetime.min.replace(tzinfo=UTC)
ROBOTS_LET_IN, ROBOTS_SHUT_OUT = "let us in", "shut us out"
LoadSpider = Callable[[CrawlPlan], ArchiveSpider]


async def probe_address(
    url: str,
    load_spider: LoadSpider,
    now: datetime,
    *,
    recipe: Recipe | None = None,
    word: str = "",
) -> Probed:
    """What the address is, how a visit would end, and the newest posts that it shows.

    Where the page itself is no archive, the likeliest addresses that it leads to are tried. With a
    recipe nothing has to be found out, and the address is read as it says.
    """
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
    if recipe is not None:
        return await _try_recipe(
            replace(plan, platform=Platform.RECIPE, recipe=recipe), load_spider
        )
    spider = load_spider(plan)
    try:
        page = await spider.fetch(url)
        title = find_title(read_html(page.body)) if is_html(page.body) else ""
    except RollcallError as error:
        return _name_by_address(_failed(url, error), now)
    found = Probed(
        url=url,
        platform=None,
        outcome=Outcome.UNPARSEABLE,
        detail="no platform that we know shows itself here",
        to_do="give the address of the archive's index page or of the feed",
        title=title,
        version=read_version(page),
        feeds=tuple(feed.url for feed in list_named_feeds(page)) if is_html(page.body) else (),
        robots=ROBOTS_LET_IN,
        has_word=bool(word) and word.encode() in page.body,
    )
    evidence = await _find_evidence(spider, page)
    if evidence is None:
        return found
    trial = load_spider(replace(plan, platform=evidence.platform, url=evidence.url))
    return await _try_visit(found, trial, evidence)


async def _try_recipe(plan: CrawlPlan, load_spider: LoadSpider) -> Probed:
    found = Probed(
        url=plan.url, platform=None, outcome=Outcome.UNPARSEABLE, detail="", robots=ROBOTS_LET_IN
    )
    why = ("somebody wrote a recipe for it",)
    evidence = Evidence(platform=Platform.RECIPE, url=plan.url, why=why)
    return await _try_visit(found, load_spider(plan), evidence)


async def _find_evidence(spider: ArchiveSpider, page: Fetched) -> Evidence | None:
    """The best evidence of the page and, while nothing is settled, of what it leads to."""
    best = detect_platform(page)
    leads = () if is_settled(best) else list_leads(page)[:LEADS]
    for lead in leads:
        try:
            evidence = detect_platform(await spider.fetch(lead))
        except RollcallError:
            continue
        if evidence is None:
            continue
        evidence = replace(evidence, why=(f"the page leads to {lead}", *evidence.why))
        best = min((one for one in (best, evidence) if one), key=rank_evidence)
        if is_settled(best):
            break
    return best


async def _try_visit(found: Probed, spider: ArchiveSpider, evidence: Evidence) -> Probed:
    found = replace(
        found,
        platform=evidence.platform,
        why=evidence.why,
        certainty=evidence.certainty,
        watch_url=evidence.url,
    )
    posts: dict[str, ReadPost] = {}
    verdict = Verdict(outcome=Outcome.PARTIAL, detail="stopped after the newest part")
    robots = found.robots
    try:
        async for item in spider.visit():
            if isinstance(item, Verdict):
                verdict = item
            else:
                posts.update((post.post_id, post) for post in item.posts)
    except SourceError as error:
        verdict = Verdict(
            outcome=error.outcome,
            detail=error.what,
            to_do=error.to_do,
            evidence=error.evidence,
        )
        robots = _robots_said(error) or robots
    except RollcallError as error:
        return _failed(found.url, error)
    by_date = sorted(posts.values(), key=lambda post: post.at or NOTHING_KNOWN, reverse=True)
    return replace(
        found,
        outcome=verdict.outcome,
        detail=verdict.detail,
        to_do=verdict.to_do,
        robots=robots,
        posts_read=len(posts),
        declared=verdict.evidence.get("declared", ""),
        newest=tuple(FoundPost(at=post.at, subject=post.subject or "") for post in by_date[:SHOWN]),
        evidence=verdict.evidence,
    )


def _failed(url: str, error: RollcallError) -> Probed:
    outcome = error.outcome if isinstance(error, SourceError) else Outcome.UNREACHABLE
    return Probed(
        url=url,
        platform=None,
        outcome=outcome,
        detail=error.what,
        to_do=error.to_do,
        robots=_robots_said(error) if isinstance(error, SourceError) else "",
    )


def _name_by_address(found: Probed, now: datetime) -> Probed:
    """The look that failed, with the platform that the address alone tells.

    Closed platforms mostly refuse the look, and are known by their addresses.
    """
    page = Fetched(url=found.url, asked=found.url, status=0, headers={}, body=b"", fetched_at=now)
    evidence = detect_platform(page)
    if evidence is None:
        return found
    return replace(
        found,
        platform=evidence.platform,
        why=evidence.why,
        certainty=evidence.certainty,
        watch_url=evidence.url,
    )


def _robots_said(error: SourceError) -> str:
    return ROBOTS_SHUT_OUT if "robots" in error.evidence else ""
