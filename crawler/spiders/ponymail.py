"""Pony Mail: mailing list archives with a JSON interface, month by month.

In short
    History: everything, month by month.
    Idle visit: one request.
    Never seen: private lists; the writers' addresses.

Recognise
    A page that loads `js/ponymail.js` at an address that names a list (`list.html?LIST@DOMAIN`), or
    an answer of `/api/stats.lua`.

Read
    `/api/stats.lua?list=LIST&domain=DOMAIN&d=YYYY-MM`: all messages of a month without their
    bodies, this month first, then the months before it. `active_months` counts the messages of
    each month, so that empty ones are left out; older versions name the first month only.

Window
    The full history. A month is seen whole.

Identity
    The Message-ID, else the archive's own number. `in-reply-to` names the message that is answered.
    Addresses are cut (`jo...@example.org`) for visitors: the writer's name counts.

Dates
    `epoch`, which is the Date header as the archive read it, or when it came in; bounded by the
    month that it is shown in. Months before 1990 are wrong clocks and bound nothing.

Manners
    One request when nothing is new, one per month with messages for the history.

Known lies
    A list that is private, or does not exist, looks like one without messages: the outcome is then
    unparseable, never empty. An answer holds at most some thousands of messages.

Samples
    normal, empty, other_platform, must_fail, first_version.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, quote, unquote

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.dates import EARLIEST, choose_date, read_unix
from crawler.formats.html import is_html
from crawler.formats.json_tree import Node, read_json
from crawler.formats.people import read_author
from crawler.losses import shrank
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, Page, Platform, ReadPost
from domain.window import Month

_SCRIPT = re.compile(rb'<script[^>]*\ssrc="[^"]*js/ponymail[\w.-]*\.js', re.IGNORECASE)
_STATS = (b'"thread_struct"', b'"emails"', b'"firstYear"')
_LIST = re.compile(r"([\w.+-]+)@((?:[\w-]+\.)+[\w-]+)")
_FOLDER = re.compile(r"/(?:(?:list|thread|index)(?:\.html)?|api|email|thread)(?:/.*)?$")
_ID = re.compile(r"<([^<>]+)>")
_NEVER = 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A list: where the archive lives (without a slash at its end), and the list's address."""

    base: str
    list: str
    domain: str

    @property
    def url(self) -> str:
        return f"{self.base}/list.html?{self.list}@{self.domain}"

    def month_url(self, month: Month) -> str:
        name, domain = quote(self.list), quote(self.domain)
        return f"{self.base}/api/stats.lua?list={name}&domain={domain}&d={month}"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a list's archive."""
    address = read_address(page.url)
    if address is None:
        return None
    if is_html(page.body) and _SCRIPT.search(page.body):
        why = "it loads ponymail.js"
    elif all(sign in page.body for sign in _STATS):
        why = "its JSON has thread_struct, emails and firstYear"
    else:
        return None
    return Evidence(platform=Platform.PONYMAIL, url=address.url, why=(why,))


