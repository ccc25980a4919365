"""Raw answers: read again with today's parser, and thrown away in time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from config import Settings
from crawler.kept import (
    KeptVisit,
    Purged,
    Shelf,
    digest_reading,
    join_copies,
    name_reading,
    open_visits,
    purge,
)
from crawler.redact import redact_page
from crawler.settings import folder_owner
from domain.errors import UsageError
from domain.records import KEPT_ON, CrawlReport, Page, ReadPost, Source
from jobs.recipes import give_recipe
from store.corrections import Corrected, correct_posts
from store.crawls import list_reports
from store.engine import reading, writing
from store.posts import community_key, count_posts, save_page

MIB = 1024 * 1024
# So many visits are looked through for where the last answers are kept.
FORMER = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One kept visit, read again: how it ended then and how it ends now."""

    shelf: Shelf
    visited_at: datetime
    answers: int
    left_out: int
    before: str
    report: CrawlReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Reparsed:
    """What a second reading of a source's kept answers changed."""

    source: Source
    visits: tuple[Replayed, ...]
    posts_read: int
    posts_new: int
    posts_total: int
    corrected: Corrected

    @property
    def saw(self) -> bool:
        """True when today's parser sees at each of the visits."""
        return all(visit.report.outcome.saw for visit in self.visits)


def reparse(engine: Engine, settings: Settings, source: Source) -> Reparsed:
    """What changed when the kept answers of a source were read with today's parser.

    No request leaves. Posts and coverage are saved as by the visit itself; a post that today's
    parser reads otherwise than the visit did is corrected, and nothing else changes. What the
    next visit asks for stays as it was.

    Raises: UsageError (nothing kept, or newer answers on another machine), StorageFailed.
    """
    rereading = _Rereading(engine, source, settings.data_dir)
    with open_visits(settings.raw_folder, source.id) as kept:
        require_newest(engine, settings, source, [visit.finished_at for visit in kept])
        visits = tuple(rereading.replay(visit) for visit in kept)
    if not visits:
        raise UsageError(
            "no answers of this source are kept",
            where=source.name,
            to_do=f"visit it again: `rollcall crawl --only {source.name}`",
        )
    with reading(engine) as session:
        total = count_posts(session, source.id)
    return Reparsed(
        source=source,
        visits=visits,
        posts_read=len(rereading.done),
        posts_new=rereading.new,
        posts_total=total,
        corrected=rereading.corrected,
    )


def require_newest(
    engine: Engine, settings: Settings, source: Source, finished: Sequence[datetime]
) -> None:
    """Nothing, where no other machine keeps newer answers of the source than those of these visits.

    Raises: UsageError.
    """
    with reading(engine) as session:
        told = [r for r in list_reports(session, source.id, FORMER) if KEPT_ON in r.evidence]
    place = told[0].evidence[KEPT_ON] if told else ""
    if not told or place == folder_owner(settings):
        return
    if not finished or max(finished) < told[0].finished_at:
        raise UsageError(
            "the answers of its last visit lie on another machine",
            where=place,
            to_do=f"there: `rollcall reparse {source.name}`",
        )


def purge_raw(settings: Settings, now: datetime, *, everything: bool = False) -> Purged:
    """What was thrown away: kept answers that are too old, or all where none are to be kept."""
    keep = settings.keep_raw and not everything
    return purge(
        settings.raw_folder,
        keep_for=timedelta(days=settings.raw_days),
        cap_bytes=settings.raw_cap_mib * MIB if keep else 0,
        now=now,
    )


class _Rereading:
    """Takes the pages of kept visits; over all of them the first reading of a post stands."""

    def __init__(self, engine: Engine, source: Source, data_dir: Path) -> None:
        self.engine = engine
        self.source = source
        self.data_dir = data_dir
        self.done: set[bytes] = set()
        self.new = 0
        self.corrected = Corrected()

    def replay(self, kept: KeptVisit) -> Replayed:
        """How the visit ends now."""
        # Imported here: it brings Scrapy, which whoever only tidies the folder can do without.
        from crawler.replay import replay_visit

        readings = kept.load_readings()

        # Read with today's recipe, as with today's parser.
        plan = give_recipe(kept.plan, self.source, self.data_dir)

        async def deliver(page: Page) -> int:
            return self._save(page, kept, readings)

        return Replayed(
            shelf=kept.shelf,
            visited_at=kept.finished_at,
            answers=len(kept.answers),
            left_out=kept.left_out,
            before=str(kept.outcome),
            report=asyncio.run(replay_visit(replace(kept, plan=plan), deliver)),
        )

    def _save(self, page: Page, kept: KeptVisit, readings: dict[bytes, bytes]) -> int:
        posts = [post for post in join_copies(page.posts) if name_reading(post) not in self.done]
        self.done |= {name_reading(post) for post in posts}
        others = tuple(post for post in posts if _reads_otherwise(post, readings))
        now = kept.plan.now
        with writing(self.engine) as session:
            key = community_key(session, self.source.id)
            # A page is remembered by the visit that asked for it, not by a second reading.
            kept_page = redact_page(replace(page, posts=tuple(posts), marks=()), key, now=now)
            saved = save_page(session, self.source.id, kept_page, now=now)
            repaired = redact_page(Page(posts=others), key, now=now)
            self.corrected += correct_posts(session, self.source.id, repaired.posts)
        self.new += saved.new
        return saved.new


def _reads_otherwise(post: ReadPost, readings: dict[bytes, bytes]) -> bool:
    """True for a post that the visit read too, and not as it is read today."""
    before = readings.get(name_reading(post))
    return before is not None and before != digest_reading(post)
