"""The loopback archive server: every made-up host on an address of its own, on one free port."""

from __future__ import annotations

import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.answer import Answer, Site
from demo.content import midnight
from demo.madeup import DEFAULT_SEED, MadeUp
from demo.sites import build_sites
from demo.truth import build_directory
from demo.walls import robots

# Pages that a test puts up live on this host unless it names another.
SPARE_HOST = "127.77.2.1"
PORT_TRIES = 20
# Loopback, and the addresses for measurements, which nothing real may have (RFC 2544).
OWN_NETWORKS = ("127.", "198.18.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request.

    Units: `began` and `ended` (its answer was ready to be sent) in seconds of the monotonic clock.
    `path` is as it was asked for, with its query; `status` is 0 where the host hung up.
    `in_flight` counts the requests that the host was answering when this one came, with itself.
    `client` is the address that asked.
    """

    host: str
    client: str
    method: str
    path: str
    status: int
    began: float
    ended: float
    in_flight: int
    conditional: bool
    user_agent: str


Behaviour = Answer | Callable[[int], Answer | None]
"""An answer in place of the usual one, or a function of how often the path was asked before
(0 the first time), which may give `None` for the usual one."""


class ArchiveServer:
    """Serves the made-up directory (or the part of it named in `only`) while in its context.

    The content is that of the day of `now`, the same for every moment of the day; `advance` lets
    the communities go on writing. `log` grows with every answer.
    """

    def __init__(
        self, now: datetime, *, seed: int = DEFAULT_SEED, only: Iterable[str] | None = None
    ) -> None:
        self.seed = seed
        self.anchor = midnight(now)
        self.now = now
        chosen = None if only is None else set(only)
        self.communities: tuple[MadeUp, ...] = tuple(
            made_up
            for made_up in build_directory(now, seed=seed)
            if chosen is None or made_up.slug in chosen
        )
        self.log: list[Logged] = []
        self.port = 0
        self._sites: dict[str, Site] = {}
        self._behaviours: dict[tuple[str, str], Behaviour] = {}
        self._asked: dict[tuple[str, str], int] = {}
        self._in_flight: dict[str, int] = {}
        self._lock = threading.Lock()
        self._listeners: dict[str, _Listener] = {}
        self._selector = selectors.DefaultSelector()
        self._stop_here, self._stop_there = socket.socketpair()
        self._selector.register(self._stop_there, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._accept, daemon=True, name="archive-server")

    def __enter__(self) -> Self:
        hosts = [SPARE_HOST]
        for made_up in self.communities:
            hosts += [host for host in (made_up.host, made_up.other_host) if host]
        self._listen_all(hosts)
        self._build(self.anchor)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_here.send(b"x")
        self._thread.join()
        for listener in self._listeners.values():
            listener.hang_up()
        self._selector.close()
        self._stop_here.close()
        self._stop_there.close()

    # ---- what a caller asks and tells ----------------------------------------------------

    def find(self, slug: str) -> MadeUp:
        """The community of that name."""
        return next(made_up for made_up in self.communities if made_up.slug == slug)

    def url_of(self, slug: str) -> str:
        """The address of a community's archive, as the directory knows it."""
        made_up = self.find(slug)
        return f"http://{made_up.host}:{self.port}{made_up.path}"

    def advance(self, now: datetime) -> None:
        """Let time go on to `now`: growing communities write what they write until then."""
        if now < self.now:
            raise ValueError(f"time cannot go back from {self.now} to {now}")
        self.now = now
        self._build(now)

    def put(self, path: str, answer: Behaviour, *, host: str = SPARE_HOST) -> str:
        """Answer `path` (as asked for, with its query) like this from now on; gives the address.

        Works on any address of this machine alone, also for paths that a community has.
        """
        if host not in self._listeners:
            self._listen(host, self.port)
        self._behaviours[host, path] = answer
        return f"http://{host}:{self.port}{path}"

    def forget(self, path: str, *, host: str = SPARE_HOST) -> None:
        """Answer `path` as usual again."""
        self._behaviours.pop((host, path), None)

    def requests(self, host: str | None = None) -> list[Logged]:
        """The answered requests so far, of one host or of all, robots.txt left out."""
        return [
            one for one in list(self.log) if host in (None, one.host) and one.path != "/robots.txt"
        ]

    # ---- how it is done ------------------------------------------------------------------

    def _build(self, until: datetime) -> None:
        sites: dict[str, Site] = {}
        for made_up in self.communities:
            messages = made_up.history(anchor=self.anchor, until=until, seed=self.seed)
            sites |= build_sites(
                made_up, messages, anchor=self.anchor, now=self.now, port=self.port
            )
        self._sites = sites

    def _listen_all(self, hosts: list[str]) -> None:
        for attempt in range(PORT_TRIES):
            try:
                self.port = self._listen(hosts[0], 0)
                for host in hosts[1:]:
                    self._listen(host, self.port)
                return
            except OSError:
                while self._listeners:
                    _, listener = self._listeners.popitem()
                    self._selector.unregister(listener)
                    listener.server_close()
                if attempt == PORT_TRIES - 1:
                    raise

    def _listen(self, host: str, port: int) -> int:
        if not host.startswith(OWN_NETWORKS):
            raise ValueError(f"{host} is not an address of this machine alone")
        listener = _Listener(self, host, port)
        self._listeners[host] = listener
        self._selector.register(listener, selectors.EVENT_READ, listener)
        bound: int = listener.server_address[1]
        return bound

    def _accept(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                with suppress(OSError):
                    key.data.process_request(*key.data.get_request())

    def answer(self, host: str, asked: str) -> Answer:
        """What `host` says when it is asked for this path with its query."""
        with self._lock:
            times = self._asked.get((host, asked), 0)
            self._asked[host, asked] = times + 1
        behaviour = self._behaviours.get((host, asked))
        said = behaviour(times) if callable(behaviour) else behaviour
        if said is None:
            parts = urlsplit(asked)
            site = self._sites.get(host)
            said = site.answer(unquote(parts.path), dict(parse_qsl(parts.query))) if site else None
        if said is None and asked == "/robots.txt":
            return robots()
        return said or Answer(status=404, body=b"<h1>Not Found</h1>")

    def enter(self, host: str) -> int:
        """How many requests the host answers now, the one that just came included."""
        with self._lock:
            self._in_flight[host] = self._in_flight.get(host, 0) + 1
            return self._in_flight[host]

    def leave(self, entry: Logged) -> None:
        """Note a request whose answer is ready to be sent."""
        with self._lock:
            self._in_flight[entry.host] -= 1
            self.log.append(entry)


class _Listener(ThreadingHTTPServer):
    """One host's socket; its requests are answered in threads that die with the program."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, archive: ArchiveServer, host: str, port: int) -> None:
        self.archive = archive
        self.host = host
        self.open: set[socket.socket] = set()
        super().__init__((host, port), _Conversation)

    def hang_up(self) -> None:
        """End the conversations that clients keep open, and stop listening."""
        self.server_close()
        for connection in tuple(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing where a client went away; everything else is a fault of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Conversation(BaseHTTPRequestHandler):
    """One connection to one host."""

    protocol_version = "HTTP/1.1"
    server: _Listener
    timeout = 30

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        archive, host = self.server.archive, self.server.host
        began, in_flight = time.monotonic(), archive.enter(host)
        answer = archive.answer(host, self.path)
        status = 304 if self._is_known(answer) else answer.status
        if answer.delay_seconds:
            time.sleep(answer.delay_seconds)
        # Noted before the client can know: its next request must not seem to overlap this one.
        archive.leave(
            Logged(
                host=host,
                client=self.client_address[0],
                method=self.command,
                path=self.path,
                status=0 if answer.hang_up else status,
                began=began,
                ended=time.monotonic(),
                in_flight=in_flight,
                conditional=bool(
                    self.headers["If-None-Match"] or self.headers["If-Modified-Since"]
                ),
                user_agent=self.headers["User-Agent"] or "",
            )
        )
        self._say(answer, status)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _say(self, answer: Answer, status: int) -> None:
        if answer.hang_up:
            self.close_connection = True
            return
        self.send_response(status)
        if answer.etag and answer.last_modified:
            self.send_header("ETag", answer.etag)
            changed = answer.last_modified.astimezone(UTC)
            self.send_header("Last-Modified", format_datetime(changed, usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        if answer.lie_about_length:
            self.close_connection = True
        self.end_headers()
        if self.command == "GET" and status != 304:
            cut = len(answer.body) // 2 if answer.lie_about_length else len(answer.body)
            self.wfile.write(answer.body[:cut])

    def _is_known(self, answer: Answer) -> bool:
        if answer.status != 200 or answer.last_modified is None:
            return False
        if tags := self.headers["If-None-Match"]:
            known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return answer.etag in known or "*" in known
        if since := self.headers["If-Modified-Since"]:
            with suppress(ValueError):
                return answer.last_modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        return False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nothing: the archive keeps a log of its own."""
