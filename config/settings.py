"""The settings as values, without defaults: those are in `defaults.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

SERVER = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?", re.IGNORECASE)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Tls(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class LogFormat(StrEnum):
    """For whom a line of the log is written: people, or programs."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyTime:
    """A moment that comes every week, on a wall clock. `weekday` 0 is Monday."""

    weekday: int
    hour: int
    minute: int

    def next_after(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The first such moment later than `now`, in UTC; keeps the wall clock over DST."""
        local = now.astimezone(zone)
        days = (self.weekday - local.weekday()) % 7
        day = local.date() + timedelta(days=days)
        while True:
            wall = datetime(day.year, day.month, day.day, self.hour, self.minute, tzinfo=zone)
            moment = wall.astimezone(UTC)
            if moment > now:
                return moment
            day += timedelta(days=7)

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.hour:02d}:{self.minute:02d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """What is special about one host."""

    delay_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlLimits:
    """Limits of one visit to one source."""

    request_budget: int
    byte_budget_mib: int
    visit_seconds: int
    answer_seconds: int
    max_answer_mib: int
    memory_mib: int
    hang_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """When things happen."""

    weekly_report: WeeklyTime
    time_zone: ZoneInfo
    look_every_seconds: float
    shortest_revisit_hours: float
    longest_revisit_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How much one worker takes on, and how soon others take over what a dead one held."""

    hosts_at_once: int
    lease_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Who gets the weekly report, and from whom."""

    recipients: tuple[str, ...]
    sender: str
    bounce_mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """When operators hear that something broke or did not happen, and which of them."""

    open_after: int
    close_after: int
    recipients: tuple[str, ...]
    weekly_report_grace_hours: float
    assess_grace_hours: float
    visit_grace_hours: float
    ping_url: str
    ping_every_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSettings:
    """Where backups go, how often they are made, and how many are kept."""

    folder: Path | None
    every_hours: float
    keep: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How the service writes its log."""

    format: LogFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The server that sends our mail; `host` is empty while there is none."""

    host: str
    port: int
    tls: Tls
    user: str
    password_file: Path | None
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxSettings:
    """Where the mail of one subscribed address lies."""

    kind: str
    address: str = ""
    tls: Tls = Tls.TLS
    user: str = ""
    password_file: Path | None = None
    path: Path | None = None
    folders: tuple[str, ...] = ("INBOX",)
    password: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """The server's name."""
        found = SERVER.fullmatch(self.address)
        return found[1].strip("[]") if found is not None else ""

    @property
    def port(self) -> int:
        """The server's port; 0 for the usual one."""
        found = SERVER.fullmatch(self.address)
        return int(found[2] or 0) if found is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the web pages are served, and by how many processes."""

    host: str
    port: int
    public_url: str
    processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting in force. `origins` says for each dotted name where its value came from.

    `scoring` replaces single entries of the scoring rules, by the names that
    `rollcall config rules` prints.
    """

    data_dir: Path
    contact: str
    database_url: str = field(repr=False)
    allow_private: bool
    delay_seconds: float
    user_agent_name: str
    keep_raw: bool
    raw_days: int
    raw_cap_mib: int
    crawl: CrawlLimits
    schedule: ScheduleSettings
    workers: WorkerSettings
    report: ReportSettings
    alerts: AlertSettings
    backup: BackupSettings
    log: LogSettings
    mail: MailSettings
    web: WebSettings
    hosts: Mapping[str, HostSettings]
    mailboxes: Mapping[str, MailboxSettings]
    scoring: Mapping[str, float]
    origins: Mapping[str, str] = field(repr=False)

    @property
    def raw_folder(self) -> Path:
        """Where raw answers are kept."""
        return self.data_dir / "raw"

    @property
    def backup_folder(self) -> Path:
        """Where backups are kept."""
        return self.data_dir / (self.backup.folder or "backups")

    def delay_for(self, host: str) -> float:
        """Seconds between two requests to `host`."""
        own = self.hosts.get(host.lower())
        return self.delay_seconds if own is None else own.delay_seconds
