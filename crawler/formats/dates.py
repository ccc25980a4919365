"""Dates as people's programs write them, and which of a post's dates is believed.

`read_date` reads RFC 5322 with its obsolete forms, the ctime form of mailbox separators, ISO 8601,
Unix time, the long forms of eight languages and numeric dates whose order shows. It never guesses:
what could mean two instants (a day that could be the month, a zone name used twice in the world,
a zone beyond 14 hours, the hour that a clock change repeats) is `None`, and so is "two weeks ago".

Source: RFC 5322 sections 3.3 and 4.3; W3C note "Date and Time Formats"; RFC 850 section 2.1.4.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING

from crawler.formats.date_forms import (
    COMMENT,
    INTERNET,
    ISO_FORM,
    LONG_FORMS,
    MAIL_FORM,
    NUMERIC_FORM,
    OFFSET,
    ORDINARY,
    PACKED_FORM,
    REGION_SUFFIX,
    SEPARATOR,
    TRAILING_COMMENT,
    UNIX,
)
from crawler.formats.date_words import (
    find_month,
    find_weekday,
    find_zone,
    plain_word,
    read_offset,
    read_short_offset,
)
from domain.records import DateBasis
from domain.window import Window

if TYPE_CHECKING:
    import re

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""No community's mail archive that we read begins earlier; an older date is a wrong clock."""
AHEAD_OF_FETCH = timedelta(days=1)
SENT_BEFORE = timedelta(days=8)
SENT_AFTER = timedelta(days=1)
"""A post may reach its list up to 8 days late (moderation); a clock may run up to a day ahead."""
LOCAL_SLACK = timedelta(days=1)
"""A separator line and a month folder tell the server's local time, whose zone we do not know."""

_LONGEST = 200
_FIRST_YEAR = 1900
_UNIX_UNITS = (1, 10**3, 10**6, 10**9)
_UNIX_SPAN = (631_152_000, 4_102_444_800)
_UNIX_SURE = (1_000_000_000, 1_980_000_000)
"""Seconds since 1970 for 1990 to 2100; and those for which a number of 10, 13, 16 or 19 digits
cannot be a date that is packed into digits."""

_YEAR_FIRST = (ISO_FORM, PACKED_FORM, *LONG_FORMS)
_YEAR_LAST = (MAIL_FORM, *LONG_FORMS, NUMERIC_FORM, ISO_FORM)

Fields = dict[str, str | None]


def read_date(
    text: str, *, zone: tzinfo | None = None, day_first: bool | None = None
) -> datetime | None:
    """The instant a date text names, in UTC; `None` when it is unreadable or could be another.

    `zone` is used when the text names none; without it such a text is `None`, and a date alone
    begins at midnight there. A weekday that does not fit is ignored, a date that does not exist is
    not. `day_first` says in which order the text has day and month where both are numbers;
    without it such a text is read only where one order makes a date, or fits its weekday.
    """
    ordinary = ORDINARY.fullmatch(text)
    if ordinary is not None:
        month = find_month(ordinary[2].lower())
        if month is not None:
            return _read_ordinary(ordinary, month)
    if zone is UTC:
        line = SEPARATOR.fullmatch(text)
        month = find_month(line[1].lower()) if line is not None else None
        if line is not None and month is not None:
            return _moment(int(line[6]), month, int(line[2]), (line[3], line[4], line[5]))
    internet = INTERNET.fullmatch(text)
    if internet is not None:
        return _read_internet(internet)
    return _read_any(text, zone, day_first) if len(text) <= _LONGEST else None


def read_unix(text: str) -> datetime | None:
    """The instant of a Unix time in seconds, milli-, micro- or nanoseconds, from 1990 to 2100.

    For fields that are known to hold one: among other numbers it would be a guess.
    """
    return _read_unix(text, _UNIX_SPAN)


def _read_unix(text: str, span: tuple[int, int]) -> datetime | None:
    found = UNIX.fullmatch(text.strip())
    if found is None:
        return None
    number = int(found[1])
    for unit in _UNIX_UNITS:
        if span[0] * unit <= number < span[1] * unit:
            micro = number * 1_000_000 // unit
            return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micro)
    return None


def _read_ordinary(found: re.Match[str], month: int) -> datetime | None:
    day, _, year, hour, minute, second, offset = found.groups()
    zone = read_short_offset(offset) if offset else UTC
    local = _moment(int(year), month, int(day), (hour, minute, second or "0"))
    return _in_utc(local, zone)


