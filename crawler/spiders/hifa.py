"""HIFA's message pages: mail forums on Dgroups whose messages hifa.org shows to everybody.

In short
    History: as far back as the site lists its messages, to the day.
    Idle visit: one request.
    Never seen: the hour of a message; what was never put on the site.

Recognise
    A Drupal page that names messages under `/dgroups-rss/`. What is watched is the forum's own
    list (`/rss-feeds/NUMBER`), where a message or another page leads to one.

Read
    The list, newest first, and each message's own page, for its day and its writer. Later only
    the messages that are as new as the newest known; what is older is known from its row.

Window
    As far back as the list goes, page by page. Days have no hours: a page of the list has shown
    everything after the day of its last message.

Identity
    The address without `www.`, the day and the title together: the address alone is made from the
    title with small words dropped, and serves two messages years apart. The writer is the name in
    the first line `HIFA profile: NAME is …`. A running number or `[Re: …]` makes a message an
    answer in the thread of its title.

Dates
    A line `12 October, 2023`: no time, no zone, taken as midnight UTC. The first such line is the
    page's own; later ones belong to quoted messages.

Manners
    One request for the list, and one for each new message. The history is long: it is read once,
    over several visits where the budget ends before it.

Known lies
    Several forums share one folder of addresses. Texts are repeated across forums. A message that
    is named in the list and gone is still a message of that day.

Samples
    normal, empty, other_platform, must_fail, quoted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.feed_items import find_window_start
from crawler.formats.hifa import (
    EXPECTED,
    Entry,
    build_post,
    find_drupal,
    find_list,
    is_message_url,
    read_listing,
    read_message,
)
from crawler.formats.html import explain_page, is_html, read_html
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import Page, Platform, ReadPost

_DAY = timedelta(days=1)
_SLACK = timedelta(days=2)
_FIRST_LOOK = 5
_GONE = frozenset({404, 410})


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is a forum's list, a message, or leads to both."""
    if not is_html(page.body):
        return None
    soup = read_html(page.body)
    drupal, named = find_drupal(soup), read_listing(soup, page.url).entries
    watched = find_list(soup, page.url)
    if drupal is None or watched is None or not (named or is_message_url(page.url)):
        return None
    what = f"it names {len(named)} messages under /dgroups-rss/" if named else "it is a message"
    return Evidence(platform=Platform.HIFA, url=watched, why=(drupal, what))


class HifaSpider(ArchiveSpider):
    """Reads a forum's list, and the pages of the messages that it names."""

    name = Platform.HIFA
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest messages, then older ones, then the verdict."""
        return self._walk().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The messages that its list still names."""
        return await self._walk().look_back(self.plan.url, wanted)

    async def parse_list(self, answer: Fetched) -> Shown:
        """What a page of the list shows, with the pages of its messages.

        Raises: SourceError where something else came, or a message could not be had.
        """
        if not is_html(answer.body):
            raise explain_page(answer.body, url=answer.url, status=answer.status, expected=EXPECTED)
        soup = read_html(answer.body)
        listing = read_listing(soup, answer.url)
        if not listing.entries and not listing.says_empty:
            raise explain_page(answer.body, url=answer.url, status=answer.status, expected=EXPECTED)
        posts, days = await self._read_entries(listing.entries, self._find_cutoff(answer))
        start = find_window_start([(day, day) for day in days])
        if start is not None and listing.older_url:
            start += _DAY
        return Shown(
            posts=posts,
            kind="the list of messages",
            since=start,
            older=listing.older_url,
            whole=_ends(answer) and all(post.at for post in posts),
            says_empty=listing.says_empty,
        )

    def _walk(self) -> NewestFirst:
        return NewestFirst(spider=self, read=self.parse_list, accept="text/html")

    def _find_cutoff(self, answer: Fetched) -> datetime | None:
        """The day from which on messages are read on the first page; `None` reads all."""
        plan = self.plan
        if answer.asked != plan.url or plan.covered_until is None or plan.newest_post_at is None:
            return None
        return min(plan.covered_until, plan.newest_post_at) - _SLACK

    async def _read_entries(
        self, entries: tuple[Entry, ...], cutoff: datetime | None
    ) -> tuple[tuple[ReadPost, ...], list[datetime]]:
        """The messages that are worth a request, and the days of all that were looked at."""
        posts: list[ReadPost] = []
        days: list[datetime] = []
        for entry in entries:
            if cutoff and entry.at and entry.at < cutoff:
                days.append(entry.at)
                continue
            post = await self._read_entry(entry)
            posts.append(post)
            days += [post.at] if post.at else []
            old = cutoff and entry.at is None and post.at and post.at < cutoff
            if old or (self.plan.newest_only and len(posts) == _FIRST_LOOK):
                break
        return tuple(posts), days

    async def _read_entry(self, entry: Entry) -> ReadPost:
        answer = await self.fetch(entry.url, accept="text/html", allow=_GONE)
        if answer.status in _GONE:
            return build_post(entry, answer.fetched_at)
        if not is_html(answer.body) or not _ends(answer):
            raise Unparseable(
                Outcome.UNPARSEABLE, "a message's page is not whole", where=answer.url
            )
        return read_message(read_html(answer.body), entry, answer.url, answer.fetched_at)


def _ends(answer: Fetched) -> bool:
    """False for a page that ends in the middle."""
    return not answer.cut and b"</html" in answer.body.lower()
