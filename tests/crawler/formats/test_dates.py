"""Dates as people's programs write them: what is read, what must stay unknown, what is believed."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.date_words import MONTHS
from crawler.formats.dates import choose_date, read_date, read_unix
from domain.records import DateBasis
from domain.window import Month, Window

NOON = "2025-03-14T12:00:00"
"""Most texts below name this instant, so a row shows its shape and nothing else."""

NAMED = [
    # id, text, the instant in UTC
    ("rfc5322", "Fri, 14 Mar 2025 13:00:00 +0100", NOON),
    ("rfc5322-west", "Fri, 14 Mar 2025 04:00:00 -0800", NOON),
    ("no-weekday", "14 Mar 2025 12:00:00 +0000", NOON),
    ("no-seconds", "Fri, 14 Mar 2025 12:00 +0000", NOON),
    ("no-weekday-no-seconds", "14 Mar 2025 12:00 +0000", NOON),
    ("one-digit-day", "Tue, 4 Mar 2025 12:00:00 +0000", "2025-03-04T12:00:00"),
    ("blank-padded-day", "Tue,  4 Mar 2025 12:00:00 +0000", "2025-03-04T12:00:00"),
    ("one-digit-hour", "Fri, 14 Mar 2025 8:00:00 -0400", NOON),
    ("one-digit-everything", "Fri, 14 Mar 2025 9:5:3 +0000", "2025-03-14T09:05:03"),
    ("no-blank-after-comma", "Fri,14 Mar 2025 12:00:00 +0000", NOON),
    ("no-comma", "Fri 14 Mar 2025 12:00:00 +0000", NOON),
    ("no-blank-before-zone", "Fri, 14 Mar 2025 12:00:00+0000", NOON),
    ("comma-after-year", "Fri, 14 Mar 2025, 12:00:00 +0000", NOON),
    ("lower-case", "fri, 14 mar 2025 12:00:00 +0000", NOON),
    ("upper-case", "FRI, 14 MAR 2025 12:00:00 GMT", NOON),
    ("double-blanks", "Fri,  14  Mar  2025  12:00:00  +0000", NOON),
    ("folded-lf", "Fri, 14 Mar\n\t2025 12:00:00 +0000", NOON),
    ("folded-crlf", "Fri, 14 Mar\r\n 2025 12:00:00 +0000", NOON),
    ("blanks-around", "  Fri, 14 Mar 2025 12:00:00 +0000  ", NOON),
    ("full-month", "Fri, 14 March 2025 12:00:00 +0000", NOON),
    ("full-weekday", "Friday, 14 March 2025 12:00:00 +0000", NOON),
    ("wrong-weekday", "Mon, 14 Mar 2025 12:00:00 +0000", NOON),
    ("comment", "Fri, 14 Mar 2025 13:00:00 +0100 (CET)", NOON),
    ("comment-summer", "Mon, 14 Jul 2025 14:00:00 +0200 (CEST)", "2025-07-14T12:00:00"),
    ("comment-of-words", "Fri, 14 Mar 2025 04:00:00 -0800 (Pacific Standard Time)", NOON),
    ("comment-nested", "Fri, 14 Mar 2025 13:00:00 +0100 (CET (winter))", NOON),
    ("comment-unclosed", "Fri, 14 Mar 2025 13:00:00 +0100 (CET", NOON),
    ("comment-in-front", "(sent) Fri, 14 Mar 2025 13:00:00 +0100", NOON),
    ("comment-that-lies", "Fri, 14 Mar 2025 07:00:00 -0500 (GMT)", NOON),
    ("comment-without-blank", "Fri, 14 Mar 2025 13:00:00 +0100(CET)", NOON),
    ("name-after-offset", "Mon, 14 Jul 2025 14:00:00 +0200 CEST", "2025-07-14T12:00:00"),
    ("offset-est-of-sydney", "Fri, 14 Mar 2025 22:00:00 +1000 EST", NOON),
    ("minus-zero", "Fri, 14 Mar 2025 12:00:00 -0000", NOON),
    ("ut", "Fri, 14 Mar 2025 12:00:00 UT", NOON),
    ("gmt", "Fri, 14 Mar 2025 12:00:00 GMT", NOON),
    ("utc", "Fri, 14 Mar 2025 12:00:00 UTC", NOON),
    ("z", "Fri, 14 Mar 2025 12:00:00 Z", NOON),
    ("est", "Fri, 14 Mar 2025 07:00:00 EST", NOON),
    ("edt", "Fri, 14 Mar 2025 08:00:00 EDT", NOON),
    ("cst", "Fri, 14 Mar 2025 06:00:00 CST", NOON),
    ("cdt", "Fri, 14 Mar 2025 07:00:00 CDT", NOON),
    ("mst", "Fri, 14 Mar 2025 05:00:00 MST", NOON),
    ("mdt", "Fri, 14 Mar 2025 06:00:00 MDT", NOON),
    ("pst", "Fri, 14 Mar 2025 04:00:00 PST", NOON),
    ("pdt", "Fri, 14 Mar 2025 05:00:00 PDT", NOON),
    ("cet", "Fri, 14 Mar 2025 13:00:00 CET", NOON),
    ("cest", "Mon, 14 Jul 2025 14:00:00 CEST", "2025-07-14T12:00:00"),
    ("mez", "Fri, 14 Mar 2025 13:00:00 MEZ", NOON),
    ("mesz", "Mon, 14 Jul 2025 14:00:00 MESZ", "2025-07-14T12:00:00"),
    ("eet", "Fri, 14 Mar 2025 14:00:00 EET", NOON),
    ("eest", "Mon, 14 Jul 2025 15:00:00 EEST", "2025-07-14T12:00:00"),
    ("wet", "Fri, 14 Mar 2025 12:00:00 WET", NOON),
    ("west", "Mon, 14 Jul 2025 13:00:00 WEST", "2025-07-14T12:00:00"),
    ("eat", "Fri, 14 Mar 2025 15:00:00 EAT", NOON),
    ("wat", "Fri, 14 Mar 2025 13:00:00 WAT", NOON),
    ("cat", "Fri, 14 Mar 2025 14:00:00 CAT", NOON),
    ("sast", "Fri, 14 Mar 2025 14:00:00 SAST", NOON),
    ("npt", "Fri, 14 Mar 2025 17:45:00 NPT", NOON),
    ("pkt", "Fri, 14 Mar 2025 17:00:00 PKT", NOON),
    ("wib", "Fri, 14 Mar 2025 19:00:00 WIB", NOON),
    ("jst", "Fri, 14 Mar 2025 21:00:00 JST", NOON),
    ("aest", "Fri, 14 Mar 2025 22:00:00 AEST", NOON),
    ("nzdt", "Sat, 15 Mar 2025 01:00:00 NZDT", NOON),
    ("brt", "Fri, 14 Mar 2025 09:00:00 BRT", NOON),
    ("msk", "Fri, 14 Mar 2025 15:00:00 MSK", NOON),
    ("msk-of-2012-was-four-ahead", "Wed, 14 Mar 2012 16:00:00 MSK", "2012-03-14T12:00:00"),
    ("msk-of-2005", "Mon, 14 Mar 2005 15:00:00 MSK", "2005-03-14T12:00:00"),
    ("msd", "Thu, 14 Jul 2005 16:00:00 MSD", "2005-07-14T12:00:00"),
    ("kathmandu", "Fri, 14 Mar 2025 17:45:00 +0545", NOON),
    ("chatham", "Sat, 15 Mar 2025 01:45:00 +1345", NOON),
    ("marquesas", "Fri, 14 Mar 2025 02:30:00 -0930", NOON),
    ("line-islands", "Sat, 15 Mar 2025 02:00:00 +1400", NOON),
    ("offset-with-colon", "Fri, 14 Mar 2025 13:00:00 +01:00", NOON),
    ("offset-of-hours", "Fri, 14 Mar 2025 13:00:00 +01", NOON),
    ("offset-after-gmt", "Fri, 14 Mar 2025 13:00:00 GMT+0100", NOON),
    ("offset-after-utc", "Fri, 14 Mar 2025 15:00:00 UTC+3", NOON),
    ("two-digit-year", "14 Mar 25 12:00:00 +0000", NOON),
    ("two-digit-year-1999", "Sun, 14 Mar 99 12:00:00 GMT", "1999-03-14T12:00:00"),
    ("two-digit-year-49", "14 Mar 49 12:00:00 GMT", "2049-03-14T12:00:00"),
    ("two-digit-year-50", "14 Mar 50 12:00:00 GMT", "1950-03-14T12:00:00"),
    ("three-digit-year", "Tue, 14 Mar 100 12:00:00 GMT", "2000-03-14T12:00:00"),
    ("year-19100", "Tue, 14 Mar 19100 12:00:00 GMT", "2000-03-14T12:00:00"),
    ("year-19103", "Fri, 14 Mar 19103 12:00:00 +0000", "2003-03-14T12:00:00"),
    ("leap-second", "Sat, 31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00"),
    ("leap-day", "Thu, 29 Feb 2024 12:00:00 +0000", "2024-02-29T12:00:00"),
    ("last-second", "Wed, 31 Dec 2025 23:59:59 -0000", "2025-12-31T23:59:59"),
    ("dotted-time", "Fri, 24 May 2002 00.24.50 +0200", "2002-05-23T22:24:50"),
    ("fraction", "Fri, 14 Mar 2025 12:00:00.000 +0000", NOON),
    ("rfc850", "Friday, 14-Mar-25 12:00:00 GMT", NOON),
    ("cookie", "Fri, 14-Mar-2025 12:00:00 GMT", NOON),
    ("git", "Fri Mar 14 13:00:00 2025 +0100", NOON),
    ("unix-date", "Fri Mar 14 12:00:00 UTC 2025", NOON),
    ("unix-date-cet", "Fri Mar 14 13:00:00 CET 2025", NOON),
    ("unix-date-padded", "Tue Mar  4 12:00:00 GMT 2025", "2025-03-04T12:00:00"),
    ("offset-before-year", "Fri Mar 14 13:00:00 +0100 2025", NOON),
    ("javascript", "Fri Mar 14 2025 13:00:00 GMT+0100 (CET)", NOON),
    ("american-letter", "Friday, March 14, 2025 12:00 PM GMT", NOON),
    ("american-at", "Fri, Mar 14, 2025 at 12:00 PM +0000", NOON),
    ("american-midnight", "March 14, 2025 12:00 am +0000", "2025-03-14T00:00:00"),
    ("american-afternoon", "Mar 14, 2025 3:07:09 p.m. UTC", "2025-03-14T15:07:09"),
    ("ordinal", "14th March 2025 12:00:00 +0000", NOON),
    ("w3c", "2025-03-14T13:00:00+01:00", NOON),
    ("w3c-z", "2025-03-14T12:00:00Z", NOON),
    ("w3c-lower-case", "2025-03-14t12:00:00z", NOON),
    ("w3c-no-seconds", "2025-03-14T12:00Z", NOON),
    ("w3c-milliseconds", "2025-03-14T12:00:00.250Z", "2025-03-14T12:00:00.250000"),
    ("w3c-comma", "2025-03-14T12:00:00,5Z", "2025-03-14T12:00:00.500000"),
    ("nanoseconds", "2018-07-03T02:24:32.465887976-07:00", "2018-07-03T09:24:32.465887"),
    ("iso-offset-no-colon", "2025-03-14T13:00:00+0100", NOON),
    ("iso-offset-hours", "2025-03-14T13:00:00+01", NOON),
    ("iso-blank", "2025-03-14 12:00:00 +0000", NOON),
    ("iso-utc", "2025-03-14 12:00:00 UTC", NOON),
    ("iso-slashes", "2025/03/14 12:00:00 +0000", NOON),
    ("iso-packed", "20250314T120000Z", NOON),
    ("iso-kathmandu", "2025-03-14T17:45:00+05:45", NOON),
    ("french", "ven., 14 mars 2025 13:00:00 +0100", NOON),
    ("french-full", "vendredi 14 mars 2025 à 13:00:00 +0100", NOON),
    ("french-first", "1er avril 2025 13:00:00 +0200", "2025-04-01T11:00:00"),
    ("french-h", "vendredi 14 mars 2025, 13h00 +0100", NOON),
    ("french-accent", "mar., 4 févr. 2025 13:00:00 +0100", "2025-02-04T12:00:00"),
    ("french-no-accent", "jeu. 14 aout 2025 14:00:00 +0200", "2025-08-14T12:00:00"),
    ("french-pipermail", "Ven 14 Mar 12:00:00 GMT 2025", NOON),
    ("spanish", "vie, 14 mar 2025 13:00:00 +0100", NOON),
    ("spanish-full", "viernes, 14 de marzo de 2025 13:00:00 +0100", NOON),
    ("spanish-time", "14 de enero de 2025, a las 13:00:00 +0100", "2025-01-14T12:00:00"),
    ("portuguese", "sex, 14 mar 2025 09:00:00 -0300", NOON),
    ("portuguese-full", "sexta-feira, 14 de março de 2025 às 09:00:00 -0300", NOON),
    ("portuguese-october", "14 out 2025 09:00:00 -0300", "2025-10-14T12:00:00"),
    ("german", "Fr., 14. März 2025 13:00:00 +0100", NOON),
    ("german-um-uhr", "Freitag, 14. Maerz 2025 um 13:00 Uhr +0100", NOON),
    ("german-december", "Sonntag, 14. Dezember 2025 13:00:00 MEZ", "2025-12-14T12:00:00"),
    ("italian", "ven, 14 mar 2025 13:00:00 +0100", NOON),
    ("italian-full", "lunedì 14 luglio 2025 alle ore 14:00:00 +0200", "2025-07-14T12:00:00"),
    ("italian-january", "14 gen 2025 13:00:00 +0100", "2025-01-14T12:00:00"),
    ("russian", "Пт, 14 мар 2025 15:00:00 +0300", NOON),
    ("russian-full", "пятница, 14 марта 2025 г. 15:00:00 +0300", NOON),
    ("russian-may", "14 мая 2025 в 15:00:00 +0300", "2025-05-14T12:00:00"),
    ("arabic", "الجمعة، 14 مارس 2025 14:00:00 +0200", NOON),
    ("arabic-levant", "14 آذار 2025 14:00:00 +0200", NOON),
    ("arabic-two-words", "14 كانون الثاني 2025 14:00:00 +0200", "2025-01-14T12:00:00"),
    ("arabic-digits", "١٤ مارس ٢٠٢٥ ١٤:٠٠:٠٠ +0200", NOON),
    ("arabic-clock", "14 أغسطس 2025 الساعة 2:00 م +0200", "2025-08-14T12:00:00"),
    ("arabic-direction-marks", "\u200f14 مارس 2025\u200f 14:00:00 +0200", NOON),
]

LOCAL = [
    # id, text without a zone: read only with one
    ("ctime", "Fri Mar 14 12:00:00 2025", NOON),
    ("ctime-padded", "Tue Mar  4 12:00:00 2025", "2025-03-04T12:00:00"),
    ("ctime-no-seconds", "Fri Mar 14 12:00 2025", NOON),
    ("ctime-no-weekday", "Mar 14 12:00:00 2025", NOON),
    ("mail", "Fri, 14 Mar 2025 12:00:00", NOON),
    ("iso", "2025-03-14T12:00:00", NOON),
    ("iso-blank", "2025-03-14 12:00", NOON),
    ("iso-day", "2025-03-14", "2025-03-14T00:00:00"),
    ("long-hand", "Friday, March 14, 2025, 12:00 PM", NOON),
    ("french", "Vendredi 14 mars 2025, 12h00", NOON),
    ("bbpress", "March 14, 2025 at 12:00 pm", NOON),
    ("django", "March 14, 2025, 12:00 p.m.", NOON),
]

UNKNOWN = [
    ("empty", ""),
    ("blanks", "   "),
    ("words", "Thursday, the day after the release"),
    ("no-date", "no date"),
    ("null-date", "0001-01-01T00:00:00Z"),
    ("zeros", "0000-00-00 00:00:00"),
    ("before-1900", "Sat, 14 Mar 1885 12:00:00 +0000"),
    ("day-31-february", "Fri, 31 Feb 2025 12:00:00 +0000"),
    ("day-29-february-2025", "29 Feb 2025 12:00:00 +0000"),
    ("day-0", "Fri, 0 Mar 2025 12:00:00 +0000"),
    ("day-32", "Tue, 32 Mar 2025 12:00:00 +0000"),
    ("month-13", "2025-13-14T12:00:00Z"),
    ("month-made-up", "14 Foo 2025 12:00:00 +0000"),
    ("hour-25", "Fri, 14 Mar 2025 25:00:00 +0000"),
    ("hour-24", "Fri, 14 Mar 2025 24:00:00 +0000"),
    ("minute-60", "Fri, 14 Mar 2025 12:60:00 +0000"),
    ("second-61", "Fri, 14 Mar 2025 12:00:61 +0000"),
    ("one-digit-minute", "Fri, 14 Mar 2025 12:5 +0000"),
    ("thirteen-pm", "March 14, 2025 13:00 PM +0000"),
    ("zero-am", "March 14, 2025 0:30 AM +0000"),
    ("zone-overflow", "Mon, 21 Oct 2002 15:02:34 +50579034"),
    ("zone-30-hours", "Tue, 30 Nov 1999 23:56:33 -3000 (CST)"),
    ("zone-over-14", "Fri, 14 Mar 2025 12:00:00 +1401"),
    ("zone-under-14", "Fri, 14 Mar 2025 12:00:00 -1500"),
    ("zone-9999", "Fri, 14 Mar 2025 12:00:00 +9999"),
    ("zone-minute-75", "Fri, 14 Mar 2025 12:00:00 +0175"),
    ("zone-three-digits", "Fri, 14 Mar 2025 12:00:00 +100"),
    ("zone-one-digit", "Fri, 14 Mar 2025 12:00:00 +1"),
    ("zone-no-sign", "Sat, 21 Feb 2009 05:35:10 0480"),
    ("zone-signs", "Fri, 14 Mar 2025 12:00:00 +-0100"),
    ("zone-contradiction", "Fri, 14 Mar 2025 12:00:00 +0100 GMT"),
    ("zone-ist", "Fri, 14 Mar 2025 12:00:00 IST"),
    ("zone-bst", "Fri, 14 Mar 2025 12:00:00 BST"),
    ("zone-ast", "Fri, 14 Mar 2025 12:00:00 AST"),
    ("zone-gst", "Fri, 14 Mar 2025 12:00:00 GST"),
    ("zone-amt", "Fri, 14 Mar 2025 12:00:00 AMT"),
    ("zone-military", "Fri, 14 Mar 2025 12:00:00 A"),
    ("zone-made-up", "Fri, 14 Mar 2025 12:00:00 XYZ"),
    ("cst-of-a-chinese-server", "Fri Mar 14 12:00:00 CST 2025"),
    ("day-or-month-slashes", "Fri 3/14/25 12:00"),
    ("day-or-month-slashes-zone", "03/04/2025 12:00:00 +0000"),
    ("day-or-month-dots", "03.04.2025 12:00:00 +0000"),
    ("numbers-for-months", "Fri, 14 03 2025 12:00:00 +0000"),
    ("two-digit-year-ctime", "Fri Mar 14 12:00:00 25 +0000"),
    ("year-of-six-digits", "14 Mar 191003 12:00:00 +0000"),
    ("year-of-three-digits", "14 Mar 025 12:00:00 +0000"),
    ("packed-one-digit-day", "2025314T120000Z"),
    ("dotted-time-two-parts", "Fri, 14 Mar 2025 12.00 +0000"),
    ("dotted-time-no-zone", "Fri, 14 Mar 2025 12.00.00"),
    ("no-year", "Fri, 14 Mar 12:00:00 +0000"),
    ("no-time", "Fri, 14 Mar 2025 +0000"),
    ("french-jui", "14 jui 2025 12:00:00 +0000"),
    ("rest-after-zone", "Fri, 14 Mar 2025 12:00:00 +0000 and more words"),
    ("relative", "45.5 days ago"),
    ("mangled", "M-<M-v, 27 6 2001 15:23:36"),
    ("too-long", "Fri, 14 Mar 2025 12:00:00 +0000" + " (x)" * 100),
]


def rows(table: list) -> list:
    return [pytest.param(*row[1:], id=row[0]) for row in table]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "expected"), rows(NAMED))
def test_a_date_with_a_zone_is_read_exactly(text, expected):
    found = read_date(text)
    assert found == instant(expected)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("text", "expected"), rows(NAMED))
def test_a_date_that_names_its_zone_ignores_the_given_one(text, expected):
    assert read_date(text, zone=timezone(timedelta(hours=9))) == instant(expected)


@pytest.mark.parametrize(("text", "expected"), rows(LOCAL))
def test_a_date_without_a_zone_is_unknown(text, expected):
    assert expected
    assert read_date(text) is None


@pytest.mark.parametrize(("text", "expected"), rows(LOCAL))
def test_a_date_without_a_zone_is_read_in_the_given_one(text, expected):
    assert read_date(text, zone=UTC) == instant(expected)
    east = timezone(timedelta(hours=5, minutes=30))
    assert read_date(text, zone=east) == instant(expected) - timedelta(hours=5, minutes=30)


@pytest.mark.parametrize("text", rows(UNKNOWN))
def test_what_could_be_another_instant_is_unknown(text):
    assert read_date(text) is None


@pytest.mark.parametrize("zone", ["IST", "BST", "+100", "+9999", "XYZ"])
def test_an_unreadable_zone_is_not_replaced_by_the_given_one(zone):
    assert read_date(f"Fri, 14 Mar 2025 12:00:00 {zone}", zone=UTC) is None


@pytest.mark.parametrize("month", range(1, 13))
def test_every_language_names_every_month(month):
    names = [name for name, number in MONTHS.items() if number == month]
    assert len(names) >= 9
    for name in names:
        text = f"14 {name} 2025 12:00:00 +0000"
        assert read_date(text) == datetime(2025, month, 14, 12, tzinfo=UTC), text


MOMENTS = st.integers(631238400, 4102272000).map(lambda s: datetime.fromtimestamp(s, tz=UTC))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(moment=MOMENTS, zone=OFFSETS, micro=st.integers(0, 999_999))
def test_what_python_writes_is_read_back(moment, zone, micro):
    written = moment.astimezone(zone)
    exact = written.replace(microsecond=micro)
    assert read_date(format_datetime(written)) == written
    assert read_date(written.isoformat()) == written
    assert read_date(exact.isoformat()) == exact
    assert read_date(written.ctime(), zone=zone) == written


@given(text=st.text(max_size=80))
def test_any_text_is_read_or_unknown(text):
    found = read_date(text, zone=UTC)
    assert found is None or found.utcoffset() == timedelta(0)


PARTS = [
    "Fri,",
    "14",
    "Mar",
    "2025",
    "12:00",
    "12",
    ":",
    "+0100",
    "(",
    ")",
    "Z",
    "T",
    "-",
    "h",
    "at",
]


@given(parts=st.lists(st.sampled_from(PARTS)))
def test_any_heap_of_date_parts_is_read_or_unknown(parts):
    found = read_date(" ".join(parts), zone=UTC)
    assert found is None or found.utcoffset() == timedelta(0)


# ---- which date is believed ---------------------------------------------------------------

FETCHED = instant("2025-06-01T00:00:00")
ARRIVED = instant("2025-03-14T12:00:00")
MARCH = Month(2025, 3).window
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def choose(**facts):
    given_facts = {"sent": None, "fetched_at": FETCHED} | facts
    return choose_date(**given_facts)


@pytest.mark.parametrize("late", [-8 * DAY, -DAY, timedelta(0), DAY], ids=str)
def test_the_sent_date_is_believed_near_the_received_one(late):
    assert choose(sent=ARRIVED + late, received=ARRIVED) == (ARRIVED + late, DateBasis.SENT)


@pytest.mark.parametrize("late", [-8 * DAY - SECOND, DAY + SECOND, -9000 * DAY], ids=str)
def test_the_received_date_wins_over_a_sent_one_far_from_it(late):
    assert choose(sent=ARRIVED + late, received=ARRIVED) == (ARRIVED, DateBasis.RECEIVED)


@pytest.mark.parametrize("late", [-9 * DAY, 2 * DAY], ids=str)
def test_an_envelope_date_has_a_day_of_slack_for_its_unknown_zone(late):
    assert choose(sent=ARRIVED + late, envelope=ARRIVED) == (ARRIVED + late, DateBasis.SENT)


@pytest.mark.parametrize("late", [-9 * DAY - SECOND, 2 * DAY + SECOND], ids=str)
def test_the_envelope_date_wins_over_a_sent_one_far_from_it(late):
    assert choose(sent=ARRIVED + late, envelope=ARRIVED) == (ARRIVED, DateBasis.ENVELOPE)


def test_the_received_date_counts_before_the_envelope():
    found = choose(received=ARRIVED, envelope=ARRIVED + 40 * DAY)
    assert found == (ARRIVED, DateBasis.RECEIVED)


def test_an_unbelievable_received_date_leaves_the_envelope():
    found = choose(received=instant("1970-01-01T00:00:00"), envelope=ARRIVED)
    assert found == (ARRIVED, DateBasis.ENVELOPE)


def test_a_sent_date_alone_is_believed():
    assert choose(sent=ARRIVED) == (ARRIVED, DateBasis.SENT)


@pytest.mark.parametrize(
    "sent", [MARCH.start - 8 * DAY, ARRIVED, MARCH.end + 2 * DAY - SECOND], ids=str
)
def test_a_sent_date_is_believed_near_the_period_it_is_filed_under(sent):
    assert choose(sent=sent, filed=MARCH) == (sent, DateBasis.SENT)


@pytest.mark.parametrize("sent", [MARCH.start - 8 * DAY - SECOND, MARCH.end + 2 * DAY], ids=str)
def test_a_sent_date_far_from_its_period_leaves_only_the_period(sent):
    assert choose(sent=sent, filed=MARCH) == (None, DateBasis.PERIOD)


def test_without_any_date_the_period_bounds_the_post():
    assert choose(filed=MARCH) == (None, DateBasis.PERIOD)


def test_without_any_date_or_period_nothing_is_known():
    assert choose() == (None, DateBasis.UNKNOWN)


@pytest.mark.parametrize("month", [Month(1945, 2), Month(1989, 12), Month(2038, 1)], ids=str)
def test_a_period_that_cannot_be_bounds_nothing(month):
    assert choose(filed=month.window) == (None, DateBasis.UNKNOWN)
    assert choose(sent=ARRIVED, filed=month.window) == (ARRIVED, DateBasis.SENT)


def test_a_message_filed_under_1945_with_an_impossible_zone_has_no_date():
    found = choose(
        sent=read_date("Mon, 21 Oct 2002 15:02:34 +50579034"),
        envelope=read_date("Wed Feb  7 20:28:34 1945", zone=UTC),
        filed=Month(1945, 2).window,
    )
    assert found == (None, DateBasis.UNKNOWN)


@pytest.mark.parametrize("sent", ["1970-01-01T00:00:00", "1989-12-31T23:59:59"])
def test_nothing_before_1990_is_believed(sent):
    assert choose(sent=instant(sent)) == (None, DateBasis.UNKNOWN)
    assert choose(envelope=instant(sent)) == (None, DateBasis.UNKNOWN)


def test_nothing_later_than_a_day_after_the_fetch_is_believed():
    assert choose(sent=FETCHED + DAY - SECOND)[1] is DateBasis.SENT
    assert choose(sent=FETCHED + DAY) == (None, DateBasis.UNKNOWN)
    assert choose(sent=FETCHED + DAY, received=ARRIVED) == (ARRIVED, DateBasis.RECEIVED)


def test_a_period_that_begins_in_1990_bounds():
    window = Window(start=instant("1990-01-01T00:00:00"), end=instant("1990-02-01T00:00:00"))
    assert choose(filed=window) == (None, DateBasis.PERIOD)


@pytest.mark.parametrize(
    "text", ["2026111", "2026111T10:00:00Z", "202611T10:00:00Z", "20261111T25:00Z"]
)
def test_packed_digits_that_could_be_another_day_are_unknown(text):
    assert read_date(text, zone=UTC) is None


def test_a_separator_with_a_month_that_nobody_has_is_unknown():
    assert read_date("Thu Foo  1 00:00:00 2026", zone=UTC) is None
    assert read_date("Thu Jan  1 00:00:00 2026", zone=UTC) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_a_unix_time_tells_its_unit_by_its_size(unit):
    noon = datetime.fromisoformat(NOON).replace(tzinfo=UTC)
    assert read_unix(str(int(noon.timestamp()) * unit)) == noon
    first, end = 631_152_000 * unit, 4_102_444_800 * unit
    assert read_unix(str(first)) == datetime(1990, 1, 1, tzinfo=UTC)
    assert read_unix(str(first - 1)) is None
    assert read_unix(str(end)) is None
