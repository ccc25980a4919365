"""Dates as the pages of web forums show them: local, relative, in the board's own order.

A page rarely names its zone. It shows in the time that the page says it is now, in a zone's name at
its foot, or beside a date that is known otherwise; without any of these, a local time is bounded by
the zones of the world.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.formats.dates import EARLIEST, choose_date, read_date
from domain.records import DateBasis
from domain.window import Window

_NUMBERS = re.compile(r"\b(\d{1,2})[-/](\d{1,2})[-/]\d{4}\b")
_QUARTER = 15 * 60
_FARTHEST = timedelta(hours=14)
"""No place on earth is farther from UTC; a local time of an unknown zone is bounded by it."""
_SLOW_PAGE = 6 * 60
_TODAY = "today|heute|aujourd['’]hui|hoy|hoje|oggi|сегодня|اليوم|vandaag"
_YESTERDAY = "yesterday|gestern|hier|ayer|ontem|ieri|вчера|أمس|gisteren"
_RELATIVE_DAY = re.compile(
    rf"^\W*(?:(?P<today>{_TODAY})|(?P<yesterday>{_YESTERDAY}))\b", re.IGNORECASE
)
_AGO = re.compile(r"(?<!\d)(\d{1,9}+)\s*+([^\W\d_]+)")
_UNITS = (
    (("sec", "sek", "seg", "сек"), timedelta(seconds=1), timedelta(seconds=1)),
    (("min", "мин"), timedelta(minutes=1), timedelta(minutes=1)),
    (
        ("hour", "heure", "hora", "stunde", "ora", "ore", "час"),
        timedelta(hours=1),
        timedelta(hours=1),
    ),
    (
        ("day", "jour", "día", "dia", "tag", "giorn", "ден", "дн"),
        timedelta(days=1),
        timedelta(days=1),
    ),
    (("week", "sem", "woche", "settim", "недел"), timedelta(weeks=1), timedelta(weeks=1)),
    (("month", "mois", "mes", "mês", "monat", "месяц"), timedelta(days=28), timedelta(days=31)),
    (("year", "an", "año", "ano", "jahr", "год", "лет"), timedelta(days=365), timedelta(days=366)),
)
"""How each unit begins in several languages, and how short and long it can be."""
_ENGLISH = "January February March April May June July August September October November December"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """In which zone and order a board writes its dates; `None` where it does not tell.

    `shifts` says that its clock may be an hour off the zone's in another part of the year.
    """

    zone: tzinfo | None = None
    day_first: bool | None = None
    shifts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When something was written; `filed` bounds it where only a local time is known.

    `local` times may be an hour off.
    """

    at: datetime | None = None
    filed: Window | None = None
    local: bool = False

    @property
    def latest(self) -> datetime | None:
        """The last instant that it can mean."""
        return self.at or (self.filed.end if self.filed else None)

    @property
    def basis(self) -> DateBasis:
        if self.at:
            return DateBasis.ENVELOPE if self.local else DateBasis.SENT
        return DateBasis.PERIOD if self.filed else DateBasis.UNKNOWN


def read_clock(
    now_shown: str,
    fetched_at: datetime,
    *,
    zone_shown: Iterable[str] = (),
    dates: Iterable[str] = (),
    shifts: bool = False,
) -> Clock:
    """The board's zone and order, from the time that its page says it is now.

    `zone_shown` are a zone's name and offset on the page; a name wins, because it knows summer.
    `dates` are other dates of the page, any of which may show the order. `shifts` is for software
    that shows each date with the offset of its own part of the year.
    """
    offset: tzinfo | None = None
    orders: set[bool] = set()
    for day_first in (True, False):
        local = _find_local(now_shown, Clock(day_first=day_first), fetched_at)
        found = _read_offset(local - fetched_at) if local else None
        if found is not None:
            offset = found
            orders.add(day_first)
    if len(orders) != 1:
        orders = _find_orders(dates)
    zones = (read_zone(text) for text in zone_shown)
    zone = next((found for found in zones if found), None)
    named = isinstance(zone, ZoneInfo)
    return Clock(
        zone=zone if named else offset or zone,
        day_first=orders.pop() if len(orders) == 1 else None,
        shifts=shifts and not named,
    )


