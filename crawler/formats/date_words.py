"""Month names in eight languages, and the zone names that mean one offset only.

Keys are written as `plain_word` gives them: lower case, without accents. A word that two languages
or two parts of the world use differently is left out, so whoever looks it up learns nothing
instead of something wrong: zones IST, BST, AST, GST, ECT, SST, AMT, WIT and the French `jui`.

Source: RFC 5322 section 4.3 for the American zones, the IANA time zone database for the others.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = (
    (
        "jan,january,janv,janvier,ene,enero,janeiro,januar,jaenner,janner,gen,gennaio,"
        "янв,январь,января,يناير,كانون الثاني,جانفي"
    ),
    (
        "feb,february,fev,fevr,fevrier,febr,febrero,fevereiro,februar,febbraio,"
        "фев,февр,февраль,февраля,فبراير,شباط,فيفري"
    ),
    "mar,march,mars,marzo,marco,marz,maerz,мар,март,марта,مارس,آذار",
    "apr,april,avr,avril,abr,abril,aprile,апр,апрель,апреля,أبريل,إبريل,نيسان,أفريل",
    "may,mai,mayo,maio,mag,maggio,май,мая,مايو,أيار,ماي",
    "jun,june,juin,junio,junho,juni,giu,giugno,июн,июнь,июня,يونيو,يونيه,حزيران,جوان",
    (
        "jul,july,juil,juillet,julio,julho,juli,lug,luglio,июл,июль,июля,"
        "يوليو,يوليه,تموز,جويلية,يوليوز"
    ),
    "aug,august,aou,aout,ago,agosto,авг,август,августа,أغسطس,آب,أوت,غشت",
    (
        "sep,sept,september,septembre,septiembre,set,setembro,sett,settembre,"
        "сен,сент,сентябрь,сентября,سبتمبر,أيلول,شتنبر"
    ),
    (
        "oct,october,octobre,octubre,out,outubro,okt,oktober,ott,ottobre,"
        "окт,октябрь,октября,أكتوبر,تشرين الأول"
    ),
    "nov,november,novembre,noviembre,novembro,ноя,нояб,ноябрь,ноября,نوفمبر,تشرين الثاني,نونبر",
    (
        "dec,december,decembre,dic,diciembre,dez,dezembro,dezember,dicembre,"
        "дек,декабрь,декабря,ديسمبر,كانون الأول,دجنبر"
    ),
)

_ZONES = {
    "+0000": "ut,utc,gmt,z,wet",
    "+0100": "cet,met,mez,wat,west",
    "+0200": "cest,mest,mesz,eet,cat,sast",
    "+0300": "eest,eat,trt",
    "+0330": "irst",
    "+0400": "msd",
    "+0430": "aft",
    "+0500": "pkt,uzt",
    "+0545": "npt",
    "+0630": "mmt",
    "+0700": "ict,wib",
    "+0800": "awst,hkt,sgt,wita",
    "+0900": "jst,kst",
    "+0930": "acst",
    "+1000": "aest,chst",
    "+1030": "acdt",
    "+1100": "aedt",
    "+1200": "nzst",
    "+1300": "nzdt",
    "-0200": "brst",
    "-0300": "brt,uyt",
    "-0400": "edt,bot",
    "-0500": "est,cdt,cot,pet",
    "-0600": "cst,mdt",
    "-0700": "mst,pdt",
    "-0800": "pst,akdt",
    "-0900": "akst",
    "-1000": "hst",
}

MOSCOW = "msk"
_MOSCOW_AHEAD = (datetime(2011, 3, 27, 2, tzinfo=UTC), datetime(2014, 10, 26, 1, tzinfo=UTC))


def plain_word(text: str) -> str:
    """The text in lower case, without accents, vowel signs and invisible direction marks."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in parts if unicodedata.category(c) not in {"Mn", "Cf"})


def read_offset(sign: str, hours: int, minutes: int) -> timezone | None:
    """The zone that far from UTC; `None` beyond 14 hours or with more than 59 minutes."""
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)


def find_month(word: str) -> int | None:
    """The number of a month named by a plain word."""
    return MONTHS.get(word)


def find_zone(word: str, local: datetime) -> timezone | None:
    """The zone a plain word names at that local time; `None` when it may mean several.

    Moscow's clock was four hours ahead from spring 2011 to autumn 2014, under the same name.
    """
    if word == MOSCOW:
        start, end = _MOSCOW_AHEAD
        ahead = start <= local.replace(tzinfo=UTC) < end
        return timezone(timedelta(hours=4 if ahead else 3))
    return ZONES.get(word)


def _read_zones() -> dict[str, timezone]:
    table: dict[str, timezone] = {}
    for offset, words in _ZONES.items():
        zone = read_offset(offset[0], int(offset[1:3]), int(offset[3:]))
        if zone is not None:
            table.update(dict.fromkeys(words.split(","), zone))
    return table


MONTHS = {
    plain_word(word): number
    for number, words in enumerate(_MONTHS, start=1)
    for word in words.split(",")
}
ZONES = _read_zones()
