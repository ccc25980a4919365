"""bbPress: forums inside a WordPress site.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: forums for members, replies that wait for approval.

Recognise
    A page with an element `id="bbpress-forums"`, never the bare word: many news sites have it in
    their style sheets. A topic leads to its forum.

Read
    The forum's feed, `FORUM/feed/`: the newest 25 topics and replies together. Once, in the
    beginning, and again to close a hole: the forum's pages, fifteen topics each by last activity,
    and of each topic all pages. Of the list of all forums the feed, and the topics of `/topics/`.

Window
    The full history by pages; the feed from its last item on. bbPress's feeds have no older pages.

Identity
    The number of the post (`post-12`), in the feed from the `#post-12` of its guid. A topic's
    first post has the topic's number.

Dates
    In feeds `pubDate`, always +0000. On pages text in the zone of the site, to the minute; the root
    of the REST interface tells the zone. Where it does not, pages are not read.

Manners
    One request a visit. The feed says "changed" at each request (`lastBuildDate`), so it is not
    asked conditionally. The history costs about one request a topic.

Known lies
    A closed forum shows `id="forum-private"` with status 200, or 404. Pages show how long ago a
    topic was written in ("2 weeks ago"): not used. A feed does not tell which post started a topic:
    the one whose title is that of the topic's address does. A reply's page number is in its guid
    and changes with the settings.

Samples
    normal, empty, other_platform, must_fail, pages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, tzinfo

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.bbpress import (
    Listing,
    TopicPage,
    find_frame,
    forum_of_page,
    name_items,
    plain_address,
    read_listing,
    read_topic,
    read_zone,
)
from crawler.formats.html import is_html, read_html
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import Page, Platform, ReadPost

_INDEX, _ALL_TOPICS = "/forums/", "/topics/"
_MOST_PAGES = 400


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page shows what bbPress makes."""
    if not is_html(page.body):
        return None
    frame = find_frame(read_html(page.body))
    if frame is None:
        return None
    why = 'the page has an element with id="bbpress-forums"'
    return Evidence(platform=Platform.BBPRESS, url=forum_of_page(frame, page.url), why=(why,))


class BbpressSpider(ArchiveSpider):
    """Reads a forum's feed, and its pages for what is older."""

    name = Platform.BBPRESS
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The feed, then the pages of the forum as far as they are wanted."""
        return self._walk().visit(f"{plain_address(self.plan.url)}feed/")

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The feed's items; where it has none any more, whether an old post is still there."""
        return await self._walk().look_back(f"{plain_address(self.plan.url)}feed/", wanted)

    async def parse_feed(self, answer: Fetched) -> Shown:
        """What the feed shows.

        Raises: SourceError where something else came.
        """
        forum = plain_address(self.plan.url)
        shown = show_feed(answer)
        if not shown.posts and shown.whole:
            # A forum that strangers may not see has an empty feed, too: its page tells.
            page = await self.fetch(forum)
            listing = read_listing(page.body, page.url)
            return replace(shown, says_empty=listing.says_empty)
        first = forum.removesuffix(_INDEX) + _ALL_TOPICS if forum.endswith(_INDEX) else forum
        return replace(shown, posts=name_items(shown.posts), older=first)

    async def parse_listing(self, answer: Fetched) -> Shown:
        """All posts of the topics on one page of the forum.

        Raises: SourceError where something else came.
        """
        listing = read_listing(answer.body, answer.url)
        zone = await self._read_zone(listing, answer.url)
        posts: list[ReadPost] = []
        last: list[ReadPost] = []
        for topic in (*listing.pinned, *listing.topics):
            last = await self._read_whole_topic(topic, zone)
            posts.extend(last)
        if not posts and not listing.says_empty:
            what = "lists no topic that can be read"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url)
        return Shown(
            posts=tuple(posts),
            kind="pages of the forum",
            since=_seen_since(posts, last, is_last=listing.older is None),
            older=listing.older,
        )

    async def _read_whole_topic(self, topic: str, zone: tzinfo) -> list[ReadPost]:
        posts: list[ReadPost] = []
        url: str | None = topic
        for _ in range(_MOST_PAGES):
            if url is None:
                return posts
            answer = await self.fetch(url)
            page = self._parse_topic(answer, posts, zone)
            posts.extend(page.posts)
            url = page.next_page
        what = f"a topic of more than {_MOST_PAGES} pages"
        raise Unparseable(Outcome.TOO_LARGE, what, where=topic)

    def _parse_topic(self, answer: Fetched, before: list[ReadPost], zone: tzinfo) -> TopicPage:
        root = before[0].post_id if before else None
        page = read_topic(
            answer.body, url=answer.url, root=root, zone=zone, fetched_at=answer.fetched_at
        )
        if all(post.at is None for post in page.posts):
            what = f"none of {len(page.posts)} posts has a date that can be read"
            to_do = "look at the form of its dates"
            raise Unparseable(Outcome.LAYOUT_CHANGED, what, where=answer.url, to_do=to_do)
        return page

    async def _read_zone(self, listing: Listing, url: str) -> tzinfo:
        if listing.api is None:
            what = "the page does not name the interface that tells the zone of its dates"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=url)
        join = "&" if "?" in listing.api else "?"
        answer = await self.fetch(f"{listing.api}{join}_fields=timezone_string,gmt_offset")
        return read_zone(answer.body, answer.url)

    def _walk(self) -> NewestFirst:
        feed = f"{plain_address(self.plan.url)}feed/"

        async def parse(answer: Fetched) -> Shown:
            if answer.asked == feed:
                return await self.parse_feed(answer)
            return await self.parse_listing(answer)

        return NewestFirst(
            spider=self, read=parse, accept=FEED_TYPES, fixed_window=True, conditional=False
        )


def _seen_since(posts: list[ReadPost], last: list[ReadPost], *, is_last: bool) -> datetime | None:
    """Since when all posts were in topics up to here: the last topic's last one.

    After the forum's last page, since its first post.
    """
    if is_last:
        return min((post.at for post in posts if post.at), default=None)
    return max((post.at for post in last if post.at), default=None)
