"""LISTSERV's web pages: the home page of a list, the index of a period, addresses and their keys.

Source: pages of LISTSERV 16.5 and 17 as several public readers describe them (`normalgroup` rows,
`LIST-a1-table`); L-Soft's list owner's manual on notebook names (`LOGyymm`, `LOGyymmw`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.html import explain_notice, explain_page, find_title, read_html
from crawler.formats.notices import find_closed_notice, find_moved_notice
from crawler.formats.parts import Listing, Part, believable, ends_whole, sort_parts
from crawler.formats.people import read_author
from domain.errors import Refused, Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost
from domain.window import Month, Window

_PROGRAM = re.compile(r"/(?:wa(?:-[\w.-]+)?|webadmin)(?:\.exe|\.cgi)?$", re.IGNORECASE)
_LIST_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,99}")
_PERIOD = re.compile(r"(?:ind)?(?P<year>\d\d)(?:(?P<month>0[1-9]|1[0-2])(?P<week>[A-Ea-e])?)?")
_RANGE = re.compile(r"(\d{4})(0[1-9]|1[0-2])-(\d{4})(0[1-9]|1[0-2])")
_LIKE_PERIOD = re.compile(r"ind|\d")
_NEW_KEY = re.compile(r"(?P<list>[^;&?]{1,200});(?P<key>[0-9a-fA-F]+\.\d{2,4}[A-Ea-e]?)")
_OLD_PERIOD = re.compile(r"(?:ind)?(\d{2,4}[A-Ea-e]?)")
_POSITION = re.compile(r"R?\d+")
_MASKED = re.compile(r"\s*+<?\[log in to unmask\]>?", re.IGNORECASE)
_WALL = re.compile(r"login required", re.IGNORECASE)
# LISTSERV's oldest notebooks are of 1986; the names have two digits for the year.
_CENTURY = 80
_WEEK = timedelta(days=7)
_WEEKS = "ABCDE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a list is: the address of LISTSERV's web program, and the list's name."""

    program: str
    name: str

    @property
    def home_url(self) -> str:
        return f"{self.program}?A0={self.name}"

    def feed_url(self, limit: int) -> str:
        """The newest `limit` messages as RSS."""
        return f"{self.program}?RSS&L={self.name}&v=2.0&LIMIT={limit}"

    def period_url(self, name: str) -> str:
        return f"{self.program}?A1={name}&L={self.name}"

    def message_url(self, key: str) -> str:
        """Where a message is, by its key and without anything that could be a login."""
        period, _, position = key.partition("/")
        if position:
            return f"{self.program}?A2=ind{period}&L={self.name}&P={position}"
        return f"{self.program}?A2={self.name};{key}"


def read_address(url: str) -> Address | None:
    """The list that an address of the web program belongs to; `None` for another address.

    Everything else in the address is dropped, above all `X`, `Y` and `S`: they may be somebody's
    login.
    """
    parts = urlsplit(url)
    if not _PROGRAM.search(parts.path):
        return None
    fields = dict(parse_qsl(parts.query.replace(";", "%3B"), keep_blank_values=True))
    new = _NEW_KEY.match(fields.get("A2", ""))
    named = (fields.get("L"), new["list"] if new else None, fields.get("A0"), fields.get("SUBED1"))
    name = next((text for text in named if text and _LIST_NAME.fullmatch(text)), None)
    if name is None:
        return None
    program = parts._replace(query="", fragment="").geturl()
    return Address(program=program, name=name.upper())


def read_key(url: str, address: Address) -> str | None:
    """What LISTSERV calls the message that the address shows; `None` for another page or list.

    Two forms: `A2=LIST;HEX.YYMMw`, and the older `A2=indYYMMw&L=LIST&P=POSITION`.
    """
    parts = urlsplit(unquote(url))
    if not _PROGRAM.search(parts.path):
        return None
    fields = dict(parse_qsl(parts.query.replace(";", "%3B"), keep_blank_values=True))
    message = fields.get("A2", "")
    new = _NEW_KEY.match(message)
    if new:
        return new["key"] if new["list"].upper() == address.name else None
    old, position = _OLD_PERIOD.fullmatch(message), fields.get("P", "")
    if old is None or not _POSITION.fullmatch(position):
        return None
    return f"{old[1]}/{position}" if fields.get("L", "").upper() == address.name else None


def find_address(soup: BeautifulSoup, url: str) -> Address | None:
    """The list whose periods a page links to; the page may lie outside of the web program."""
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        address = read_address(target)
        if address is not None and read_period(_read_field(target, "A1")) is not None:
            return address
    return None


def read_home(body: bytes, *, url: str, address: Address, fetched_at: datetime) -> Listing:
    """The periods that a list's home page links to; none where its archive is off or hidden.

    Raises: Refused, Gone, Unparseable where another page came.
    """
    soup = read_html(body)
    _refuse_wall(soup, url)
    parts: dict[str, Part] = {}
    unknown: list[str] = []
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        name = _read_field(target, "A1")
        linked = read_address(target) if name else None
        if linked is None or linked.name != address.name:
            continue
        window = read_period(name)
        if window is None:
            unknown.extend([name] if _LIKE_PERIOD.match(name) and name not in unknown else [])
            continue
        window = believable(window, fetched_at)
        parts[name] = Part(name=name, url=linked.period_url(name), window=window)
    if not parts and not unknown and not _is_about(soup, url, address):
        raise explain_page(body, url=url, status=200, expected="the home page of a LISTSERV list")
    notice = find_moved_notice(soup, url) or find_closed_notice(soup, url)
    return Listing(
        parts=sort_parts(parts.values()),
        unknown=tuple(unknown),
        whole=ends_whole(body),
        end=explain_notice(notice, url) if notice else None,
    )


