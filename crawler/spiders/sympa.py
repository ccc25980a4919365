"""Sympa: a feed of the newest messages, and behind it pages of months that MHonArc made.

In short
    History: the newest hundred; everything to the day where the archive's pages are open.
    Idle visit: one small request.
    Never seen: pages behind the button against spammers, which is never pressed.

Recognise
    A page whose generator or foot names Sympa, or that names a feed of Sympa's archive, at an
    address with `/info/LIST`, `/arc/LIST` or the like. Any page of a list leads to `/info/LIST`.

Read
    `rss/latest_arc/LIST?count=10`; `count=100`, the most that Sympa gives, where ten are not enough
    to join up with what was seen. Behind that, where the archive's pages are open: month by month,
    newest first, the index by date (`mail1.html` and so on), which tells day, name and subject.

Window
    The feed gives the newest hundred. The pages give the full history, where they are open. By
    default they are behind a button against spammers: it is never pressed, and what the feed does
    not show any more stays unseen.

Identity
    What Sympa makes of the Message-ID for its permanent links. Of the month in which the feed ends
    the message pages are opened, to know them by the same id; older messages are named by month and
    number. The feed names addresses, the index names only: one message page per name is opened to
    learn its address. Threads go by subject.

Dates
    The feed gives the sender's own Date, which may be garbage. The index gives the day on which
    the message was received: such a post has no time of day.

Manners
    One small request when nothing is new. The history takes a request per thirty messages and one
    per writer. Before a silence is believed, the site's own count of messages is asked
    (`rss/active_lists`).

Known lies
    A list that is not there, or hidden, answers a feed without items, with status 200; its
    channel then is the site. The feed leaves out messages without a date. The button page
    comes with status 200. The calendar counts what was stored, duplicates included. Thread pages
    lose messages, and are what an address without a file shows.

Samples
    normal, empty, other_platform, must_fail, months, guarded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from functools import partial

from bs4 import BeautifulSoup

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.html import explain_page, find_login_form, is_html, read_html
from crawler.formats.mhonarc import (
    NO_ID,
    Row,
    is_mhonarc,
    post_of_row,
    read_date_index,
    read_message,
)
from crawler.formats.people import read_author
from crawler.formats.sympa import (
    Address,
    is_feed_of,
    is_guard,
    list_signs,
    make_id,
    read_activity,
    read_address,
    read_calendar,
    read_month,
    revise_item,
    without_id,
)
from crawler.formats.topics import Topics
from crawler.losses import shrank
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Gone, Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform, ReadPost
from domain.window import Month

_FEW, _MOST = 10, 100
_IDS_MARK = "ids"
_KIND = "Sympa's archive"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a list of Sympa."""
    address = read_address(page.url)
    if address is None or not is_html(page.body):
        return None
    why = list_signs(read_html(page.body))
    if not why:
        return None
    return Evidence(platform=Platform.SYMPA, url=address.info_url, why=why)


