"""The bytes inside a gzip or bzip2 stream, a piece at a time; anything else passes unchanged.

Recognised by the first bytes, not by a name: servers hand out `.txt.gz` files already unpacked,
and `.txt` files packed. Several members after each other are one text; zero bytes after the last
are padding.
"""

from __future__ import annotations

import bz2
import io
import re
import zlib
from collections.abc import Generator, Iterator
from typing import Protocol, Self

from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome

_GZIP = b"\x1f\x8b\x08"
_MAGIC = re.compile(rb"\x1f\x8b\x08|BZh[1-9]")
_LONGEST_MAGIC = 4
_PIECE = 1 << 18
_ROOM = 16 << 20
_TIGHTEST = 32


class ByteStream(Protocol):
    """What can be read a piece at a time; `b""` says that nothing is left."""

    def read(self, size: int = -1, /) -> bytes: ...


class Truncated(Unparseable):
    """The packed stream ended too early; everything before the cut was handed out."""

    def __init__(self, where: str = "") -> None:
        super().__init__(
            Outcome.UNPARSEABLE,
            "the packed data is cut off",
            where=where,
            to_do="read it again later; if it stays cut off, the file is broken at its source",
        )


class Unpacked:
    """A stream of unpacked bytes. What is wrong with it is raised after its last good byte."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._waiting = b""
        self._failure: SourceError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pieces, self._waiting = iter(()), b""

    def read(self, size: int = -1, /) -> bytes:
        """`size` bytes, fewer only at the end or before a fault; all for a negative size.

        Raises: `Truncated`, or `Unparseable` for damaged, foreign or too much data. A call for
        everything raises at once, as everything cannot be had.
        """
        everything = size < 0
        parts: list[bytes] = []
        while everything or size > 0:
            if not self._waiting and self._failure is None:
                self._fetch()
            if not self._waiting:
                break
            part = self._waiting if everything else self._waiting[:size]
            self._waiting = self._waiting[len(part) :]
            parts.append(part)
            size -= len(part)
        if self._failure is not None and (everything or not parts):
            raise self._failure
        return b"".join(parts)

    def _fetch(self) -> None:
        try:
            self._waiting = next(self._pieces, b"")
        except SourceError as failure:
            self._failure = failure


def open_packed(source: ByteStream | bytes, *, limit_bytes: int, where: str = "") -> Unpacked:
    """The bytes of `source`, unpacked if it is gzip or bzip2.

    Reading raises `Truncated` after the readable part of a cut stream, and `Unparseable` with
    outcome `too_large` once more than `limit_bytes` would come out.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    return Unpacked(_capped(_unpack(stream, where), limit_bytes, where))


def is_cut(body: bytes, *, limit_bytes: int) -> bool:
    """True for packed data whose end is missing; what lies past the limit is not looked at."""
    stream = open_packed(body, limit_bytes=limit_bytes)
    try:
        while stream.read(_PIECE):
            pass
    except Truncated:
        return True
    except Unparseable:
        return False
    return False


def unpacked_limit(size: int, most: int) -> int:
    """How many bytes to take out of a file of `size` bytes: no text is packed tighter than this.

    A bomb of a megabyte holds a thousand, and every other visit would wait until it is read.
    """
    return min(most, _ROOM + size * _TIGHTEST)


def _capped(pieces: Iterator[bytes], limit_bytes: int, where: str) -> Iterator[bytes]:
    room = limit_bytes
    for piece in pieces:
        if len(piece) > room:
            if room:
                yield piece[:room]  # an empty piece would say that nothing is left
            raise Unparseable(
                Outcome.TOO_LARGE,
                f"more than {limit_bytes:,} bytes when unpacked",
                where=where,
                to_do="raise the size limit if this archive is really that large",
            )
        room -= len(piece)
        yield piece


def _unpack(source: ByteStream, where: str) -> Iterator[bytes]:
    data = _fill(source, b"")
    if not _MAGIC.match(data):
        while data:
            yield data
            data = source.read(_PIECE)
        return
    while data:
        if not _MAGIC.match(data):
            what = "after the packed data comes something that is not packed"
            raise _damaged(what, where)
        member = _gunzip if data.startswith(_GZIP) else _bunzip
        data = yield from member(data, source, where)
        data = _fill(source, data.lstrip(b"\0"), padding=b"\0")


def _fill(source: ByteStream, data: bytes, padding: bytes = b"") -> bytes:
    """Enough bytes to recognise what begins here, without the padding before it."""
    while len(data) < _LONGEST_MAGIC:
        more = source.read(_PIECE)
        if not more:
            break
        data += more
        if padding:
            data = data.lstrip(padding)
    return data


def _gunzip(data: bytes, source: ByteStream, where: str) -> Generator[bytes, None, bytes]:
    """Yields one member's bytes in pieces; gives back what was read past its end."""
    engine = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    while not engine.eof:
        try:
            piece = engine.decompress(data, _PIECE)
        except zlib.error as error:
            raise _damaged(f"the gzip data is damaged ({error})", where) from error
        if piece:
            yield piece
        data = engine.unconsumed_tail
        if not data and not engine.eof:
            data = source.read(_PIECE)
            if not data and not piece:
                raise Truncated(where)
    return engine.unused_data


def _bunzip(data: bytes, source: ByteStream, where: str) -> Generator[bytes, None, bytes]:
    """Yields one member's bytes in pieces; gives back what was read past its end."""
    engine = bz2.BZ2Decompressor()
    while not engine.eof:
        try:
            piece = engine.decompress(data, _PIECE)
        except (OSError, ValueError) as error:
            raise _damaged(f"the bzip2 data is damaged ({error})", where) from error
        if piece:
            yield piece
        data = b""
        if engine.needs_input and not engine.eof:
            data = source.read(_PIECE)
            if not data:
                raise Truncated(where)
    return engine.unused_data


def _damaged(what: str, where: str) -> Unparseable:
    return Unparseable(
        Outcome.UNPARSEABLE, what, where=where, to_do="fetch the file by hand and try to unpack it"
    )