def _read_internet(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, part, offset = found.groups()
    zone = read_short_offset(offset) if offset else UTC
    micro = int(f"{part:0<6}"[:6]) if part else 0
    return _in_utc(_moment(int(year), int(month), int(day), (hour, minute, second), micro), zone)


def _moment(
    year: int, month: int, day: int, clock: tuple[str, str, str], micro: int = 0
) -> datetime | None:
    """That local time, labelled UTC for now; a leap second is the first of the next minute."""
    if year < _FIRST_YEAR:
        return None
    second = int(clock[2])
    leap = second == 60
    if leap:
        second = 59
    try:
        moment = datetime(year, month, day, int(clock[0]), int(clock[1]), second, micro, UTC)
        return moment + timedelta(seconds=1) if leap else moment
    except (ValueError, OverflowError):
        return None


def _in_utc(local: datetime | None, zone: tzinfo | None) -> datetime | None:
    """The instant at which clocks of that zone show `local`; `None` where they do so twice."""
    if local is None or zone is None or zone is UTC:
        return None if zone is None else local
    try:
        if isinstance(zone, timezone):
            return local - zone.utcoffset(None)
        moment = local.replace(tzinfo=zone)
        return moment.astimezone(UTC) if moment.utcoffset() == _later(moment).utcoffset() else None
    except (ValueError, OverflowError):
        return None


def _later(moment: datetime) -> datetime:
    return moment.replace(fold=1)


def _read_any(text: str, zone: tzinfo | None, day_first: bool | None) -> datetime | None:
    plain, comment = _tidy(text)
    if plain[:1] in "@1" and UNIX.fullmatch(plain):
        return _read_unix(plain, _UNIX_SURE)
    for form in _YEAR_FIRST if plain[:4].isdigit() else _YEAR_LAST:
        found = form.fullmatch(plain)
        if found is not None:
            fields = found.groupdict() | {"comment": comment}
            numbers = form is NUMERIC_FORM
            day = _read_numbers(fields, day_first) if numbers else _read_day(fields)
            return _read_fields(fields, day, zone, american=form is MAIL_FORM)
    return None


def _tidy(text: str) -> tuple[str, str | None]:
    """The text in plain letters and one line without comments; a comment that may name a zone.

    Comments may be nested, or never closed. Some programs write a mark of direction as `?`.
    """
    plain = plain_word(text).replace('"', "").replace("\ufffd", "?").lstrip("? ")
    last = TRAILING_COMMENT.search(plain)
    while "(" in plain:
        shorter = COMMENT.sub(" ", plain)
        if shorter == plain:
            break
        plain = shorter
    plain = REGION_SUFFIX.sub("", " ".join(plain.split()).rstrip(" ,;"))
    return plain, last[1] if last else None


def _read_fields(
    fields: Fields, day: date | None, zone: tzinfo | None, *, american: bool = False
) -> datetime | None:
    """The instant of that day's clock and zone. `american`: CST is the one of RFC 5322."""
    clock = _read_clock(fields)
    if day is None or clock is None:
        return None
    micro = int(f"{fields.get('part') or '':0<6}"[:6])
    local = _moment(day.year, day.month, day.day, clock, micro)
    if local is None:
        return None
    if fields.get("offset"):
        return _in_utc(local, _read_numeric_zone(fields))
    name = fields.get("zone") or fields.get("comment")
    if name is None:
        return _in_utc(local, zone)
    known = find_zone(name, local, zone)
    return None if name == "cst" and known is not zone and not american else _in_utc(local, known)


def _read_day(fields: Fields) -> date | None:
    """The day of a text that names its month, or has the year first."""
    year, month = _read_year(fields["year"] or ""), _read_month(fields)
    if year is None or month is None:
        return None
    no_time = not (fields.get("hour") or fields.get("packed") or fields.get("named"))
    if no_time and len(fields["year"] or "") != 4:
        return None
    return _day(year, month, int(fields["day"] or 0))


def _read_numbers(fields: Fields, day_first: bool | None) -> date | None:
    """The day of three numbers, where only one order of them makes a day that fits."""
    first, second = int(fields["first"] or 0), int(fields["second_part"] or 0)
    last = fields["last"] or ""
    year = _read_year(last)
    orders = [(year, second, first)] if day_first is not False else []
    orders += [(year, first, second)] if day_first is not True else []
    if len(last) == 2 and day_first is None and len(fields["first"] or "") == 2:
        orders.append((_read_year(f"{first:02}"), second, int(last)))
    days = {_day(y, month, day) for y, month, day in orders if y is not None} - {None}
    weekday = find_weekday(fields["weekday"] or "")
    if weekday is not None:
        days = {day for day in days if day is not None and day.weekday() == weekday}
    return days.pop() if len(days) == 1 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _read_year(text: str) -> int | None:
    """The year of two, three (since 1900), four or five (the `19100` of 2000) digits."""
    number = int(text)
    match len(text):
        case 2:
            return number + (2000 if number < 50 else 1900)
        case 3:
            return number + 1900 if 100 <= number < 200 else None
        case 4:
            return number
        case _:
            return number - 19100 + 2000 if 19100 <= number < 19200 else None


def _read_month(fields: Fields) -> int | None:
    digits = fields.get("iso_month")
    if digits is None:
        return find_month(fields["month"] or "")
    packed = fields["dash"] == ""
    if packed and (len(digits) != 2 or len(fields["day"] or "") != 2):
        return None
    return int(digits)


def _read_clock(fields: Fields) -> tuple[str, str, str] | None:
    """Hour, minute, second; midnight for a date alone."""
    packed = fields.get("packed")
    if packed:
        return packed[:2], packed[2:4], packed[4:] or "0"
    hour, minute = fields.get("hour"), fields.get("minute")
    if hour is None:
        return "12" if fields.get("named") == "noon" else "0", "0", "0"
    second = fields.get("second")
    if minute is not None and second is None and len(minute) != 2:
        return None
    if fields.get("dot_minute") and len(hour) != 2:
        return None
    minute = minute or fields.get("dot_minute") or fields.get("h_minute") or "0"
    half = fields.get("half")
    if half is not None:
        if not 1 <= int(hour) <= 12:
            return None
        afternoon = half[0] in "pم"
        hour = str(int(hour) % 12 + (12 if afternoon else 0))
    return hour, minute, second or fields.get("dot_second") or "0"


def _read_numeric_zone(fields: Fields) -> tzinfo | None:
    """The zone of `+0100`, `+01:00`, `+01`, `+1:00` or `GMT+1`; a name after it is a comment."""
    found = OFFSET.fullmatch(fields["offset"] or "")
    if found is None or (found[6] and not fields.get("utc")):
        return None
    hours = int(found[2] or found[4] or found[6])
    minutes = int(found[3] or found[5] or 0)
    contradicts = fields.get("also") in {"gmt", "utc", "ut", "z"} and (hours or minutes)
    return None if contradicts else read_offset(found[1], hours, minutes)


def choose_date(
    *,
    sent: datetime | None,
    envelope: datetime | None = None,
    received: datetime | None = None,
    filed: Window | None = None,
    fetched_at: datetime,
) -> tuple[datetime | None, DateBasis]:
    """The believed date of a post and the statement it comes from.

    `sent` is believed within 8 days before and 1 day after `received` (else `envelope`, which is
    local server time: a day of slack); without either it must lie in the period the post is
    `filed` under. Nothing before 1990 or more than a day after the fetch is believed, periods
    included. Without a date, `PERIOD` says that `filed` bounds it; the caller keeps it.
    """
    sent = believe(sent, fetched_at)
    period = filed if filed is not None and believe(filed.start, fetched_at) else None
    moment, basis, slack = believe(received, fetched_at), DateBasis.RECEIVED, timedelta(0)
    if moment is None:
        moment, basis, slack = believe(envelope, fetched_at), DateBasis.ENVELOPE, LOCAL_SLACK
    if moment is not None:
        soonest, last = moment - SENT_BEFORE - slack, moment + SENT_AFTER + slack
        near = sent is not None and soonest <= sent <= last
        return (sent, DateBasis.SENT) if near else (moment, basis)
    if sent is not None and (period is None or _fits(sent, period)):
        return sent, DateBasis.SENT
    return None, DateBasis.UNKNOWN if period is None else DateBasis.PERIOD


def believe(moment: datetime | None, fetched_at: datetime) -> datetime | None:
    """The moment, if a post that was fetched then can be of it."""
    if moment is None or not EARLIEST <= moment < fetched_at + AHEAD_OF_FETCH:
        return None
    return moment


def _fits(sent: datetime, period: Window) -> bool:
    """True when a post sent then can be filed under that period."""
    return period.start - SENT_BEFORE <= sent < period.end + SENT_AFTER + LOCAL_SLACK
