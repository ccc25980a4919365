"""The raw answers of a source's last visit, kept for repair: `DIR/raw/`, the only foreign text.

A visit that read something replaces the answers kept before it. One that failed lies beside them,
so that a changed layout can be looked at; one that found nothing new leaves them alone. A visit is
one ZIP file, written under another name until it is whole. Answers that do not fit under the
folder's cap are left out: keeping is a help, and must never harm a visit.

Beside the answers lies, in 16 bytes a post, how each post was read (`readings`), so that a later
reading of the same answers corrects just what a repaired parser reads differently.
"""

from __future__ import annotations

import json
import logging
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any

from crawler.plan import CrawlPlan
from domain.outcome import Outcome
from domain.records import Mark, Platform, ReadPost

log = logging.getLogger("rollcall.kept")
FORMAT = 1
STALE_PART = timedelta(days=1)
DIGEST = 8
UNREADABLE = (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error)
MOMENTS = ("now", "covered_until", "newest_post_at", "wanted_until")
WHOLE, PART = ".zip", ".part"
CONTENTS, READINGS = "visit.json", "readings"


class Shelf(StrEnum):
    """Where a visit's answers lie: those of the last that read something, or of a failed one."""

    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVisit:
    """One visit as it is kept. `left_out` counts answers that found no room."""

    file: zipfile.ZipFile
    shelf: Shelf
    plan: CrawlPlan
    finished_at: datetime
    outcome: Outcome
    detail: str
    answers: tuple[Mapping[str, Any], ...]
    left_out: int

    def load_body(self, number: int) -> bytes:
        """The body of the answer at that place in `answers`."""
        return self.file.read(str(number))

    def load_readings(self) -> dict[bytes, bytes]:
        """How each post was read at that visit, as `note_readings` writes it."""
        raw = self.file.read(READINGS)
        pairs = (raw[at : at + 2 * DIGEST] for at in range(0, len(raw), 2 * DIGEST))
        return {pair[:DIGEST]: pair[DIGEST:] for pair in pairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What was thrown away."""

    files: int = 0
    bytes: int = 0


# ---- the folder ---------------------------------------------------------------------------


@contextmanager
def open_visits(folder: Path, source_id: int) -> Iterator[list[KeptVisit]]:
    """What is kept of a source, the oldest visit first; a file that cannot be read is left out.

    The files stay open, so that a visit that replaces them meanwhile changes nothing here.
    """
    found = []
    with ExitStack() as files:
        for shelf in Shelf:
            path = path_of(folder, source_id, shelf)
            try:
                file = files.enter_context(zipfile.ZipFile(path))
                found.append(_load_visit(file, shelf))
            except FileNotFoundError:
                continue
            except UNREADABLE as error:
                log.warning("kept answers cannot be read: %s (%s)", path.name, error)
        yield sorted(found, key=lambda visit: visit.finished_at)


def purge(folder: Path, *, keep_for: timedelta, cap_bytes: int, now: datetime) -> Purged:
    """What was thrown away: what is older than `keep_for`, and the oldest above the cap.

    With it goes what a killed crawl left half written.
    """
    gone: list[int] = []
    for path in list_files(folder):
        age = now.timestamp() - _size_and_time(path)[1]
        limit = STALE_PART if path.suffix == PART else keep_for
        if age > limit.total_seconds():
            gone.append(remove_file(path))
    gone += shrink(folder, cap_bytes - measure_files(folder, PART))
    return Purged(files=len(gone), bytes=sum(gone))


def measure(folder: Path) -> int:
    """Bytes of all files in the folder, half-written ones included."""
    return measure_files(folder, WHOLE) + measure_files(folder, PART)


def measure_files(folder: Path, suffix: str) -> int:
    """Bytes of the whole files, or of the half-written ones."""
    files = (path for path in list_files(folder) if path.suffix == suffix)
    return sum(_size_and_time(path)[0] for path in files)


def shrink(folder: Path, room: int) -> list[int]:
    """The sizes of the oldest visits, which were removed until at most `room` bytes were left."""
    used = measure_files(folder, WHOLE)
    gone: list[int] = []
    whole = [path for path in list_files(folder) if path.suffix == WHOLE]
    for path in sorted(whole, key=lambda path: _size_and_time(path)[1]):
        if used - sum(gone) > room:
            gone.append(remove_file(path))
    return gone


def list_files(folder: Path) -> list[Path]:
    """Every file of a visit, whole or half written; none where there is no folder."""
    try:
        return [path for path in folder.iterdir() if path.suffix in (WHOLE, PART)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _size_and_time(path: Path) -> tuple[int, float]:
    try:
        found = path.stat()
    except FileNotFoundError:  # somebody else tidies too
        return 0, 0.0
    return found.st_size, found.st_mtime


def remove_file(path: Path) -> int:
    """The size of the file, which is gone now."""
    size = _size_and_time(path)[0]
    path.unlink(missing_ok=True)
    return size


def path_of(folder: Path, source_id: int, shelf: Shelf) -> Path:
    """Where a source's visit lies."""
    return folder / f"{source_id}-{shelf}{WHOLE}"


# ---- how posts were read ------------------------------------------------------------------


def join_copies(posts: Iterable[ReadPost]) -> list[ReadPost]:
    """Each post of a page once, as the store joins them: a copy with a date is the better."""
    distinct: dict[str, ReadPost] = {}
    for post in posts:
        first = distinct.get(post.post_id)
        if post.post_id and (first is None or (first.at is None and post.at is not None)):
            distinct[post.post_id] = post
    return list(distinct.values())


def note_readings(readings: dict[bytes, bytes], posts: Iterable[ReadPost]) -> None:
    """Adds how the posts of a page were read; the first reading of a post stands."""
    for post in join_copies(posts):
        readings.setdefault(name_reading(post), digest_reading(post))


def name_reading(post: ReadPost) -> bytes:
    """A digest of the post's id."""
    return _digest(post.post_id)


def digest_reading(post: ReadPost) -> bytes:
    """A digest of what was read of the post, as far as it is stored for good."""
    window = post.filed and (post.filed.start, post.filed.end)
    return _digest(repr((post.at, str(post.basis), post.author, post.reply_to, window)))


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


# ---- values from JSON --------------------------------------------------------------


def _load_visit(file: zipfile.ZipFile, shelf: Shelf) -> KeptVisit:
    contents: dict[str, Any] = json.loads(file.read(CONTENTS))
    if contents["format"] != FORMAT:
        raise ValueError(f"written in format {contents['format']}")
    return KeptVisit(
        file=file,
        shelf=shelf,
        plan=_read_plan(contents["plan"]),
        finished_at=datetime.fromisoformat(contents["finished_at"]),
        outcome=Outcome(contents["outcome"]),
        detail=contents["detail"],
        answers=tuple(contents["answers"]),
        left_out=contents["left_out"],
    )


def _read_plan(plan: dict[str, Any]) -> CrawlPlan:
    moments = {name: plan[name] and datetime.fromisoformat(plan[name]) for name in MOMENTS}
    return CrawlPlan(
        **{
            **plan,
            **moments,
            "platform": Platform(plan["platform"]),
            "marks": tuple(Mark(**mark) for mark in plan["marks"]),
        }
    )
