"""The week to a thousand readers over real SMTP: exactly one mail each, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import mailbox
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime
from enum import StrEnum

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from domain.errors import ConfigError
from domain.outcome import Status
from domain.people import Role
from domain.readers import Choices, Rhythm
from domain.report import Change, ChangeKind, WeeklyReport
from domain.window import Window
from jobs.bouncing import count_bounces
from jobs.reporting import queue_weekly_mails, send_mails
from store import readers, users
from store.engine import reading, writing
from store.reports import save_report_content
from store.tables import OutboxRow

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
WEEK = "2026-W47"
LOOPBACK = "127.0.0.1"
CROWD = 1000


class Death(StrEnum):
    """Where in a conversation a server dies."""

    AT_RECIPIENT = "at the recipient"
    AT_ANSWER = "with the content, before its answer"


@dataclass(slots=True)
class MortalServer:
    """A mail server that dies at its mail number `last`, and takes no more calls."""

    port: int
    last: int | None = None
    death: Death = Death.AT_RECIPIENT
    refused: frozenset[str] = frozenset()
    taken: list[Envelope] = field(default_factory=list)
    controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(self, hostname=LOOPBACK, port=self.port)
        self.controller.start()

    def stop(self) -> None:
        self.controller.stop(no_assert=True)

    def _dies(self, server: SMTP, moment: Death) -> bool:
        if self.last is None or len(self.taken) < self.last or moment is not self.death:
            return False
        self.controller.server.close()
        server.transport.abort()
        return True

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._dies(server, Death.AT_RECIPIENT):
            await asyncio.sleep(0)
        if address in self.refused:
            return "550 5.1.1 no such reader"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self._dies(server, Death.AT_ANSWER):
            return "451 dying"
        self.taken.append(envelope)
        return "250 taken"


@pytest.fixture
def port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def serve(port: int) -> Iterator[Callable[..., MortalServer]]:
    """Starts one server after the other at the same port."""
    living: list[MortalServer] = []

    def run(**facts: object) -> MortalServer:
        for old in living:
            old.stop()
        living[:] = [MortalServer(port=port, **facts)]  # type: ignore[arg-type]
        living[0].start()
        return living[0]

    yield run
    for old in living:
        old.stop()


@pytest.fixture
def directory(make_workshop, port):
    """A folder with a mail server, one curator and one community."""
    more = f"""
