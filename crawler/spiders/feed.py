"""RSS, Atom and JSON Feed: the latest items of whatever software wrote them.

In short
    History: the last items, mostly ten to fifty, and older documents where the feed names them.
    Idle visit: one conditional request.
    Never seen: what rolled off before the first visit, or between two visits to a busy list.

Recognise
    A document whose root is `rss`, `rdf:RDF`, `feed` or a JSON Feed. A web page that names such a
    document with `<link rel="alternate">` is likely to belong to one.

Read
    The document itself, whole and well-formed. What is malformed or cut is read as far as it goes
    and counts as partly seen. Older documents that it names (RFC 5005 `prev-archive` and `next`,
    JSON Feed's `next_url`) are read once, and again to close a hole.

Window
    The last items only. Everything is seen from the place of the last item on: items that are
    older than a later one are pinned or were lifted by an edit, and prove nothing. When that
    place is younger than what was seen before, posts were lost in between, and the report says so.
    A feed without the newest post we know, or with far fewer items than before, proves nothing for
    two weeks: it may be an old copy.

Identity
    Atom `id`, RSS `guid`, JSON `id`; else the link without fragment and tracking parameters; else
    a hash of title and date. An id that several items of one document share gets the link added.

Dates
    `pubDate`, `published`, `issued`, `dc:date`, `date_published`, else the date of the last
    change, read from their text. `lastBuildDate` is no item's date. A date after the fetch is
    unknown. Items without any readable date are a changed layout, not news.

Manners
    One conditional request a visit. Older documents at most fifty a visit.

Known lies
    An address that answers a web page, a login form or a bot check with status 200. A feed of a
    retired service that forwards to a page. `lastBuildDate` that changes at each request. A guid
    used for all posts of a thread. A feed without items where there were some.

Samples
    normal, empty, other_platform, must_fail, atom, json, rdf, pinned, malformed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.feeds import list_named_feeds, walk_feed
from crawler.formats.feed import read_feed
from crawler.formats.html import is_html
from crawler.newest_first import NEWEST_MARK
from domain.errors import Unparseable
from domain.records import Page, Platform


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is a feed, or names one."""
    if is_html(page.body):
        return _recognise_link(page)
    try:
        feed = read_feed(page.body, page.url, page.fetched_at)
    except Unparseable:
        return None
    return Evidence(
        platform=Platform.FEED,
        url=page.url,
        why=(f"{feed.dialect} with {len(feed.posts)} items",),
        certainty="sure" if feed.well_formed else "likely",
    )


class FeedSpider(ArchiveSpider):
    """Reads the latest items, and older documents where the feed names them."""

    name = Platform.FEED
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The feed as one page, older documents as further ones, then the verdict."""
        return walk_feed(self).visit(self.plan.url)

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Its items; where it has none any more, whether an old post is still to be had."""
        return await walk_feed(self).look_back(self.plan.url, wanted)


def _recognise_link(page: Fetched) -> Evidence | None:
    named = list_named_feeds(page)
    if not named:
        return None
    posts = [feed for feed in named if not feed.comments]
    return Evidence(
        platform=Platform.FEED,
        url=(posts or named)[0].url,
        why=(f"the page names {len(named)} feeds",),
        certainty="likely",
    )
