"""Reads posts from files on this machine into a source: an mbox file, or a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Engine

from crawler.formats.mbox import read_mbox
from crawler.formats.packed import Truncated, open_packed
from crawler.redact import redact_page
from domain.errors import SourceError, UsageError
from domain.outcome import Outcome
from domain.records import CrawlReport, Page, ReadPost, Source
from domain.window import Coverage, CoverageKind
from store.crawls import save_report
from store.engine import reading, writing
from store.posts import community_key, count_posts, save_page
from store.sources import load_source

BATCH = 2_000
# No mailbox of a discussion list comes near this; a bomb does.
LARGEST_FILE = 64 * 1024**3
Clock = Callable[[], datetime]
Tell = Callable[[Path, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import brought: files read, posts new, posts of the source in all.

    `cut` names files that end in the middle: what could be read of them is stored, and their time
    counts as seen in part only.
    """

    source: Source
    files: int
    posts_read: int
    posts_new: int
    posts_total: int
    cut: tuple[Path, ...] = ()


@dataclass(slots=True, kw_only=True)
class _FileTally:
    read: int = 0
    new: int = 0
    cut: bool = False
    first: datetime | None = None
    last: datetime | None = None

    def span(self) -> tuple[Coverage, ...]:
        """From the first to the last message: a mailbox proves nothing beyond its last mail."""
        if self.first is None or self.last is None:
            return ()
        kind = CoverageKind.PARTIAL if self.cut else CoverageKind.COMPLETE
        return (Coverage(start=self.first, end=self.last + timedelta(seconds=1), kind=kind),)


def import_mbox(
    engine: Engine,
    path: Path,
    source_name: str,
    clock: Clock,
    tell: Tell = lambda path, posts: None,
) -> Imported:
    """The posts of an mbox file, or of every file in a folder, stored under a source.

    A file may be packed (gzip, bzip2). Posts known already are not counted again, so an import
    that was interrupted is simply run again. `tell` hears each file and the posts read of it.

    Raises: UsageError (no such path or source, not an mbox), StorageFailed.
    """
    source = _find_source(engine, source_name)
    started_at = clock()
    # SQLite folds its log into the file whenever the last connection closes: one stays open.
    with engine.connect():
        tallies = {file: _import_file(engine, source, file, clock, tell) for file in _files(path)}
    with writing(engine) as session:
        total = count_posts(session, source.id)
        cut = tuple(file for file, tally in tallies.items() if tally.cut)
        save_report(
            session,
            CrawlReport(
                source_id=source.id,
                started_at=started_at,
                finished_at=clock(),
                outcome=Outcome.PARTIAL if cut else Outcome.READ,
                detail=f"imported {len(tallies)} file(s)",
                posts_total=total,
                posts_new=sum(tally.new for tally in tallies.values()),
            ),
        )
    return Imported(
        source=source,
        files=len(tallies),
        posts_read=sum(tally.read for tally in tallies.values()),
        posts_new=sum(tally.new for tally in tallies.values()),
        posts_total=total,
        cut=cut,
    )


def _find_source(engine: Engine, name: str) -> Source:
    with reading(engine) as session:
        source = load_source(session, name)
    if source is None:
        raise UsageError(
            "no source of this name",
            where=name,
            to_do="see `rollcall sources list`, or make one: rollcall sources add --platform mbox",
        )
    return source


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.is_file())
        if not found:
            raise UsageError("the folder holds no file", where=str(path))
        return found
    if not path.is_file():
        raise UsageError("no such file or folder", where=str(path))
    return [path]


def _import_file(
    engine: Engine, source: Source, file: Path, clock: Clock, tell: Tell
) -> _FileTally:
    tally = _FileTally()
    posts = _read_file(file, tally, clock())
    while batch := tuple(islice(posts, BATCH)):
        _save(engine, source, Page(posts=batch), clock(), tally)
        tell(file, tally.read)
    _save(engine, source, Page(coverage=tally.span()), clock(), tally)
    return tally


def _read_file(file: Path, tally: _FileTally, now: datetime) -> Iterator[ReadPost]:
    try:
        with file.open("rb") as raw, open_packed(raw, limit_bytes=LARGEST_FILE) as stream:
            for post in read_mbox(stream, where=str(file), fetched_at=now):
                tally.read += 1
                if post.at is not None:
                    tally.first = min(tally.first or post.at, post.at)
                    tally.last = max(tally.last or post.at, post.at)
                yield post
    except Truncated:
        tally.cut = True
    except SourceError as error:
        raise UsageError(error.what, where=error.where or str(file), to_do=error.to_do) from error
    except OSError as error:
        raise UsageError(f"cannot be read ({error.strerror})", where=str(file)) from error


def _save(engine: Engine, source: Source, page: Page, now: datetime, tally: _FileTally) -> None:
    with writing(engine) as session:
        key = community_key(session, source.id)
        saved = save_page(session, source.id, redact_page(page, key, now=now), now=now)
    tally.new += saved.new
