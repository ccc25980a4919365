"""A plain HTTP server on loopback, in a process of its own, that counts what it was asked for.

Every made-up host is an address of 127.0.0.0/8 on one port. A `Content` gives the answer to a path
of a host. It is as quick as Python allows, because it shares the machine with what is measured.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path

Content = Callable[[str, str], bytes | None]
"""The body for a host and a path with its query; `None` for what is not there."""
TYPES = {
    ".html": "text/html",
    "/": "text/html",
    ".gz": "application/x-gzip",
    ".json": "application/json",
}


class Counted:
    """What a server was asked for: robots.txt apart. Units: `sent` in bytes, heads included."""

    def __init__(self, pipe: Connection, port: int) -> None:
        self._pipe = pipe
        self.port = port

    def take(self) -> dict[str, int]:
        """`requests`, `robots`, `unchanged`, `missing` and `sent` since the last call."""
        self._pipe.send("take")
        counts: dict[str, int] = self._pipe.recv()
        return counts


@contextmanager
def serve(content: Content) -> Iterator[Counted]:
    """A server of that content, until the end of the block."""
    ours, its = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(
        target=_run, args=(content, its), daemon=True
    )
    child.start()
    try:
        yield Counted(ours, ours.recv())
    finally:
        child.terminate()
        child.join()


def folder_content(folder: Path) -> Content:
    """The files of a folder, for every host."""

    def find(host: str, path: str) -> bytes | None:
        file = folder / (path.strip("/") or "index.html")
        if file.is_dir():
            file /= "index.html"
        return file.read_bytes() if file.is_file() else None

    return find


@lru_cache(maxsize=20_000)
def tag_of(body: bytes) -> bytes:
    """The ETag of a body."""
    return b'"%s"' % hashlib.md5(body, usedforsecurity=False).hexdigest().encode()


def _run(content: Content, pipe: Connection) -> None:
    asyncio.run(_serve(content, pipe))


async def _serve(content: Content, pipe: Connection) -> None:
    counts: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answerer(content, counts), "0.0.0.0", 0)  # noqa: S104

    def tell() -> None:
        pipe.recv()
        pipe.send(dict(counts))
        counts.clear()

    loop.add_reader(pipe.fileno(), tell)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Answerer(asyncio.Protocol):
    def __init__(self, content: Content, counts: Counter[str]) -> None:
        self._content, self._counts = content, counts
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = transport.get_extra_info("sockname")[0]

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while b"\r\n\r\n" in self._waiting:
            head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1].decode()
        tag = b""
        for line in head.split(b"\r\n"):
            if line[:14].lower() == b"if-none-match:":
                tag = line[14:].strip()
        body = None if path == "/robots.txt" else self._content(self._host, path)
        own = tag_of(body or b"")
        kind = next((kind for end, kind in TYPES.items() if path.endswith(end)), "text/xml")
        if body is None:
            answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        elif tag == own:
            answer = b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % own
        else:
            answer = (
                b"HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                % (
                    own,
                    kind.encode(),
                    len(body),
                )
            )
            answer += body
        self._counts["robots" if path == "/robots.txt" else "requests"] += 1
        self._counts["unchanged"] += tag == own
        self._counts["missing"] += body is None and path != "/robots.txt"
        self._counts["sent"] += len(answer) if path != "/robots.txt" else 0
        self._transport.write(answer)
