"""Hypermail, which makes web pages of a mailbox (W3C's archives): an index by date per period.

In short
    History: everything, mostly to the day.
    Idle visit: one conditional request.
    Never seen: messages without an id, and the second of two with the same.

Recognise
    The generator that its pages name, or the line at their end; or an index whose rows link to
    `PERIOD/thread.html` and `PERIOD/author.html`, where PERIOD is `2020AprJun`, `2019May`, `2002`,
    `202004` or `0106`. A page of a period or a message leads to the index above.

Read
    The index of periods, then the index by date of each: day, subject and author of every message.
    Where the page named `index.html` is sorted otherwise, the `date.html` that it links to. An
    archive without periods is one part. A message page is opened only where the index tells no day.

Window
    The full history. A period is complete over its own time, an archive without periods from its
    first message to the visit.

Identity
    The period and the name of the message's page, which stay as they are. The author is a name:
    addresses stand on the message pages only. Threads go by subject.

Dates
    The day as the index gives it, in the archive's zone (UTC at W3C): a post has no time of day.
    From a message page: the comments `isosent`, else `isoreceived`, which are UTC.

Manners
    One conditional request when nothing is new. Otherwise the index, the last two periods and those
    whose number of messages changed.

Known lies
    The thread index loses messages whose references run in a circle, so it is not counted. A
    message that was deleted leaves a page behind that no index names: it is not counted either.
    Hypermail drops a message without an id, and the second of two with the same.

Samples
    normal, empty, other_platform, must_fail, plain, table.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.html import is_html
from crawler.formats.hypermail import (
    DateIndex,
    Row,
    find_date_index,
    is_hypermail,
    post_of_row,
    read_date_index,
    read_listing,
    read_message_day,
    read_period,
)
from crawler.formats.parts import Listing, Part
from crawler.formats.topics import Topics
from crawler.losses import shrank
from crawler.parts import PartRead, Parts
from domain.errors import SourceError
from domain.records import Page, Platform, ReadPost

# Pipermail's indexes look alike, and link to the text of each period.
_PACKED = re.compile(rb"href=\"[^\"]+\.txt(?:\.gz)?\"", re.IGNORECASE)
_VIEWS = ("index.html", "date.html", "thread.html", "author.html", "subject.html")


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of an archive made by Hypermail."""
    if not is_html(page.body):
        return None
    made = is_hypermail(page.body)
    folder = urljoin(page.url, ".")
    try:
        listing = read_listing(page.body, url=page.url, fetched_at=page.fetched_at)
    except SourceError:
        listing = Listing()
    names = [part.name for part in listing.parts if part.name != "all"]
    if names and not _PACKED.search(page.body):
        why = (f"links to {len(names)} periods in Hypermail's views, as {names[-1]}",)
        return Evidence(platform=Platform.HYPERMAIL, url=_without_view(page.url), why=why)
    if not made:
        return None
    why = ("Hypermail says that it made the page",)
    above = urlsplit(folder).path.rstrip("/").rpartition("/")[2]
    if read_period(above) is not None:
        url = urljoin(folder, "..")
        return Evidence(platform=Platform.HYPERMAIL, url=url, why=why, certainty="likely")
    return Evidence(platform=Platform.HYPERMAIL, url=folder, why=why)


class HypermailSpider(ArchiveSpider):
    """Reads the indexes by date of the periods that are new or changed."""

    name = Platform.HYPERMAIL
    _index: Fetched
    _topics: Topics

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """A page per period, then what is proved and the verdict."""
        async for part in self._walk().visit(self.plan.url):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The last period, and what the index lists otherwise than it was read."""
        return await self._walk().look_back(self.plan.url, wanted, self._sample)

    async def parse_listing(self, page: Fetched) -> Listing:
        """The periods that the index promises."""
        self._index = page
        return read_listing(page.body, url=page.url, fetched_at=page.fetched_at)

    def _walk(self) -> Parts:
        self._topics = Topics()
        return Parts(spider=self, read_listing=self.parse_listing, read_part=self.parse_part)

    async def parse_part(self, part: Part) -> AsyncIterator[Page | PartRead]:
        """The messages of one period."""
        entry = self._index if part.url == self._index.url else None
        answer = entry or await self.fetch(part.url, mark=part.name)
        if answer.not_modified:
            yield PartRead(answer=answer)
            return
        index = await self._find_days(read_date_index(answer.body, url=answer.url), answer)
        rows = [row for row in [await self._complete(row) for row in index.rows] if row]
        posts = self._topics.join(
            post_of_row(row, part=part, fetched_at=answer.fetched_at) for row in rows
        )
        damage = "" if index.whole else "the page ends in the middle"
        if index.declared is not None and shrank(index.declared, len(index.rows)):
            damage = f"{len(index.rows)} messages, where the page counts {index.declared}"
        since = min((post.at for post in posts if post.at), default=None)
        yield PartRead(posts=posts, count=len(posts), since=since, damage=damage, answer=answer)

    async def _find_days(self, index: DateIndex, answer: Fetched) -> DateIndex:
        """The index itself, or the one by date where this one is sorted otherwise."""
        by_date = find_date_index(answer.body, url=answer.url)
        if any(row.day for row in index.rows) or by_date in (None, answer.url):
            return index
        assert by_date is not None
        sorted_by_date = await self.fetch(by_date)
        return read_date_index(sorted_by_date.body, url=sorted_by_date.url)

    async def _complete(self, row: Row) -> Row | None:
        """The row with its day, from the message's page where the index has none."""
        if row.day is not None or self.plan.newest_only:
            return row
        answer = await self.fetch(row.url)
        day = read_message_day(answer.body, url=answer.url)
        return replace(row, day=day) if day else None

    async def _sample(self, part: Part) -> tuple[ReadPost, ...]:
        read = [item async for item in self.parse_part(part)]
        return read[-1].posts


def _without_view(url: str) -> str:
    """The folder of an index, whichever of its files the address names."""
    path = urlsplit(url).path
    return urljoin(url, ".") if path.rpartition("/")[2] in _VIEWS else url.partition("#")[0]
