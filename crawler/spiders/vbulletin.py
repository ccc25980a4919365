"""vBulletin boards: the index, each forum's threads by last post, the threads' pages.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: forums for members; version 5; the exact hour where the board hides its clock.

Recognise
    Its scripts (`vbulletin_global.js`), its style sheets, its name as the page's generator, or
    threads with the ids of its templates (`thread_title_`). A forum is watched by itself, anything
    else at the board's index.

Read
    The index, the pages of each forum and of each thread. Its feed (`external.php`) shows threads
    only, so it is not read.

Window
    All posts that visitors may read. A forum is looked at again when its row shows other numbers
    or another last post. Sticky threads prove nothing.

Identity
    The number of the post. The writer is the number of the member, for guests the name. A thread's
    answers answer its first post.

Dates
    Local times; the zone is that of "All times are GMT +1" at the page's foot, the same for all
    dates of a page. Whether the day or the month comes first shows in any date of this visit with a
    number above twelve; a date whose order nothing shows is unknown.

Manners
    One request when nothing is new. The history takes one a thread page and one per page of
    threads.

Known lies
    Links carry a session (`s=`) for visitors without a cookie. Version 5 is built otherwise and not
    read. Numbers of posts count what moderators hide.

Samples
    normal, empty, other_platform, must_fail, version_3.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.board_dates import Clock
from crawler.formats.boards import BoardPage, Listing, TopicPage
from crawler.formats.vbulletin import find_signs, learn_clock, read_list, read_topic, watch_url
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a vBulletin board."""
    tree = read_board_tree(page, b"vbulletin", b"thread_title_")
    why = find_signs(tree) if tree else ()
    if tree is None or not why:
        return None
    return Evidence(platform=Platform.VBULLETIN, url=watch_url(page.url, tree), why=why)


class VbulletinSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.VBULLETIN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._board_clock = Clock()

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def parse_list(self, page: BoardPage) -> Listing:
        """The forums and threads of a page, with all that was learned of the board's dates.

        Raises: Refused, Gone, Unparseable.
        """
        self._board_clock = learn_clock(page, self._board_clock)
        return read_list(page, self._board_clock)

    def parse_topic(self, page: BoardPage) -> TopicPage:
        """The posts of a page of a thread, likewise.

        Raises: Refused, Gone, Unparseable.
        """
        self._board_clock = learn_clock(page, self._board_clock)
        return read_topic(page, self._board_clock)

    def _board(self) -> Board:
        return Board(spider=self, read_list=self.parse_list, read_topic=self.parse_topic)
