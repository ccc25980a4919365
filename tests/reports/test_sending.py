"""Sending what waits, against a real mail server on loopback: nothing lost, nothing doubled."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine, select

from domain.errors import ConfigError, MailFailed
from domain.report import WeeklyReport
from presentation.digest import Edition
from reports.letters import Letter, build_letters, queue_letters
from reports.mail import (
    MOST_TRIES,
    SendResult,
    send_outbox,
    wait_after,
)
from reports.smtp import SmtpSettings, Tls
from store.engine import reading, writing
from store.tables import OutboxRow

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SENDER = "rollcall@cops.example.org"
LOOPBACK = "127.0.0.1"


@dataclass(slots=True)
class MailServer:
    """A server that takes mail, or answers some recipients as told."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    after_data: dict[str, str] = field(default_factory=dict)
    sender_answer: str = ""
    taken: list[Envelope] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.sender_answer or "250 OK"

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self.after_data.get(envelope.rcpt_tos[0], "250 taken")
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer

    @property
    def readers(self) -> list[str]:
        return [envelope.rcpt_tos[0] for envelope in self.taken]

    @property
    def settings(self) -> SmtpSettings:
        return SmtpSettings(host=LOOPBACK, port=self.port, tls=Tls.NONE, timeout_seconds=5)


@pytest.fixture
def start() -> Iterator[Callable[..., MailServer]]:
    """Starts mail servers that stop with the test; with `port` at that one."""
    with ExitStack() as stack:

        def run(
            port: int | None = None, guards: Mapping[str, object] | None = None, **answers: object
        ) -> MailServer:
            server = MailServer(port=port or _free_port(), **answers)  # type: ignore[arg-type]
            controller = Controller(server, hostname=LOOPBACK, port=server.port, **(guards or {}))
            controller.start()
            stack.callback(controller.stop)
            return server

        yield run


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def queue(engine: Engine, full_report: WeeklyReport) -> Callable[..., None]:
    """Queues the week for the readers named."""

    def put(*names: str) -> None:
        with writing(engine) as session:
            letters = [
                Letter(address=f"{name}@example.org", report=full_report, edition=Edition())
                for name in names
            ]
            queue_letters(session, build_letters(letters, sender=SENDER, now=NOW), NOW)

    return put


def _send(engine: Engine, smtp: SmtpSettings, now: datetime = NOW) -> SendResult:
    return send_outbox(engine, smtp, now, lambda: now)


def _rows(engine: Engine) -> dict[str, OutboxRow]:
    with reading(engine) as session:
        rows = list(session.scalars(select(OutboxRow)))
        session.expunge_all()
    return {row.recipient.partition("@")[0]: row for row in rows}


# ---- all is well ---------------------------------------------------------------------------


