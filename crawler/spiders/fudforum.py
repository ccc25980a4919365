"""FUDforum boards: their feed of messages, read from the newest to the first.

In short
    History: everything that visitors may read.
    Idle visit: one conditional request.
    Never seen: forums for members.

Recognise
    The addresses of its own feed (`feed.php?mode=m`, before 3.0.1 `rdf.php?mode=m`) in the page's
    head, its message tables (`table.MsgTable` with `a[name^=msg_num_]`), or a feed whose generator
    is FUDforum. A forum's address (`frm_id=`) is watched by itself.

Read
    The feed of messages, twenty at a time, by offset (`o=`). Pages overlap by two, because a
    message that is removed meanwhile moves the older ones up.

Window
    All messages that visitors may read. Everything is seen from the date of the last entry on.

Identity
    The number of the message (`goto=`). The writer is the name shown. The feed does not tell which
    message a topic began with: all of a topic answer the topic.

Dates
    The feed's own, in UTC.

Manners
    One conditional request a visit when nothing is new; the history takes one per eighteen
    messages.

Known lies
    Without any condition the board looks only at topics of the last five days, so that a quiet one
    seems empty: a start date is asked for that lets everything through. An empty answer is
    malformed XML that says "No data matching data". A board with its feed off answers a web page.
    `format=rdf` without `basic` has no dates.

Samples
    normal, empty, other_platform, must_fail, rdf.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.boards import read_board_tree
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.fudforum import (
    feed_url,
    find_forum,
    find_root,
    older_url,
    revise_post,
    says_no_data,
)
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Gone
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform

_SCRIPT_MARK, _SCRIPT, _OLD_SCRIPT = "script", "feed.php", "rdf.php"
_SIGNS = {
    'link[rel="alternate"][href*="feed.php?mode=m"]': "the page names the board's feed.php",
    'link[rel="alternate"][href*="rdf.php?mode=m"]': "the page names the board's rdf.php",
    'table.MsgTable a[name^="msg_num_"]': "its messages are numbered tables",
}


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a FUDforum board."""
    why: tuple[str, ...] = ()
    if b">FUDforum" in page.body[:4_096] and b"<generator" in page.body[:4_096]:
        why = ("the feed's generator is FUDforum",)
    tree = read_board_tree(page, b"msgtable", b".php?mode=m")
    if tree:
        why = tuple(said for sign, said in _SIGNS.items() if tree.first(sign))
    if not why:
        return None
    root, forum = find_root(page.url), find_forum(page.url)
    url = f"{root}index.php?t=thread&frm_id={forum}" if forum else f"{root}index.php"
    return Evidence(platform=Platform.FUDFORUM, url=url, why=why)


class FudforumSpider(ArchiveSpider):
    """Reads all messages once, then the newest."""

    name = Platform.FUDFORUM
    entry_mark = NEWEST_MARK

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest messages, older ones, the verdict; by rdf.php where there is no feed.php."""
        walk, known = self._walk(), self.plan.mark(_SCRIPT_MARK)
        try:
            async for part in walk.visit(self._feed_url()):
                yield part
        except Gone as error:
            if known or error.outcome is not Outcome.NOT_FOUND:
                raise
            async for part in walk.visit(self._feed_url(_OLD_SCRIPT)):
                yield part
                if isinstance(part, Page) and part.marks:
                    yield Page(marks=(Mark(name=_SCRIPT_MARK, label=_OLD_SCRIPT),))

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest messages, as they are shown now."""
        return await self._walk().look_back(self._feed_url(), wanted)

    async def parse_feed(self, answer: Fetched) -> Shown:
        """What one answer of the feed shows.

        Raises: Refused, Gone, Unparseable.
        """
        if says_no_data(answer.body):
            return Shown(posts=(), kind="its feed", says_empty=True)
        shown = show_feed(answer, revise_post)
        older = older_url(answer.url, len(shown.posts)) if shown.posts else None
        return replace(shown, older=older, says_empty=False)

    def _walk(self) -> NewestFirst:
        return NewestFirst(spider=self, read=self.parse_feed, accept=FEED_TYPES)

    def _feed_url(self, script: str = "") -> str:
        known = self.plan.mark(_SCRIPT_MARK)
        script = script or (known.label if known and known.label else _SCRIPT)
        return feed_url(find_root(self.plan.url), find_forum(self.plan.url), script=script)
