"""MyBB boards: the index, each forum's threads by last post, the threads' pages.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: forums for members; the exact hour where the board hides its clock.

Recognise
    Its `syndication.php` in the page's head, rows with the marks of forum or thread status, or
    posts built as its templates do; beside links to its `member.php`. A forum is watched by
    itself, anything else at the board's index.

Read
    The index, the pages of each forum and of each thread. Its feed shows threads only, by creation:
    it can never show that somebody answered, so it is not read.

Window
    All posts that visitors may read. A forum is looked at again when its row shows another number
    of threads or posts or another last thread. Sticky threads and announcements prove nothing.

Identity
    The number of the post (`pid`). The writer is the number of the member, for guests the name. A
    thread's answers answer its first post.

Dates
    Local times. The time at the page's foot shows zone and order of day and month; all dates of a
    page have the same offset. A date whose order nothing shows is unknown.

Manners
    One request when nothing is new. The history takes one a thread page and one per page of
    threads.

Known lies
    The Atom feed writes local time as if it were UTC; the JSON feed has a key with a blank at its
    end. "Today" and "1 hour ago" stand for dates, which are in the title. A forum may be sorted by
    something else than its last posts: then nothing is proved before all of it was read.

Samples
    normal, empty, other_platform, must_fail, relative_dates.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.mybb import find_signs, read_list, read_topic, watch_url
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a MyBB board."""
    tree = read_board_tree(page, b"syndication.php", b"_status", b"post_head")
    why = find_signs(tree) if tree else ()
    if tree is None or not why:
        return None
    return Evidence(platform=Platform.MYBB, url=watch_url(page.url, tree), why=why)


class MybbSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.MYBB

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def _board(self) -> Board:
        return Board(spider=self, read_list=read_list, read_topic=read_topic)
