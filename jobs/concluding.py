"""What follows from visits that ended: reports, proposals, and when each source is due again."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from config import Settings
from crawler.plan import Known, Revisit, count_failures, next_crawl_at
from domain.errors import ClaimLost
from domain.records import CrawlReport, Source
from jobs.known import load_all_known
from jobs.proposing import follow_report
from store.claims import find_lost_claims
from store.crawls import save_reports
from store.engine import writing
from store.proposals import withdraw
from store.sources import release_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """One source after its visit, as it is to be saved."""

    source: Source
    report: CrawlReport
    due_at: datetime
    failures: int

    @property
    def plain(self) -> bool:
        """True where the archive was seen in its place: no proposal can come of it."""
        return self.report.outcome.saw and not self.report.new_url


def conclude_visits(
    engine: Engine,
    settings: Settings,
    ended: Iterable[tuple[Source, CrawlReport]],
    known: Mapping[int, Known | None],
    now: datetime,
) -> list[Conclusion]:
    """When each source is due again. `known` is from before the visits, as far as it was loaded."""
    visits = list(ended)
    changed = [
        source
        for source, report in visits
        if (before := known[source.id]) is None or report.posts_new or before.per_day is None
    ]
    facts = {**known, **(load_all_known(engine, changed, now) if changed else {})}
    return [
        _conclude(settings, source, report, before, now)
        for source, report in visits
        if (before := facts[source.id])
    ]


def _conclude(
    settings: Settings, source: Source, report: CrawlReport, known: Known, now: datetime
) -> Conclusion:
    failures = count_failures(source.failures, report.outcome, source.platform)
    report = replace(report, posts_total=known.posts)
    revisit = draw_revisit(settings)
    due_at = next_crawl_at(report, known, revisit, failures=failures, now=now)
    return Conclusion(source=source, report=report, due_at=due_at, failures=failures)


def save_visits(
    engine: Engine, visits: Sequence[Conclusion], *, owner: str, now: datetime
) -> Iterator[tuple[Conclusion, ClaimLost | None]]:
    """Each visit once it is saved; where its claim was lost, nothing of it is.

    Visits that saw their archives are saved together, every other in a transaction of its own.
    """
    plain = [visit for visit in visits if visit.plain]
    yield from _save(engine, plain, owner, now)
    for visit in visits:
        if not visit.plain:
            yield from _save(engine, [visit], owner, now)


def _save(
    engine: Engine, visits: Sequence[Conclusion], owner: str, now: datetime
) -> list[tuple[Conclusion, ClaimLost | None]]:
    if not visits:
        return []
    claims = {visit.source.id: visit.source.claim for visit in visits}
    with writing(engine) as session:
        lost = find_lost_claims(session, claims)
        kept = [visit for visit in visits if visit.source.id not in lost]
        save_reports(session, [visit.report for visit in kept])
        withdraw(session, [visit.source.id for visit in kept if visit.plain], now)
        due: dict[int, tuple[datetime, int]] = {}
        for visit in kept:
            again = not visit.plain and follow_report(session, visit.source, visit.report, now)
            due[visit.source.id] = (now, 0) if again else (visit.due_at, visit.failures)
        release_all(session, due, owner=owner)
    return [
        (replace(visit, due_at=due[visit.source.id][0]), None)
        if visit.source.id in due
        else (visit, lost[visit.source.id])
        for visit in visits
    ]


def draw_revisit(settings: Settings) -> Revisit:
    """The bounds of the timetable, with a share drawn anew."""
    schedule = settings.schedule
    return Revisit(
        shortest=timedelta(hours=schedule.shortest_revisit_hours),
        longest=timedelta(hours=schedule.longest_revisit_hours),
        spread=random.random(),  # noqa: S311 - spreads visits, keeps no secret
    )
