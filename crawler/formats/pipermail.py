"""Pipermail's pages: the index of an archive, the names of its periods, a thread index.

Source: Mailman 2.1, `Mailman/Archiver/HyperArch.py` and `pipermail.py`, and its page templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from bs4 import BeautifulSoup

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.date_words import find_month, plain_word
from crawler.formats.dates import EARLIEST, choose_date
from crawler.formats.encoded_words import unescape
from crawler.formats.html import explain_notice, explain_page, read_html
from crawler.formats.notices import (
    MovedNotice,
    find_closed_notice,
    find_moved_notice,
)
from crawler.formats.people import read_author
from domain.errors import Gone, Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost
from domain.window import Month, Window

_PERIOD_LINK = re.compile(
    r"(?:^|/)(?P<name>[^/?#]+?)(?:(?P<text>\.txt(?:\.gz)?)|/(?:thread|date)\.html)$"
)
_PERIOD_NAMES = (
    re.compile(r"(?P<week>Week-of-Mon-)(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"),
    re.compile(r"(?P<year>\d{4})q(?P<quarter>[1-4])"),
    re.compile(r"(?P<year>\d{4})-(?P<month_name>[^\W\d_]+)"),
    re.compile(r"(?P<year>\d{4})"),
)
# The archiver's own words for a list without messages: English, French, Spanish, German, Brazilian.
_EMPTY = re.compile(
    r"no messages have been posted to this list yet|currently, there are no archives"
    r"|aucun message n'a encore été posté|todavía no se ha enviado ningún mensaje a esta lista"
    r"|bisher sind noch keine nachrichten an diese liste"
    r"|ainda não foi postada nenhuma mensagem para esta lista"
)
_NO_SUCH_LIST = re.compile(rb"No such list\s*<(?:em|i)>", re.IGNORECASE)
_THREAD_ENTRY = re.compile(
    r"<!--\d+ (?P<key>[\d.-]+) -->\s*<LI>\s*<A HREF=\"(?P<number>\d+)\.html\">(?P<subject>.*?)</A>"
    r"\s*<A NAME=\"\d+\">.*?</A>\s*<I>(?P<author>.*?)</I>",
    re.IGNORECASE | re.DOTALL,
)
_END = re.compile(rb"</(?:body|html|table)\s*>", re.IGNORECASE)
_TAIL = 4_096
# Enough for every date that is believed.
_LONGEST_SECONDS = 12
_CHARSET = re.compile(rb"charset=[\"']?([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One row of the index. `window` is `None` for a time that cannot be; `size` is as shown."""

    name: str
    window: Window | None
    thread_url: str
    text_url: str | None = None
    size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """What an index page promises: periods, oldest first, and names we could not read.

    `whole` is false for a page that ends in the middle; `end` is set where the page says itself
    that nothing more will come here.
    """

    periods: tuple[Period, ...] = ()
    unknown: tuple[str, ...] = ()
    empty: bool = False
    whole: bool = True
    moved: MovedNotice | None = None
    end: Gone | None = None


def read_index(body: bytes, url: str, *, fetched_at: datetime) -> Index:
    """What the index page at `url` promises.

    Raises: Refused, Gone, Unparseable where the page is another one.
    """
    if _NO_SUCH_LIST.search(body):
        raise Gone(Outcome.GONE, "Mailman says that there is no such list", where=url)
    soup = read_html(body)
    rows, unknown = _read_rows(soup, url, fetched_at)
    if rows:
        ordered = sorted(rows.values(), key=_period_order)
        moved = find_moved_notice(soup, url)
        notice = moved or find_closed_notice(soup, url)
        whole = _END.search(body[-_TAIL:]) is not None
        return Index(
            periods=tuple(ordered),
            unknown=tuple(unknown),
            whole=whole,
            moved=moved,
            end=explain_notice(notice, url) if notice else None,
        )
    if unknown:
        raise Unparseable(
            Outcome.LAYOUT_CHANGED,
            f"the index has periods, but none that we can read (first: {unknown[0]})",
            where=url,
            to_do="a developer looks at the names of the periods",
        )
    if _is_empty(soup) and not find_moved_notice(soup, url):
        return Index(empty=True)
    raise explain_page(body, url=url, status=200, expected="a Pipermail index")


