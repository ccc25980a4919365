"""XenForo boards: the index, each forum's threads by last post, the threads' pages.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: forums for members; the lists of version 1.

Recognise
    `<html id="XF">`, with the names of its template and container (`data-template`,
    `data-container-key`); `<html id="XenForo">` for version 1. A forum is watched by itself,
    anything else at the board's index.

Read
    The index, the pages of each forum (`/page-2`) and of each thread. Its feed shows threads only,
    so it is not read.

Window
    All posts that visitors may read. A forum is looked at again when its row shows other numbers,
    another last thread or another time. Sticky threads prove nothing.

Identity
    The number of the post. The writer is the number of the member, for guests the name. A thread's
    answers answer its first post.

Dates
    `data-time`, the Unix time of each `<time>`.

Manners
    One request when nothing is new. The history takes one a thread page and one per page of
    threads.

Known lies
    The text of a date is local and relative. Numbers are shortened (`1.2K`), so that a new post may
    leave them as they were: the time beside them tells. Lists of version 1 are not read.

Samples
    normal, empty, other_platform, must_fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.xenforo import find_signs, read_list, read_topic, watch_url
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a XenForo board."""
    tree = read_board_tree(page, b'id="xf"', b'id="xenforo"', b"data-container-key")
    why = find_signs(tree) if tree else ()
    if tree is None or not why:
        return None
    return Evidence(platform=Platform.XENFORO, url=watch_url(page.url, tree), why=why)


class XenforoSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.XENFORO

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def _board(self) -> Board:
        return Board(spider=self, read_list=read_list, read_topic=read_topic)
