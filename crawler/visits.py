"""Runs one visit to its end and says how it ended; the one place where a visit's errors stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from crawler.base import ArchiveSpider, Verdict
from domain.errors import RollcallError, SourceError
from domain.outcome import Outcome
from domain.records import CrawlReport, Page

log = logging.getLogger("rollcall.crawl")
Deliver = Callable[[Page], Awaitable[int]]
# Ends that a redirect to somewhere else explains better than the page it led to.
_LOST = frozenset({Outcome.UNPARSEABLE, Outcome.LAYOUT_CHANGED, Outcome.NOT_FOUND, Outcome.PARTIAL})


@dataclass(slots=True, kw_only=True)
class _Progress:
    new: int = 0
    stored: bool = False
    not_before: datetime | None = None


async def run_visit(spider: ArchiveSpider, deliver: Deliver) -> CrawlReport:
    """The report of one visit; `deliver` stores a page and gives the number of new posts.

    Raises: HostBusy (no visit took place), StorageFailed (nothing more can be stored).
    """
    started_at = spider.clock()
    progress = _Progress()
    verdict = await _conclude(spider, deliver, progress)
    new_url = verdict.new_url or same_list_elsewhere(spider, verdict)
    return CrawlReport(
        source_id=spider.plan.source_id,
        started_at=started_at,
        finished_at=spider.clock(),
        outcome=verdict.outcome,
        detail=verdict.detail,
        to_do=verdict.to_do,
        posts_new=progress.new,
        requests=spider.tally.requests,
        robots_requests=spider.tally.robots_requests,
        bytes=spider.tally.bytes,
        new_url=new_url,
        not_before=progress.not_before,
        evidence=verdict.evidence,
    )


async def _conclude(spider: ArchiveSpider, deliver: Deliver, progress: _Progress) -> Verdict:
    plan = spider.plan
    try:
        async with asyncio.timeout(plan.seconds_budget):
            return lost_by_redirect(spider, await _read(spider, deliver, progress))
    except SourceError as error:
        progress.not_before = error.not_before
        verdict = Verdict(
            outcome=error.outcome,
            detail=f"{error.what} ({error.where})" if error.where else error.what,
            to_do=error.to_do,
            evidence=error.evidence,
            new_url=error.new_url,
        )
    except TimeoutError:
        what = f"the visit was ended after {plan.seconds_budget} s"
        verdict = Verdict(outcome=Outcome.TIMEOUT, detail=what, to_do="the next one goes on")
    except RollcallError:
        raise
    except Exception as error:
        # Anything else is a bug of ours: say so, keep the trace, and let the other visits go on.
        log.exception("visit failed", extra={"source": plan.name})
        what = f"a fault in Rollcall, not in the archive: {type(error).__name__}: {error}"
        verdict = Verdict(outcome=Outcome.UNPARSEABLE, detail=what, to_do="report it")
    verdict = lost_by_redirect(spider, verdict)
    return replace(verdict, outcome=Outcome.PARTIAL) if progress.stored else verdict


async def _read(spider: ArchiveSpider, deliver: Deliver, progress: _Progress) -> Verdict:
    verdict: Verdict | None = None
    async for item in spider.visit():
        if isinstance(item, Verdict):
            verdict = item
            continue
        progress.new += await deliver(item)
        progress.stored = True
    if verdict is None:
        raise TypeError(f"the visit of {spider.name} ended without a verdict")
    return verdict


def lost_by_redirect(spider: ArchiveSpider, verdict: Verdict) -> Verdict:
    """The verdict; `moved` or `parked` when the entry led to another host and was no archive."""
    entry = spider.entry
    if entry is None or verdict.outcome not in _LOST:
        return verdict
    old, new = urlsplit(spider.plan.url), urlsplit(entry.url)
    if old.hostname == new.hostname:
        return verdict
    evidence = {**verdict.evidence, "redirects": " → ".join((*entry.redirects, entry.url))}
    if list_name(spider.plan.url) in entry.url.lower():
        what = f"leads to {entry.url}, which we cannot read: {verdict.detail}"
        return replace(
            verdict, outcome=Outcome.MOVED, detail=what, new_url=entry.url, evidence=evidence
        )
    what = f"leads to {new.hostname}, which says nothing of this list"
    return replace(verdict, outcome=Outcome.PARKED, detail=what, evidence=evidence)


def same_list_elsewhere(spider: ArchiveSpider, verdict: Verdict) -> str | None:
    """The entry's new address, when it moved for good and is the same list on the same platform."""
    entry = spider.entry
    if entry is None or not entry.moved_for_good or not verdict.outcome.saw:
        return None
    same = list_name(entry.url) == list_name(spider.plan.url)
    return entry.url if same and entry.asked == spider.plan.url else None


def list_name(url: str) -> str:
    """The last part of an address's path, in lower case: what archives name their list by."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return parts[-1].lower() if parts else (urlsplit(url).hostname or "")
