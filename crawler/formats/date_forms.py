"""The shapes in which dates are written, as patterns over a plain, one-line text.

Source: RFC 5322 sections 3.3 and 4.3; RFC 850 section 2.1.4; W3C note "Date and Time Formats";
the templates of Drupal, bbPress, Django, phpBB, Discourse, Pipermail and Hypermail.
"""

from __future__ import annotations

import re

ORDINARY = re.compile(
    r"\s*(?:[A-Za-z]{3},\s*)?(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})\s+"
    r"(\d\d):(\d\d)(?::(\d\d))?\s+(?:([+-]\d{4})|GMT|UTC?)\s*(?:\([^()]*\)\s*)?",
    re.ASCII,
)
"""What most mail programs write; tried first, because mail archives are long."""
SEPARATOR = re.compile(
    r"\s*[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+(\d\d):(\d\d):(\d\d)\s+(\d{4})\s*", re.ASCII
)
"""The ctime form of a mailbox's separator lines."""
INTERNET = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-]\d\d:\d\d))", re.ASCII
)
"""What most feeds and interfaces write (RFC 3339)."""
UNIX = re.compile(r"@?(\d{9,19})(?:\.\d+)?(?: [+-]\d{4})?", re.ASCII)
"""Seconds, milli-, micro- or nanoseconds since 1970; git writes the writer's zone after them."""
OFFSET = re.compile(r"([+-])(?:(\d\d):?(\d\d)?|(\d):(\d\d)|(\d))")
TRAILING_COMMENT = re.compile(r"\(([a-z]{1,5})\)\s*$")
COMMENT = re.compile(r"\([^()]*(?:\)|$)")
REGION_SUFFIX = re.compile(r"(?<=[\dz])\[[\w/+-]+\]$")

# Latin, Greek, Cyrillic and Arabic letters; `?` for one that some program could not write.
_WORD = r"[a-z?\u00df-\u024f\u0370-\u052f\u0620-\u064a\u066e-\u06d3]++"
_WEEKDAY = (
    rf"(?:(?:le|el|il|am|on|em)\s)?(?:(?P<weekday>{_WORD}(?:-{_WORD})?)\.?(?:\s?[,،]\s?|\s))?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.|º|°)?+"
_ONE_MONTH = rf"(?:(?:كانون|تشرين)\s{_WORD}|{_WORD})"
_MONTH = rf"(?:(?:de|of)\s)?(?P<month>{_ONE_MONTH}(?:/{_ONE_MONTH})?)\.?"
_YEAR = r"(?P<year>\d{4})"
_OLD_YEAR = r"(?P<year>\d{2,5})"
_AT = (
    r"[\s,،]+(?:(?:[-–—|·•@]\s)?(?:at|a las|a la|as|a|um|alle ore|alle|ore|в|الساعة|في)\s"
    r"|[-–—|·•@]\s)?"
)
_HALF = r"(?:[ap]\.?\s?m\.?|ص|م|صباحا|مساء)(?!\w)"
_TIME = (
    r"(?P<hour>\d{1,2})(?:"
    r":(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,](?P<part>\d+))?)?"
    r"|\.(?P<dot_minute>\d\d)\.(?P<dot_second>\d\d)"
    r"|\s?h(?:\s?(?P<h_minute>\d\d))?(?!\w)"
    rf"|(?=\s?{_HALF})|(?=\suhr))"
    rf"(?:\s?(?P<half>{_HALF}))?(?:\suhr)?"
)
_ZONE = (
    r"(?:(?P<utc>(?:utc|gmt)\s?)?(?P<offset>[+-]\d{1,2}(?::?\d\d)?)(?!\d)(?:\s(?P<also>[a-z]{1,5}))?"
    r"|(?P<zone>(?:wet|cet|met|eet)\sdst|[a-z]+/[a-z_]+(?:/[a-z_]+)?|[a-z]{1,5}))"
)
_CLOCK = rf"(?:{_TIME}(?:\s?{_ZONE})?|(?P<named>noon|midnight))"
_LATER = rf"(?:{_AT}{_CLOCK})?"

MAIL_FORM = re.compile(
    rf"{_WEEKDAY}{_DAY}\s?{_MONTH}\s?(?:[,،]\s?|del?\s)?{_OLD_YEAR}(?:\sг\.?)?{_LATER}"
)
ISO_FORM = re.compile(
    rf"{_WEEKDAY}(?P<year>\d{{4}})(?P<dash>[-/.]?)(?P<iso_month>\d\d?)(?P=dash)(?P<day>\d\d?)"
    rf"(?:(?:t|{_AT}){_CLOCK})?"
)
PACKED_FORM = re.compile(
    r"(?P<year>\d{4})(?P<dash>-?)(?P<iso_month>\d\d)(?P=dash)(?P<day>\d\d)"
    rf"[t\s]?(?P<packed>\d{{4}}(?:\d\d)?)(?:\s?{_ZONE})?"
)
NUMERIC_FORM = re.compile(
    rf"{_WEEKDAY}(?P<first>\d\d?)(?P<dash>[-/.])(?P<second_part>\d\d?)(?P=dash)"
    rf"(?P<last>\d{{4}}|\d\d){_LATER}"
)
LONG_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        # RFC 850, cookies, IMAP; web server logs
        rf"{_WEEKDAY}{_DAY}(?P<dash>[-/])(?P<month>{_WORD})(?P=dash){_OLD_YEAR}(?:(?::|{_AT}){_CLOCK})?",
        # ctime, date(1), git; Pipermail's pages put the day first in some languages
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s{_TIME}(?:\s{_ZONE})?\s{_YEAR}",
        rf"{_WEEKDAY}{_MONTH}\s{_DAY},?\s{_TIME}\s{_YEAR}(?:\s{_ZONE})?",
        rf"{_WEEKDAY}{_DAY}\s{_MONTH}\s{_TIME}(?:\s{_ZONE})?\s{_YEAR}",
        # month first, year before the time: American letters, Django, JavaScript
        rf"{_WEEKDAY}{_MONTH}[\s-]{_DAY},?[\s-]{_YEAR}{_LATER}",
        # year first with a name for the month
        rf"{_WEEKDAY}{_YEAR}[\s-]{_MONTH}[\s-]{_DAY}{_LATER}",
    )
)
