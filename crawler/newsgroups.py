"""News servers behind the engine: a download handler for `nntp://` and `nntps://` addresses.

A news server is asked like any other host: its requests pass the gate (lease, pause, opt-out,
private addresses), the tally and the limits of size and time. One request is one connection with
at most four commands, of those that only read: MODE READER, GROUP, then OVER or HEAD, QUIT. The
answer is what came over the wire; a refusal becomes the status that a web server would give.

Source: RFC 3977, RFC 2980 (XOVER, MODE READER), RFC 4643 (480), RFC 5538 (addresses).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
)
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.error import DNSLookupError

from crawler.formats.addresses import urlsplit
from domain.errors import Unparseable
from domain.outcome import Outcome

PORTS = {"nntp": 119, "nntps": 563}
# Source: RFC 3977, 3.1: a command takes at most 512 bytes with its end. Answers are as long as
# they are; a line of status beyond this is no news server's.
LONGEST_COMMAND = 512
LONGEST_STATUS_LINE = 4_096
_PIECE = 1 << 16
_STATUS = re.compile(rb"([1-5]\d\d)(?:[ \t-][^\r\n]*)?\r?\n")
_BLOCK_END = re.compile(rb"(?:\A|\n)\.\r?\n\Z")
_TAIL = 5
_NUMBERS = re.compile(r"(\d{1,18})(-(\d{1,18})?)?")
_UNKNOWN_COMMAND = frozenset({500, 501})
# What the codes of news servers mean as statuses of the web, as far as somebody acts on them.
_STATUSES = {
    400: 503,  # not available now
    403: 500,  # a fault inside
    411: 404,  # no such group
    423: 404,  # no such article; of a stretch it only means that there are none
    430: 404,
    480: 401,  # wants a login
    481: 401,
    483: 403,  # wants encryption
    500: 501,  # does not know the command
    501: 501,
    502: 403,  # not for us
    503: 501,
}
_NONE_THERE = frozenset({420, 423})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an address asks of a news server."""

    group: str
    commands: tuple[str, ...] = ()


class NewsHandler(BaseDownloadHandler):
    """Answers `nntp://HOST/GROUP`, `…/GROUP/FIRST-LAST` (overview) and `…/GROUP/NUMBER` (head)."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.max_bytes = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self.seconds = crawler.settings.getfloat("DOWNLOAD_TIMEOUT")

    async def download_request(self, request: Request) -> Response:
        """The server's answer, under the status that a web server would give.

        Raises: Unparseable, and Scrapy's errors of a failed download.
        """
        question = read_question(request.url)
        seconds = request.meta.get("download_timeout") or self.seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(request, question)
        except TimeoutError as error:
            raise DownloadTimeoutError(f"no answer in {seconds} s") from error
        except ConnectionRefusedError as error:
            raise DownloadConnectionRefusedError(str(error)) from error
        except ssl.SSLError:
            raise
        except OSError as error:
            raise DownloadFailedError(str(error)) from error

    async def _ask(self, request: Request, question: Question) -> Response:
        line = await self._connect(request.url)
        try:
            return await converse(line, request, question)
        finally:
            line.close()

    async def _connect(self, url: str) -> Line:
        parts = urlsplit(url)
        host = parts.hostname or ""
        secure = parts.scheme == "nntps"
        reader, writer = await asyncio.open_connection(
            await resolve(host),
            parts.port or PORTS[parts.scheme],
            ssl=ssl.create_default_context() if secure else None,
            server_hostname=host if secure else None,
            limit=LONGEST_STATUS_LINE,
        )
        return Line(reader, writer, url=url, max_bytes=self.max_bytes)


class Line:
    """A connection to a news server, by commands and answers."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        url: str,
        max_bytes: int,
    ) -> None:
        self.reader, self.writer = reader, writer
        self.url, self.max_bytes = url, max_bytes

    async def send(self, command: str) -> tuple[int, bytes]:
        """The code and the line that the server answers to a command."""
        self.writer.write(command.encode() + b"\r\n")
        await self.writer.drain()
        return await self.read_status()

    async def read_status(self) -> tuple[int, bytes]:
        """The code and the line that come next.

        Raises: DownloadFailedError where it hung up, Unparseable where it is no news server.
        """
        try:
            line = await self.reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            raise DownloadFailedError("ConnectionLost: the server hung up") from error
        except asyncio.LimitOverrunError as error:
            raise _no_news_server(self.url) from error
        found = _STATUS.fullmatch(line)
        if found is None:
            raise _no_news_server(self.url)
        return int(found[1]), line

    async def read_block(self) -> tuple[bytes, bool]:
        """What follows down to the lone dot, and whether that came.

        Raises: DownloadCancelledError where it is more than we read.
        """
        text = bytearray()
        while not _BLOCK_END.search(text[-_TAIL:]) or len(text) < _TAIL - 2:
            piece = await self.reader.read(_PIECE)
            if not piece:
                return bytes(text), False
            text += piece
            if len(text) > self.max_bytes:
                raise DownloadCancelledError("the answer is larger than DOWNLOAD_MAXSIZE")
        return bytes(text), True

    def close(self) -> None:
        """Takes leave without waiting for an answer."""
        with suppress(OSError):
            self.writer.write(b"QUIT\r\n")
        self.writer.close()