[mail]
host = "{LOOPBACK}"
port = {port}
tls = "none"
[web]
public_url = "https://cops.example.org"
"""
    made = make_workshop(more=more)
    made.watch("malaria", "http://127.0.0.9/malaria/")
    with writing(made.engine) as s:
        users.add_user(s, name="Cleo", address="cleo@example.org", role=Role.CURATOR, now=NOW)
        save_report_content(s, _report())
    return made


def _report(**fields: object) -> WeeklyReport:
    """A week in which one community woke up."""
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    woke = Change(slug="malaria", name="Malaria", kind=ChangeKind.WOKE_UP, status=Status.ACTIVE)
    facts: dict[str, object] = {
        "week": WEEK,
        "window": Window(start=monday, end=monday + timedelta(days=7)),
        "built_at": NOW,
        "posts": 0,
        "posts_last_week": None,
        "seen": 0,
        "changes": (woke,),
        "talk": (),
        "not_read": (),
        "closed_to_us": 0,
        "open_reviews": 1,
    }
    return WeeklyReport(**{**facts, **fields})  # type: ignore[arg-type]


def _join(made, *names: str, **choices: object) -> None:
    with writing(made.engine) as s:
        for name in names:
            asked = readers.ask(s, f"{name}@example.org", Choices(**choices), NOW)
            readers.confirm(s, asked.id, NOW)


def _queue(made, week: str = WEEK, now: datetime = NOW) -> int:
    return queue_weekly_mails(made.engine, made.settings, week, now).queued


def _send(made, now: datetime):
    return send_mails(made.engine, made.settings, lambda: now)


def test_a_thousand_readers_get_one_mail_each_though_the_server_dies_twice(directory, serve):
    names = [f"reader{number}" for number in range(CROWD - 1)]
    with writing(directory.engine) as s:
        readers.vouch(s, [f"{name}@example.org" for name in names], NOW)
    assert _queue(directory) == CROWD
    taken: list[Envelope] = []
    now = NOW
    for last, death in ((300, Death.AT_RECIPIENT), (400, Death.AT_ANSWER), (None, Death.AT_ANSWER)):
        server = serve(last=last, death=death)
        result = _send(directory, now)
        assert (result.trouble is None) == (last is None)
        assert _queue(directory, now=now) == 0  # a restarted service asks for the week again
        taken += server.taken
        now += timedelta(minutes=30)
    counted = Counter(envelope.rcpt_tos[0] for envelope in taken)
    assert set(counted.values()) == {1}
    assert set(counted) == {f"{name}@example.org" for name in [*names, "cleo"]}
    ids = {message_from_bytes(envelope.original_content)["Message-ID"] for envelope in taken}
    assert len(ids) == CROWD
    assert _send(directory, now + timedelta(days=1)).sent == 0


def test_everybody_gets_what_they_asked_for_in_their_language(directory, serve):
    server = serve()
    with writing(directory.engine) as s:
        save_report_content(s, _report(week="2026-W44", changes=()))
        save_report_content(s, _report(changes=()))
    _join(directory, "weekly")
    _join(directory, "changes", rhythm=Rhythm.CHANGES)
    _join(directory, "never", rhythm=Rhythm.NEVER)
    assert _queue(directory) == 1  # a week without news, for those who keep the directory
    _join(directory, "french", locale="fr")
    with writing(directory.engine) as s:
        save_report_content(s, _report())
    assert _queue(directory) == 3
    _send(directory, NOW)
    mails = {e.rcpt_tos[0]: message_from_bytes(e.original_content) for e in server.taken}
    assert {name.partition("@")[0] for name in mails} == {"cleo", "weekly", "changes", "french"}
    french = mails["french@example.org"]
    assert french["Content-Language"] == "fr"
    assert french["List-Unsubscribe"].startswith("<https://cops.example.org/stop/")
    assert french["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_address_that_is_refused_three_weeks_in_a_row_rests(directory, serve):
    serve(refused=frozenset({"gone@example.org"}))
    _join(directory, "gone", "fine")
    now = NOW
    for week in range(47, 52):
        with writing(directory.engine) as s:
            save_report_content(s, _report(week=f"2026-W{week}"))
        _queue(directory, f"2026-W{week}", now)
        _send(directory, now)
        now += timedelta(days=7)
    with reading(directory.engine) as s:
        gone, fine = (readers.find_reader(s, f"{name}@example.org") for name in ("gone", "fine"))
        asked = [row.recipient for row in s.scalars(select(OutboxRow))]
    assert (gone.bounces, gone.gets_mail, fine.bounces) == (3, False, 0)
    assert (asked.count("gone@example.org"), asked.count("fine@example.org")) == (3, 5)


def test_one_good_week_between_ends_a_row_of_bounces(directory, serve):
    server = serve()
    _join(directory, "gone")
    now = NOW
    for week in range(47, 53):
        server.refused = frozenset() if week == 49 else frozenset({"gone@example.org"})
        with writing(directory.engine) as s:
            save_report_content(s, _report(week=f"2026-W{week}"))
        _queue(directory, f"2026-W{week}", now)
        _send(directory, now)
        now += timedelta(days=7)
        with reading(directory.engine) as s:
            gone = readers.find_reader(s, "gone@example.org")
        assert gone.gets_mail == (week < 52)


def test_what_was_sent_long_ago_keeps_its_mark_and_not_its_words(directory, serve):
    serve()
    _queue(directory)
    _send(directory, NOW)
    later = NOW + timedelta(days=21)
    with writing(directory.engine) as s:
        save_report_content(s, _report(week="2026-W50"))
    _queue(directory, "2026-W50", later)
    with reading(directory.engine) as s:
        kept = {row.dedupe_key.split(":")[1]: row.message for row in s.scalars(select(OutboxRow))}
    assert (kept[WEEK], bool(kept["2026-W50"])) == (b"", True)
    assert _queue(directory, WEEK, later) == 0


# ---- what comes back -----------------------------------------------------------------------


BOUNCE = """\
From: MAILER-DAEMON@mail.example.org
To: rollcall@cops.example.org
Subject: Undelivered Mail Returned to Sender
Date: {date}
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {to}
Action: {action}
Status: 5.1.1

