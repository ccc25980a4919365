"""A mailbox as every reader of one shows it: folders that hold letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

MIB = 1024 * 1024
# Longer heads do not occur; a bomb has them.
LONGEST_HEAD = 64 * 1024
# A digest is opened up to here.
LONGEST_BODY = 8 * MIB


class MailboxKind(StrEnum):
    """How a mailbox is read."""

    IMAP = "imap"
    MAILDIR = "maildir"
    MBOX = "mbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where the mail of a subscribed address lies, and how to get at it.

    `tls` is "tls", "starttls" or "none". Units: `answer_seconds` is the patience for one answer.
    """

    name: str
    kind: MailboxKind
    host: str = ""
    port: int = 0
    tls: str = "tls"
    user: str = ""
    password: str = field(default="", repr=False)
    path: Path | None = None
    folders: tuple[str, ...] = ()
    answer_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One stored mail: its head, and when its server stored it.

    `place` orders the letters of a folder and stays the same as long as the folder's `validity`;
    what was read up to a place is not read again.
    """

    place: int
    head: bytes
    stored_at: datetime | None
    size: int


class Folder(Protocol):
    """One folder of a mailbox while it is open.

    Units: letters up to `slack` places before the last one that was read may be new all the same.
    """

    name: str
    validity: str
    slack: int

    def list_letters(self, after: int) -> Iterator[Letter]:
        """The letters beyond a place."""
        ...

    def holds(self, place: int) -> bool:
        """True when what was read up to that place need not be read again."""
        ...

    def read_whole(self, letter: Letter) -> bytes:
        """A letter with its body, at most `LONGEST_BODY` of it."""
        ...


class OpenMailbox(Protocol):
    """A mailbox while it is open."""

    def list_folders(self) -> Iterator[Folder]:
        """The folders that are to be read, one after the other."""
        ...


Opened = AbstractContextManager[OpenMailbox]
