"""Checks of single settings: text or TOML value in, typed value out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.settings import WEEKDAYS, LogFormat, Tls, WeeklyTime

Raw = object
"""A value as TOML gives it, or the text of an environment variable."""

ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+")
WEB_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
SWITCHES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class WrongValue(ValueError):
    """A value that a setting cannot take; the text says what it must be."""


def read_text(raw: Raw) -> str:
    """The text, without blanks around it."""
    if not isinstance(raw, str):
        raise WrongValue('must be a text in quotes, like "this"')
    return raw.strip()


def read_number(lowest: float, highest: float) -> Callable[[Raw], float]:
    """A reader of numbers between the two."""

    def read(raw: Raw) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise WrongValue(f"must be a number from {lowest:g} to {highest:g}")
        if not lowest <= raw <= highest:
            raise WrongValue(f"must be from {lowest:g} to {highest:g}, not {raw:g}")
        return float(raw)

    return read


def read_whole(lowest: int, highest: int) -> Callable[[Raw], int]:
    """A reader of whole numbers between the two."""

    def read(raw: Raw) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise WrongValue(f"must be a whole number from {lowest} to {highest}")
        if not lowest <= raw <= highest:
            raise WrongValue(f"must be from {lowest} to {highest}, not {raw}")
        return raw

    return read


def read_switch(raw: Raw) -> bool:
    """True or false; from the environment also 1, 0, yes and no."""
    if isinstance(raw, str) and raw.lower() in SWITCHES:
        return SWITCHES[raw.lower()]
    if not isinstance(raw, bool):
        raise WrongValue("must be true or false")
    return raw


def read_address(raw: Raw) -> str:
    """A mail address, or nothing."""
    text = read_text(raw)
    if text and not ADDRESS.fullmatch(text):
        raise WrongValue(f"must be a mail address, not {text!r}")
    return text


def read_addresses(raw: Raw) -> tuple[str, ...]:
    """A list of mail addresses."""
    if not isinstance(raw, list):
        raise WrongValue('must be a list of mail addresses, like ["a@example.org"]')
    return tuple(read_address(item) for item in raw)


def read_contact(raw: Raw) -> str:
    """A mail address or a web page, or nothing."""
    text = read_text(raw)
    if text and not (ADDRESS.fullmatch(text) or WEB_ADDRESS.fullmatch(text)):
        raise WrongValue(f"must be a mail address or a web page (https://…), not {text!r}")
    return text


def read_web_address(raw: Raw) -> str:
    """An address of a web page without a slash at its end, or nothing."""
    text = read_text(raw)
    if text and not WEB_ADDRESS.fullmatch(text):
        raise WrongValue(f"must start with https:// or http://, not {text!r}")
    return text.rstrip("/")


def read_name(raw: Raw) -> str:
    """One word that may stand in a User-Agent."""
    text = read_text(raw)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", text):
        raise WrongValue("must be one word of letters, digits, dots and dashes")
    return text


def read_tls(raw: Raw) -> Tls:
    """One of the three kinds of protection."""
    text = read_text(raw)
    if text not in list(Tls):
        raise WrongValue('must be "starttls", "tls" or "none"')
    return Tls(text)


def read_log_format(raw: Raw) -> LogFormat:
    """For people or for programs."""
    text = read_text(raw)
    if text not in list(LogFormat):
        raise WrongValue('must be "text" or "json"')
    return LogFormat(text)


def read_path(raw: Raw) -> Path | None:
    """A path, or `None` when it is empty."""
    text = read_text(raw)
    return Path(text).expanduser() if text else None


def read_weekly_time(raw: Raw) -> WeeklyTime:
    """A weekday and a time of day."""
    match = re.fullmatch(r"(\w{3}) ([01]?\d|2[0-3]):([0-5]\d)", read_text(raw))
    if match is None or match[1].title() not in WEEKDAYS:
        raise WrongValue('must be a weekday and a time, like "Mon 06:00"')
    return WeeklyTime(
        weekday=WEEKDAYS.index(match[1].title()), hour=int(match[2]), minute=int(match[3])
    )


def read_zone(raw: Raw) -> ZoneInfo:
    """A time zone of the tz database."""
    text = read_text(raw)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise WrongValue(f'must be a time zone like "Africa/Nairobi", not {text!r}') from error


# One line per setting: a name that is not here is an unknown key.
READERS: Mapping[str, Callable[[Raw], object]] = {
    "contact": read_contact,
    "database_url": read_text,
    "allow_private": read_switch,
    "delay_seconds": read_number(0, 3600),
    "user_agent_name": read_name,
    "keep_raw": read_switch,
    "raw_days": read_whole(1, 366),
    "raw_cap_mib": read_whole(1, 1_000_000),
    "crawl.request_budget": read_whole(1, 1_000_000),
    "crawl.byte_budget_mib": read_whole(1, 1_000_000),
    "crawl.visit_seconds": read_whole(1, 86_400),
    "crawl.answer_seconds": read_whole(1, 3_600),
    "crawl.max_answer_mib": read_whole(1, 10_000),
    "crawl.memory_mib": read_whole(256, 1_000_000),
    "crawl.hang_seconds": read_number(1, 86_400),
    "schedule.weekly_report": read_weekly_time,
    "schedule.time_zone": read_zone,
    "workers.hosts_at_once": read_whole(1, 1_000),
    "workers.lease_seconds": read_number(2, 3_600),
    "schedule.look_every_seconds": read_number(0.05, 5),
    "schedule.shortest_revisit_hours": read_number(1, 168),
    "schedule.longest_revisit_hours": read_number(1, 168),
    "report.recipients": read_addresses,
    "report.sender": read_address,
    "report.bounce_mailbox": read_text,
    "alerts.open_after": read_whole(1, 100),
    "alerts.close_after": read_whole(1, 100),
    "alerts.recipients": read_addresses,
    "alerts.weekly_report_grace_hours": read_number(0, 10_000),
    "alerts.assess_grace_hours": read_number(0, 10_000),
    "alerts.visit_grace_hours": read_number(0, 10_000),
    "alerts.ping_url": read_web_address,
    "alerts.ping_every_minutes": read_number(0, 10_000),
    "backup.folder": read_path,
    "backup.every_hours": read_number(1, 8_760),
    "backup.keep": read_whole(1, 10_000),
    "log.format": read_log_format,
    "mail.host": read_text,
    "mail.port": read_whole(1, 65_535),
    "mail.tls": read_tls,
    "mail.user": read_text,
    "mail.password_file": read_path,
    "web.host": read_text,
    "web.port": read_whole(1, 65_535),
    "web.public_url": read_web_address,
    "web.processes": read_whole(1, 64),
}
read_rule = read_number(-1e9, 1e9)
HOST_READERS: Mapping[str, Callable[[Raw], object]] = {"delay_seconds": read_number(0, 3600)}
SECTIONS = frozenset(name.partition(".")[0] for name in READERS if "." in name)
