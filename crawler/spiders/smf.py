"""Simple Machines forums: the index of boards, their topics by last post, the topics' pages.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: boards for members; the exact hour where the forum hides its clock.

Recognise
    Rows with the ids `board_5` and links of the class `subject`, the elements `messageindex` or
    `forumposts`, or scripts of the default theme. A board is watched by itself, anything else at
    the forum's index.

Read
    The index, the pages of each board (`board=5.20`) and of each topic (`topic=12.15`).

Window
    All posts that visitors may read. A board is looked at again when its row shows another number
    of posts or topics or another last message. Sticky topics prove nothing.

Identity
    The number of the message. The writer is the number of the profile, for guests the name. A
    topic's answers answer its first message.

Dates
    Local times, in the board's language. The time at the page's head shows how far its clock is
    ahead; in another part of the year it may be an hour off. Without it, dates are good to the day.

Manners
    One request when nothing is new. The history takes one a topic page and one per page of topics.

Known lies
    Links carry a session (`PHPSESSID=`) for visitors without a cookie. Its feed of recent posts
    looks only at the newest few hundred messages of the whole forum and leaves a quiet board out:
    it is not read. Boards that are only links elsewhere.

Samples
    normal, empty, other_platform, must_fail, version_2_0.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.smf import find_signs, read_list, read_topic, watch_url
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Simple Machines forum."""
    tree = read_board_tree(page, b"action=", b"/themes/default/", b"messageindex")
    why = find_signs(tree) if tree else ()
    if tree is None or not why:
        return None
    return Evidence(platform=Platform.SMF, url=watch_url(page.url, tree), why=why)


class SmfSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.SMF

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def _board(self) -> Board:
        return Board(spider=self, read_list=read_list, read_topic=read_topic)
