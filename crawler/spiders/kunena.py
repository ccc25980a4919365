"""Kunena forums on Joomla sites: the index of categories, their topics, the topics' pages.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: categories for members.

Recognise
    An element with the id `kunena`, files of `/media/kunena/`, or links to `com_kunena`. A category
    is watched by itself, anything else at the forum's index.

Read
    The index, the pages of each category and of each topic; the feed of posts for the exact times
    of the last month.

Window
    All posts that visitors may read. A category is looked at again when its row shows another
    number of topics or another last post. Sticky topics prove nothing. The feed holds a hundred
    posts of one month and is never taken for the archive.

Identity
    The number of the message (`#123`). The writer is the number of the profile, for guests the
    name. A topic's answers answer its first message.

Dates
    The pages have local times, or only how long ago it was. The feed's times, in UTC, show how far
    the board's clock is ahead: then dates are good to the hour, without it to the day.

Manners
    One request when nothing is new. The history takes one a topic page and one per page of topics.

Known lies
    The feed shows topics, replies or posts as its owner likes: posts are asked for by name. A board
    may be set to show nobody but members anything, with status 200. The feed's generator is the
    board's name. Versions before 4 are built otherwise and not read.

Samples
    normal, empty, other_platform, must_fail, dates.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.board_dates import Clock
from crawler.formats.boards import BoardPage, TopicPage, clean_url
from crawler.formats.kunena import feed_url, find_signs, read_list, read_message_id, read_topic
from domain.errors import SourceError
from domain.outcome import Outcome
from domain.records import Page, Platform

_CATEGORY = re.compile(r"/\d+-[^/]+$")


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Kunena forum."""
    tree = read_board_tree(page, b"kunena")
    why = find_signs(tree) if tree else ()
    forum = tree and tree.first(
        'tr[id^="category"], a.topictitle, .mykmsg-header, .kunena-topic-item'
    )
    if not (why and forum):
        return None
    url = clean_url(page.url).partition("?")[0] if "option=" not in page.url else page.url
    topic = tree is not None and tree.first(".mykmsg-header, .kunena-topic-item") is not None
    if topic:
        # The category comes before the topic in the address.
        url = _CATEGORY.sub("", url)
    return Evidence(platform=Platform.KUNENA, url=url, why=why)


class KunenaSpider(ArchiveSpider):
    """Reads the history once, then the categories whose row on the index changed."""

    name = Platform.KUNENA

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._exact: dict[str, datetime] = {}
        self._board_clock = Clock()

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each category, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the categories are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def parse_topic(self, page: BoardPage) -> TopicPage:
        """The posts of a page of a topic, with all that was learned of the board's clock.

        Raises: Refused, Gone, Unparseable.
        """
        shown, self._board_clock = read_topic(page, self._exact, self._board_clock)
        return shown

    async def _read_feed(self) -> None:
        """Keeps the exact times of the posts that the feed shows, where there is one."""
        try:
            answer = await self.fetch(feed_url(self.plan.url), accept=FEED_TYPES)
            shown = show_feed(answer)
        except SourceError as error:
            if error.outcome is Outcome.RATE_LIMITED:
                raise
            return
        for post in shown.posts:
            number = read_message_id(post.url or "")
            if number and post.at:
                self._exact[number] = post.at

    def _board(self) -> Board:
        return Board(
            spider=self, read_list=read_list, read_topic=self.parse_topic, prepare=self._read_feed
        )
