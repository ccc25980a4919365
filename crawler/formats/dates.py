"""Dates as people's programs write them, and which of a post's dates is believed.

`read_date` reads RFC 5322 with its obsolete forms, the ctime form of mailbox separators, ISO 8601
and the long forms of eight languages. It never guesses: what could mean two instants (day and
month both as numbers, a zone name used twice in the world, a zone beyond 14 hours) is `None`.

Source: RFC 5322 sections 3.3 and 4.3; W3C note "Date and Time Formats"; RFC 850 section 2.1.4.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from crawler.formats.date_words import find_month, find_zone, plain_word, read_offset
from domain.records import DateBasis
from domain.window import Window

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

_ORDINARY = re.compile(
    r"\s*(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+"
    r"(\d\d):(\d\d)(?::(\d\d))?\s+([+-])(\d\d)(\d\d)\s*(?:\([^()]*\)\s*)?",
    re.ASCII,
)
_SEPARATOR = re.compile(
    r"\s*[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+(\d\d):(\d\d):(\d\d)\s+(\d{4})\s*", re.ASCII
)

_WORD = r"[^\W\d_]+"
_WEEKDAY = rf"(?:{_WORD}(?:-{_WORD})?\.?(?:\s?[,،]\s?|\s))?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|°)?"
_MONTH = rf"(?:de\s)?(?P<month>(?:كانون|تشرين)\s{_WORD}|{_WORD})\.?"
_YEAR = r"(?P<year>\d{4})"
_OLD_YEAR = r"(?P<year>\d{2,5})"
_AT = r"(?:[\s,،]+(?:at|a las|as|a|um|alle ore|alle|ore|в|الساعة)\s|[\s,،]+)"
_TIME = (
    r"(?P<hour>\d{1,2})(?:"
    r":(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<part>\d+))?)?"
    r"|\.(?P<dot_minute>\d\d)\.(?P<dot_second>\d\d)"
    r"|\s?h\s?(?P<h_minute>\d\d))"
    r"(?:\s?(?P<half>[ap]\.?m\.?|ص|م|صباحا|مساء)(?!\w))?(?:\suhr)?"
)
_ZONE = (
    r"(?:(?P<utc>(?:utc|gmt)\s?)?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)(?!\d)(?:\s(?P<also>[a-z]{1,5}))?"
    r"|(?P<zone>[a-z]{1,5}))"
)
_OFFSET = re.compile(r"([+-])(?:(\d\d):?(\d\d)?|(\d):(\d\d)|(\d))")

_MAIL_FORM = re.compile(
    rf"{_WEEKDAY}{_DAY}\s?{_MONTH}\s?(?:del?\s)?{_OLD_YEAR}(?:\sг\.?)?{_AT}{_TIME}(?:\s?{_ZONE})?"
)
_LONG_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        # RFC 850 and cookies
        rf"{_WEEKDAY}{_DAY}-(?P<month>{_WORD})-{_OLD_YEAR}\s{_TIME}(?:\s?{_ZONE})?",
        # ctime, date(1), git; Pipermail's pages put the day first in some languages
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s{_TIME}(?:\s{_ZONE})?\s{_YEAR}",
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s{_TIME}\s{_YEAR}(?:\s{_ZONE})?",
        rf"{_WEEKDAY}{_DAY}\s{_MONTH}\s{_TIME}(?:\s{_ZONE})?\s{_YEAR}",
        # month first, year before the time: American letters, JavaScript
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s{_YEAR}{_AT}{_TIME}(?:\s?{_ZONE})?",
    )
)
_ISO_FORM = re.compile(
    r"(?P<year>\d{4})(?P<dash>[-/]?)(?P<iso_month>\d\d?)(?P=dash)(?P<day>\d\d?)"
    rf"(?:(?:t|\s|,\s)(?:{_TIME}|(?P<packed>\d{{4}}(?:\d\d)?))(?:\s?{_ZONE})?)?"
)

Fields = dict[str, str | None]


def read_date(text: str, *, zone: tzinfo | None = None) -> datetime | None:
    """The instant a date text names, in UTC; `None` when it is unreadable or could be another.

    `zone` is used when the text names none; without it such a text is `None`. A weekday that does
    not fit is ignored, a date that does not exist is not.
    """
    ordinary = _ORDINARY.fullmatch(text)
    if ordinary is not None:
        month = find_month(ordinary[2].lower())
        if month is not None:
            return _read_ordinary(ordinary, month)
    if zone is UTC:
        line = _SEPARATOR.fullmatch(text)
        month = find_month(line[1].lower()) if line is not None else None
        if line is not None and month is not None:
            return _moment(int(line[6]), month, int(line[2]), (line[3], line[4], line[5]))
    return _read_any(text, zone) if len(text) <= _LONGEST else None


def _read_ordinary(found: re.Match[str], month: int) -> datetime | None:
    day, _, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    zone = read_offset(sign, int(zone_hours), int(zone_minutes))
    local = _moment(int(year), month, int(day), (hour, minute, second or "0"))
    return _in_utc(local, zone)


def _moment(
    year: int, month: int, day: int, clock: tuple[str, str, str], micro: int = 0
) -> datetime | None:
    """That local time, labelled UTC for now; a leap second is the first of the next minute."""
    hour, minute, second = (int(part) for part in clock)
    if year < _FIRST_YEAR:
        return None
    leap = second == 60
    try:
        moment = datetime(year, month, day, hour, minute, 59 if leap else second, micro, UTC)
        return moment + timedelta(seconds=1) if leap else moment
    except (ValueError, OverflowError):
        return None


def _in_utc(local: datetime | None, zone: tzinfo | None) -> datetime | None:
    if local is None or zone is None:
        return None
    try:
        return local.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _read_any(text: str, zone: tzinfo | None) -> datetime | None:
    plain = _without_comments(plain_word(text))
    found = _ISO_FORM.fullmatch(plain)
    if found is not None:
        return _read_fields(found.groupdict(), zone)
    found = _MAIL_FORM.fullmatch(plain)
    if found is not None:
        return _read_fields(found.groupdict(), zone, american=True)
    for form in _LONG_FORMS:
        found = form.fullmatch(plain)
        if found is not None:
            return _read_fields(found.groupdict(), zone)
    return None


def _without_comments(text: str) -> str:
    """The text without (nested, or never closed) comments, in one line, single blanks."""
    while "(" in text:
        shorter = re.sub(r"\([^()]*(?:\)|$)", " ", text)
        if shorter == text:
            break
        text = shorter
    return " ".join(text.split()).rstrip(" ,;")


def _read_fields(fields: Fields, zone: tzinfo | None, *, american: bool = False) -> datetime | None:
    """The instant the parts of a date name. `american`: CST is the one of RFC 5322."""
    year, month = _read_year(fields["year"] or ""), _read_month(fields)
    clock = _read_clock(fields)
    if year is None or month is None or clock is None:
        return None
    micro = int(f"{fields.get('part') or '':0<6}"[:6])
    local = _moment(year, month, int(fields["day"] or 0), clock, micro)
    if local is None:
        return None
    if fields.get("offset"):
        return _in_utc(local, _read_numeric_zone(fields))
    name = fields.get("zone")
    if name is None:
        return None if fields.get("dot_minute") else _in_utc(local, zone)
    if name == "cst" and not american:
        return None
    return _in_utc(local, find_zone(name, local))


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
        return "0", "0", "0"
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
    found = _OFFSET.fullmatch(fields["offset"] or "")
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
    latest = fetched_at + AHEAD_OF_FETCH
    sent = _believable(sent, latest)
    period = filed if filed is not None and _believable(filed.start, latest) else None
    moment, basis, slack = _believable(received, latest), DateBasis.RECEIVED, timedelta(0)
    if moment is None:
        moment, basis, slack = _believable(envelope, latest), DateBasis.ENVELOPE, LOCAL_SLACK
    if moment is not None:
        soonest, last = moment - SENT_BEFORE - slack, moment + SENT_AFTER + slack
        near = sent is not None and soonest <= sent <= last
        return (sent, DateBasis.SENT) if near else (moment, basis)
    if sent is not None and (period is None or _fits(sent, period)):
        return sent, DateBasis.SENT
    return None, DateBasis.UNKNOWN if period is None else DateBasis.PERIOD


def _believable(moment: datetime | None, latest: datetime) -> datetime | None:
    return moment if moment is not None and EARLIEST <= moment < latest else None


def _fits(sent: datetime, period: Window) -> bool:
    """True when a post sent then can be filed under that period."""
    return period.start - SENT_BEFORE <= sent < period.end + SENT_AFTER + LOCAL_SLACK