def read_period(name: str) -> Window | None:
    """The time a period's name stands for: a year, a month, a week, or months from to.

    Week letters count from the first of a month: A is the 1st to the 7th, E what is left.
    """
    found = _RANGE.fullmatch(name)
    if found:
        first, last = (Month(int(found[n]), int(found[n + 1])) for n in (1, 3))
        return Window(start=first.start, end=last.shifted(1).start) if first <= last else None
    found = _PERIOD.fullmatch(name) if name.startswith("ind") else None
    if found is None:
        return None
    year = int(found["year"])
    year += 1900 if year >= _CENTURY else 2000
    if not found["month"]:
        return Window(start=Month(year, 1).start, end=Month(year + 1, 1).start)
    month = Month(year, int(found["month"]))
    if not found["week"]:
        return month.window
    start = month.start + _WEEK * _WEEKS.index(found["week"].upper())
    end = month.window.end
    return Window(start=start, end=min(start + _WEEK, end)) if start < end else None


def read_messages(
    body: bytes, *, url: str, address: Address, part: Part, fetched_at: datetime
) -> tuple[ReadPost, ...]:
    """The messages of a period's index.

    Raises: Refused, Gone, Unparseable where it has none.
    """
    soup = read_html(body)
    _refuse_wall(soup, url)
    posts: dict[str, ReadPost] = {}
    for link in soup.find_all("a", href=True):
        target = urljoin(url, str(link["href"]))
        key = read_key(target, address)
        if key is None or (key in posts and posts[key].at):
            continue
        post = _read_row(link, key, address, part, fetched_at)
        if post.subject or key not in posts:
            posts[key] = post
    if not posts:
        raise explain_page(body, url=url, status=200, expected="the index of a LISTSERV period")
    return tuple(posts.values())


def bound_date(post: ReadPost, key: str, fetched_at: datetime) -> ReadPost:
    """The post, its date held against the period that its key names."""
    period = key.partition("/")[0].rpartition(".")[2]
    window = read_period(f"ind{period}")
    at, basis = choose_date(sent=post.at, filed=window, fetched_at=fetched_at)
    return replace(post, at=at, basis=basis, filed=None if at else window)


def mask(author: str) -> str:
    """The author without the words that LISTSERV shows to strangers instead of an address."""
    return _MASKED.sub("", author)


def read_digest(posts: Sequence[ReadPost]) -> str:
    """A short text that is the same as long as the same messages are shown."""
    shown = "\n".join(f"{post.post_id} {post.at}" for post in posts)
    return hashlib.sha256(shown.encode()).hexdigest()[:32]


def _read_row(link: Tag, key: str, address: Address, part: Part, fetched_at: datetime) -> ReadPost:
    """The message that a link in a row of the index stands for."""
    cell = link.find_parent("td")
    row = cell.find_parent("tr") if cell else None
    texts = []
    if row is not None and cell is not None:
        cells = row.find_all("td", recursive=False)
        texts = [" ".join(other.get_text(" ").split()) for other in cells if other is not cell]
    moments = [(read_date(text, zone=UTC), n) for n, text in enumerate(texts)]
    sent, place = next(((at, n) for at, n in moments if at), (None, len(texts)))
    author = texts[0] if texts and place > 0 else ""
    at, basis = choose_date(sent=sent, filed=part.window, fetched_at=fetched_at)
    return ReadPost(
        post_id=key,
        at=at,
        basis=basis,
        author=read_author(mask(author)),
        subject=" ".join(link.get_text(" ").split()) or None,
        url=address.message_url(key),
        filed=None if at else part.window,
    )


def is_login_page(soup: BeautifulSoup) -> bool:
    """True for LISTSERV's own login page, which comes with status 200."""
    heads = soup.find_all(["title", "h1", "h2", "h3", "b"])
    return any(_WALL.search(head.get_text(" ")) for head in heads)


def _refuse_wall(soup: BeautifulSoup, url: str) -> None:
    """Raises: Refused for LISTSERV's login page."""
    if is_login_page(soup):
        to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
        what = "asks for a login instead of showing the archive"
        seen = {"seen": "LISTSERV's page “Login Required”"}
        raise Refused(Outcome.LOGIN_WALL, what, where=url, to_do=to_do, evidence=seen)


def _is_about(soup: BeautifulSoup, url: str, address: Address) -> bool:
    """True for a page of the web program about this list: it is titled so, and links to it."""
    targets = (urljoin(url, str(link["href"])) for link in soup.find_all("a", href=True))
    names = {linked.name for target in targets if (linked := read_address(target))}
    return address.name in names and address.name in find_title(soup).upper()


def _read_field(url: str, name: str) -> str:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).get(name, "")


def no_periods(url: str) -> Unparseable:
    """The error for a list that shows neither periods nor messages, though there were some."""
    return Unparseable(
        Outcome.UNPARSEABLE,
        "the list's home page shows no periods: its archive is switched off, or for members only",
        where=url,
        to_do="open it in a browser; subscribe a mailbox if the archive is closed",
    )