def compare_index(index: Index, read: Mapping[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The periods that were read and are not listed, and those listed otherwise than read.

    Shape: `read` maps the names of periods that were read to the sizes that were shown then.
    """
    listed = {period.name: period.size for period in index.periods}
    unread = [name for name, size in listed.items() if read.get(name) != size]
    notice = ["a notice that it ended"] if index.end else []
    return tuple(name for name in read if name not in listed), (*notice, *unread, *index.unknown)


def read_period(name: str) -> Window | None:
    """The time a period's name stands for; `None` when it is no such name."""
    for pattern in _PERIOD_NAMES:
        match = pattern.fullmatch(name)
        if match:
            try:
                return _read_window(match.groupdict())
            except ValueError:
                return None
    return None


def read_thread(
    body: bytes, *, url: str, period: Period, fetched_at: datetime
) -> tuple[ReadPost, ...]:
    """The posts of a period's `thread.html`: times and replies from its comments.

    Raises: Unparseable when it has no such comments.
    """
    charset = _CHARSET.search(body)
    try:
        text = body.decode(charset.group(1).decode() if charset else "utf-8", "replace")
    except LookupError:
        text = body.decode("latin-1")
    entries = list(_THREAD_ENTRY.finditer(text))
    if not entries:
        raise explain_page(body, url=url, status=200, expected="a Pipermail thread index")
    ids = {
        entry["key"].strip("-"): f"pipermail:{period.name}/{entry['number']}" for entry in entries
    }
    return tuple(_read_entry(entry, ids, url, period, fetched_at) for entry in entries)


def _read_rows(
    soup: BeautifulSoup, url: str, fetched_at: datetime
) -> tuple[dict[str, Period], list[str]]:
    rows: dict[str, Period] = {}
    unknown: list[str] = []
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        match = _PERIOD_LINK.search(unquote(urlsplit(target).path))
        if not match:
            continue
        name = match["name"]
        window = read_period(name)
        if window is None:
            unknown.extend([] if name in unknown else [name])
            continue
        period = rows.get(name) or Period(
            name=name,
            window=window if EARLIEST <= window.start < fetched_at else None,
            thread_url=urljoin(url, f"{name}/thread.html"),
        )
        if match["text"]:
            period = replace(period, text_url=target, size=" ".join(link.get_text(" ").split()))
        else:
            period = replace(period, thread_url=urljoin(target, "thread.html"))
        rows[name] = period
    return rows, unknown


def _read_window(parts: dict[str, str | None]) -> Window | None:
    year = int(parts["year"] or 0)
    if parts.get("day"):
        start = datetime(year, int(parts["month"] or 0), int(parts["day"] or 0), tzinfo=UTC)
        return Window(start=start, end=start + timedelta(days=7 if parts.get("week") else 1))
    if parts.get("quarter"):
        month = Month(year, 3 * int(parts["quarter"] or 0) - 2)
        return Window(start=month.start, end=month.shifted(3).start)
    if parts.get("month_name"):
        number = find_month(plain_word(parts["month_name"] or ""))
        return Month(year, number).window if number else None
    return Window(start=Month(year, 1).start, end=Month(year + 1, 1).start)


def _period_order(period: Period) -> tuple[datetime, str]:
    window = read_period(period.name)
    return (window.start if window else EARLIEST, period.name)


def _is_empty(soup: BeautifulSoup) -> bool:
    """True for Mailman's page without messages: by its words, else by its bare structure."""
    text = " ".join(soup.get_text(" ").split()).casefold().replace("’", "'")
    if _EMPTY.search(text):
        return True
    robots = soup.find("meta", attrs={"name": re.compile("^robots$", re.IGNORECASE)})
    links = [str(link["href"]) for link in soup.find_all("a", href=True)]
    table = soup.find("table", attrs={"border": "3"}) is not None
    bare = len(links) == 1 and ("/listinfo" in links[0] or table) and soup.find("form") is None
    return bare and robots is not None and soup.find("h1") is not None


def _read_entry(
    entry: re.Match[str], ids: dict[str, str], url: str, period: Period, fetched_at: datetime
) -> ReadPost:
    key = entry["key"].strip("-")
    steps = key.split("-")
    root = ids.get(steps[0], f"pipermail:{period.name}/{steps[0]}") if len(steps) > 1 else None
    seconds = int(steps[-1].split(".")[0][:_LONGEST_SECONDS] or 0)
    sent = datetime.fromtimestamp(seconds, tz=UTC) if seconds < 2**33 else None
    at, basis = choose_date(sent=sent, filed=period.window, fetched_at=fetched_at)
    return ReadPost(
        post_id=ids[key],
        at=at,
        basis=basis,
        author=read_author(_plain(entry["author"])),
        reply_to=root,
        subject=_plain(entry["subject"]) or None,
        url=urljoin(url, f"{entry['number']}.html"),
        filed=period.window,
    )


def _plain(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", markup)).split())