async def converse(line: Line, request: Request, question: Question) -> Response:
    """The answer to one question."""
    code, text = await line.read_status()
    if code not in (200, 201):
        return _refusal(request, code, text)
    # Some servers only pass on news until they are told that a reader is there; others do not
    # know the command, and are readers' servers anyway.
    code, text = await line.send("MODE READER")
    if code == 480:
        return _refusal(request, code, text)
    code, group = await line.send(f"GROUP {question.group}")
    if code != 211:
        return _refusal(request, code, group)
    for command in question.commands:
        code, text = await line.send(command)
        if code in _NONE_THERE:
            return Response(request.url, body=group + text)
        if code in (221, 224):
            block, whole = await line.read_block()
            flags = [] if whole else ["dataloss"]
            return Response(request.url, body=group + text + block, flags=flags)
        if code not in _UNKNOWN_COMMAND:
            break
    return _refusal(request, code, text) if question.commands else Response(request.url, body=group)


def read_question(url: str) -> Question:
    """What the address asks.

    Raises: Unparseable where it could not be put into a command.
    """
    names = [unquote(part) for part in urlsplit(url).path.split("/") if part]
    group = names[0] if names else ""
    numbers = _NUMBERS.fullmatch(names[1]) if len(names) == 2 else None
    strange = any(letter.isspace() or ord(letter) < 0x21 for letter in group)
    too_long = len(group.encode()) > LONGEST_COMMAND - len("GROUP \r\n")
    if not group or strange or too_long or len(names) > 2 or (len(names) == 2 and not numbers):
        what = "is not the address of a newsgroup"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url)
    if numbers is None:
        return Question(group=group)
    if numbers[2] is None:
        return Question(group=group, commands=(f"HEAD {numbers[1]}",))
    stretch = f"{numbers[1]}-{numbers[3] or ''}"
    return Question(group=group, commands=(f"OVER {stretch}", f"XOVER {stretch}"))


async def resolve(host: str) -> str:
    """The address of `host` by the crawl's own resolver, which refuses private ones.

    Raises: CannotResolveHostError.
    """
    # The running crawl has installed it; at the head of this file there is none yet.
    from twisted.internet import reactor  # noqa: PLC0415

    try:
        address: str = await maybe_deferred_to_future(cast("Any", reactor).resolve(host))
    except (DNSLookupError, TimeoutError) as error:
        raise CannotResolveHostError(f"{host} leads nowhere") from error
    return address


def _refusal(request: Request, code: int, line: bytes) -> Response:
    return Response(request.url, status=_STATUSES.get(code, 502), body=line)


def _no_news_server(url: str) -> Unparseable:
    what = "answers, but not as a news server does"
    to_do = "check the host and the port (119, or 563 for nntps)"
    return Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do=to_do)
