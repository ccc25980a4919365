"""Builds the weekly report, queues one mail a reader and week, and sends what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from config import Settings
from domain.errors import ConfigError
from domain.report import WeeklyReport
from reports.mail import (
    Edition,
    ReportFiles,
    SendResult,
    SmtpSettings,
    Tls,
    queue_weekly,
    send_outbox,
    write_report_files,
)
from reports.weekly import build_report
from store.engine import reading, writing
from store.reports import load_weekly, save_report_content
from store.users import list_users

Clock = Callable[[], datetime]
REPORT_FOLDER = "reports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A week's report, how many mails of it were newly queued, and where its files lie."""

    report: WeeklyReport
    queued: int
    files: ReportFiles


def preview_weekly(engine: Engine, week: str, now: datetime) -> WeeklyReport:
    """The report of an ISO week: as it went out, else as it would be built now. Stores nothing.

    Raises: UsageError when `week` is no ISO week.
    """
    with reading(engine) as session:
        return load_weekly(session, week) or build_report(session, week=week, now=now)


def queue_weekly_mails(engine: Engine, settings: Settings, week: str, now: datetime) -> Weekly:
    """The week's report, stored, written to files and queued once for each reader.

    Calling it again queues only for readers who are new since.

    Raises: UsageError (no such week), StorageFailed.
    """
    edition = build_edition(settings)
    sender = sender_address(settings)
    with writing(engine) as session:
        report = load_weekly(session, week)
        if report is None:
            report = build_report(session, week=week, now=now)
            save_report_content(session, report)
        people = [user.address for user in list_users(session)]
        readers = [*settings.report.recipients, *people]
        queued = queue_weekly(
            session,
            report,
            readers,
            sender=sender,
            now=now,
            edition=edition,
            curators=people,
        )
    folder = settings.data_dir / REPORT_FOLDER
    recipient = readers[0] if readers else sender
    files = write_report_files(
        folder, report, recipient=recipient, sender=sender, now=now, edition=edition
    )
    return Weekly(report=report, queued=queued, files=files)


def send_mails(engine: Engine, settings: Settings, clock: Clock) -> SendResult:
    """What became of the mails that are due; nothing is tried while no mail server is set."""
    if not settings.mail.host:
        return SendResult()
    smtp = SmtpSettings(
        host=settings.mail.host,
        port=settings.mail.port,
        tls=Tls(settings.mail.tls),
        user=settings.mail.user,
        password=settings.mail.password,
    )
    return send_outbox(engine, smtp, clock(), clock)


def require_mail_server(settings: Settings) -> None:
    """Nothing, if a mail server is set.

    Raises: ConfigError.
    """
    if not settings.mail.host:
        raise ConfigError(
            "no mail server is set: mails wait in the outbox",
            where=str(settings.data_dir / "rollcall.toml"),
            to_do='set [mail] host = "…" and port',
        )


def build_edition(settings: Settings) -> Edition:
    """How this directory's reports are titled and linked."""
    return Edition(public_url=settings.web.public_url.rstrip("/"))


def sender_address(settings: Settings) -> str:
    """The address that our mails come from; without a setting it is made from the host."""
    return settings.report.sender or f"rollcall@{_own_host(settings)}"


def _own_host(settings: Settings) -> str:
    host = settings.web.public_url.partition("//")[2].partition("/")[0].partition(":")[0]
    return host or "localhost"
