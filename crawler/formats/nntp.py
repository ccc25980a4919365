"""What a news server answers: the numbers of a group's articles, and their overview.

An answer is kept as it came over the wire: the line of GROUP, and, where a stretch was asked for,
the line of OVER with the overview down to the lone dot. Only that dot tells that it is whole.

Source: RFC 3977 (6.1.1 GROUP, 8.3 OVER), RFC 2980 (XOVER), RFC 5538 (addresses).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import quote, unquote

from crawler.formats.addresses import urlsplit
from crawler.formats.dates import LOCAL_SLACK, SENT_AFTER, SENT_BEFORE, choose_date, read_date
from crawler.formats.encoded_words import decode_bytes, read_encoded_words
from crawler.formats.heads import read_head
from crawler.formats.html import explain_page
from crawler.formats.numbers import read_digits
from crawler.formats.people import read_author
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost
from domain.window import Window

_GROUP = re.compile(rb"211 ++(\d{1,18}) ++(\d{1,18}) ++(\d{1,18})(?: ++([^\s]++))?+[^\r\n]*+\r?\n")
_OVER = re.compile(rb"224[^\r\n]*\r?\n")
_NOTHING = re.compile(rb"42[03][^\r\n]*\r?\n\Z")
_HEAD = re.compile(rb"221[^\r\n]*\r?\n")
_END = re.compile(rb"(?:\A|\r?\n)\.\r?\n\Z")
_ID = re.compile(r"<([^<>\s]+)>")
_NAME = re.compile(r"[^\s\x00-\x20\x7f/*?,]{1,400}")
_FIELDS = 6
# How many articles on each side tell when the one between them came, and how many may be astray.
_NEAR, _ASTRAY = 6, 1
# Articles are in order when so many follow one that is at most so much younger.
_ORDERLY, _LATE = 0.9, timedelta(days=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Where a group is: the server's address without a slash at its end, and the group's name."""

    server: str
    name: str

    @property
    def url(self) -> str:
        return f"{self.server}/{quote(self.name, safe='+')}"

    def stretch(self, first: int, last: int) -> str:
        """The address of the overview of those articles, both included."""
        return f"{self.url}/{first}-{last}"

    def head(self, number: int) -> str:
        """The address of one article's head."""
        return f"{self.url}/{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a group's articles; `count` is an estimate of the server's."""

    count: int
    first: int
    last: int

    @property
    def empty(self) -> bool:
        """True for a group without articles. Source: RFC 3977, 6.1.1.2, three ways to say so."""
        return self.count == 0 or self.last < self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article of an overview. `near` is between which dates the articles around it lie.

    `doubtful` is true without a date, or with one that is far from all around it.
    """

    number: int
    post: ReadPost
    near: Window | None = None
    doubtful: bool = False


def read_address(url: str) -> Group | None:
    """The group that an address names, with or without articles."""
    parts = urlsplit(url)
    names = [unquote(part) for part in parts.path.split("/") if part]
    if parts.scheme not in ("nntp", "nntps") or not parts.hostname or not names:
        return None
    if not _NAME.fullmatch(names[0]):
        return None
    return Group(server=f"{parts.scheme}://{parts.netloc.lower()}", name=names[0])


def find_group(url: str) -> Group:
    """The group that the address names.

    Raises: Unparseable.
    """
    group = read_address(url)
    if group is None:
        what = "is not the address of a newsgroup"
        to_do = "give it like nntp://news.example.org/example.group"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do=to_do)
    return group


def read_numbers(body: bytes, url: str) -> Numbers:
    """The numbers of a group's articles, at the start of every answer.

    Raises: Unparseable where something else came.
    """
    found = _GROUP.match(body)
    wanted = read_address(url)
    if found is None or (found[4] and wanted and decode_bytes(found[4]) != wanted.name):
        raise explain_page(body, url=url, status=200, expected="the numbers of a newsgroup")
    return Numbers(count=int(found[1]), first=int(found[2]), last=int(found[3]))


def read_overview(body: bytes, url: str, fetched_at: datetime) -> tuple[Article, ...]:
    """The articles of the stretch that was asked for, in order.

    Raises: Unparseable where something else came, or the end is missing.
    """
    read_numbers(body, url)
    rest = body[body.index(b"\n") + 1 :]
    if _NOTHING.match(rest):
        return ()
    start, end = _OVER.match(rest), _END.search(rest)
    if start is None or end is None:
        what = "the overview ends in the middle" if start else "answered no overview"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do="ask again later")
    lines = re.split(rb"\r?\n", rest[start.end() : end.start()])
    rows = [row for line in lines if (row := _read_line(_unstuff(line), fetched_at))]
    in_order = _are_in_order([row.post.at for row in rows])
    return tuple(_judge(rows, place, fetched_at, in_order) for place in range(len(rows)))


def settle_date(article: Article, body: bytes, fetched_at: datetime) -> ReadPost:
    """The post with the date that the article's own head gives it, else bounded by those around.

    The head tells when the last server on its way received it.
    """
    rest = body[body.index(b"\n") + 1 :] if b"\n" in body else b""
    start, end = _HEAD.match(rest), _END.search(rest)
    if start is None or end is None:
        return article.post
    head = b"\n".join(_unstuff(line) for line in re.split(rb"\r?\n", rest[start.end() :]))
    told = read_head(head, fetched_at=fetched_at, filed=article.near)
    if told is None:
        return article.post
    return replace(article.post, at=told.at, basis=told.basis, filed=told.filed)


def _unstuff(line: bytes) -> bytes:
    return line[1:] if line.startswith(b"..") else line


def _read_line(line: bytes, fetched_at: datetime) -> Article | None:
    """One article; `None` for a line that is none."""
    fields = [decode_bytes(field) for field in line.split(b"\t")]
    number = read_digits(fields[0]) if fields[0].isdecimal() else None
    if len(fields) < _FIELDS or number is None:
        return None
    _, subject, author, date, message_id, references = fields[:_FIELDS]
    found = _ID.search(message_id)
    at, basis = choose_date(sent=read_date(date), fetched_at=fetched_at)
    roots = _ID.findall(references)
    post_id = "".join((found[1] if found else message_id.strip("<> ")).split())
    post = ReadPost(
        post_id=post_id or f"article-{number}",
        at=at,
        basis=basis,
        author=read_author(author),
        reply_to=roots[0] if roots and roots[0] != post_id else None,
        subject=" ".join(read_encoded_words(subject).split()) or None,
    )
    return Article(number=number, post=post)


def _are_in_order(moments: Sequence[datetime | None]) -> bool:
    """True where articles came in the order of their dates, but for a few wrong clocks.

    An old archive that was put on a server in one go may be in any order.
    """
    known = [moment for moment in moments if moment]
    in_order = sum(one <= next_ + _LATE for one, next_ in pairwise(known))
    return in_order >= _ORDERLY * (len(known) - 1)


def _judge(rows: Sequence[Article], place: int, fetched_at: datetime, in_order: bool) -> Article:
    """The article at that place, with what those around it say of its date."""
    article = rows[place]
    at = article.post.at
    if not in_order:
        return replace(article, doubtful=at is None)
    before = _moments(rows[max(place - _NEAR, 0) : place])
    after = _moments(rows[place + 1 : place + 1 + _NEAR])
    start = before[_ASTRAY] if len(before) > 2 * _ASTRAY else None
    end = after[-1 - _ASTRAY] if len(after) > 2 * _ASTRAY else fetched_at
    if at is not None and start is not None and at < start - SENT_BEFORE:
        at = None
    if at is not None and at > end + SENT_AFTER + LOCAL_SLACK:
        at = None
    near = Window(start=start, end=end) if start is not None and start <= end else None
    return replace(article, near=near, doubtful=at is None)


def _moments(rows: Sequence[Article]) -> list[datetime]:
    return sorted(row.post.at for row in rows if row.post.at)