def read_address(url: str) -> Address | None:
    """The list that an address of an archive names, if it names one."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = f"{query.get('list', [''])[0]}@{query.get('domain', [''])[0]}"
    found = _LIST.search(unquote(parts.query)) or _LIST.search(unquote(parts.path))
    found = _LIST.fullmatch(named) or found
    if found is None:
        return None
    base = f"{parts.scheme}://{parts.netloc}{_FOLDER.sub('', parts.path)}".rstrip("/")
    return Address(base=base, list=found[1], domain=found[2])


def read_months(tree: Node, now: datetime) -> dict[Month, int]:
    """How many messages each month has; 0 where only the first and last month are told.

    Raises: Unparseable.
    """
    counted = tree.get("active_months")
    if counted is not None and isinstance(counted.value, dict):
        months = {_read_month(str(name)): counted.number(str(name)) for name in counted.value}
        return {month: count for month, count in months.items() if month <= Month.of(now)}
    years = tree.number("firstYear"), tree.number("lastYear")
    if _NEVER in years:
        return {}
    first = Month(years[0], tree.number("firstMonth") if tree.get("firstMonth") else 1)
    last = Month(years[1], tree.number("lastMonth") if tree.get("lastMonth") else 12)
    return dict.fromkeys(first.until(min(last, Month.of(now))), 0)


def read_emails(
    tree: Node, month: Month, address: Address, answer: Fetched
) -> tuple[ReadPost, ...]:
    """The messages of a month.

    Raises: Unparseable.
    """
    return tuple(
        _read_email(row, month, address, answer)
        for row in tree["emails"]
        if not row.flag("private")
    )


class PonymailSpider(ArchiveSpider):
    """Reads a list month by month, this month first."""

    name = Platform.PONYMAIL
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """This month's messages, then those of the months before it, then the verdict."""
        async for part in self._walk().visit(self._entry_url()):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """This month's messages, and how many there are."""
        return await self._walk().look_back(self._entry_url(), wanted)

    async def parse_month(self, answer: Fetched) -> Shown:
        """What a month shows.

        Raises: Refused, Gone, Unparseable where something else came.
        """
        address = self._find_list()
        tree = read_json(
            answer.body, url=answer.url, status=answer.status, expected="a month of Pony Mail"
        )
        month = _read_month(parse_qs(urlsplit(answer.asked).query).get("d", [""])[0])
        months = read_months(tree, answer.fetched_at)
        if not months:
            what = "shows no message: the list is empty, private, or not there"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url, to_do=_ASK)
        posts = read_emails(tree, month, address, answer)
        before = max((m for m in months if m < month), default=None)
        total = sum(months.values())
        promised = months.get(month, 0)
        return Shown(
            posts=posts,
            kind="Pony Mail",
            since=_find_start(month, before),
            older=address.month_url(before) if before else None,
            whole=not shrank(promised, len(posts)),
            declared=total or None,
            last_at=min(max(months).shifted(1).start, answer.fetched_at),
        )

    def _walk(self) -> NewestFirst:
        return NewestFirst(spider=self, read=self.parse_month, accept="application/json")

    def _entry_url(self) -> str:
        return self._find_list().month_url(Month.of(self.clock()))

    def _find_list(self) -> Address:
        address = read_address(self.plan.url)
        if address is None:
            what = "the address names no list"
            to_do = "give the address of the list's page, as list.html?LIST@DOMAIN"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=self.plan.url, to_do=to_do)
        return address


_ASK = "open it in a browser; if it shows messages, the adapter needs a developer"


def _read_month(text: str) -> Month:
    year, _, month = text.partition("-")
    if not (year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        raise Unparseable(Outcome.UNPARSEABLE, f"“{text[:20]}” is no month")
    return Month(int(year), int(month))


def _find_start(month: Month, before: Month | None) -> datetime | None:
    """Since when everything is known with this month: what lies between was counted as empty."""
    if before is not None and before.start >= EARLIEST:
        return before.shifted(1).start
    return month.start if month.start >= EARLIEST else None


def _read_email(row: Node, month: Month, address: Address, answer: Fetched) -> ReadPost:
    number = row.text("id") or row.text("mid")
    message_id = _read_id(row.text("message-id"))
    if not (message_id or number):
        raise row.strange("no “id”")
    at, basis = choose_date(
        sent=read_unix(row.text("epoch")), filed=month.window, fetched_at=answer.fetched_at
    )
    return ReadPost(
        post_id=message_id or number,
        at=at,
        basis=basis,
        author=read_author(row.text("from")),
        reply_to=_read_id(row.text("in-reply-to") or row.text("irt")) or None,
        subject=" ".join(row.text("subject").split()) or None,
        url=f"{address.base}/thread/{quote(number)}" if number else None,
        filed=month.window if basis is DateBasis.PERIOD else None,
    )


def _read_id(text: str) -> str:
    """The first id in a header, without brackets and blanks, as in a mailbox."""
    found = _ID.search(text)
    return "".join((found[1] if found else text.strip("<>")).split())
