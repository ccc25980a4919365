"""Names of months and weekdays in eight languages, and of zones that mean one offset only.

Keys are written as `plain_word` gives them: lower case, without accents. A word that two languages
or two parts of the world use differently is left out, so whoever looks it up learns nothing
instead of something wrong: the French `jui` and `di`, and the zones of `AMBIGUOUS_ZONES`.

Source: RFC 5322 section 4.3 for the American zones, the IANA time zone database for the others.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_MONTHS = (
    (
        "jan,january,janv,janvier,ene,enero,janeiro,januar,jaenner,janner,gen,gennaio,"
        "янв,январь,января,يناير,كانون الثاني,جانفي"
    ),
    (
        "feb,febr,february,fev,fevr,fevrier,febrero,fevereiro,februar,febbraio,"
        "фев,февр,февраль,февраля,فبراير,شباط,فيفري"
    ),
    "mar,march,mars,marzo,marco,marz,maerz,mrz,мар,март,марта,مارس,آذار",
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

# Monday first.
_WEEKDAYS = (
    "mon,monday,lun,lundi,lunes,lunedi,mo,montag,seg,segunda,segunda-feira,пн,понедельник,الاثنين",
    (
        "tue,tues,tuesday,mar,mardi,martes,martedi,dienstag,ter,terca,terca-feira,"
        "вт,вторник,الثلاثاء"
    ),
    (
        "wed,weds,wednesday,mer,mercredi,mie,miercoles,mercoledi,mi,mittwoch,qua,quarta,"
        "quarta-feira,ср,среда,الأربعاء"
    ),
    (
        "thu,thur,thurs,thursday,jeu,jeudi,jue,jueves,gio,giovedi,do,donnerstag,qui,quinta,"
        "quinta-feira,чт,четверг,الخميس"
    ),
    (
        "fri,friday,ven,vendredi,vie,viernes,venerdi,fr,freitag,sex,sexta,sexta-feira,"
        "пт,пятница,الجمعة"
    ),
    "sat,saturday,sam,samedi,sab,sabado,sabato,sa,samstag,sonnabend,сб,суббота,السبت",
    "sun,sunday,dim,dimanche,dom,domingo,domenica,so,sonntag,вс,воскресенье,الأحد",
)

_ZONES = {
    "+0000": "ut,utc,gmt,z,wet",
    "+0100": "cet,met,mez,wat,west,wet dst",
    "+0200": "cest,mest,mesz,eet,cat,sast,cet dst,met dst",
    "+0300": "eest,eat,trt,idt,eet dst",
    "+0330": "irst",
    "+0400": "msd,mut",
    "+0430": "aft",
    "+0500": "pkt,uzt,mvt",
    "+0545": "npt",
    "+0600": "btt",
    "+0630": "mmt",
    "+0700": "ict,wib",
    "+0800": "awst,hkt,sgt,wita,myt,pht",
    "+0900": "jst,kst",
    "+0930": "acst",
    "+1000": "aest,chst,pgt",
    "+1030": "acdt",
    "+1100": "aedt",
    "+1200": "nzst,fjt",
    "+1300": "nzdt",
    "-0100": "cvt",
    "-0200": "brst",
    "-0300": "brt,uyt,art,gft",
    "-0400": "edt,bot,hae,gyt",
    "-0500": "est,cdt,cot,pet,hne",
    "-0600": "cst,mdt",
    "-0700": "mst,pdt,hap",
    "-0800": "pst,akdt,hnp",
    "-0900": "akst",
    "-1000": "hst",
}

AMBIGUOUS_ZONES = frozenset(
    {
        *("a", "adt", "almt", "amt", "ast", "bdt", "bst", "ect", "egst", "gst", "ist", "nst"),
        *("pyt", "sst", "vet", "wit", "wst"),
    }
)
"""Names in use for several offsets at once, or for one that changed: British and Bangladesh time,
Irish, Israel and Indian time, Atlantic and Arabian time, and the military letters. `CST` belongs
to them outside mail."""

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


@cache
def read_short_offset(text: str) -> timezone | None:
    """The zone of `+0100` or `+01:00`; remembered: an archive has few."""
    return read_offset(text[0], int(text[1:3]), int(text[-2:]))


def find_month(word: str) -> int | None:
    """The number of a month named by a plain word, or by two names of one month (`a/b`).

    A question mark stands for a letter that some program could not write.
    """
    if "/" in word:
        numbers = {MONTHS.get(part) for part in word.split("/")}
        return numbers.pop() if len(numbers) == 1 else None
    return _find_garbled_month(word) if "?" in word else MONTHS.get(word)


def find_weekday(word: str) -> int | None:
    """The weekday named by a plain word, Monday as 0."""
    return WEEKDAYS.get(word)


def find_zone(word: str, local: datetime, given: tzinfo | None = None) -> tzinfo | None:
    """The zone a plain word names at that local time; `None` when it may mean several.

    A name that the `given` zone bears itself at that time means that one. Moscow's clock was four
    hours ahead from spring 2011 to autumn 2014, under the same name.
    """
    if given is not None and (given.tzname(local.replace(tzinfo=None)) or "").lower() == word:
        return given
    if word == MOSCOW:
        start, end = _MOSCOW_AHEAD
        ahead = start <= local.replace(tzinfo=UTC) < end
        return timezone(timedelta(hours=4 if ahead else 3))
    return _find_region(word) if "/" in word else ZONES.get(word)


@cache
def _find_garbled_month(word: str) -> int | None:
    # One letter may have been two bytes.
    pattern = re.compile(re.sub(r"\?+", ".{1,2}", word))
    numbers = {number for name, number in MONTHS.items() if pattern.fullmatch(name)}
    return numbers.pop() if len(numbers) == 1 else None


def _find_region(word: str) -> ZoneInfo | None:
    name = _list_regions().get(word)
    return ZoneInfo(name) if name else None


@cache
def _list_regions() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


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
WEEKDAYS = {
    plain_word(word): number for number, words in enumerate(_WEEKDAYS) for word in words.split(",")
}
ZONES = _read_zones()
