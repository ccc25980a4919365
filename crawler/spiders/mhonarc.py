"""MHonArc, which makes web pages of a mailbox: a date index, and a page per message.

In short
    History: everything.
    Idle visit: one conditional request.
    Never seen: messages that were taken out before we came.

Recognise
    The comment `<!-- MHonArc v2… -->` that it begins each page with, and links to `msg00000.html`
    or to its indexes; or an index of folders of months that hold such pages. Any page leads to the
    date index; one inside a folder of a month leads to the page above, which lists all months.
    Pages of Sympa, which uses MHonArc inside, are left to it.

Read
    The date index (`maillist.html`, `mail2.html` and so on), of a folder of months one after the
    other. By default it names no dates, so the page of each message is opened, once, oldest first.
    Where a heading above the rows tells the day, no message page is opened at all.

Window
    The full history. A month's folder is complete over its month; an archive in one folder from
    its first message to the visit.

Identity
    The Message-ID from the comments of the message page; MHonArc makes one ending in
    `NO-ID-FOUND.mhonarc.org` for a message without. In an index with days: the folder and the
    number. The author is in a comment too, rotated by 13 letters, and never cut there.

Dates
    The sender's date, held against `X-Date`, which is when the message was received.

Manners
    One conditional request when nothing is new. Otherwise the index, its pages back to one without
    news, and a request per new message. What was opened is remembered by number, so a visit that
    was cut short goes on there.

Known lies
    The thread index loses messages whose references run in a circle: only date indexes are
    counted. A mailbox with unquoted `From ` lines gives pages of messages that nobody wrote,
    without a sender and an id of their own. An archive that is made anew may number its messages
    anew: if the last one read is another now, all are read again; ids do not change.

Samples
    normal, empty, other_platform, must_fail, months, days.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bs4 import BeautifulSoup

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.html import is_html, read_html
from crawler.formats.mhonarc import (
    NO_ID,
    DateIndex,
    Row,
    is_mhonarc,
    post_of_row,
    read_date_index,
    read_folders,
    read_message,
)
from crawler.formats.numbers import read_numbers, write_numbers
from crawler.formats.parts import Listing, Part
from crawler.formats.topics import Topics
from crawler.parts import PartRead, Parts, Remembered
from domain.errors import SourceError, Unreachable
from domain.outcome import Outcome
from domain.records import Page, Platform, ReadPost

_DATE_INDEX = re.compile(r"(?:^|/)(?:maillist|mail\d+)\.html?$")
_ANY_PAGE = re.compile(r"(?:^|/)(?:maillist|mail\d+|threads|thrd\d+|msg\d+)\.html?$")
_MONTH_FOLDER = re.compile(r"/\d{4}[-_./]?(?:0[1-9]|1[0-2])/$")
_MONTH_LINK = re.compile(r"(?:^|/)\d{4}[-_./]?(?:0[1-9]|1[0-2])/(?:maillist|mail1|threads)\.html?$")
_AT_ONCE, _SHOWN = 20, 5
_GIVE_UP_AFTER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """The rows of a date index; `all` is false where its older pages were not asked for."""

    rows: Sequence[Row]
    answer: Fetched
    all: bool = True
    whole: bool = True


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of an archive made by MHonArc."""
    if not is_html(page.body):
        return None
    soup = read_html(page.body)
    links = [urljoin(page.url, str(link["href"])) for link in soup.find_all("a", href=True)]
    if not is_mhonarc(page.body):
        months = [link for link in links if _MONTH_LINK.search(urlsplit(link).path)]
        if not months or _is_sympa(soup):
            return None
        seen = f"links to MHonArc's indexes of {len(set(months))} months"
        return Evidence(platform=Platform.MHONARC, url=page.url.partition("#")[0], why=(seen,))
    inner = [link for link in links if _ANY_PAGE.search(urlsplit(link).path)]
    if not inner or _is_sympa(soup):
        return None
    why = ("MHonArc says that it made the page", f"links to {len(inner)} of its pages")
    folder = urljoin(page.url, ".")
    if _MONTH_FOLDER.search(urlsplit(folder).path):
        above = _MONTH_FOLDER.sub("/", folder)
        return Evidence(platform=Platform.MHONARC, url=above, why=why, certainty="likely")
    return Evidence(platform=Platform.MHONARC, url=f"{folder}maillist.html", why=why)


