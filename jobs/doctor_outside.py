"""The checks of what lies outside this machine: the mail server and the subscribed mailboxes."""

from __future__ import annotations

from collections.abc import Iterator

from domain.errors import MailFailed, SourceError
from jobs.doctor import Check, Finding, Grade, Patient, ok, skip
from jobs.mailbox_visits import open_mailbox
from reports.smtp import MailServer, SmtpSettings, Tls
from store.engine import SCHEMA, reading, schema_version
from store.outbox import count_unsent

PATIENCE_SECONDS = 15.0


def check_mail(patient: Patient) -> Iterator[Finding]:
    """Whether the mail server takes us in; nothing is sent."""
    settings = patient.settings
    waiting = _count_waiting(patient)
    if not settings.mail.host:
        if not waiting:
            yield skip("mail", "no mail server is set")
            return
        yield Finding(
            check="mail",
            grade=Grade.WARN,
            said=f"no mail server is set, and {waiting} mails wait",
            to_do='set [mail] host = "…"',
        )
        return
    smtp = SmtpSettings(
        host=settings.mail.host,
        port=settings.mail.port,
        tls=Tls(settings.mail.tls),
        user=settings.mail.user,
        password=settings.mail.password,
        timeout_seconds=PATIENCE_SECONDS,
    )
    server = MailServer(smtp)
    try:
        server.greet()
    except MailFailed as error:
        yield Finding(
            check="mail", grade=Grade.FAIL, said=error.what, where=error.where, to_do=error.to_do
        )
        return
    finally:
        server.close()
    yield ok("mail", f"{smtp.place} takes us in, {waiting} mails wait")


def _count_waiting(patient: Patient) -> int:
    if patient.engine is None or schema_version(patient.engine) != SCHEMA:
        return 0
    with reading(patient.engine) as session:
        return count_unsent(session).waiting


def check_mailboxes(patient: Patient) -> Iterator[Finding]:
    """Whether each subscribed mailbox lets us in."""
    boxes = patient.settings.mailboxes
    if not boxes:
        yield skip("mailboxes", "none is set")
    for name, box in boxes.items():
        check = f"mailbox {name}"
        try:
            with open_mailbox(name, box, answer_seconds=PATIENCE_SECONDS) as opened:
                folders = sum(1 for _ in opened.list_folders())
        except SourceError as error:
            yield Finding(
                check=check, grade=Grade.FAIL, said=error.what, where=error.where, to_do=error.to_do
            )
        else:
            yield ok(check, f"lets us in, {folders} folders")


OUTSIDE_CHECKS: tuple[Check, ...] = (check_mail, check_mailboxes)
