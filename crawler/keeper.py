"""Writes the raw answers of a visit into the folder that `crawler.kept` reads and tidies.

A visit's file grows under another name and takes its place only when it is whole. Answers that do
not fit under the folder's cap are left out: keeping is a help, and must never harm a visit.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from crawler.kept import (
    CONTENTS,
    FORMAT,
    MOMENTS,
    PART,
    READINGS,
    WHOLE,
    Shelf,
    list_files,
    measure_files,
    note_readings,
    path_of,
    remove_file,
    shrink,
)
from crawler.plan import CrawlPlan
from domain.outcome import Outcome
from domain.records import CrawlReport, Page

if TYPE_CHECKING:
    from crawler.base import Fetched

log = logging.getLogger("rollcall.kept")
# No single visit may take more of the cap than this share, however large its archive.
LARGEST_SHARE = 4
# Room for the name, the headers and the place in the list of contents of one answer.
OVERHEAD = 1_024
# A disk with less left than this is not filled up by us.
SPARE_DISK = 64 * 1024 * 1024
_PACKED = (b"\x1f\x8b", b"BZh", b"PK\x03\x04", b"\xfd7zXZ")


class Keeper:
    """Keeps the answers of one crawl's visits. There is one at a time in a folder.

    The size of the folder is known without looking, so that each answer is cheap: `whole` counts
    the visits that ended and `open` those that go on. Only when it seems full is it measured again
    and the oldest visits make room.
    """

    def __init__(self, folder: Path, cap_bytes: int) -> None:
        self.folder = folder
        self.cap_bytes = cap_bytes
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for path in list_files(folder):
            if path.suffix == PART:
                remove_file(path)  # of a crawl that was killed
        self.whole = measure_files(folder, WHOLE)
        self.open = 0

    def open_visit(self, plan: CrawlPlan) -> VisitWriter:
        """A writer for the answers of one visit."""
        return VisitWriter(self, plan)

    def has_room(self, size: int) -> bool:
        """True when `size` bytes more fit under the cap, once the oldest visits made room."""
        if size > self.cap_bytes or shutil.disk_usage(self.folder).free < size + SPARE_DISK:
            return False
        room = self.cap_bytes - self.open - size
        if self.whole > room:
            shrink(self.folder, room)
            self.whole = measure_files(self.folder, WHOLE)
        return self.whole <= room


class VisitWriter:
    """Takes the answers of one visit; nothing of it is kept before `finish`."""

    def __init__(self, keeper: Keeper, plan: CrawlPlan) -> None:
        self.keeper = keeper
        self.plan = plan
        self.part = keeper.folder / f"{plan.source_id}{PART}"
        self.raw: BinaryIO | None = None
        self.file: zipfile.ZipFile | None = None
        self.answers: list[dict[str, Any]] = []
        self.readings: dict[bytes, bytes] = {}
        self.size = 0
        self.left_out = 0
        self.broken = False

    def hear(self, answer: Fetched) -> None:
        """Nothing; the answer is kept if there is room for it."""
        if self.broken:
            return
        try:
            self._write(answer)
        except OSError as error:
            self._give_up(error)

    def note(self, page: Page) -> None:
        """Nothing; how the page's posts were read is kept."""
        note_readings(self.readings, page.posts)

    def finish(self, report: CrawlReport) -> bool:
        """True when what was heard is kept, where the visit's outcome says."""
        shelf = choose_shelf(report.outcome, posts=len(self.readings))
        try:
            if report.outcome.saw:
                self._clear(Shelf.FAILED)
            if shelf is None or self.file is None or not self._close(report):
                return False
            moment = report.finished_at.timestamp()
            os.utime(self.part, (moment, moment))
            self._clear(shelf)
            self.part.replace(path_of(self.keeper.folder, self.plan.source_id, shelf))
        except OSError as error:
            self._give_up(error)
            return False
        finally:
            self.drop()
        return True

    def drop(self) -> None:
        """Nothing; throws away what was heard."""
        if self.raw is None or self.file is None:
            return
        with suppress(OSError):
            remove_file(self.part)
        with suppress(OSError), self.raw:
            self.file.close()  # writes its contents, to nowhere
        self._count(0)
        self.raw = self.file = None

    def _write(self, answer: Fetched) -> None:
        packed = answer.body.startswith(_PACKED)
        if not self._fits(answer.body, packed=packed):
            self.left_out += 1
            return
        how = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        entry = zipfile.ZipInfo(str(len(self.answers)))
        self._open().writestr(entry, answer.body, how, compresslevel=1)
        self.answers.append(_facts(answer))
        assert self.raw is not None
        self._count(self.raw.tell() + OVERHEAD // 4 * len(self.answers))

    def _fits(self, body: bytes, *, packed: bool) -> bool:
        """True when the body, packed if need be, fits into this visit's share and the folder."""
        room = self.keeper.cap_bytes // LARGEST_SHARE - self.size - OVERHEAD
        size = len(body)
        if size > room and not packed:
            size = len(zlib.compress(body, 1))
        return size <= room and self.keeper.has_room(size + OVERHEAD)

    def _open(self) -> zipfile.ZipFile:
        if self.file is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            self.raw = os.fdopen(os.open(self.part, flags, 0o600), "w+b")
            self.file = zipfile.ZipFile(self.raw, "w")
        return self.file

    def _count(self, size: int) -> None:
        """Takes note of how large this visit's file is, with the list of contents to come."""
        self.keeper.open += size - self.size
        self.size = size

    def _close(self, report: CrawlReport) -> bool:
        """True when the file is whole; False when there was no room for its last pages."""
        contents = json.dumps(self._contents(report), default=_plain).encode()
        readings = b"".join(known + how for known, how in self.readings.items())
        if not self.keeper.has_room(len(contents) + len(readings) + OVERHEAD):
            return False
        assert self.file is not None
        assert self.raw is not None
        deflated = zipfile.ZIP_DEFLATED
        self.file.writestr(zipfile.ZipInfo(CONTENTS), contents, deflated, compresslevel=6)
        self.file.writestr(zipfile.ZipInfo(READINGS), readings, zipfile.ZIP_STORED)
        self.file.close()
        size = self.raw.tell()
        self.raw.close()
        self.raw = self.file = None
        self._count(0)
        self.keeper.whole += size
        return True

    def _contents(self, report: CrawlReport) -> dict[str, Any]:
        plan = {name: getattr(self.plan, name) for name in (*MOMENTS, "url", "name", "platform")}
        plan |= {name: getattr(self.plan, name) for name in ("community_id", "source_id")}
        marks = [
            {"name": m.name, "etag": m.etag, "last_modified": m.last_modified, "label": m.label}
            for m in self.plan.marks
        ]
        return {
            "format": FORMAT,
            "plan": plan | {"posts_known": self.plan.posts_known, "marks": marks},
            "finished_at": report.finished_at,
            "outcome": report.outcome,
            "detail": report.detail,
            "left_out": self.left_out,
            "answers": self.answers,
        }

    def _clear(self, shelf: Shelf) -> None:
        path = path_of(self.keeper.folder, self.plan.source_id, shelf)
        self.keeper.whole -= remove_file(path)

    def _give_up(self, error: OSError) -> None:
        log.warning("answers are not kept: %s", error.strerror)
        self.broken = True
        self.drop()
        with suppress(OSError):
            remove_file(self.part)


def choose_shelf(outcome: Outcome, *, posts: int) -> Shelf | None:
    """Where the answers of a visit belong; `None` where those kept before it say as much."""
    if outcome is Outcome.UNCHANGED:
        return None
    if outcome.saw or (outcome is Outcome.PARTIAL and posts):
        return Shelf.READ
    return Shelf.FAILED


def _facts(answer: Fetched) -> dict[str, Any]:
    """Everything of an answer but its body."""
    return {part.name: getattr(answer, part.name) for part in fields(answer) if part.name != "body"}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not kept")