class MhonarcSpider(ArchiveSpider):
    """Reads the date indexes, and the page of each message that is new."""

    name = Platform.MHONARC
    _index: Fetched
    _parts: Parts
    _topics: Topics

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """Pages of messages, folder by folder, then what is proved and the verdict."""
        async for part in self._walk().visit(self.plan.url):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The last messages of the last folder, and the folders that are not as they were read."""
        return await self._walk().look_back(self.plan.url, wanted, self._sample)

    async def parse_listing(self, page: Fetched) -> Listing:
        """The folders that the page names, or itself."""
        self._index = page
        return read_folders(page.body, url=page.url, fetched_at=page.fetched_at)

    def _walk(self) -> Parts:
        walk = Parts(spider=self, read_listing=self.parse_listing, read_part=self.parse_part)
        self._parts, self._topics = walk, Topics()
        return walk

    async def parse_part(self, part: Part) -> AsyncIterator[Page | PartRead]:
        """The messages of one folder that are not read yet."""
        known = self._parts.remembered(part)
        found = await self._read_rows(part, known)
        if found.answer.not_modified:
            yield PartRead(answer=found.answer)
            return
        damage = "" if found.whole else "a page of the index ends in the middle"
        if any(row.day for row in found.rows):
            yield self._read_days(part, found, damage)
            return
        async for item in self._open_new(part, found, known, damage):
            yield item

    def _read_days(self, part: Part, found: _Rows, damage: str) -> PartRead:
        """The posts of an index that tells their days."""
        posts = self._topics.join(
            post_of_row(
                row,
                name=f"{part.name}/{row.number:05}",
                filed=part.window,
                fetched_at=found.answer.fetched_at,
            )
            for row in found.rows
        )
        since = min((post.at for post in posts if post.at), default=None)
        return PartRead(
            posts=posts, count=len(posts), since=since, damage=damage, answer=found.answer
        )

    async def _open_new(
        self, part: Part, found: _Rows, known: Remembered | None, damage: str
    ) -> AsyncIterator[Page | PartRead]:
        rows = {row.number: row for row in found.rows}
        done = _still_read(rows, known)
        new = [rows[number] for number in sorted(rows.keys() - done)]
        if self.plan.newest_only:
            new = new[-_SHOWN:]
        since = known.since if known and done else None
        posts: tuple[ReadPost, ...] = ()
        unread = in_a_row = 0
        for start in range(0, len(new), _AT_ONCE):
            if start:
                yield self._page_of(part, posts, done, rows, since)
            posts = ()
            for row in new[start : start + _AT_ONCE]:
                try:
                    post = await self._open(row, part)
                except SourceError as error:
                    unread, in_a_row = unread + 1, in_a_row + 1
                    if _ends_it(error) or in_a_row >= _GIVE_UP_AFTER:
                        yield self._page_of(part, self._topics.join(posts), done, rows, since)
                        raise
                    continue
                in_a_row = 0
                done.add(row.number)
                posts += (post,) if post else ()
            posts = self._topics.join(posts)
            since = min(
                (p.at for p in posts if p.at and (not since or p.at < since)), default=since
            )
        if unread:
            damage = damage or f"{unread} message pages could not be read"
            yield self._page_of(part, posts, done, rows, since)
            posts = ()
        yield PartRead(
            posts=posts,
            count=len(rows) if found.all else (known.count if known else 0) + len(new),
            since=since,
            detail=_write_detail(done, rows, known),
            all_posts=not known and not unread,
            damage=damage,
            answer=found.answer,
        )

    def _page_of(
        self,
        part: Part,
        posts: tuple[ReadPost, ...],
        done: set[int],
        rows: dict[int, Row],
        since: datetime | None,
    ) -> Page:
        detail = _write_detail(done, rows, None)
        return self._parts.page_of(part, posts, count=len(done), detail=detail, since=since)

    async def _open(self, row: Row, part: Part) -> ReadPost | None:
        """The message behind a row; `None` for a split body line, which nobody wrote."""
        answer = await self.fetch(row.url)
        post = read_message(
            answer.body, url=answer.url, fetched_at=answer.fetched_at, filed=part.window
        )
        phantom = post.author is None and post.post_id.endswith(NO_ID)
        return None if phantom and not (post.subject and post.at) else post

    async def _read_rows(self, part: Part, known: Remembered | None) -> _Rows:
        """The rows of a date index; where the newest come first, of its pages with news."""
        entry = self._index if part.url == self._index.url else None
        answer = entry or await self.fetch(part.url, mark=part.name)
        if answer.not_modified:
            return _Rows(rows=(), answer=answer)
        index = read_date_index(answer.body, url=answer.url)
        rows, whole = list(index.rows), index.whole
        done = read_numbers(known.detail.partition(":")[0]) if known else set()
        asked, waiting = {answer.url}, list(index.others)
        while waiting:
            if self.plan.newest_only or (done and not _has_news(index, done)):
                return _Rows(rows=rows, answer=answer, all=False, whole=whole)
            url = waiting.pop(0)
            if url in asked:
                continue
            asked.add(url)
            more = await self.fetch(url)
            index = read_date_index(more.body, url=more.url)
            rows += index.rows
            whole = whole and index.whole
            waiting += index.others
        return _Rows(rows=rows, answer=answer, whole=whole)

    async def _sample(self, part: Part) -> tuple[ReadPost, ...]:
        found = await self._read_rows(part, None)
        if any(row.day for row in found.rows):
            return self._read_days(part, found, "").posts
        last = sorted(found.rows, key=lambda row: row.number)[-_SHOWN:]
        opened = [await self._open(row, part) for row in last]
        return tuple(post for post in opened if post)


def _has_news(index: DateIndex, done: set[int]) -> bool:
    """False for a page of rows that are all read, in an index with the newest first."""
    numbers = [row.number for row in index.rows]
    newest_first = len(numbers) > 1 and numbers[0] > numbers[-1]
    return not newest_first or any(number not in done for number in numbers)


def _still_read(rows: dict[int, Row], known: Remembered | None) -> set[int]:
    """The numbers that were read, if they stand for the same messages still."""
    if known is None:
        return set()
    ranges, _, sign = known.detail.partition(":")
    done = read_numbers(ranges)
    last = max(done, default=-1)
    return set() if last in rows and sign and _sign(rows[last]) != sign else done


def _write_detail(done: set[int], rows: dict[int, Row], known: Remembered | None) -> str:
    """What was read, by number, and a sign by which the last of it is known again."""
    last = max(done, default=-1)
    old = known.detail.partition(":")[2] if known else ""
    return f"{write_numbers(done)}:{_sign(rows[last]) if last in rows else old}"


def _sign(row: Row) -> str:
    text = f"{row.subject}\n{row.author}"
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _ends_it(error: SourceError) -> bool:
    return isinstance(error, Unreachable) or error.outcome in (
        Outcome.RATE_LIMITED,
        Outcome.TOO_LARGE,
    )


def _is_sympa(soup: BeautifulSoup) -> bool:
    made = soup.find("meta", attrs={"name": "generator"})
    return made is not None and "sympa" in str(made).lower()
