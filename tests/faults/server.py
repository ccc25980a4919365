"""The fault server: archives on loopback hosts of their own, and everything that can go wrong.

`wrap` puts a site on a host; `break_` lays a fault over it, by rule or by address. The site is any
made-up archive (`demo.answer.Site`). A fault gets what was asked and the archive's own reply, and
gives the reply to send instead, with the way in which to send it. `log` holds every request with
its time.
"""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

from demo.answer import Answer, Site

PORT_TRIES = 20
LONGEST_HEAD = 1 << 16
ROBOTS = "/robots.txt"
RESET = struct.pack("ii", 1, 0)


class Sending(StrEnum):
    """How a reply goes out.

    `CUT` promises the whole body and hangs up in its middle; `RESET` breaks the connection in the
    middle, `RESET_AT_ONCE` before anything was said; `DRIP` sends a byte at a time.
    """

    WHOLE = "whole"
    CUT = "cut"
    RESET = "reset"
    RESET_AT_ONCE = "reset_at_once"
    DRIP = "drip"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is said, and how. Content-Length is that of the body unless `headers` names one."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    sending: Sending = Sending.WHOLE

    def with_headers(self, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. `times` is how often its host was asked before, robots.txt left out."""

    host: str
    port: int
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    times: int
    scheme: str = "http"

    @property
    def base(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


Fault = Callable[[Asked, Reply], Reply]
"""Makes of what was asked and the archive's own reply the one to send."""
Rule = Callable[[Asked], bool]
"""Whether a fault is laid over this request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request. Units: `began` and `ended` in seconds of the monotonic clock.

    `status` is 0 where nothing was said. `at` is the time of day in UTC. `in_flight` counts the
    requests that the host was answering when this one came, with itself.
    """

    host: str
    path: str
    status: int
    at: datetime
    began: float
    ended: float
    in_flight: int
    conditional: bool


def everything_but_robots(asked: Asked) -> bool:
    """The usual rule: robots.txt is as it should be."""
    return asked.path != ROBOTS


class FaultServer:
    """Serves wrapped archives, broken where it was told to, while in its context."""

    def __init__(self) -> None:
        self.port = 0
        self.log: list[Logged] = []
        self._sites: dict[str, Site] = {}
        self._faults: dict[str, list[tuple[Rule, Fault]]] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._listeners: dict[str, socket.socket] = {}
        self._open: set[socket.socket] = set()
        self._asked: dict[str, int] = {}
        self._in_flight: dict[str, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._wake_here, self._wake_there = socket.socketpair()
        self._selector.register(self._wake_there, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._accept, daemon=True, name="fault-server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._wake_here.send(b"x")
        self._thread.join()
        for listener in self._listeners.values():
            listener.close()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._selector.close()
        self._wake_here.close()
        self._wake_there.close()

    # ---- what a test tells and asks ------------------------------------------------------

    def wrap(self, host: str, site: Site, *, tls: ssl.SSLContext | None = None) -> str:
        """Puts the site on the host, in place of what was there; gives the host's base address."""
        self._sites[host] = site
        if tls is not None:
            self._contexts[host] = tls
        if host not in self._listeners:
            self._listen(host)
        return f"{'https' if host in self._contexts else 'http'}://{host}:{self.port}"

    def break_(
        self, host: str, fault: Fault, *, rule: Rule = everything_but_robots, path: str = ""
    ) -> None:
        """Lays the fault over what the rule picks, or over one address; earlier ones go first."""
        chosen = (lambda asked: asked.path == path) if path else rule
        self._faults.setdefault(host, []).append((chosen, fault))

    def show_certificate(self, host: str, context: ssl.SSLContext) -> None:
        """From now on the host shows another certificate."""
        self._contexts[host] = context

    def mend(self, host: str) -> None:
        """Takes every fault off the host."""
        self._faults.pop(host, None)

    def requests(self, host: str) -> list[Logged]:
        """The host's requests so far, robots.txt left out."""
        return [one for one in list(self.log) if one.host == host and one.path != ROBOTS]

    # ---- how it is done ------------------------------------------------------------------

    def _listen(self, host: str) -> None:
        if not host.startswith("127."):
            raise ValueError(f"{host} is not a loopback address")
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, self.port))
        listener.listen(64)
        self.port = listener.getsockname()[1]
        self._listeners[host] = listener
        self._selector.register(listener, selectors.EVENT_READ, host)
        # The selector may be waiting already; it looks again at what it watches.
        self._wake_here.send(b"n")

    def _accept(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._selector.select():
                if key.data is None:
                    self._wake_there.recv(1)
                    continue
                with suppress(OSError):
                    connection, _ = self._listeners[key.data].accept()
                    talk = threading.Thread(
                        target=self._talk, args=(key.data, connection), daemon=True
                    )
                    talk.start()

    def _talk(self, host: str, connection: socket.socket) -> None:
        """Answers requests on one connection until one side has enough."""
        self._open.add(connection)
        context = self._contexts.get(host)
        try:
            connection.settimeout(30)
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            while (asked := self._read(host, connection, tls=context is not None)) is not None:
                if not self._serve(asked, connection):
                    return
        except OSError:
            pass  # the other side went away, or did not like our certificate
        finally:
            self._open.discard(connection)
            connection.close()

    def _read(self, host: str, connection: socket.socket, *, tls: bool) -> Asked | None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(LONGEST_HEAD)
            if not piece or len(head) > LONGEST_HEAD:
                return None
            head += piece
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        parts = urlsplit(first.split(" ")[1])
        times = self._asked.get(host, 0)
        if parts.path != ROBOTS:
            self._asked[host] = times + 1
        return Asked(
            host=host,
            port=self.port,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query)),
            headers=headers,
            times=times,
            scheme="https" if tls else "http",
        )

    def _serve(self, asked: Asked, connection: socket.socket) -> bool:
        """Whether the connection may be used again."""
        began, at = time.monotonic(), datetime.now(UTC)
        with self._lock:
            in_flight = self._in_flight[asked.host] = self._in_flight.get(asked.host, 0) + 1
        reply = self.reply_to(asked)
        silent = reply.sending in (Sending.NEVER, Sending.RESET_AT_ONCE)
        entry = Logged(
            host=asked.host,
            path=asked.path,
            status=0 if silent else reply.status,
            at=at,
            began=began,
            ended=began,
            in_flight=in_flight,
            conditional="if-none-match" in asked.headers or "if-modified-since" in asked.headers,
        )
        slow = reply.sending is not Sending.WHOLE
        if not slow:
            # Noted before the client can know: its next request must not seem to overlap this one.
            self._note(entry)
        try:
            return self._send(reply, connection)
        finally:
            if slow:
                self._note(entry)

    def _note(self, entry: Logged) -> None:
        with self._lock:
            self._in_flight[entry.host] -= 1
            self.log.append(replace(entry, ended=time.monotonic()))

    def reply_to(self, asked: Asked) -> Reply:
        """What the host says: its archive's own reply, through its faults."""
        site = self._sites[asked.host]
        said = site.answer(asked.path, asked.query)
        if said is None and asked.path == ROBOTS:
            said = Answer(body=b"User-agent: *\nDisallow:\n", content_type="text/plain")
        reply = build_reply(said or Answer(status=404, body=b"<h1>Not Found</h1>"))
        for rule, fault in self._faults.get(asked.host, []):
            if rule(asked):
                reply = fault(asked, reply)
        known = reply.headers.get("ETag")
        if reply.status == 200 and known and asked.headers.get("if-none-match") == known:
            return replace(reply, status=304, body=b"")
        return reply

    def _send(self, reply: Reply, connection: socket.socket) -> bool:
        if reply.sending is Sending.NEVER:
            self._stop.wait(60)
            return False
        if reply.sending is Sending.RESET_AT_ONCE:
            _reset(connection)
            return False
        phrase = HTTPStatus(reply.status).phrase
        length = {} if reply.status == 304 else {"Content-Length": str(len(reply.body))}
        headers = {"Date": format_datetime(datetime.now(UTC), usegmt=True), **length}
        headers |= reply.headers
        head = f"HTTP/1.1 {reply.status} {phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        if reply.sending is Sending.DRIP:
            connection.sendall(head.encode("latin-1"))
            return self._drip(reply.body, connection)
        cut = reply.sending in (Sending.CUT, Sending.RESET)
        body = reply.body[: len(reply.body) // 2] if cut else reply.body
        connection.sendall(head.encode("latin-1") + body)
        if reply.sending is Sending.RESET:
            # What was sent must be on its way before the reset overtakes it.
            self._stop.wait(0.05)
            _reset(connection)
        return not cut

    def _drip(self, text: bytes, connection: socket.socket) -> bool:
        for place in range(len(text)):
            connection.sendall(text[place : place + 1])
            if self._stop.wait(0.05):
                return False
        return False


def build_reply(answer: Answer) -> Reply:
    """An archive's answer as this server sends it."""
    headers = {"Content-Type": answer.content_type, **dict(answer.headers)}
    if answer.etag and answer.last_modified:
        headers["ETag"] = answer.etag
        changed = answer.last_modified.astimezone(UTC)
        headers["Last-Modified"] = format_datetime(changed, usegmt=True)
    return Reply(status=answer.status, headers=headers, body=answer.body)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    # Closing the file under a TLS wrapper without a farewell is what resets the connection.
    socket.close(connection.detach())