--b
Content-Type: {kind}

From: rollcall@cops.example.org
To: {to}
Message-ID: {message_id}
Subject: CoPs

--b--
"""


def _bounce(envelope: Envelope, at: datetime, **fields: str) -> str:
    sent = message_from_bytes(envelope.original_content)
    facts = {
        "to": sent["To"],
        "message_id": sent["Message-ID"],
        "date": format_datetime(at),
        "action": "failed",
        "kind": "message/rfc822",
    }
    return BOUNCE.format(**{**facts, **fields})


@pytest.fixture
def returning(make_workshop, port, tmp_path):
    """A folder whose sender has a mailbox, where mails come back to."""
    folder = tmp_path / "returned"
    mailbox.Maildir(folder).close()
    more = f"""
[report]
bounce_mailbox = "returned"
sender = "rollcall@cops.example.org"
[mailboxes.returned]
kind = "maildir"
path = "{folder}"
[mail]
host = "{LOOPBACK}"
port = {port}
tls = "none"
"""
    made = make_workshop(more=more)
    return made, mailbox.Maildir(folder)


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_letters_that_come_back_to_the_mailbox_are_counted_once_a_week(returning, serve, kind):
    made, returned = returning
    _join(made, "gone", "fine")
    now = datetime.now(UTC)
    states = []
    for week in range(47, 51):
        server = serve()
        with writing(made.engine) as s:
            save_report_content(s, _report(week=f"2026-W{week}"))
        _queue(made, f"2026-W{week}", now)
        _send(made, now)
        for envelope in server.taken:
            if "gone" in envelope.rcpt_tos[0]:
                for _ in range(2):  # some servers say it twice
                    returned.add(_bounce(envelope, now, kind=kind))
        with reading(made.engine) as s:
            states.append(readers.find_reader(s, "gone@example.org"))
    assert [state.bounces for state in states] == [0, 1, 2, 3]
    assert [state.gets_mail for state in states] == [True, True, True, False]
    with reading(made.engine) as s:
        assert readers.find_reader(s, "fine@example.org").bounces == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "delayed"},
        {"to": "gone@example.org"},
        {"message_id": "<weekly.2026-W47.0123456789abcdef01234567@cops.example.org>"},
        {"message_id": "<somebody.elses@example.org>"},
        {"kind": "text/plain"},
    ],
)
def test_what_is_late_or_not_ours_is_no_bounce(returning, serve, fields):
    made, returned = returning
    server = serve()
    _join(made, "gone", "fine")
    now = datetime.now(UTC)
    with writing(made.engine) as s:
        save_report_content(s, _report())
    _queue(made, WEEK, now)
    _send(made, now)
    returned.add(_bounce(server.taken[0], now, **fields))
    assert count_bounces(made.engine, made.settings, now) == 0
    returned.add(_bounce(server.taken[0], now))
    assert count_bounces(made.engine, made.settings, now) == 1


def test_a_mailbox_that_cannot_be_read_holds_no_report_back(returning, tmp_path, caplog):
    made, _ = returning
    _join(made, "ada")
    with writing(made.engine) as s:
        save_report_content(s, _report())
    (tmp_path / "returned").rename(tmp_path / "away")
    assert _queue(made) == 1
    assert "bounces are not counted" in caplog.text


def test_a_mailbox_that_is_not_set_up_is_an_error_of_the_settings(make_workshop):
    with pytest.raises(ConfigError, match=r"no mailbox 'returned'"):
        make_workshop(more='[report]\nbounce_mailbox = "returned"\n')
