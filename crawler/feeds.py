"""Feeds as the door to an archive: any platform that has one reads it with this.

What a feed proves is said in `crawler.newest_first`; how its bytes are read, in
`crawler.formats.feed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bs4 import Tag

from crawler.base import ArchiveSpider, Fetched
from crawler.formats.addresses import urljoin
from crawler.formats.feed import Feed, read_feed
from crawler.formats.html import explain_page, is_html, read_html
from crawler.newest_first import NewestFirst, Shown
from domain.records import ReadPost

FEED_TYPES = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_LINK_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_OLDER_PAGES = 50

Revise = Callable[[ReadPost], ReadPost | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedFeed:
    """A feed that a web page names in its head."""

    url: str
    title: str
    comments: bool


def read_feed_answer(answer: Fetched) -> Feed:
    """The feed in an answer.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    if is_html(answer.body):
        raise explain_page(answer.body, url=answer.url, status=answer.status, expected="a feed")
    return read_feed(answer.body, answer.url, answer.fetched_at)


def show_feed(answer: Fetched, revise: Revise | None = None) -> Shown:
    """What a feed shows. `revise` gives a post as the platform means it, or `None` for no post.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    feed = read_feed_answer(answer)
    revised = [revise(post) for post in feed.posts] if revise else feed.posts
    return Shown(
        posts=tuple(post for post in revised if post),
        kind=feed.dialect,
        since=feed.window_start,
        older=feed.older_url if feed.posts else None,
        whole=feed.well_formed,
        says_empty=not feed.posts,
    )


def walk_feed(
    spider: ArchiveSpider, revise: Revise | None = None, *, proves_silence: bool = True
) -> NewestFirst:
    """The walk over a feed and the older documents that it names."""

    async def parse_feed(answer: Fetched) -> Shown:
        return show_feed(answer, revise)

    return NewestFirst(
        spider=spider,
        read=parse_feed,
        accept=FEED_TYPES,
        older_pages=_OLDER_PAGES,
        fixed_window=True,
        proves_silence=proves_silence,
        keep_cut=True,
    )


def list_named_feeds(page: Fetched) -> tuple[NamedFeed, ...]:
    """The feeds that a web page names with `<link rel="alternate">`, in its order."""
    soup = read_html(page.body)
    base = soup.find("base", href=True)
    start = urljoin(page.url, str(base["href"])) if isinstance(base, Tag) else page.url
    return tuple(
        NamedFeed(
            url=urljoin(start, str(link["href"])),
            title=str(link.get("title", "")),
            comments="comment" in str(link).lower(),
        )
        for link in soup.find_all("link", rel="alternate", href=True)
        if str(link.get("type", "")).split(";")[0].strip().lower() in _LINK_TYPES
    )
