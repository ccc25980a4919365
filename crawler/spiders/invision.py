"""Invision Community forums (IPS 4 and 5): the index, each forum's topics, the topics' pages.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: forums for members.

Recognise
    Rows with `data-forumid` or `data-rowid`, articles named `elComment_`, or the ids of its layout
    (`ipsLayout_mainArea`). A forum is watched by itself, anything else at the forums' index.

Read
    The index, the pages of each forum and of each topic. Its feeds (`.xml`, `?rss=1`) show topics
    only, so they are not read.

Window
    All posts that visitors may read. A forum is looked at again when its row shows another number
    of posts, another last topic or another time. Pinned topics prove nothing.

Identity
    The number of the comment. The writer is the number of the profile, for guests the name. A
    topic's answers answer its first post.

Dates
    `<time datetime>`, in UTC.

Manners
    One request when nothing is new. The history takes one a topic page and one per page of topics.

Known lies
    A page of an error or a login comes with the whole layout around it. Links to the next page
    stand there even on the last, marked as inactive. A member's own dates stand beside each post.
    Long topics may be shown best answer first: such a forum's order proves less.

Samples
    normal, empty, other_platform, must_fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.invision import find_signs, read_list, read_topic, watch_url
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of an Invision Community."""
    tree = read_board_tree(page, b"ipslayout", b"data-forumid", b"elcomment_")
    why = find_signs(tree) if tree else ()
    if tree is None or not why:
        return None
    return Evidence(platform=Platform.INVISION, url=watch_url(page.url, tree), why=why)


class InvisionSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.INVISION

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def _board(self) -> Board:
        return Board(spider=self, read_list=read_list, read_topic=read_topic)
