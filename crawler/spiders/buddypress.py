"""BuddyPress: the activity of a WordPress site's members, or of one of its groups.

In short
    History: everything by the site's interface; by its feed the last fifty activities.
    Idle visit: one small request.
    Never seen: hidden groups; by the feed also who wrote.

Recognise
    A page with an element `id="buddypress"`. A page of a group leads to the group, every other to
    the activity of the whole site.

Read
    The REST list `buddypress/v2/activity` (`v1` on older versions), a hundred a page with comments
    among them; of a group with its number, which the group's page tells. A site that closed its
    interface, or whose template hides the number, is read by its feed: `/activity/feed/` or
    `/groups/NAME/feed/`.

Window
    The full history by the interface; the last fifty by the feed. Activities of hidden groups are
    left out everywhere.

Identity
    The number of the activity (`activity-12`); in the feed its guid, a hash of date and text. They
    cannot be compared, so a source stays with the door by which it was first read.

Dates
    `date_gmt`, which is UTC; in the feed `pubDate`, always +0000.

Manners
    One request a visit; the feed answers 304 while nothing changed on the whole site.

Known lies
    Most activities are no talk: who joined, befriended, got a new picture, wrote a blog post. Of
    the interface only updates, comments, forum topics and replies are counted, of the feed only
    what has a text. The feed names no writers. Its generator is always `https://buddypress.org/?v=`
    without a number.

Samples
    normal, empty, other_platform, must_fail, feed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.buddypress import (
    Activities,
    Place,
    find_feed,
    find_frame,
    find_group_id,
    list_wordless,
    read_activities,
    read_place,
)
from crawler.formats.html import is_html, read_html
from crawler.formats.wordpress import page_of
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import SourceError
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform, ReadPost

_DOOR_MARK = "door"
_BY_FEED = "feed"
_VERSIONS = ("v2", "v1")
_CLOSED = frozenset({Outcome.REFUSED, Outcome.NOT_FOUND, Outcome.GONE})


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page shows what BuddyPress makes."""
    if not is_html(page.body):
        return None
    soup = read_html(page.body)
    if find_frame(soup) is None:
        return None
    named = find_feed(soup, page.url)
    place = read_place(page.url)
    if named and not place.slug:
        place = read_place(named)
    why = 'the page has an element with id="buddypress"'
    return Evidence(platform=Platform.BUDDYPRESS, url=place.url, why=(why,))


class BuddypressSpider(ArchiveSpider):
    """Reads what members wrote, the newest first."""

    name = Platform.BUDDYPRESS
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """By the door that is known; else by the first that opens."""
        place = read_place(self.plan.url)
        mark = self.plan.mark(_DOOR_MARK)
        doors = [mark.label] if mark and mark.label else await self._list_doors(place)
        for door in doors:
            try:
                async for part in self._walk(place, door).visit(self._entry(place, door)):
                    yield part
                    if isinstance(part, Page) and mark is None:
                        mark = Mark(name=_DOOR_MARK, label=door)
                        yield Page(marks=(mark,))
                return
            except SourceError as error:
                if error.outcome not in _CLOSED or door == doors[-1]:
                    raise

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest activities; where there are none any more, whether an old post is."""
        place, mark = read_place(self.plan.url), self.plan.mark(_DOOR_MARK)
        door = mark.label if mark and mark.label else _BY_FEED
        return await self._walk(place, door).look_back(self._entry(place, door), wanted)

    async def parse_activities(self, place: Place, door: str, answer: Fetched) -> Shown:
        """One page of activities; as many more as it takes until somebody says something.

        Raises: SourceError where something else came.
        """
        version, _, group = door.partition(" ")
        page = page_of(answer.asked)
        read = _read_page(answer, page)
        while not read.posts and page < read.pages:
            page += 1
            read = _read_page(await self.fetch(place.rows_url(version, group, page)), page)
        return Shown(
            posts=read.posts,
            kind=f"BuddyPress, {read.total} activities",
            since=read.since,
            older=place.rows_url(version, group, page + 1) if page < read.pages else None,
            says_empty=not read.posts,
        )

    async def parse_feed(self, answer: Fetched) -> Shown:
        """What the feed shows, without items that have no text.

        Raises: SourceError where something else came.
        """
        wordless = list_wordless(answer.body)

        def leave_out(post: ReadPost) -> ReadPost | None:
            return None if post.post_id in wordless else post

        return replace(show_feed(answer, leave_out), older=None)

    async def _list_doors(self, place: Place) -> list[str]:
        """The doors to try: the interface's two versions, with the group's number; the feed."""
        group = ""
        if place.slug:
            answer = await self.fetch(place.url)
            group = find_group_id(read_html(answer.body))
            if not group:
                return [_BY_FEED]
        return [*(f"{version} {group}".strip() for version in _VERSIONS), _BY_FEED]

    def _entry(self, place: Place, door: str) -> str:
        if door == _BY_FEED:
            return place.feed_url
        version, _, group = door.partition(" ")
        return place.rows_url(version, group, 1)

    def _walk(self, place: Place, door: str) -> NewestFirst:
        async def parse(answer: Fetched) -> Shown:
            if door == _BY_FEED:
                return await self.parse_feed(answer)
            return await self.parse_activities(place, door, answer)

        by_feed = door == _BY_FEED
        return NewestFirst(
            spider=self,
            read=parse,
            accept=FEED_TYPES if by_feed else None,
            fixed_window=by_feed,
            keep_cut=by_feed,
        )


def _read_page(answer: Fetched, page: int) -> Activities:
    count = (answer.headers.get("x-wp-total", ""), answer.headers.get("x-wp-totalpages", ""))
    return read_activities(
        answer.body, url=answer.url, page=page, count=count, fetched_at=answer.fetched_at
    )
