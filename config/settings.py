"""The settings as values, without defaults: those are in `defaults.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Tls(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSettings:
    """When things happen."""

    weekly_report: WeeklyTime
    time_zone: ZoneInfo
    look_every_seconds: float
    shortest_revisit_hours: float
    longest_revisit_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """Who gets the weekly report, and from whom."""

    recipients: tuple[str, ...]
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """When operators hear that something broke or did not happen, and which of them."""

    open_after: int
    close_after: int
    recipients: tuple[str, ...]
    weekly_report_grace_hours: float
    assess_grace_hours: float
    visit_grace_hours: float


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
class WebSettings:
    """Where the web pages are served."""

    host: str
    port: int
    public_url: str


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
    report: ReportSettings
    alerts: AlertSettings
    mail: MailSettings
    web: WebSettings
    hosts: Mapping[str, HostSettings]
    scoring: Mapping[str, float]
    origins: Mapping[str, str] = field(repr=False)

    @property
    def raw_folder(self) -> Path:
        """Where raw answers are kept."""
        return self.data_dir / "raw"

    def delay_for(self, host: str) -> float:
        """Seconds between two requests to `host`."""
        own = self.hosts.get(host.lower())
        return self.delay_seconds if own is None else own.delay_seconds
