"""Web forums as the door to an archive: any platform that has one reads it with this.

A platform file says what a page shows (`Listing`, `TopicPage`); this says what to ask for and what
it proves. Forums are read side by side, always on with the one that reached back least, so that
what was seen grows backwards for the board as a whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from crawler.base import ArchiveSpider, Fetched, Verdict
from crawler.board_feed import BoardFeed
from crawler.board_pages import Pages, Prepare
from crawler.board_streams import ENTRY, all_read, read_streams, state_of, state_of_topics
from crawler.board_walk import Walk
from crawler.canaries import LookBack, Sighting
from crawler.formats.boards import BoardPage, Listing, TopicPage
from crawler.formats.html import find_login_form, is_html, read_html
from crawler.formats.html_tree import Element, read_tree
from domain.outcome import Outcome
from domain.records import Page, ReadPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Visits a forum by its pages.

    `read_list` reads the index and the pages of forums, `read_topic` those of topics; both raise a
    SourceError where something else came. `feed` shows the newest posts of all forums in one
    answer, where the software has such a feed. `prepare` is awaited before the first topic is
    opened.
    """

    spider: ArchiveSpider
    read_list: Callable[[BoardPage], Listing]
    read_topic: Callable[[BoardPage], TopicPage]
    feed: BoardFeed | None = None
    prepare: Prepare | None = None

    async def visit(self, url: str) -> AsyncIterator[Page | Verdict]:
        """The newest posts of every forum that changed, then older pages; last the verdict.

        Raises: SourceError.
        """
        streams = read_streams(self.spider.plan.marks)
        if self.feed and all_read(streams):
            page = await self.feed.probe(self.spider)
            if page:
                yield page
                yield Verdict(outcome=Outcome.UNCHANGED, detail="its feed shows nothing new")
                return
        walk = Walk(pages=self._pages, feed=self.feed, prepare=self.prepare, streams=streams)
        async for part in walk.visit(url):
            yield part

    async def look_back(self, url: str, wanted: LookBack) -> Sighting:
        """Which forums are listed as they were, and what is where the last post was.

        Raises: SourceError.
        """
        answer = await self.spider.fetch(url)
        listing = self._pages.list_in(answer)
        known = {key: s for key, s in read_streams(wanted.plan.marks).items() if not s.parent}
        shown = {forum.id: state_of(forum) for forum in listing.forums}
        if listing.topics:
            shown[ENTRY] = state_of_topics(listing.topics)
        posts, answered = await self._find_old_post(wanted)
        return Sighting(
            posts=posts,
            answered=answered,
            missing=tuple(s.url for key, s in known.items() if key not in shown),
            unread=tuple(
                s.url
                for key, s in known.items()
                if key in shown and shown[key] and shown[key] != s.known_state
            ),
            parts=len(known),
        )

    async def _find_old_post(self, wanted: LookBack) -> tuple[tuple[ReadPost, ...], str]:
        if not wanted.urls:
            return (), ""
        answer = await self.spider.fetch(wanted.urls[0])
        if find_login_form(read_html(answer.body)) and len(answer.redirects):
            return (), ""
        return self._pages.topic_in(answer).posts, answer.url

    @property
    def _pages(self) -> Pages:
        return Pages(spider=self.spider, read_list=self.read_list, read_topic=self.read_topic)


def read_board_tree(page: Fetched, *hints: bytes) -> Element | None:
    """The page as a tree, to be looked at for signs; `None` where none of the hints is in it.

    A hint is no sign: it only saves building a tree of every page.
    """
    text = page.body.lower()
    if not is_html(page.body) or not any(hint in text for hint in hints):
        return None
    return read_tree(page.body)