class SympaSpider(ArchiveSpider):
    """Reads the feed, and the months before it where they are open."""

    name = Platform.SYMPA
    entry_mark = NEWEST_MARK
    _by_ids: Month | None = None
    _topics: Topics
    _names: dict[str, str | None]

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest messages, then months, then the verdict."""
        count = _FEW if self.plan.covered_until else _MOST
        async for part in self._walk().visit(self._address.feed_url(count)):
            if (
                isinstance(part, Page)
                and self._by_ids is not None
                and not self.plan.mark(_IDS_MARK)
            ):
                mark = Mark(name=_IDS_MARK, label=str(self._by_ids))
                part = replace(part, marks=(*part.marks, mark))
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """What the feed shows now, and whether the site counts messages that it does not show."""
        address = self._address
        seen = await self._walk().look_back(address.feed_url(_MOST), wanted)
        newest = max((post.at for post in seen.posts if post.at), default=None)
        days = (self.clock() - newest).days - 1 if newest else 0
        if days < 1:
            return seen
        try:
            answer = await self.fetch(address.active_url(days), accept=FEED_TYPES)
        except SourceError as error:
            if error.outcome is Outcome.RATE_LIMITED:
                raise
            return seen
        counted = read_activity(answer.body, address)
        if not counted:
            return seen
        return replace(seen, unread=(f"{counted} messages that Sympa counts in {days} days",))

    async def parse_answer(self, answer: Fetched) -> Shown:
        """What a feed or the page of a month shows."""
        month = read_month(answer.asked)
        return await (self.parse_month(answer, month) if month else self.parse_feed(answer))

    async def parse_feed(self, answer: Fetched) -> Shown:
        """The newest messages; more of them where these do not join up with what was seen."""
        if is_html(answer.body):
            what = "Sympa's feed"
            raise explain_page(answer.body, url=answer.url, status=answer.status, expected=what)
        shown, months = self._show_feed(answer)
        joins_up, covered = answer.asked == self._address.feed_url(_FEW), self.plan.covered_until
        if (
            joins_up
            and covered
            and shown.since
            and shown.since > covered
            and _is_full(answer, _FEW)
        ):
            answer, joins_up = await self.fetch(self._address.feed_url(_MOST)), False
            shown, months = self._show_feed(answer)
        if not shown.posts and not is_feed_of(answer.body, self._address):
            raise await self._explain_absence(answer)
        known = self.plan.mark(_IDS_MARK)
        if known and known.label:
            self._by_ids = Month(*map(int, known.label.split("-")))
        elif months:
            self._by_ids = min(months)
        behind = months and not joins_up and _is_full(answer, _MOST)
        older = self._address.month_url(min(months)) if behind else None
        return replace(shown, older=older)

    async def parse_month(self, answer: Fetched, month: Month) -> Shown:
        """A month's messages; no more, and none before it, where a button or a login guards it."""
        soup = read_html(answer.body)
        if is_guard(soup) or find_login_form(soup):
            return Shown(posts=(), kind=_KIND)
        if not is_mhonarc(answer.body):
            what = "the archive of a month"
            raise explain_page(answer.body, url=answer.url, status=answer.status, expected=what)
        rows, whole = await self._read_rows(answer, soup)
        calendar = read_calendar(soup, answer.url, self._address)
        whole = whole and bool(rows) and not shrank(calendar.get(month, 0), len(rows))
        before = max((other for other in calendar if other < month), default=None)
        if self._by_ids is None or month >= self._by_ids:
            posts = [await self._open(row, month, answer.fetched_at) for row in rows]
        else:
            posts = [await self._name(row, month, answer.fetched_at) for row in rows]
        return Shown(
            posts=self._topics.join(posts),
            kind=_KIND,
            since=month.start,
            older=self._address.month_url(before) if before else None,
            whole=whole,
        )

    def _walk(self) -> NewestFirst:
        self._by_ids, self._topics, self._names = None, Topics(), {}
        return NewestFirst(spider=self, read=self.parse_answer)

    def _show_feed(self, answer: Fetched) -> tuple[Shown, set[Month]]:
        """The feed's items, without those of months read by number; the months of all of them."""
        shown = show_feed(answer, partial(revise_item, fetched_at=answer.fetched_at))
        months = {month for post in shown.posts if (month := read_month(post.url or ""))}
        mark = self.plan.mark(_IDS_MARK)
        first = mark.label if mark and mark.label else ""
        posts = [p for p in shown.posts if str(read_month(p.url or "") or first) >= first]
        return replace(shown, posts=self._topics.join(posts)), months

    async def _read_rows(self, answer: Fetched, soup: BeautifulSoup) -> tuple[list[Row], bool]:
        """The rows of all pages of a month's index by date; whether all are whole."""
        index = read_date_index(answer.body, url=answer.url, soup=soup)
        rows, whole = {row.number: row for row in index.rows}, index.whole
        asked, waiting = {answer.url}, list(index.others)
        while waiting and not self.plan.newest_only:
            url = waiting.pop(0)
            if url in asked:
                continue
            asked.add(url)
            more = await self.fetch(url)
            index = read_date_index(more.body, url=more.url)
            rows |= {row.number: row for row in index.rows}
            whole = whole and index.whole and bool(index.rows)
            waiting += index.others
        return list(rows.values()), whole

    async def _open(self, row: Row, month: Month, fetched_at: datetime) -> ReadPost:
        """A message by the id that the feed gives it, from its own page."""
        answer = await self.fetch(row.url)
        post = read_message(answer.body, url=answer.url, fetched_at=fetched_at, filed=month.window)
        root = make_id(post.reply_to) if post.reply_to else None
        if post.post_id.endswith(NO_ID):
            return without_id(post)
        return replace(post, post_id=make_id(post.post_id), reply_to=root)

    async def _name(self, row: Row, month: Month, fetched_at: datetime) -> ReadPost:
        """A message by its number; who wrote it is learned once from a page of that name."""
        name = f"{month}/{row.number:05}"
        post = post_of_row(row, name=name, filed=month.window, fetched_at=fetched_at)
        if row.author not in self._names:
            opened = await self._open(row, month, fetched_at)
            self._names[row.author] = opened.author
        return replace(post, author=self._names[row.author] or read_author(row.author))

    async def _explain_absence(self, answer: Fetched) -> SourceError:
        """What it means that the feed is not this list's: the list is hidden, or not there."""
        address = self._address
        info = await self.fetch(address.info_url)
        soup = read_html(info.body)
        own = (f"/info/{address.name}", f"/subscribe/{address.name}", f"/arc/{address.name}")
        links = [str(link["href"]).lower() for link in soup.find_all("a", href=True)]
        if any(sign in link for link in links for sign in own):
            what = "Sympa shows the list's archive to its members only"
            to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
            return Refused(Outcome.LOGIN_WALL, what, where=answer.url, to_do=to_do)
        what = f"Sympa knows no list of the name {address.name}"
        return Gone(Outcome.NOT_FOUND, what, where=answer.url, to_do="check the address")

    @property
    def _address(self) -> Address:
        address = read_address(self.plan.url)
        if address is None:
            what, to_do = (
                "is no address of a list of Sympa",
                "give the one with /info/ and its name",
            )
            raise Unparseable(Outcome.UNPARSEABLE, what, where=self.plan.url, to_do=to_do)
        return address


def _is_full(answer: Fetched, count: int) -> bool:
    """True for a feed with as many items as were asked for; one with fewer holds all there are."""
    return answer.body.count(b"<item>") >= count