def test_every_mail_is_sent_once_and_marked(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start()
    queue("ada", "bob", "cleo")
    assert _send(engine, server.settings) == SendResult(sent=3)
    assert _send(engine, server.settings) == SendResult()
    assert server.readers == ["ada@example.org", "bob@example.org", "cleo@example.org"]
    assert {envelope.mail_from for envelope in server.taken} == {SENDER}
    assert all(row.sent_at == NOW for row in _rows(engine).values())


def test_what_arrives_is_what_was_queued(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start()
    queue("ada")
    _send(engine, server.settings)
    arrived, queued = server.taken[0].original_content, _rows(engine)["ada"].message
    assert arrived is not None
    assert arrived.rstrip() == queued.rstrip()


def test_progress_hears_of_every_mail(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start(answers={"bob@example.org": "550 no such reader"})
    queue("ada", "bob")
    heard: list[SendResult] = []
    send_outbox(engine, server.settings, NOW, lambda: NOW, progress=heard.append)
    assert heard == [SendResult(sent=1), SendResult(sent=1, refused=1)]


def test_two_senders_at_once_send_each_mail_once(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start()
    queue(*[f"reader{number}" for number in range(12)])
    results: list[SendResult] = []
    senders = [
        threading.Thread(target=lambda: results.append(_send(engine, server.settings)))
        for _ in range(2)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sum(result.sent for result in results) == 12
    assert sorted(server.readers) == sorted(set(server.readers))


# ---- one mail fails ------------------------------------------------------------------------


def test_a_reader_who_is_refused_for_good_fails_alone(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start(answers={"bob@example.org": "550 5.1.1 no such reader"})
    queue("ada", "bob", "cleo")
    assert _send(engine, server.settings) == SendResult(sent=2, refused=1)
    bob = _rows(engine)["bob"]
    assert (bob.failed_at, bob.sent_at) == (NOW, None)
    assert bob.last_error == "550 5.1.1 no such reader"
    assert _send(engine, server.settings, NOW + timedelta(days=1)) == SendResult()


def test_a_mail_refused_after_its_content_fails_alone(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start(after_data={"bob@example.org": "554 5.6.0 not wanted"})
    queue("bob", "cleo")
    assert _send(engine, server.settings) == SendResult(sent=1, refused=1)
    assert server.readers == ["cleo@example.org"]


@pytest.mark.parametrize("moment", ["answers", "after_data"])
def test_a_reader_who_is_put_off_gets_the_mail_later(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None], moment: str
) -> None:
    told = {"bob@example.org": "451 4.7.1 greylisted, try again"}
    server = start(**{moment: told})
    queue("ada", "bob")
    assert _send(engine, server.settings) == SendResult(sent=1, later=1)
    assert _send(engine, server.settings, NOW + timedelta(minutes=4)) == SendResult()
    told.clear()
    assert _send(engine, server.settings, NOW + timedelta(minutes=5)) == SendResult(sent=1)
    assert server.readers == ["ada@example.org", "bob@example.org"]


def test_a_reader_who_is_put_off_for_ever_is_given_up_after_days(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start(answers={"bob@example.org": "452 4.2.2 mailbox full"})
    queue("bob")
    with writing(engine) as session:
        session.scalars(select(OutboxRow)).one().tries = MOST_TRIES - 2
    assert _send(engine, server.settings) == SendResult(later=1)
    assert _send(engine, server.settings, NOW + timedelta(hours=4)) == SendResult(refused=1)
    waited = sum((wait_after(tries) for tries in range(1, MOST_TRIES)), timedelta(0))
    assert timedelta(days=4) < waited < timedelta(days=6)


def test_an_address_beyond_ascii_fails_alone_and_says_why(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start()
    queue("ada")
    with writing(engine) as session:
        row = session.scalars(select(OutboxRow)).one()
        row.recipient = "zoë@example.org"
    assert _send(engine, server.settings) == SendResult(refused=1)
    assert "ASCII" in _rows(engine)["zoë"].last_error


# ---- the server fails ----------------------------------------------------------------------


def test_while_the_server_is_down_every_mail_waits_and_none_is_lost(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    port = _free_port()
    down = SmtpSettings(host=LOOPBACK, port=port, tls=Tls.NONE)
    queue("ada", "bob", "cleo")
    result = _send(engine, down)
    assert (result.sent, result.refused, result.later) == (0, 0, 3)
    assert isinstance(result.trouble, MailFailed)
    assert result.trouble.exit_code == 75
    assert f"mail server {LOOPBACK}:{port}" in result.trouble.line
    assert _send(engine, down) == SendResult()
    server = start(port=port)
    assert _send(engine, server.settings, NOW + timedelta(minutes=5)) == SendResult(sent=3)
    assert len(server.readers) == 3


def test_pauses_grow_while_the_server_stays_down(
    engine: Engine, queue: Callable[..., None]
) -> None:
    down = SmtpSettings(host=LOOPBACK, port=_free_port(), tls=Tls.NONE)
    queue("ada")
    now, pauses = NOW, []
    for _ in range(4):
        assert _send(engine, down, now).later == 1
        pauses.append(_rows(engine)["ada"].not_before - now)
        now += pauses[-1]
    assert pauses == [timedelta(minutes=minutes) for minutes in (5, 10, 20, 40)]
    assert wait_after(10_000) == timedelta(hours=4)


def test_a_server_that_never_greets_is_left_in_time(
    engine: Engine, queue: Callable[..., None]
) -> None:
    queue("ada")
    with closing(socket.create_server((LOOPBACK, 0))) as deaf:
        port = int(deaf.getsockname()[1])
        smtp = SmtpSettings(host=LOOPBACK, port=port, tls=Tls.NONE, timeout_seconds=0.2)
        result = _send(engine, smtp)
    assert result.later == 1
    assert result.trouble is not None
    assert "does not answer in time" in result.trouble.what


def test_a_server_that_refuses_our_sender_loses_no_mail(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start(sender_answer="553 5.7.1 we do not send for you")
    queue("ada", "bob", "cleo")
    result = _send(engine, server.settings)
    assert (result.refused, result.later) == (0, 3)
    assert result.trouble is not None
    assert "553" in result.trouble.what


def test_a_server_that_closes_on_one_mail_still_takes_the_others(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start(answers={"bob@example.org": "421 4.3.0 closing"})
    queue("ada", "bob", "cleo")
    assert _send(engine, server.settings) == SendResult(sent=2, later=1)
    assert server.readers == ["ada@example.org", "cleo@example.org"]


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_file, key_file


@pytest.fixture
def guarded(tmp_path: Path, start: Callable[..., MailServer]) -> tuple[MailServer, Path]:
    """A server that asks for STARTTLS and a password, and the certificate to trust."""
    certificate, key = _make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def check(*asked: object) -> AuthResult:
        known = LoginPassword(login=b"rollcall", password=b"right")
        return AuthResult(success=asked[-1] == known, handled=False)

    guards = {
        "tls_context": context,
        "require_starttls": True,
        "authenticator": check,
        "auth_required": True,
    }
    return start(guards=guards), certificate


def _guarded_settings(server: MailServer, password: str) -> SmtpSettings:
    return SmtpSettings(
        host=LOOPBACK, port=server.port, tls=Tls.STARTTLS, user="rollcall", password=password
    )


def test_a_protected_server_gets_the_mail_after_a_login(
    engine: Engine,
    queue: Callable[..., None],
    guarded: tuple[MailServer, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, certificate = guarded
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    queue("ada")
    assert _send(engine, _guarded_settings(server, "right")) == SendResult(sent=1)


def test_a_wrong_password_is_said_in_words_and_loses_no_mail(
    engine: Engine,
    queue: Callable[..., None],
    guarded: tuple[MailServer, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, certificate = guarded
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    queue("ada", "bob", "cleo")
    result = _send(engine, _guarded_settings(server, "wrong"))
    assert result.later == 3
    assert result.trouble is not None
    assert "refuses our user name or password" in result.trouble.what


def test_a_server_with_a_certificate_of_nobody_we_trust_gets_neither_password_nor_mail(
    engine: Engine, queue: Callable[..., None], guarded: tuple[MailServer, Path]
) -> None:
    server, _ = guarded
    queue("ada")
    result = _send(engine, _guarded_settings(server, "right"))
    assert (result.later, server.taken) == (1, [])
    assert result.trouble is not None
    assert "certificate" in result.trouble.what


def test_a_password_never_crosses_the_network_unprotected() -> None:
    with pytest.raises(ConfigError, match="unprotected"):
        SmtpSettings(host="mail.example.org", port=25, tls=Tls.NONE, user="u", password="p")
    settings = SmtpSettings(host="mail.example.org", port=587, user="u", password="secret")
    assert "secret" not in repr(settings)


# ---- killed --------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from datetime import datetime
from reports.mail import send_outbox
from reports.smtp import SmtpSettings, Tls
from store.engine import open_database

now = datetime.fromisoformat(sys.argv[3])
asked = 0

def clock():
    global asked
    asked += 1
    if asked == 2:  # the server has the mail, our mark is not made
        os.kill(os.getpid(), signal.SIGKILL)
    return now

smtp = SmtpSettings(host="127.0.0.1", port=int(sys.argv[2]), tls=Tls.NONE)
send_outbox(open_database(sys.argv[1]), smtp, now, clock)
"""


def test_a_kill_between_sending_and_marking_sends_that_one_again_under_the_same_id(
    engine: Engine, start: Callable[..., MailServer], queue: Callable[..., None]
) -> None:
    server = start()
    queue("ada", "bob")
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", KILLED, url, str(server.port), NOW.isoformat()]
    root = str(Path(__file__).parents[2])
    killed = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": root}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert server.readers == ["ada@example.org"]

    assert _send(engine, server.settings, NOW + timedelta(minutes=1)) == SendResult(sent=1)
    assert server.readers == ["ada@example.org", "bob@example.org"]

    assert _send(engine, server.settings, NOW + timedelta(minutes=15)) == SendResult(sent=1)
    assert server.readers == ["ada@example.org", "bob@example.org", "ada@example.org"]
    ids = [message_from_bytes(e.original_content or b"")["Message-ID"] for e in server.taken]
    assert ids[0] == ids[2] != ids[1]
    assert _send(engine, server.settings, NOW + timedelta(days=1)) == SendResult()
