"""MHonArc's pages: date indexes, message pages with their comments, folders of months.

Source: MHonArc 2.6 (`lib/mhidxrc.pl`, `lib/mhmsgfile.pl`, `lib/mhutil.pl`); Sympa's
`default/mhonarc_rc.tt2`, which sets the same marks around other layouts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.encoded_words import unescape
from crawler.formats.html import decode_html, explain_page, read_html
from crawler.formats.parts import Listing, Part, believable, ends_whole, sort_parts
from crawler.formats.people import read_author
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, ReadPost
from domain.window import Month, Window

NO_ID = "@NO-ID-FOUND.mhonarc.org"
"""How the id ends that MHonArc makes for a message without one."""

_MESSAGE = re.compile(r"(?:^|/)msg(\d{5,})\.html?$")
_NEXT_INDEX = re.compile(r"(?:^|/)mail(?:list)?(\d*)\.html?$")
_OTHER_INDEX = re.compile(r"(?:^|/)(?:threads|thrd\d+|maillist|mail\d+)\.html?$")
_MADE_BY = re.compile(rb"<!-- MHonArc v[\d.]+\S* -->")
_COMMENT = re.compile(r"<!--X-(?P<name>[\w-]+): (?P<value>.*?) -->", re.DOTALL)
_HEAD_END = "<!--X-Head-End-->"
_SHOWN_FIELD = re.compile(
    r"<li><(?:em|strong)>(?P<name>Date)</(?:em|strong)>:\s*(?P<value>[^<]*)</li>", re.IGNORECASE
)
_FROM_NEXT = re.compile(r"^\s*:?\s*")
_MONTH_FOLDER = re.compile(r"(?:^|/)(?P<name>(?P<year>\d{4})[-_./]?(?P<month>0[1-9]|1[0-2]))/?$")
_INDEX_FILE = re.compile(r"/(?:maillist|mail1|threads|thrd1|index)\.html?$")
_ROTATED = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ["
_HALF = len(_ROTATED) // 2
# What MHonArc writes for a message without a sender.
_NOBODY = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One message as a date index lists it; `day` is what a heading above it says, if any does."""

    number: int
    url: str
    subject: str = ""
    author: str = ""
    day: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateIndex:
    """One page of a date index; `others` are the pages of the index that it links to."""

    rows: tuple[Row, ...]
    others: tuple[str, ...] = ()
    whole: bool = True


def is_mhonarc(body: bytes) -> bool:
    """True for a page that MHonArc says it made."""
    return _MADE_BY.search(body) is not None


def read_date_index(body: bytes, *, url: str, soup: BeautifulSoup | None = None) -> DateIndex:
    """The rows of a date index, and its other pages; `soup` is the body, if it was parsed before.

    Raises: Refused, Gone, Unparseable where another page came.
    """
    soup = soup or read_html(body)
    if not is_mhonarc(body):
        raise explain_page(body, url=url, status=200, expected="MHonArc's date index")
    rows: dict[int, Row] = {}
    others: list[str] = []
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"])).split("#")[0]
        found = _MESSAGE.search(urlsplit(target).path)
        if found:
            row = _read_row(link, int(found[1]), target)
            rows.setdefault(row.number, row)
        elif _NEXT_INDEX.search(urlsplit(target).path) and target != url:
            others.extend([] if target in others else [target])
    return DateIndex(rows=tuple(rows.values()), others=tuple(others), whole=ends_whole(body))


def is_empty(body: bytes) -> bool:
    """True for an index that MHonArc made of no messages: it links to its twin, and to nothing."""
    links = [str(link["href"]) for link in read_html(body).find_all("a", href=True)]
    inner = [link for link in links if "://" not in link]
    return is_mhonarc(body) and bool(inner) and all(_OTHER_INDEX.search(link) for link in inner)


def read_folders(body: bytes, *, url: str, fetched_at: datetime) -> Listing:
    """The folders of months that a page links to, or one part for a date index itself.

    Raises: Refused, Gone, Unparseable where it is neither.
    """
    if is_mhonarc(body):
        index = read_date_index(body, url=url)
        if not index.rows and not is_empty(body):
            raise explain_page(body, url=url, status=200, expected="MHonArc's date index")
        return Listing(
            parts=(Part(name="all", url=url),) if index.rows else (),
            empty=not index.rows,
            whole=index.whole,
        )
    parts: dict[str, Part] = {}
    for link in read_html(body).find_all("a", href=True):
        target = urljoin(url, str(link["href"])).split("#")[0]
        folder = _INDEX_FILE.sub("/", target)
        found = _MONTH_FOLDER.search(urlsplit(folder).path)
        if found is None or not _lies_below(folder, url):
            continue
        window = Month(int(found["year"]), int(found["month"])).window
        name = f"{found['year']}-{found['month']}"
        date_index = target if _NEXT_INDEX.search(urlsplit(target).path) else ""
        known = parts.get(name)
        parts[name] = Part(
            name=name,
            url=date_index or (known.url if known else f"{folder.rstrip('/')}/maillist.html"),
            window=believable(window, fetched_at),
        )
    if not parts:
        raise explain_page(body, url=url, status=200, expected="an archive made by MHonArc")
    return Listing(parts=sort_parts(parts.values()), whole=ends_whole(body))


