"""RSS, Atom and JSON Feed: the latest items of whatever software wrote them.

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
from datetime import datetime
from urllib.parse import urljoin

from bs4 import Tag

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.feed import Feed, read_feed
from crawler.formats.html import (
    as_layout_change,
    explain_page,
    find_login_form,
    is_html,
    read_html,
)
from crawler.losses import LOSS_MARK, TO_DO, newest_is_missing, shrank, weigh_loss
from domain.errors import SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform
from domain.window import Coverage, CoverageKind

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_OLDER_PAGES = 50
_DONE = "done"


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


def read_answer(page: Fetched) -> Feed:
    """The feed in an answer.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    if is_html(page.body):
        raise explain_page(page.body, url=page.url, status=page.status, expected="a feed")
    return read_feed(page.body, page.url, page.fetched_at)


class FeedSpider(ArchiveSpider):
    """Reads the latest items, and older documents where the feed names them."""

    name = Platform.FEED
    entry_mark = "feed"

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """The feed as one page, older documents as further ones, then the verdict."""
        answer = await self.fetch(self.plan.url, mark="feed", accept=_ACCEPT, keep_cut=True)
        if answer.not_modified:
            yield Page(coverage=self._since_covered(answer.fetched_at))
            async for page in self.parse_older(self._pending(), until=None):
                yield page
            yield Verdict(outcome=Outcome.UNCHANGED, detail="the feed is as it was")
            return
        try:
            feed = read_answer(answer)
        except Unparseable as error:
            raise as_layout_change(error, posts_known=self.plan.posts_known) from error
        if not feed.posts:
            parts = self.parse_empty(feed, answer)
        elif not feed.well_formed or answer.cut:
            parts = self.parse_broken(feed, answer)
        else:
            parts = self.parse_items(feed, answer)
        async for part in parts:
            yield part

    async def parse_items(self, feed: Feed, answer: Fetched) -> AsyncIterator[Page | Verdict]:
        """A whole feed with items: its window, then what is older than it."""
        start = feed.window_start
        if start is None:
            what = f"none of {len(feed.posts)} items has a date that can be read"
            yield Verdict(outcome=Outcome.LAYOUT_CHANGED, detail=what, to_do="look at its dates")
            return
        loss = weigh_loss(self._find_loss(feed), self.plan.mark(LOSS_MARK), answer.fetched_at)
        if loss.doubted:
            yield Page(posts=feed.posts, coverage=_seen_in_part(feed, answer), marks=loss.marks)
            evidence = {"lost": loss.what}
            yield Verdict(outcome=Outcome.PARTIAL, detail=loss.what, to_do=TO_DO, evidence=evidence)
            return
        hole = self._hole_before(start)
        first_time = self.plan.mark("older") is None
        pending = _pending_label(start, feed.older_url) if first_time else None
        marks = (answer.mark("feed", str(len(feed.posts))), *loss.marks)
        marks += (Mark(name="older", label=pending),) if pending else ()
        seen = Coverage(start=min(start, answer.fetched_at), end=answer.fetched_at)
        yield Page(posts=feed.posts, coverage=(seen,), marks=marks)
        older = _pending_label(start, feed.older_url) if hole or first_time else self._pending()
        async for page in self.parse_older(older, until=hole):
            yield page
            start = min([start, *(seen.start for seen in page.coverage)])
        detail = f"{feed.dialect}, {len(feed.posts)} items, everything since {start:%Y-%m-%d %H:%M}"
        if hole and start > hole:
            detail += f"; what was posted between {hole:%Y-%m-%d %H:%M} and then was missed"
        yield Verdict(outcome=Outcome.READ, detail=detail)

    async def parse_empty(self, feed: Feed, answer: Fetched) -> AsyncIterator[Page | Verdict]:
        """A feed without items: empty only where there never were any."""
        if self.plan.posts_known:
            what = f"the feed has no items any more, but had {self.plan.posts_known} before"
            yield Verdict(outcome=Outcome.PARTIAL, detail=what, to_do="open it in a browser")
            return
        if not feed.well_formed or answer.cut:
            what = "the feed is malformed, and no item of it can be read"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url, to_do="ask its owner")
        day = answer.fetched_at.replace(hour=0, minute=0, second=0, microsecond=0)
        seen = Coverage(start=day, end=answer.fetched_at)
        coverage = self._since_covered(answer.fetched_at) or (seen,)
        yield Page(coverage=coverage, marks=(answer.mark("feed"),))
        yield Verdict(outcome=Outcome.EMPTY, detail=f"{feed.dialect} without items")

    async def parse_broken(self, feed: Feed, answer: Fetched) -> AsyncIterator[Page | Verdict]:
        """What could be read of a malformed or cut feed: posts, but no proof."""
        yield Page(posts=feed.posts, coverage=_seen_in_part(feed, answer))
        how = "cut off" if answer.cut else "malformed"
        detail = f"the feed is {how}; {len(feed.posts)} items could be read"
        yield Verdict(outcome=Outcome.PARTIAL, detail=detail, to_do="tell its owner")

    async def parse_older(
        self, pending: str | None, *, until: datetime | None
    ) -> AsyncIterator[Page]:
        """Documents before the newest one, as long as they join up, back to `until`.

        Where one fails, this ends quietly: the newest items were seen, and what is left is in the
        mark for the next visit.
        """
        asked: set[str] = set()
        if self.plan.newest_only:
            return
        while pending and pending != _DONE and len(asked) < _OLDER_PAGES:
            reached, url = _read_pending(pending)
            if url in asked or (until and reached <= until):
                return
            asked.add(url)
            try:
                answer = await self.fetch(url, accept=_ACCEPT)
                feed = read_answer(answer)
            except SourceError as error:
                self.logger.info("older documents end early: %s", error.outcome)
                return
            if not feed.well_formed:
                return
            start = min(feed.window_start or reached, reached)
            pending = _pending_label(start, feed.older_url if feed.posts else None)
            yield Page(
                posts=feed.posts,
                coverage=(Coverage(start=start, end=reached),) if start < reached else (),
                marks=() if until else (Mark(name="older", label=pending),),
            )

    async def look_back(self, wanted: LookBack) -> Sighting:
        """Its items; where it has none any more, whether an old post is still to be had."""
        answer = await self.fetch(self.plan.url, accept=_ACCEPT)
        feed = read_answer(answer)
        if not feed.well_formed:
            raise Unparseable(Outcome.UNPARSEABLE, "the feed is malformed", where=answer.url)
        if feed.posts or not wanted.urls:
            return Sighting(posts=feed.posts)
        page = await self.fetch(wanted.urls[0])
        lost = page.redirects or find_login_form(read_html(page.body))
        return Sighting(answered="" if lost else page.url)

    def _find_loss(self, feed: Feed) -> str:
        """What the feed should still show and does not; empty for nothing."""
        shown = max((post.at for post in feed.posts if post.at), default=None)
        known = self.plan.mark("feed")
        count = int(known.label) if known and known.label and known.label.isdigit() else 0
        if shrank(count, len(feed.posts)):
            return f"the feed shows {len(feed.posts)} items, but showed {count} before"
        return newest_is_missing(self.plan.newest_post_at, shown)

    def _pending(self) -> str | None:
        mark = self.plan.mark("older")
        return mark.label if mark else None

    def _hole_before(self, start: datetime) -> datetime | None:
        covered = self.plan.covered_until
        return covered if covered and start > covered else None

    def _since_covered(self, until: datetime) -> tuple[Coverage, ...]:
        since = self.plan.covered_until
        return () if since is None else (Coverage(start=min(since, until), end=until),)


