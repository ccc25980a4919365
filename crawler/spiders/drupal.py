"""Drupal forums: the list of forums, their topics by last reply, the topics with their comments.

In short
    History: everything that visitors may read.
    Idle visit: one request.
    Never seen: forums for members; on older versions the exact hour.

Recognise
    Rows named `forum-list-` or a table named `forum-topic-`; or a node of the type forum on a page
    that says it is made by Drupal. A forum is watched by itself, a topic at its forum.

Read
    The list of forums, the pages of each forum (`?page=1`) and of each topic. The site's
    `rss.xml` shows new nodes of all kinds and no comments, so it is not read.

Window
    All posts that visitors may read. A forum is looked at again when its row shows another number
    of topics or posts or another last writer. Sticky topics prove nothing.

Identity
    `node-12` for the post that began a topic, `comment-34` for those that answer it. The writer is
    the name shown: profiles are often for members only.

Dates
    `<time datetime>`, or the date in the page's RDF. Else local text: comments that carry a Unix
    time of their last change beside it show the zone, which may be an hour off in another part of
    the year. Lists say only how long ago somebody wrote, so more topics are opened than changed.

Manners
    One request when nothing is new. The history takes one a topic page and one per page of topics.

Known lies
    Comments may be threaded: the last page need not hold the newest, so all pages of a changed
    topic are read. The Unix time of a comment is that of its last change. Topics that were moved
    leave a row without a last reply.

Samples
    normal, empty, other_platform, must_fail, version_7.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import Board, read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.formats.drupal import find_signs, read_list, read_topic, watch_url
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Drupal forum."""
    tree = read_board_tree(page, b"forum-list-", b"forum-topic-", b"-forum")
    why = find_signs(tree) if tree else ()
    if tree is None or not why:
        return None
    return Evidence(platform=Platform.DRUPAL, url=watch_url(page.url, tree), why=why)


class DrupalSpider(ArchiveSpider):
    """Reads the history once, then the forums whose row on the index changed."""

    name = Platform.DRUPAL

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts of each forum, older ones, then the verdict."""
        return self._board().visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Whether the forums are listed as they were, and the last post is where it was."""
        return await self._board().look_back(self.plan.url, wanted)

    def _board(self) -> Board:
        return Board(spider=self, read_list=read_list, read_topic=read_topic)
