"""Posts of a mailbox file, read as a stream: heads only, constant memory.

A separator is a line `From … time … year` with a header line right after it. The blank line
before it is often missing, and lines of a body may begin with `From ` too; one that also carries
a date and a header-like line after it cannot be told from a message by anybody. All dialects are
read alike: `>From` is no separator. The same message stored twice comes out twice; the store keeps
one. A digest (`multipart/digest`, `Digest, Vol 12`) is one post here: whoever reads a subscribed
mailbox opens digests, an archive has the single posts beside them.

In short
    History: everything in the file, once.
    Idle visit: none: a file is imported by hand.
    Never seen: what is said after the file was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from crawler.formats.heads import read_head
from crawler.formats.packed import ByteStream
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost
from domain.window import Window

_PIECE = 1 << 20
_LONGEST_HEAD = 1 << 18
_PADDING = b"\0 \t\r\n\xef\xbb\xbf"

_WORD = rb"[A-Za-z\x80-\xff]{3,9}\.?,?"
_CLOCK = rb"\d{1,2}:\d\d(?::\d\d)?"
_ZONE = rb"(?:[A-Za-z]{1,5}|[+-]\d{4})"
_SEPARATOR = re.compile(
    rb"From (?:[^\n]{0,1000}?[ \t>])??("
    rb"(?:" + _WORD + rb" +)?" + _WORD + rb" +\d{1,2},? +" + _CLOCK + rb"(?: +" + _ZONE + rb")* +"
    rb"\d{4}(?: +" + _ZONE + rb")?"
    rb"|(?:" + _WORD + rb" *)?\d{1,2} +" + _WORD + rb" +\d{2,5},? +" + _CLOCK + rb"[^\n]{0,60}"
    rb")(?: +remote from [^\n]{0,200})?[ \t]*\r?\n(?=[!-9;-~]+[ \t]*:)"
)
# What nearly all separators are; finding the date in any line takes five times as long.
_ORDINARY_SEPARATOR = re.compile(
    rb"From \S+(?: at \S+)? +([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\r?\n"
    rb"(?=[!-9;-~]+[ \t]*:)"
)
_HEAD_END = re.compile(rb"\n\r?\n")
_CONSTANT = b"From mboxrd@z Thu Jan  1 00:00:00 1970"


def read_mbox(
    stream: ByteStream, *, where: str, fetched_at: datetime, filed: Window | None = None
) -> Iterator[ReadPost]:
    """The posts of a mailbox in its order; an empty stream has none.

    Raises: `Unparseable` when it is no mailbox; whatever the stream raises, after the posts before
    the cut. A head that is cut itself is not given out: it could lack its id.
    """
    for stored in read_heads(stream, where=where):
        post = read_head(stored.head, envelope=stored.envelope, fetched_at=fetched_at, filed=filed)
        if post is not None:
            yield post


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHead:
    """One message of a mailbox: its head, the date of its separator, and where it stands.

    Units: `at` and `body_at` are bytes from the start of the stream: its separator, and the end of
    its head. `envelope` is empty where the separator says nothing.
    """

    envelope: str
    head: bytes
    at: int
    body_at: int


def read_heads(stream: ByteStream, *, where: str) -> Iterator[StoredHead]:
    """The head of every message of a mailbox in its order, as `read_mbox` finds them.

    Raises: as `read_mbox`.
    """
    tape = _Tape(stream, where)
    found = tape.find_first()
    if found is None and not tape.failure and tape.rest:
        raise _no_mailbox(tape.rest, where)
    while found is not None:
        date, start, at = found[1], found.end(), tape.place(found.start())
        head = tape.read_head(start)
        if head is not None:
            envelope = "" if found[0].startswith(_CONSTANT) else date.decode("latin-1")
            yield StoredHead(envelope=envelope, head=head, at=at, body_at=tape.body_at)
        found = tape.find_next()
    if tape.failure is not None:
        raise tape.failure


def match_separator(text: bytes, at: int) -> re.Match[bytes] | None:
    """The separator that begins at `at`, with the text of its date as the only group."""
    return _ORDINARY_SEPARATOR.match(text, at) or _SEPARATOR.match(text, at)


class _Tape:
    """The stretch of a stream that is in memory, and where in it the reading stands."""

    def __init__(self, stream: ByteStream, where: str) -> None:
        self._where = where
        self.failure: SourceError | None = None
        self._stream = stream
        self._text = b""
        self._at = 0
        self._ended = False
        self._dropped = 0
        self.body_at = 0

    def place(self, at: int) -> int:
        """Where in the stream the byte `at` of what is in memory stands."""
        return self._dropped + at

    @property
    def rest(self) -> bytes:
        return self._text[self._at :]

    def find_first(self) -> re.Match[bytes] | None:
        """The separator the stream must begin with, after padding."""
        while True:
            self._fill()
            text = self.rest.lstrip(_PADDING)
            self._dropped += len(self._text) - len(text)
            self._text, self._at = text, 0
            if text or self._ended:
                break
        self._fill()
        return match_separator(self._text, self._at)

    def find_next(self) -> re.Match[bytes] | None:
        """The next separator; whatever stands before it is a body and is dropped."""
        while True:
            self._fill()
            at = self._text.find(b"\nFrom ", self._at)
            if at < 0:
                self._at = max(self._at, len(self._text) - len(b"\nFrom"))
                if self._ended:
                    return None
                continue
            self._at = at + 1
            self._fill()
            found = match_separator(self._text, self._at)
            if found is not None:
                return found

    def read_head(self, start: int) -> bytes | None:
        """The head that begins at `start`, at most 256 KiB of it; `None` if the stream is cut."""
        limit = start + _LONGEST_HEAD
        end = _HEAD_END.search(self._text, start - 1, limit)
        stop = end.start() + 1 if end is not None else min(limit, len(self._text))
        at = self._text.find(b"\nFrom ", start, stop)
        if at >= 0 and match_separator(self._text, at + 1):
            end, stop = None, at + 1
        elif end is None and self._ended and self._is_cut():
            self._at = len(self._text)
            return None
        self._at = max(start, stop) - 1
        self.body_at = self.place(stop)
        return self._text[start:stop]

    def _is_cut(self) -> bool:
        """True where the text ends within a line, whether the stream noticed or not."""
        if self.failure is None and not self._text.endswith(b"\n"):
            what = "the mailbox ends in the middle of a message's head"
            self.failure = Unparseable(
                Outcome.UNPARSEABLE, what, where=self._where, to_do="get the file again"
            )
        return self.failure is not None

    def _fill(self) -> None:
        """Makes sure that a whole head and its separator are in memory, unless the end is near."""
        while not self._ended and len(self._text) - self._at < _LONGEST_HEAD + _PIECE // 2:
            try:
                piece = self._stream.read(_PIECE)
            except SourceError as failure:
                self.failure, piece = failure, b""
            self._ended = not piece
            self._dropped += self._at
            self._text, self._at = self._text[self._at :] + piece, 0


def _no_mailbox(start: bytes, where: str) -> Unparseable:
    begin = start[:1000].lower()
    if begin.startswith(b"<") or b"<html" in begin:
        kind, to_do = "a web page", "check the address: it may want a login"
    elif begin.startswith(b"pk\x03\x04"):
        kind, to_do = "a zip archive", "unpack it first"
    elif b"\0" in start[:1000] or sum(byte > 127 for byte in start[:1000]) > 300:
        kind, to_do = "a binary file", "give a mailbox (mbox) file, plain or packed with gzip"
    else:
        kind, to_do = "a text without message separators", "export it again in mbox format"
    return Unparseable(Outcome.UNPARSEABLE, f"{kind}, no mailbox", where=where, to_do=to_do)