def _seen_in_part(feed: Feed, answer: Fetched) -> tuple[Coverage, ...]:
    start = min((post.at for post in feed.posts if post.at), default=answer.fetched_at)
    if start >= answer.fetched_at:
        return ()
    return (Coverage(start=start, end=answer.fetched_at, kind=CoverageKind.PARTIAL),)


def _pending_label(reached: datetime, url: str | None) -> str:
    return f"{reached.isoformat()} {url}" if url else _DONE


def _read_pending(label: str) -> tuple[datetime, str]:
    reached, _, url = label.partition(" ")
    return datetime.fromisoformat(reached), url


def _recognise_link(page: Fetched) -> Evidence | None:
    soup = read_html(page.body)
    base = soup.find("base", href=True)
    start = urljoin(page.url, str(base["href"])) if isinstance(base, Tag) else page.url
    links = [
        link
        for link in soup.find_all("link", rel="alternate", href=True)
        if str(link.get("type", "")).split(";")[0].strip().lower() in _TYPES
    ]
    if not links:
        return None
    posts = [link for link in links if "comment" not in str(link).lower()]
    best = (posts or links)[0]
    return Evidence(
        platform=Platform.FEED,
        url=urljoin(start, str(best["href"])),
        why=(f"the page names {len(links)} feeds",),
        certainty="likely",
    )
