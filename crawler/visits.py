"""Runs one visit to its end and says how it ended; the one place where a visit's errors stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

from crawler.base import ArchiveSpider, Tally, Verdict, verdict_of
from crawler.canaries import LookBack, LookedBack, Sighting, take_people_out
from crawler.elsewhere import explain_loss, same_list_elsewhere
from crawler.evidence import gather_evidence
from crawler.formats.layout import fingerprint
from crawler.noticing import Shown, compare_layout
from domain.answers import write_answers
from domain.errors import RollcallError, SourceError
from domain.monitors import Evidence
from domain.outcome import Outcome
from domain.records import CrawlReport, Page

log = logging.getLogger("rollcall.crawl")
Deliver = Callable[[Page], Awaitable[int]]


@dataclass(slots=True, kw_only=True)
class _Progress:
    new: int = 0
    stored: bool = False
    broken: bool = False
    not_before: datetime | None = None
    shown: Shown = field(default_factory=Shown)


async def run_visit(spider: ArchiveSpider, deliver: Deliver) -> CrawlReport:
    """The report of one visit; `deliver` stores a page and gives the number of new posts.

    Raises: HostBusy (no visit took place), StorageFailed (nothing more can be stored).
    """
    started_at = spider.clock()
    progress = _Progress()
    deadline = asyncio.get_running_loop().time() + spider.plan.seconds_budget
    verdict = await _conclude(spider, _read(spider, deliver, progress), progress)
    if not (progress.stored or progress.broken):
        explained = explain_loss(spider, verdict, deadline=deadline)
        verdict = await _conclude(spider, explained, progress)
    noticed = _notice(spider, deliver, verdict, progress)
    verdict = await _conclude(spider, noticed, progress)
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
        evidence=gather_evidence(spider.entry, _gather_found(spider.tally, verdict)),
    )


def _gather_found(tally: Tally, verdict: Verdict) -> dict[str, str]:
    return {"answers": write_answers(tally.codes, tally.requests), **verdict.evidence}


async def run_look_back(spider: ArchiveSpider, wanted: LookBack) -> LookedBack:
    """What a source still shows of what it showed before; however it went, an answer.

    Raises: HostBusy, StorageFailed.
    """
    seen: list[Sighting] = []

    async def look() -> Verdict:
        seen.append(await spider.look_back(wanted))
        return Verdict(outcome=Outcome.READ)

    verdict = await _conclude(spider, look(), _Progress())
    if not verdict.outcome.saw:
        return LookedBack(
            source_id=wanted.plan.source_id, outcome=verdict.outcome, detail=verdict.detail
        )
    layout = fingerprint(spider.entry.body) if spider.entry else ""
    return take_people_out(seen[0], wanted, layout=layout)


async def _notice(
    spider: ArchiveSpider, deliver: Deliver, verdict: Verdict, progress: _Progress
) -> Verdict:
    """The verdict with what was noticed beside the posts; remembers how the entry is built."""
    plan, new = spider.plan, progress.new
    read = verdict.outcome is Outcome.READ
    marks, layout = compare_layout(plan, spider.entry, read=read, new=new)
    if marks:
        await deliver(Page(marks=marks))
    told = {**progress.shown.tell(plan, new=new), Evidence.LAYOUT: layout}
    told = {**verdict.evidence, **{str(name): said for name, said in told.items() if said}}
    return replace(verdict, evidence=told)


async def _conclude(
    spider: ArchiveSpider, reading: Coroutine[Any, Any, Verdict], progress: _Progress
) -> Verdict:
    plan = spider.plan
    try:
        async with asyncio.timeout(plan.seconds_budget):
            return await reading
    except SourceError as error:
        progress.not_before = error.not_before
        verdict = verdict_of(error)
    except TimeoutError:
        what = f"the visit was ended after {plan.seconds_budget} s"
        evidence = {"error": "TimeoutError"}
        verdict = Verdict(
            outcome=Outcome.TIMEOUT, detail=what, to_do="the next one goes on", evidence=evidence
        )
    except RollcallError:
        raise
    except Exception as error:
        # Anything else is a bug of ours: say so, keep the trace, and let the other visits go on.
        # Neither holds what the error quotes: that may be somebody's name or words.
        bare = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
        log.exception("visit failed", exc_info=bare, extra={"source": plan.name})
        progress.broken = True
        what = f"a fault in Rollcall, not in the archive: {type(error).__name__}{_place_of(error)}"
        evidence = {"error": type(error).__name__}
        verdict = Verdict(
            outcome=Outcome.UNPARSEABLE, detail=what, to_do="report it", evidence=evidence
        )
    if not progress.stored:
        return verdict
    evidence = {**verdict.evidence, "ended_by": verdict.outcome}
    return replace(verdict, outcome=Outcome.PARTIAL, evidence=evidence)


def _place_of(error: Exception) -> str:
    """Where in a file an error was raised."""
    frames = extract_tb(error.__traceback__)
    return f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""


async def _read(spider: ArchiveSpider, deliver: Deliver, progress: _Progress) -> Verdict:
    verdict: Verdict | None = None
    async for item in spider.visit():
        if isinstance(item, Verdict):
            verdict = item
            continue
        progress.shown.add(item, spider.plan)
        progress.new += await deliver(item)
        progress.stored = True
    if verdict is None:
        raise TypeError(f"the visit of {spider.name} ended without a verdict")
    return verdict
