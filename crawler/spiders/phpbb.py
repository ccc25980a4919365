"""phpBB boards: the index, each forum's topics by last post, the topics' pages.

In short
    History: all that visitors may read.
    Idle visit: one request: the feed, or once a week the index.
    Never seen: forums for members; on old versions the exact hour.

Recognise
    `<body id="phpbb">`, or the addresses of its scripts (`viewforum.php?f=`, `viewtopic.php?t=`)
    beside its own classes (`forumtitle`, `topictitle`). A forum's address is watched by itself, any
    other by the index of its board.

Read
    The index, the pages of each forum and of each topic. The board's own feed of posts, where it
    shows all that the pages show, as the cheapest look at whether somebody wrote.

Window
    All posts that visitors may read. A forum is looked at again when its row on the index shows
    another number of topics or posts or another last post; then its topics are opened as far as
    they were written in since. Announcements and sticky topics stand out of the order and prove
    nothing.

Identity
    The number of the post (`p123`). The writer is the number of the profile, for guests the name. A
    topic's answers answer its first post.

Dates
    `<time datetime>` from version 3.2 on. Older pages have local dates only, in the board's
    language; the zone is that of the page's foot, if it has a name that we know, else the date is
    good to the hour, and without any zone to the day.

Manners
    One request when nothing is new: the feed, or once a week the index. The history takes one
    request a topic and one per 25 topics.

Known lies
    For visitors without a cookie every link carries a session (`sid=`), and the feed links on the
    page are broken by it: `app.php/feed?sid=…?mode=topics`. A feed leaves out forums that its
    board excludes. Forums that are listed and let nobody in. Old versions have no feed.

Samples
    normal, empty, other_platform, must_fail, older_version, sessions.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.board_feed import BoardFeed
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.boards import clean_url, number_in
from crawler.formats.phpbb import find_root, find_signs, read_list, read_topic
from crawler.newest_first import NEWEST_MARK
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a phpBB board."""
    tree = read_board_tree(page, b"viewforum.php", b"viewtopic.php", b"phpbb")
    why = find_signs(tree) if tree else ()
    if not why:
        return None
    forum = number_in(page.url, "f") if "/viewforum.php" in page.url else None
    root = find_root(page.url)
    index = root if clean_url(page.url) == root else f"{root}index.php"
    url = f"{root}viewforum.php?f={forum}" if forum else index
    return Evidence(platform=Platform.PHPBB, url=url, why=why)


class PhpbbSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.PHPBB
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def _board(self) -> Board:
        return Board(spider=self, read_list=read_list, read_topic=read_topic, feed=BoardFeed())
