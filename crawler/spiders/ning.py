"""Ning: networks with a forum and blogs, under `NAME.ning.com` or a domain of their own.

In short
    History: the last hundred of the forum, and the last blog posts.
    Idle visit: two requests.
    Never seen: older talk, and talk in groups, on profiles and below blogs.

Recognise
    A page that loads Ning's style for networks, or names its forum's feed and itself as such pages
    do. The newer Ning 3 has other pages and none of these feeds.

Read
    The forum's feed with topics and replies, the last hundred, and the feed of the blog posts. What
    is watched is the network's home page.

Window
    The last items only, up to a hundred of the forum: older talk is not read. Everything is seen
    from the later of the two feeds' last items on. A feed without a single reply may be one of
    topics alone, and proves nothing.

Identity
    The number of the content (`6606644:Comment:163437`), the same in every feed. A reply names its
    topic only by its title.

Dates
    The time of making, UTC. The time of a feed itself is that of the request.

Manners
    Two requests a visit. The server keeps a feed for up to half an hour.

Known lies
    Talk in groups, comments on blogs and on profiles is in neither feed. A network without a feed
    of blogs proves nothing: watch its forum's feed as `feed` if it has no blogs at all. A network
    that was closed answers with Ning's own home page or a sign-in page.

Samples
    normal, empty, other_platform, must_fail, topics_only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.html import is_html, read_html
from crawler.formats.ning import blog_url, find_signs, forum_url, has_replies, name_posts
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import SourceError
from domain.outcome import Outcome
from domain.records import Page, Platform
from domain.window import CoverageKind

# How long the server keeps a feed before it makes it anew.
_KEPT = timedelta(minutes=30)


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Ning network."""
    if not is_html(page.body):
        return None
    signs = find_signs(read_html(page.body))
    if not signs:
        return None
    home = forum_url(page.url).partition("/forum/topic/list")[0] + "/"
    return Evidence(platform=Platform.NING, url=home, why=signs)


class NingSpider(ArchiveSpider):
    """Reads the two feeds as one. `doubt` says why what they show may not be everything."""

    name = Platform.NING
    entry_mark = NEWEST_MARK
    doubt: str = ""

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The last posts, then the verdict; in part where a doubt is left."""
        async for part in self._walk().visit(forum_url(self.plan.url)):
            yield self._weigh(part)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The posts that both feeds show now."""
        return await self._walk().look_back(forum_url(self.plan.url), wanted)

    async def parse_forum(self, answer: Fetched) -> Shown:
        """What the forum's feed and the blogs' feed show together.

        Raises: Refused, Gone, Unparseable where something else came than the forum's feed.
        """
        forum = show_feed(answer)
        posts = name_posts(forum.posts)
        self.doubt = "" if has_replies(posts) or not posts else "the forum's feed shows no reply"
        try:
            blogs = show_feed(await self.fetch(blog_url(self.plan.url), accept=FEED_TYPES))
        except SourceError as error:
            self.doubt = f"the feed of the blogs could not be read: {error.what}"
            blogs = Shown(posts=(), kind=forum.kind)
        starts = [shown.since for shown in (forum, blogs) if shown.since]
        return Shown(
            posts=(*posts, *name_posts(blogs.posts)),
            kind=forum.kind,
            since=max(starts, default=None),
            whole=forum.whole and blogs.whole,
            says_empty=forum.says_empty and blogs.says_empty,
        )

    def _walk(self) -> NewestFirst:
        return NewestFirst(
            spider=self,
            read=self.parse_forum,
            accept=FEED_TYPES,
            fixed_window=True,
            keep_cut=True,
        )

    def _weigh(self, part: Page | Verdict) -> Page | Verdict:
        """The part of a visit, as far as it proves anything.

        Nothing is asked conditionally: the forum's feed may be as it was while the blogs' is not.
        """
        if isinstance(part, Verdict):
            if self.doubt and part.outcome is Outcome.READ:
                return replace(part, outcome=Outcome.PARTIAL, detail=self.doubt)
            return part
        marks = tuple(replace(mark, etag=None, last_modified=None) for mark in part.marks)
        coverage = tuple(
            replace(
                seen,
                kind=CoverageKind.PARTIAL if self.doubt else seen.kind,
                end=max(seen.start, seen.end - _KEPT),
            )
            for seen in part.coverage
        )
        return replace(part, marks=marks, coverage=coverage)