def read_zone(text: str) -> tzinfo | None:
    """The zone of `Europe/Berlin`, `UTC+02:00`, `GMT -5` or `UTC`."""
    name = text.strip()
    if re.fullmatch(r"[A-Z][A-Za-z_]+/[A-Za-z_/+-]+", name):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            return None
    found = re.search(r"(?:UTC|GMT)\s*(?:([+−-])\s*(\d{1,2})(?:[:.]?(\d{2}))?)?", name)
    if not found:
        return None
    ahead = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0))
    return timezone(ahead if found[1] in (None, "+") else -ahead) if ahead <= _FARTHEST else None


def read_moment(text: str, clock: Clock, fetched_at: datetime) -> Moment:
    """When it was, by a date as people read it on that board."""
    text = " ".join(text.split()).strip(" »«|·•-,")
    if not text:
        return Moment()
    named = read_date(text, day_first=clock.day_first)
    local = None if named else _read_local(text, clock, fetched_at)
    if local and clock.zone:
        named = read_date(local.strftime("%Y-%m-%d %H:%M:%S"), zone=clock.zone)
    at, _ = choose_date(sent=named or local, fetched_at=fetched_at)
    if at is None or named:
        return Moment(at=at, local=local is not None and clock.shifts)
    end = max(min(at + _FARTHEST, fetched_at), EARLIEST + _FARTHEST)
    return Moment(filed=Window(start=min(at - _FARTHEST, end - _FARTHEST), end=end))


def read_ago(text: str, fetched_at: datetime) -> Moment:
    """When it was, by how long ago ("2 days 3 hours ago"): between that and one unit more."""
    found = [
        (int(number), *unit[1:])
        for number, word in _AGO.findall(text.lower())
        if (unit := next((unit for unit in _UNITS if word.startswith(unit[0])), None))
    ]
    if not found:
        return Moment()
    try:
        end = fetched_at - sum((number * short for number, short, _ in found), timedelta(0))
        start = fetched_at - sum((number * long for number, _, long in found), timedelta(0))
        start -= min(long for _, _, long in found)
    except OverflowError:
        return Moment()
    if choose_date(sent=start, fetched_at=fetched_at)[0] is None:
        return Moment()
    return Moment(filed=Window(start=start, end=end))


def read_stamp(text: str, fetched_at: datetime) -> Moment:
    """When it was, by a date that names its zone: the `datetime` of a `<time>` element."""
    at, _ = choose_date(sent=read_date(text) if text else None, fetched_at=fetched_at)
    return Moment(at=at)


def _read_local(text: str, clock: Clock, fetched_at: datetime) -> datetime | None:
    """The local time that the text shows, labelled UTC."""
    found = _RELATIVE_DAY.match(text)
    if found:
        if ":" not in text:
            return None
        here = fetched_at.astimezone(clock.zone or UTC).date()
        day = here - timedelta(days=1) if found["yesterday"] else here
        text = f"{_write_day(day)} {text[found.end() :].lstrip(' ,-')}"
        text = re.sub(r"\b(?:at|um|à|a las|às|alle|в)\s+(?=\d)", "", text)
    return read_date(text, zone=UTC, day_first=clock.day_first)


def _find_local(text: str, clock: Clock, fetched_at: datetime) -> datetime | None:
    """The local time that a sentence ends with."""
    words = text.replace("»", " ").split()
    for start in range(len(words)):
        local = _read_local(" ".join(words[start:]).strip(" .,:"), clock, fetched_at)
        if local is not None:
            return local
    return None


def _write_day(day: date) -> str:
    return f"{day.day} {_ENGLISH.split()[day.month - 1]} {day.year}"


def _read_offset(ahead: timedelta) -> timezone | None:
    """The zone whose clocks are that much ahead, where it is one: whole quarters of an hour."""
    seconds = ahead.total_seconds()
    quarters = round(seconds / _QUARTER)
    if abs(seconds - quarters * _QUARTER) > _SLOW_PAGE:
        return None
    offset = timedelta(seconds=quarters * _QUARTER)
    return timezone(offset) if abs(offset) <= _FARTHEST else None


def _find_orders(dates: Iterable[str]) -> set[bool]:
    orders = set()
    for text in dates:
        for first, second in _NUMBERS.findall(text):
            if int(first) > 12:
                orders.add(True)
            if int(second) > 12:
                orders.add(False)
    return orders
