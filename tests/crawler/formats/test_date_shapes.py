"""Shapes of dates met in mail, feeds and forums: how many are read, and that none is read wrongly.

The truth beside each text was worked out by hand. Some shapes are not read, and are listed all the
same: at least 95 of 100 must be, and what is not read must be unknown, never another moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.formats.date_words import AMBIGUOUS_ZONES, MONTHS
from crawler.formats.dates import read_date, read_unix

READ_SHARE = 0.95

# Whole instants: the text says its zone. Truth in UTC.
WHOLE = """
Tue, 04 Nov 2003 09:15:02 -0500 | 2003-11-04 14:15:02
Tue,  4 Nov 2003 09:15:02 -0500 (EST) | 2003-11-04 14:15:02
4 Nov 2003 09:15 -0500 | 2003-11-04 14:15:00
Tue 4 Nov 2003 09:15:02 -0500 | 2003-11-04 14:15:02
Tue,4 Nov 2003 09:15:02 -0500 | 2003-11-04 14:15:02
Tuesday, 4 November 2003 09:15:02 -0500 | 2003-11-04 14:15:02
Tue, 4 Nov 2003 9:15:02 -0500 | 2003-11-04 14:15:02
Tue, 4 Nov 2003 09:15:02-0500 | 2003-11-04 14:15:02
Tue, 4 Nov 2003 09:15:02 -0500 (Eastern Standard Time (US)) | 2003-11-04 14:15:02
(sent by phone) Tue, 4 Nov 2003 09:15:02 -0500 | 2003-11-04 14:15:02
Tue, 4 Nov 2003 09:15:02 -0500 (Hora est. | 2003-11-04 14:15:02
Tue, 4 Nov 2003 14:15:02 -0000 | 2003-11-04 14:15:02
Tue, 4 Nov 2003 15:15:02 +0100 CET | 2003-11-04 14:15:02
Fri, 24 May 2002 00.24.50 +0200 CEST | 2002-05-23 22:24:50
Fri, 24 May 2002 00.24.50 +0200 | 2002-05-23 22:24:50
Mon, 05 Jan 98 23:30:00 EST | 1998-01-06 04:30:00
Mon, 5 Jan 98 23:30 PST | 1998-01-06 07:30:00
5 Jan 1998 23:30:00 UT | 1998-01-05 23:30:00
Tue, 14 Mar 100 12:00:00 GMT | 2000-03-14 12:00:00
Sat, 1 Jan 19100 00:30:00 +0100 | 1999-12-31 23:30:00
Thu, 8 Feb 19101 10:00:00 -0800 | 2001-02-08 18:00:00
Sat, 31 Dec 2016 23:59:60 GMT | 2017-01-01 00:00:00
Thu, 10 Jul 1997 09:05:00 MET DST | 1997-07-10 07:05:00
Thu, 10 Jul 1997 09:05:00 EET DST | 1997-07-10 06:05:00
Thu, 10 Jul 2003 09:05:00 EDT | 2003-07-10 13:05:00
Thu, 10 Jul 2003 09:05:00 CDT | 2003-07-10 14:05:00
Thu, 10 Jul 2003 09:05:00 MDT | 2003-07-10 15:05:00
Thu, 10 Jul 2003 09:05:00 PDT | 2003-07-10 16:05:00
Thu, 9 Jan 2003 09:05:00 CST | 2003-01-09 15:05:00
Thu, 9 Jan 2003 09:05:00 MST | 2003-01-09 16:05:00
Thu, 10 Jul 2003 09:05:00 CEST | 2003-07-10 07:05:00
Thu, 9 Jan 2003 09:05:00 CET | 2003-01-09 08:05:00
Thu, 9 Jan 2003 09:05:00 MEZ | 2003-01-09 08:05:00
Thu, 9 Jan 2003 09:05:00 EET | 2003-01-09 07:05:00
Thu, 10 Jul 2003 09:05:00 EEST | 2003-07-10 06:05:00
Thu, 9 Jan 2003 09:05:00 WET | 2003-01-09 09:05:00
Thu, 10 Jul 2003 09:05:00 WEST | 2003-07-10 08:05:00
Thu, 9 Jan 2014 09:05:00 MSK | 2014-01-09 05:05:00
Thu, 15 Jan 2015 09:05:00 MSK | 2015-01-15 06:05:00
Thu, 10 Jul 2003 09:05:00 MSD | 2003-07-10 05:05:00
Wed, 3 Jun 2009 11:20:00 EAT | 2009-06-03 08:20:00
Wed, 3 Jun 2009 11:20:00 WAT | 2009-06-03 10:20:00
Wed, 3 Jun 2009 11:20:00 CAT | 2009-06-03 09:20:00
Wed, 3 Jun 2009 11:20:00 SAST | 2009-06-03 09:20:00
Wed, 3 Jun 2009 11:20:00 PKT | 2009-06-03 06:20:00
Wed, 3 Jun 2009 11:20:00 NPT | 2009-06-03 05:35:00
Wed, 3 Jun 2009 11:20:00 BRT | 2009-06-03 14:20:00
Wed, 3 Jun 2009 11:20:00 ART | 2009-06-03 14:20:00
Wed, 3 Jun 2009 11:20:00 HAE | 2009-06-03 15:20:00
Wed, 3 Jun 2009 11:20:00 AEST | 2009-06-03 01:20:00
Wed, 3 Jun 2009 11:20:00 (PDT) | 2009-06-03 18:20:00
Wed, 3 Jun 2009 11:20:00 GMT+02:00 | 2009-06-03 09:20:00
Wed, 3 Jun 2009 11:20:00 UTC-3 | 2009-06-03 14:20:00
Wed, 3 Jun 2009 11:20:00 "GMT" | 2009-06-03 11:20:00
Fri Jun 28, 2002  01:28:04 PM US/Central | 2002-06-28 18:28:04
Wed, 3 Jun 2009 11:20:00 Africa/Nairobi | 2009-06-03 08:20:00
Wednesday, 03-Jun-09 11:20:00 GMT | 2009-06-03 11:20:00
Wed, 03-Jun-2009 11:20:00 GMT | 2009-06-03 11:20:00
03-Jun-2009 11:20:00 +0300 | 2009-06-03 08:20:00
03/Jun/2009:11:20:00 +0300 | 2009-06-03 08:20:00
Wed Jun  3 11:20:00 2009 +0300 | 2009-06-03 08:20:00
Wed Jun  3 11:20:00 EDT 2009 | 2009-06-03 15:20:00
Wed Jun  3 11:20:00 +0300 2009 | 2009-06-03 08:20:00
Wed Jun 03 2009 11:20:00 GMT+0300 (East Africa Time) | 2009-06-03 08:20:00
Lun 7 Jan 12:00:00 GMT 2002 | 2002-01-07 12:00:00
Jeu 28 Fév 17:05:09 CET 2002 | 2002-02-28 16:05:09
Mer 4 Set 08:12:00 CEST 2002 | 2002-09-04 06:12:00
Mié Ago 14 21:00:00 CEST 2002 | 2002-08-14 19:00:00
Die Okt 15 21:00:00 CEST 2002 | 2002-10-15 19:00:00
2009-06-03T11:20:00Z | 2009-06-03 11:20:00
2009-06-03T11:20Z | 2009-06-03 11:20:00
2009-06-03T11:20:00.250+03:00 | 2009-06-03 08:20:00.250000
2009-06-03T11:20:00+0300 | 2009-06-03 08:20:00
2009-06-03 11:20:00 +0300 | 2009-06-03 08:20:00
2009-06-03 11:20:00.123456 UTC | 2009-06-03 11:20:00.123456
2009-06-03 11:20:00.5+00 | 2009-06-03 11:20:00.500000
20090603T112000Z | 2009-06-03 11:20:00
2009-06-03T11:20:00+02:00[Europe/Paris] | 2009-06-03 09:20:00
2018-07-03T02:24:32.465887176-07:00 | 2018-07-03 09:24:32.465887
Wed 2009-06-03 11:20:00 UTC | 2009-06-03 11:20:00
2009/06/03 11:20:00 +0000 | 2009-06-03 11:20:00
1602002335 | 2020-10-06 16:38:55
1602002335000 | 2020-10-06 16:38:55
1602002335123456789 | 2020-10-06 16:38:55.123456
@1602002335 | 2020-10-06 16:38:55
1602002335 -0700 | 2020-10-06 16:38:55
Wednesday, June 3, 2009 11:20 AM GMT | 2009-06-03 11:20:00
June 3, 2009 at 11:20:00 PM UTC | 2009-06-03 23:20:00
3rd June 2009 11:20:00 +0000 | 2009-06-03 11:20:00
mer., 3 juin 2009 11:20:00 +0200 | 2009-06-03 09:20:00
Mercredi 3 juin 2009 à 11:20:00 +0200 | 2009-06-03 09:20:00
mié, 3 jun 2009 11:20:00 +0200 | 2009-06-03 09:20:00
Qua, 3 Jun 2009 11:20:00 -0300 | 2009-06-03 14:20:00
quarta-feira, 3 de junho de 2009 às 11:20:00 -0300 | 2009-06-03 14:20:00
Mi., 3. Juni 2009 11:20:00 +0200 | 2009-06-03 09:20:00
Mer, 3 Giu 2009 11:20:00 +0200 | 2009-06-03 09:20:00
Ср, 3 июня 2009 11:20:00 +0400 | 2009-06-03 07:20:00
الأربعاء، 3 يونيو 2009 11:20:00 +0300 | 2009-06-03 08:20:00
Wed, 3 Jun 2009 11:20:00 EST5EDT | 2009-06-03 15:20:00
Wed, 3 Jun 2009 11:20:00 + 0300 | 2009-06-03 08:20:00
"""

# Local times: zone of the site, or its order of day and month, from its settings. Truth in UTC.
LOCAL = """
Mon, 06/08/2020 - 07:50 | UTC | 2020-06-08 07:50:00
lun, 08/06/2020 - 07:50 | UTC | 2020-06-08 07:50:00
Wednesday, June 3, 2009 - 11:20 | Africa/Nairobi | 2009-06-03 08:20:00
mercredi 3 juin 2009 - 11:20 | Africa/Dakar | 2009-06-03 11:20:00
June 8, 2020 at 7:50 am | UTC | 2020-06-08 07:50:00
June 8, 2020 at 7:50 pm | America/New_York | 2020-06-08 23:50:00
8 juin 2020 à 7h50 | Europe/Paris | 2020-06-08 05:50:00
8 junio, 2020 a las 7:50 pm | America/Bogota | 2020-06-09 00:50:00
8 de junho de 2020 às 19:50 | America/Sao_Paulo | 2020-06-08 22:50:00
Oct. 8, 2026, 4:43 a.m. | UTC | 2026-10-08 04:43:00
Oct. 8, 2026, 4 p.m. | UTC | 2026-10-08 16:00:00
Oct. 8, 2026, noon | UTC | 2026-10-08 12:00:00
Oct. 8, 2026, midnight | UTC | 2026-10-08 00:00:00
Sept. 30, 2026, 11:59 p.m. | UTC | 2026-09-30 23:59:00
8 octobre 2026 04:43 | UTC | 2026-10-08 04:43:00
21.01.2009, 05:42 | Europe/Berlin | 2009-01-21 04:42:00
21. Jan 2009 05:42 | Europe/Berlin | 2009-01-21 04:42:00
Mi 21. Jan 2009, 05:42 | Europe/Berlin | 2009-01-21 04:42:00
21. Januar 2009, 05:42 Uhr | Europe/Berlin | 2009-01-21 04:42:00
Wed Jan 21, 2009 5:42 am | UTC | 2009-01-21 05:42:00
Wed Jan 21 05:42:11 2009 | UTC | 2009-01-21 05:42:11
Mon Jan  5 05:42:11 2009 | UTC | 2009-01-05 05:42:11
01/21/2009, 05:42 PM | America/Chicago | 2009-01-21 23:42:00
21/01/2009 05:42 | Africa/Lagos | 2009-01-21 04:42:00
21-01-2009, 17:42 | Asia/Kolkata | 2009-01-21 12:12:00
2009.01.21 05:42 | Asia/Seoul | 2009-01-20 20:42:00
2009-01-21 05:42 | Asia/Kathmandu | 2009-01-20 23:57:00
2009-01-21 05:42:11.5 | UTC | 2009-01-21 05:42:11.500000
20090121054211 | UTC | 2009-01-21 05:42:11
2009-01-21 | UTC | 2009-01-21 00:00:00
12 October, 2023 | UTC | 2023-10-12 00:00:00
October 12, 2023 | UTC | 2023-10-12 00:00:00
12 October 2023 | Africa/Nairobi | 2023-10-11 21:00:00
Thursday, 12 October 2023 - 09:05 | UTC | 2023-10-12 09:05:00
Thursday 12th of October 2023 09:05:00 AM | UTC | 2023-10-12 09:05:00
12 Oct 2023 | UTC | 2023-10-12 00:00:00
12-Oct-2023 09:05 | UTC | 2023-10-12 09:05:00
Oct-12-2023 09:05 | UTC | 2023-10-12 09:05:00
2023 Oct 12 09:05 | UTC | 2023-10-12 09:05:00
October 12th, 2023, 9:05 am | UTC | 2023-10-12 09:05:00
Oct 12 2023, 09:05 AM | UTC | 2023-10-12 09:05:00
12 Oct 2023 @ 09:05 | UTC | 2023-10-12 09:05:00
12 Oct 2023 • 09:05 | UTC | 2023-10-12 09:05:00
12 Oct 2023 09:05 IST | Asia/Kolkata | 2023-10-12 03:35:00
12 Jul 2023 09:05 BST | Europe/London | 2023-07-12 08:05:00
Thu Oct 12 09:05:00 CST 2023 | Asia/Shanghai | 2023-10-12 01:05:00
le 12 octobre 2023 à 09:05 | Europe/Paris | 2023-10-12 07:05:00
Le jeudi 12 octobre 2023 à 9h05 | Europe/Paris | 2023-10-12 07:05:00
1er août 2023 à 12h | Europe/Paris | 2023-08-01 10:00:00
12 d?cembre 2023, 9h05 | Europe/Paris | 2023-12-12 08:05:00
Mardi 21 f?vrier 2012, 8h58 | Europe/Paris | 2012-02-21 07:58:00
El 12 de octubre de 2023 a las 9:05 a. m. | America/Bogota | 2023-10-12 14:05:00
jueves, 12 de octubre de 2023, 09:05 | America/Lima | 2023-10-12 14:05:00
12 de outubro de 2023, 09:05 | Africa/Maputo | 2023-10-12 07:05:00
quinta-feira, 12 out. 2023 09h05 | Africa/Luanda | 2023-10-12 08:05:00
Donnerstag, 12. Oktober 2023 um 09:05 | Europe/Berlin | 2023-10-12 07:05:00
12. Oktober 2023 um 9 Uhr | Europe/Berlin | 2023-10-12 07:00:00
giovedì 12 ottobre 2023 alle ore 09:05 | Europe/Rome | 2023-10-12 07:05:00
gio 12 ott 2023, 09:05 | Europe/Rome | 2023-10-12 07:05:00
12 октября 2023 г., 09:05 | Europe/Moscow | 2023-10-12 06:05:00
четверг, 12 октября 2023 в 09:05 | Europe/Moscow | 2023-10-12 06:05:00
12 окт 2023, 09:05 | Asia/Almaty | 2023-10-12 03:05:00
12 أكتوبر 2023 | UTC | 2023-10-12 00:00:00
12 أكتوبر، 2023 09:05 | Africa/Cairo | 2023-10-12 06:05:00
الخميس 12 تشرين الأول 2023 - 09:05 | Asia/Beirut | 2023-10-12 06:05:00
12 تشرين الأول/أكتوبر 2023 | UTC | 2023-10-12 00:00:00
١٢ أكتوبر ٢٠٢٣ ٠٩:٠٥ | Africa/Cairo | 2023-10-12 06:05:00
12 أكتوبر 2023 الساعة 9:05 م | Africa/Cairo | 2023-10-12 18:05:00
?March 3, 2014 at 4:21:42 AM | UTC | 2014-03-03 04:21:42
Wed 3/31/04 13:22 | UTC | 2004-03-31 13:22:00
Thu 6/3/04 23:43 | UTC | 2004-06-03 23:43:00
31.12.99 23:59 | UTC | 1999-12-31 23:59:00
03/04/2005 10:00 | UTC day first | 2005-04-03 10:00:00
03/04/2005 10:00 | UTC month first | 2005-03-04 10:00:00
3.4.2005 10:00 | UTC day first | 2005-04-03 10:00:00
03.04.05 10:00 | UTC day first | 2005-04-03 10:00:00
3/4/05, 10:00:00 PM | UTC month first | 2005-03-04 22:00:00
04/04/2005 10:00 | UTC | 2005-04-04 10:00:00
2023年10月12日 09:05 | Asia/Shanghai | 2023-10-12 01:05:00
12 Oktobra 2023 09:05 | Europe/Zagreb | 2023-10-12 07:05:00
"""

GARBAGE = """
yesterday
today at 5:42
two weeks ago
2 weeks, 3 days ago
il y a 2 semaines
hace 3 días
há 2 dias
vor 3 Tagen
3 minutes ago
last week
just now
Oct 2023
October 2023
12 Oct
12 October 09:05
2023
2023-10
2023-W41-4
09:05
09:05:00 +0000
03/04/2005 10:00 +0000
03.04.2005
3/4/05
03-04-05 10:00 +0000
05-06-07
11/12/2013, 10:00 PM GMT
Thu, 31 Sep 2023 09:05:00 +0000
Thu, 30 Feb 2023 09:05:00 +0000
Wed, 29 Feb 2023 09:05:00 +0000
Thu, 12 Oct 2023 24:05:00 +0000
Thu, 12 Oct 2023 09:60:00 +0000
Thu, 12 Oct 2023 09:05:61 +0000
Thu, 12 Oct 2023 9:5 +0000
Thu, 12 Oct 2023 13:05 PM +0000
Thu, 12 Oct 2023 0:05 AM +0000
Thu, 12 Oct 2023 09:05:00 +2500
Thu, 12 Oct 2023 09:05:00 +0160
Thu, 12 Oct 2023 09:05:00 +100
Thu, 12 Oct 2023 09:05:00 0100
Thu, 12 Oct 2023 09:05:00 IST
Thu, 12 Oct 2023 09:05:00 BST
Thu, 12 Oct 2023 09:05:00 AST
Thu, 12 Oct 2023 09:05:00 (IST)
Thu, 12 Oct 2023 09:05:00 N
Thu, 12 Oct 2023 09:05:00 Mars/Olympus
Thu, 12 Oct 2023 09:05:00 +0100 GMT
Thu Oct 12 09:05:00 CST 2023
Thu, 12 Oct 2023 09.05 +0000
12 jui 2023 09:05:00 +0000
12 ma? 2023 09:05:00 +0000
12 Smarch 2023 09:05:00 +0000
12 آذار/أكتوبر 2023 09:05:00 +0000
32 Oct 2023 09:05:00 +0000
0 Oct 2023 09:05:00 +0000
12 Oct 1823 09:05:00 +0000
12 Oct 20230 09:05:00 +0000
0000-00-00 00:00:00 +0000
0001-01-01T00:00:00Z
2023-13-01T00:00:00Z
2023-10-32T00:00:00Z
2023-10-12T09:05:00+99:00
123456789
12345678901
2025031412
9999999999
1602002335 posts
tel. 1602002335
Message 12 of 2023
Volume 12, Issue 10, 2023
v2.10.2023
192.168.10.12
10:12:2023
Jo Test, 12 Oct 2023, writes
12 Oct 2023 09:05:00 +0000 and later
{{ post.date }}
%a, %d %b %Y %H:%M:%S %z
Invalid date
NaN-NaN-NaN
None
-
"""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One text with what a reader of the site knows beside it."""

    text: str
    truth: datetime
    zone: tzinfo | None = None
    day_first: bool | None = None

    def read(self) -> datetime | None:
        return read_date(self.text, zone=self.zone, day_first=self.day_first)


def list_shapes() -> list[Shape]:
    shapes = []
    for line in WHOLE.strip().splitlines():
        text, truth = line.rsplit(" | ", 1)
        shapes.append(Shape(text=text, truth=instant(truth)))
    for line in LOCAL.strip().splitlines():
        text, where, truth = line.rsplit(" | ", 2)
        name, _, order = where.partition(" ")
        shapes.append(
            Shape(
                text=text,
                truth=instant(truth),
                zone=UTC if name == "UTC" else ZoneInfo(name),
                day_first={"": None, "day first": True, "month first": False}[order],
            )
        )
    return shapes


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SHAPES = list_shapes()
JUNK = GARBAGE.strip().splitlines()


def test_the_list_is_long_enough_to_mean_something():
    assert len({shape.text for shape in SHAPES}) >= 150
    assert len(set(JUNK)) >= 60


def test_no_shape_is_read_as_another_moment():
    wrong = [shape.text for shape in SHAPES if shape.read() not in {None, shape.truth}]
    assert wrong == []


def test_nearly_all_shapes_are_read():
    unread = [shape.text for shape in SHAPES if shape.read() is None]
    assert len(unread) <= (1 - READ_SHARE) * len(SHAPES), unread
    assert unread == [
        "Wed, 3 Jun 2009 11:20:00 EST5EDT",
        "Wed, 3 Jun 2009 11:20:00 + 0300",
        "2023年10月12日 09:05",
        "12 Oktobra 2023 09:05",
    ]


@pytest.mark.parametrize("text", JUNK)
def test_what_names_no_moment_or_several_is_unknown(text):
    assert read_date(text) is None


@pytest.mark.parametrize("text", [text for text in JUNK if "09:05" not in text])
def test_a_zone_does_not_turn_garbage_into_a_date(text):
    assert read_date(text, zone=UTC) is None


@pytest.mark.parametrize("name", sorted(AMBIGUOUS_ZONES))
def test_a_zone_name_that_is_used_for_several_offsets_is_unknown(name):
    assert read_date(f"Thu, 12 Oct 2023 09:05:00 {name.upper()}") is None
    assert read_date(f"Thu, 12 Oct 2023 09:05:00 {name.upper()}", zone=UTC) is None


def test_an_order_that_was_said_and_makes_no_date_is_not_turned_round():
    assert read_date("01/21/2009 05:42", zone=UTC, day_first=True) is None
    assert read_date("21/01/2009 05:42", zone=UTC, day_first=False) is None


def test_a_weekday_decides_between_two_orders_or_nothing_does():
    assert read_date("Thu, 06/08/2020 - 07:50", zone=UTC) == instant("2020-08-06 07:50:00")
    assert read_date("Tue, 06/08/2020 - 07:50", zone=UTC) is None
    # 9 January and 1 September 2023 are a Monday and a Friday; 5 June and 6 May: Monday, Saturday.
    assert read_date("Fri, 09/01/2023 - 07:50", zone=UTC) == instant("2023-09-01 07:50:00")


@pytest.mark.parametrize("text", ["2023-10-29 02:30", "2023-03-26 02:30"])
def test_an_hour_that_a_clock_change_repeats_or_skips_is_unknown(text):
    paris = ZoneInfo("Europe/Paris")
    assert read_date(text, zone=paris) is None
    assert read_date(text.replace(" 02", " 04"), zone=paris) is not None


def test_a_field_that_holds_unix_time_is_read_beyond_what_is_certain_elsewhere():
    assert read_unix("631152000") == instant("1990-01-01 00:00:00")
    assert read_unix("2147483648.5") == instant("2038-01-19 03:14:08")
    assert read_unix("631151999") is None
    assert read_unix("12 Oct 2023") is None
    assert read_date("631152000") is None


MOMENTS = st.integers(631_152_000, 4_102_444_799).map(lambda s: datetime.fromtimestamp(s, tz=UTC))
NAMES = st.sampled_from(sorted(name for name in MONTHS if " " not in name))


@given(moment=MOMENTS, unit=st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_any_unix_time_is_read_back(moment, unit):
    assert read_unix(str(int(moment.timestamp()) * unit)) == moment


@given(moment=MOMENTS, name=NAMES)
def test_any_moment_is_read_back_under_any_name_of_its_month(moment, name):
    moment = moment.replace(month=MONTHS[name], day=min(moment.day, 28))
    day, clock = f"{moment.day} {name} {moment.year}", f"{moment:%H:%M:%S}"
    for text in (f"{day} {clock} +0000", f"{day}, {clock} GMT", f"{day} - {clock}Z"):
        assert read_date(text) == moment
    assert read_date(f"{name} {moment.day}, {moment.year} {moment:%I:%M:%S %p}", zone=UTC) == moment


@given(moment=MOMENTS)
def test_a_numeric_date_is_read_as_its_order_says_or_as_the_only_one_it_can_be(moment):
    text = f"{moment:%d/%m/%Y %H:%M:%S}"
    assert read_date(text, zone=UTC, day_first=True) == moment
    certain = moment.day > 12 or moment.day == moment.month
    assert read_date(text, zone=UTC) == (moment if certain else None)
    assert read_date(f"{moment:%m/%d/%Y %H:%M:%S}", zone=UTC, day_first=False) == moment


@given(moment=MOMENTS)
def test_a_weekday_never_makes_a_numeric_date_another_one(moment):
    found = read_date(f"{moment:%a, %d/%m/%Y - %H:%M:%S}", zone=UTC)
    assert found in {None, moment}
    if found is None:
        turned = moment.replace(day=moment.month, month=moment.day)
        assert turned.weekday() == moment.weekday()
        assert abs(turned - moment) > timedelta(0)
