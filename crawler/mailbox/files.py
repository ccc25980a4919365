"""Mailboxes that are files on this machine: a Maildir, or one mbox file.

A letter of a Maildir keeps its name, but is renamed when it is read; so its place is the moment at
which the file was last changed, and letters of the last seconds are read twice, which counts
nothing twice. The place of a letter in an mbox file is its byte; a file that no longer begins as
it did was written anew and is read from its start.

Source: https://cr.yp.to/proto/maildir.html; RFC 4155 (mbox).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crawler.formats.dates import read_date
from crawler.formats.mbox import StoredHead, read_heads
from crawler.mailbox.letters import LONGEST_BODY, LONGEST_HEAD, Folder, Letter, Mailbox
from domain.errors import Gone, SourceError, Unreachable
from domain.outcome import Outcome

NANO = 1_000_000_000
_DELIVERED = re.compile(r"(\d{9,10})\.")
_HEAD_END = re.compile(rb"\n\r?\n")
_FINGERPRINT_BYTES = 200
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


@contextmanager
def open_files(box: Mailbox) -> Iterator[FileMailbox]:
    """The mailbox of files, ready to be read.

    Raises: Gone (nothing at that path), Unreachable (it may not be read).
    """
    assert box.path is not None
    try:
        yield FileMailbox(box.path, box.folders)
    except FileNotFoundError as error:
        raise _missing(box.path) from error
    except OSError as error:
        raise Unreachable(
            Outcome.UNREACHABLE,
            f"the mailbox cannot be read ({error.strerror})",
            where=str(box.path),
            to_do="let this user read it",
        ) from error


def _missing(path: Path) -> SourceError:
    what = "there is no mailbox at this path"
    to_do = "correct its path in rollcall.toml"
    return Gone(Outcome.NOT_FOUND, what, where=str(path), to_do=to_do)


class FileMailbox:
    """A Maildir with its folders, or one mbox file."""

    def __init__(self, path: Path, folders: tuple[str, ...]) -> None:
        self.path = path
        self.folders = folders

    def list_folders(self) -> Iterator[Folder]:
        """The mbox file, or the Maildir itself (`INBOX`) and those of its folders that are named.

        Raises: Gone.
        """
        if self.path.is_file():
            yield MboxFile(self.path)
            return
        for name in self._list_names():
            folder = self.path if name == "INBOX" else self.path / f".{name.replace('/', '.')}"
            if not folder.is_dir():
                folder = self.path / name
            if not (folder / "cur").is_dir():
                raise _missing(folder)
            yield Maildir(name, folder)

    def _list_names(self) -> list[str]:
        if "*" not in self.folders:
            return list(self.folders) or ["INBOX"]
        below = (entry for entry in sorted(self.path.iterdir()) if (entry / "cur").is_dir())
        names = [entry.name.removeprefix(".") for entry in below]
        return [*(["INBOX"] if (self.path / "cur").is_dir() else []), *names]


@dataclass(frozen=True, slots=True, order=True)
class _File:
    delivered: float
    name: str
    path: Path
    changed: int


class Maildir:
    """One folder of a Maildir."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.validity = f"{path.stat().st_dev}-{path.stat().st_ino}"
        self.slack = 2 * NANO
        self._paths: dict[int, Path] = {}

    def list_letters(self, after: int) -> Iterator[Letter]:
        """The letters changed since then, in the order of their delivery."""
        for file in sorted(self._list_files(after)):
            try:
                with file.path.open("rb") as stream:
                    head = _cut_head(stream.read(LONGEST_HEAD))
                    size = stream.seek(0, 2)
            except FileNotFoundError:
                continue  # renamed or thrown away meanwhile: it is found next time
            stored_at = datetime.fromtimestamp(file.delivered, tz=UTC)
            letter = Letter(place=file.changed, head=head, stored_at=stored_at, size=size)
            self._paths = {file.changed: file.path}
            yield letter

    def read_whole(self, letter: Letter) -> bytes:
        """The letter that was listed last, with its body."""
        with self._paths[letter.place].open("rb") as stream:
            return stream.read(LONGEST_BODY)

    def holds(self, place: int) -> bool:
        """True: a moment is before the letters that came after it."""
        return place >= 0

    def _list_files(self, since: int) -> Iterator[_File]:
        for part in ("new", "cur"):
            folder = self.path / part
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.name.startswith("."):
                    continue
                stat = path.stat()
                changed = max(stat.st_mtime_ns, stat.st_ctime_ns)
                named = _DELIVERED.match(path.name)
                delivered = min(float(named[1]), stat.st_mtime) if named else stat.st_mtime
                if changed > since:
                    yield _File(delivered, path.name, path, changed)


class MboxFile:
    """One mbox file."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.path = path
        with path.open("rb") as stream:
            start = stream.read(_FINGERPRINT_BYTES)
        self.validity = hashlib.sha256(start).hexdigest()[:16]
        self.slack = 0
        self._end: dict[int, tuple[int, int, int]] = {}

    def list_letters(self, after: int) -> Iterator[Letter]:
        """The letters that stand in the file from that byte on: the one read last, and newer."""
        with self.path.open("rb") as stream:
            offset = max(after, 0)
            size = stream.seek(0, 2)
            stream.seek(offset)
            before: StoredHead | None = None
            for stored in read_heads(stream, where=str(self.path)):
                if before is not None:
                    yield self._letter(before, offset, offset + stored.at)
                before = stored
            if before is not None:
                yield self._letter(before, offset, size)

    def read_whole(self, letter: Letter) -> bytes:
        """The letter that was listed last, with its body, its quoted `From ` lines restored."""
        _, start, end = self._end[letter.place]
        with self.path.open("rb") as stream:
            stream.seek(start)
            body = stream.read(min(end - start, LONGEST_BODY))
        return letter.head + b"\n" + _QUOTED_FROM.sub(rb"\1", body)

    def holds(self, place: int) -> bool:
        """True while the letter that was read last still stands where it stood."""
        with self.path.open("rb") as stream:
            stream.seek(place)
            return stream.read(len(b"From ")) == b"From "

    def _letter(self, stored: StoredHead, offset: int, end: int) -> Letter:
        place = offset + stored.at
        self._end = {place: (place, offset + stored.body_at, end)}
        stored_at = read_date(stored.envelope, zone=UTC) if stored.envelope else None
        return Letter(
            place=place,
            head=stored.head[:LONGEST_HEAD],
            stored_at=stored_at,
            size=end - place,
        )


def _cut_head(start: bytes) -> bytes:
    end = _HEAD_END.search(start)
    return start if end is None else start[: end.start() + 1]
