"""Signs of life: for whoever started the service, and for a watcher outside."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from urllib.error import URLError
from urllib.request import Request, urlopen

from domain.errors import RollcallError

log = logging.getLogger("rollcall.service")
PING_SECONDS = 10.0
ADDRESS_VARIABLE = "NOTIFY_SOCKET"


class PingFailed(RollcallError):
    """The watcher outside was not reached."""


def tell_supervisor(state: str) -> None:
    """Nothing; systemd hears `state`, such as "READY=1", if it started us and wants to.

    Source: sd_notify(3).
    """
    address = os.environ.get(ADDRESS_VARIABLE, "")
    if not address.startswith(("/", "@")):
        return
    place = "\0" + address[1:] if address.startswith("@") else address
    with (
        suppress(OSError),  # whoever does not listen is told nothing
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line,
    ):
        line.sendto(state.encode("ascii"), place)


@contextmanager
def repeating(every: timedelta, do: Callable[[], object]) -> Iterator[None]:
    """`do` is called this often, in a thread, until the end of the block; its failures are told."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(every.total_seconds()):
            try:
                do()
            except Exception:
                log.exception("a sign of life failed")

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def send_ping(url: str, agent: str) -> None:
    """Nothing, once the watcher has answered well.

    Raises: PingFailed, which never names the address: whoever knows it can feed the watcher.
    """
    asked = Request(url, headers={"User-Agent": agent})  # noqa: S310 - http(s), by the settings
    try:
        with urlopen(asked, timeout=PING_SECONDS):  # noqa: S310
            return
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", "") or type(error).__name__
        raise PingFailed(
            f"the watcher outside does not answer ({reason})",
            where="alerts.ping_url",
            to_do="check the address; the watcher will raise its alarm if this stays",
        ) from error