def read_message(
    body: bytes, *, url: str, fetched_at: datetime, filed: Window | None = None
) -> ReadPost:
    """The message of a page, from the comments that MHonArc begins it with.

    `X-Date` is when the message was received, the visible date is the sender's.

    Raises: Refused, Gone, Unparseable where another page came.
    """
    text = decode_html(body)
    head, mark, rest = text.partition(_HEAD_END)
    fields: dict[str, list[str]] = {}
    for found in _COMMENT.finditer(head):
        fields.setdefault(found["name"], []).append(unescape(found["value"]).strip())
    post_id = "".join(fields.get("Message-Id", [""])[0].split())
    if not mark or not post_id:
        raise explain_page(body, url=url, status=200, expected="a message page of MHonArc")
    head_of_message, end, _ = rest.partition("<!--X-Head-of-Message-End-->")
    if not end:
        what = "the page ends before the message begins"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do="read it again later")
    shown = _SHOWN_FIELD.search(head_of_message)
    at, basis = choose_date(
        sent=read_date(unescape(shown["value"]).strip()) if shown else None,
        received=read_date(fields.get("Date", [""])[0]),
        filed=filed,
        fetched_at=fetched_at,
    )
    references = ["".join(reference.split()) for reference in fields.get("Reference", [])]
    root = references[0] if references else None
    return ReadPost(
        post_id=post_id,
        at=at,
        basis=basis,
        author=_read_sender(fields.get("From-R13", [""])[0]),
        reply_to=root if root != post_id else None,
        subject=fields.get("Subject", [""])[0] or None,
        url=url,
        filed=filed if basis is DateBasis.PERIOD else None,
    )


def post_of_row(row: Row, *, name: str, filed: Window | None, fetched_at: datetime) -> ReadPost:
    """The post that a row of a dated index stands for, without opening its page."""
    at, basis = choose_date(sent=row.day, filed=filed, fetched_at=fetched_at)
    return ReadPost(
        post_id=name,
        at=at,
        basis=basis,
        author=read_author(row.author),
        subject=row.subject or None,
        url=row.url,
        filed=None if at else filed,
    )


def undo_rotation(text: str) -> str:
    """A text that MHonArc rotated: letters by 13, capitals by 14 with `@` and `[` among them."""
    return "".join(_turn(letter) for letter in text)


def _read_sender(rotated: str) -> str | None:
    sender = undo_rotation(rotated)
    return None if sender == _NOBODY else read_author(sender)


def _turn(letter: str) -> str:
    if "a" <= letter <= "z":
        return chr((ord(letter) - ord("a") + 13) % 26 + ord("a"))
    place = _ROTATED.find(letter)
    return letter if place < 0 else _ROTATED[(place + _HALF) % len(_ROTATED)]


def _read_row(link: Tag, number: int, url: str) -> Row:
    entry = link.find_parent("li")
    name = entry.find_all("em") if entry is not None else []
    text = name[0].get_text(" ") if name else ""
    if name and text.strip().lower() in ("from", "from:"):
        text = _FROM_NEXT.sub("", str(name[0].next_sibling or ""))
    return Row(
        number=number,
        url=url,
        subject=" ".join(link.get_text(" ").split()),
        author=" ".join(text.split()),
        day=_read_day(entry),
    )


def _read_day(entry: Tag | None) -> datetime | None:
    """The day that stands at the head of the list which an entry belongs to."""
    outer = entry.find_parent("li") if entry is not None else None
    head = outer.find("strong", recursive=False) if outer is not None else None
    if not isinstance(head, Tag):
        return None
    text = head.get_text(" ").strip()
    found = re.fullmatch(r"(\d\d)/(\d\d)/(\d\d)", text)
    if found:
        century = 1900 if int(found[1]) >= 80 else 2000
        text = f"{century + int(found[1])}-{found[2]}-{found[3]}"
    return read_date(text, zone=UTC)


def _lies_below(url: str, start: str) -> bool:
    folder = urljoin(start, ".")
    return url.startswith(folder)
