"""Settings: `load` reads them once, at the edge; everyone else is handed values."""

from config.loading import FILE_NAME, load
from config.settings import (
    BackupSettings,
    CrawlLimits,
    HostSettings,
    LogFormat,
    LogSettings,
    MailboxSettings,
    MailSettings,
    ReportSettings,
    ScheduleSettings,
    Settings,
    Tls,
    WebSettings,
    WeeklyTime,
)
from config.showing import list_settings, render_starter

__all__ = [
    "FILE_NAME",
    "BackupSettings",
    "CrawlLimits",
    "HostSettings",
    "LogFormat",
    "LogSettings",
    "MailSettings",
    "MailboxSettings",
    "ReportSettings",
    "ScheduleSettings",
    "Settings",
    "Tls",
    "WebSettings",
    "WeeklyTime",
    "list_settings",
    "load",
    "render_starter",
]
