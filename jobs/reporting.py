"""Builds the weekly report, queues one mail a reader and week, and sends what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Engine

from config import Settings
from domain.errors import ConfigError
from domain.readers import Reader
from domain.report import WeeklyReport
from jobs.bouncing import LETTERS_SECRET, count_bounces
from presentation.digest import Edition
from presentation.links import SIGNING_SECRET, reader_token
from reports.addressing import build_month, plan_letters
from reports.letters import KIND, Letter, build_letters, queue_letters
from reports.mail import ReportFiles, SendResult, send_outbox, write_report_files
from reports.smtp import SmtpSettings, Tls
from reports.weekly import build_report
from store.engine import reading, writing
from store.outbox import empty_sent, list_keys
from store.readers import forget_unconfirmed, list_readers, note_mailed, vouch
from store.reports import list_weeks, load_weekly, save_report_content
from store.sources import list_communities
from store.users import list_users, secret

Clock = Callable[[], datetime]
REPORT_FOLDER = "reports"
# So many mails are queued in one transaction, which keeps everybody else waiting.
AT_ONCE = 100
# How long what stood in a mail is kept after it was sent.
KEEP_SENT = timedelta(days=14)
WEEKS_OF_A_MONTH = 6


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

    Calling it again queues only for readers who are new since, and goes on where it was cut off.

    Raises: UsageError (no such week), StorageFailed.
    """
    edition = build_edition(settings)
    sender = sender_address(settings)
    count_bounces(engine, settings, now)
    with writing(engine) as session:
        report = load_weekly(session, week)
        if report is None:
            report = build_report(session, week=week, now=now)
            save_report_content(session, report)
        people = [user.address for user in list_users(session)]
        vouch(session, [*settings.report.recipients, *people], now)
        forget_unconfirmed(session, now)
        empty_sent(session, now - KEEP_SENT)
    queued = _queue(engine, settings, report, sender=sender, now=now)
    folder = settings.data_dir / REPORT_FOLDER
    files = write_report_files(
        folder, report, recipient=sender, sender=sender, now=now, edition=edition
    )
    return Weekly(report=report, queued=queued, files=files)


def _queue(
    engine: Engine, settings: Settings, report: WeeklyReport, *, sender: str, now: datetime
) -> int:
    """How many mails were newly queued, in one transaction for each hundred."""
    built = build_letters(_plan(engine, settings, report), sender=sender, now=now)
    queued = 0
    while some := list(islice(built, AT_ONCE)):
        with writing(engine) as session:
            fresh = queue_letters(session, some, now)
            for label in {letter.report.label for letter in fresh}:
                mailed = [letter.address for letter in fresh if letter.report.label == label]
                note_mailed(session, mailed, label)
        queued += len(fresh)
    return queued


def _plan(engine: Engine, settings: Settings, report: WeeklyReport) -> list[Letter]:
    """The letters still to be queued; a month that has ended goes to those who asked for it."""
    edition = build_edition(settings)
    with writing(engine) as session:
        key, marks = (secret(session, name) for name in (SIGNING_SECRET, LETTERS_SECRET))
        readers = list_readers(session)
        communities = {community.slug: community for community in list_communities(session)}
        weeks = [week for week in list_weeks(session) if week <= report.week][:WEEKS_OF_A_MONTH]
        earlier = [found for week in weeks if (found := load_weekly(session, week))]
        month = build_month(report, earlier)
        labels = (report.label, month.label)
        known = {key for label in labels for key in list_keys(session, f"{KIND}:{label}:")}

    def edition_for(reader: Reader) -> Edition:
        if not edition.public_url:
            return edition
        token = reader_token(key, reader)
        return replace(
            edition,
            choices_url=f"{edition.public_url}/mail/{token}",
            stop_url=f"{edition.public_url}/stop/{token}",
        )

    letters = plan_letters(report, month, readers, communities=communities, edition_for=edition_for)
    return [replace(letter, secret=marks) for letter in letters if letter.key not in known]


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
