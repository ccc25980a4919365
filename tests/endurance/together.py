"""Crawls, visitors, a curator, mails and backups at once, while chance kills processes."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from itertools import count

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.people import Role
from presentation.links import SIGNING_SECRET, SignInLink, sign_in_token
from store import readers, users
from store.engine import writing
from tests.endurance.fleet import Fleet, WorkerProcess
from tests.endurance.kills import list_children
from tests.postgres import free_port

LOOPBACK = "127.0.0.1"
MAIL_SETTINGS = '[mail]\nhost = "{host}"\nport = {port}\ntls = "none"\n'
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
FIRST_WEEK = date(2024, 1, 1)
PATIENCE = 60.0
EVERY_WORD = 0.5
SEE_OTHER = 303


class MailServer:
    """Takes every mail, and remembers for whom it was and which."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.controller = Controller(self, hostname=LOOPBACK, port=free_port())

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        message = message_from_bytes(bytes(envelope.content or b""))
        self.taken += [(address, str(message["Message-ID"])) for address in envelope.rcpt_tos]
        return "250 taken"


class Again(threading.Thread):
    """A command that is started again some seconds after it ended, until all is over."""

    def __init__(
        self, fleet: Fleet, name: str, words: Callable[[], Sequence[str]], *, rest: float = 1.0
    ) -> None:
        super().__init__(name=name)
        self.fleet = fleet
        self.words = words
        self.rest = rest
        self.over = threading.Event()
        self.current: WorkerProcess | None = None
        self.ended: Counter[int] = Counter()

    def run(self) -> None:
        """Starts it again and again."""
        while not self.over.is_set():
            (self.current,) = self.fleet.start(*self.words(), machine=self.name)
            self.ended[self.current.process.wait()] += 1
            self.over.wait(self.rest)

    def lines(self) -> list[str]:
        """What the running one logged."""
        return self.current.lines if self.current else []

    def kill(self, chance: random.Random) -> bool:
        """True where something was killed: the process, or one that it started."""
        running = self.current
        if running is None or running.process.poll() is not None:
            return False
        mine = [running.process.pid, *list_children(running.process.pid, "")]
        with suppress(ProcessLookupError):
            os.kill(chance.choice(mine), signal.SIGKILL)
        return True

    def stop(self) -> None:
        """Tells it to stop, and waits until it has."""
        self.over.set()
        if self.current:
            self.current.end()
        self.join(PATIENCE)


class _Stay(urllib.request.HTTPRedirectHandler):
    """An answer that leads elsewhere is the answer."""

    def redirect_request(self, *_given: object) -> None:
        """Nothing to ask for."""


class Curator(threading.Thread):
    """Records one dated word after another, and remembers which were acknowledged."""

    def __init__(self, root: str, sign_in: str, slug: str) -> None:
        super().__init__(name="curator")
        self.page = f"{root}attest/{slug}"
        self.sign_in = root + sign_in
        self.over = threading.Event()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), _Stay)
        self.sent: list[str] = []
        self.acknowledged: list[str] = []
        self.troubles: Counter[str] = Counter()

    def run(self) -> None:
        """Signs in, and goes on whatever happens to the server."""
        signed_in = False
        for number in count():
            if self.over.wait(EVERY_WORD):
                return
            try:
                if signed_in:
                    self._record(f"word {number}")
                else:
                    signed_in = self._send(self.sign_in) == SEE_OTHER
            except (OSError, http.client.HTTPException) as error:
                self.troubles[type(error).__name__] += 1

    def _record(self, note: str) -> None:
        words = {"seen_on": "2026-11-01", "link": "https://example.org/group", "note": note}
        self.sent.append(note)
        said = self._send(self.page, **words)
        if said == SEE_OTHER:
            self.acknowledged.append(note)
        else:
            self.troubles[str(said)] += 1

    def _send(self, page: str, **fields: str) -> int:
        """The status of the answer to the form of a page."""
        with self.opener.open(page, timeout=PATIENCE) as answer:
            found = TOKEN.search(answer.read().decode())
        assert found, page
        content = urllib.parse.urlencode({"csrf_token": found[1], **fields}).encode()
        try:
            return int(self.opener.open(page, content, timeout=PATIENCE).status)
        except urllib.error.HTTPError as error:
            return error.code


class Visitors:
    """A process that asks for pages (`tests.endurance.load`)."""

    def __init__(self, root: str, rate: float) -> None:
        command = [sys.executable, "-m", "tests.endurance.load", root, str(rate)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def stop(self) -> Visited:
        """What came of it."""
        out, _ = self.process.communicate(timeout=2 * PATIENCE)
        return Visited(**json.loads(out))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """What visitors saw. Units: requests a second, seconds."""

    rate: float
    answers: dict[str, int]
    median: float
    p95: float


def sign_in_path(fleet: Fleet) -> str:
    """The address by which a new curator signs in, below the root."""
    now = datetime.now(UTC)
    with writing(fleet.engine) as session:
        user = users.add_user(
            session, name="Cleo", address="cleo@example.org", role=Role.CURATOR, now=now
        )
        secret = users.secret(session, SIGNING_SECRET)
    promise = SignInLink(user_id=user.id, expires_at=now + timedelta(days=1))
    return f"login/link/{sign_in_token(secret, promise)}"


def add_readers(fleet: Fleet, number: int) -> None:
    """So many people who want the report each week."""
    with writing(fleet.engine) as session:
        readers.vouch(session, [f"reader{n}@example.org" for n in range(number)], datetime.now(UTC))


def list_past_weeks() -> Iterator[str]:
    """One ISO week after the other."""
    for number in count():
        year, week, _ = (FIRST_WEEK + timedelta(weeks=number)).isocalendar()
        yield f"{year}-W{week:02}"
