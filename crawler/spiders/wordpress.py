"""WordPress: the posts of a site and what people answer to them.

What is counted: a blog is one voice, its posts alone are announcements. A community shows itself in
posts *and* comments; both count, a comment as an answer to its post. Forums and groups inside a
WordPress site (bbPress, BuddyPress) are other sources, with adapters of their own. Pings are not
counted, the interface leaves them out.

In short
    History: everything; where the interface is closed, all posts and the last ten comments.
    Idle visit: two small requests.
    Never seen: comments that wait for approval, and what a membership plugin hides.

Recognise
    A page whose head has `<link rel="https://api.w.org/">`, or the generator `WordPress 6.5`. The
    root of the REST interface, by its namespace `wp/v2`.

Read
    The REST lists `wp/v2/posts` and `wp/v2/comments`, the newest hundred of each, page by page
    back to the first. A site that closed its interface (401, 403, 404) is read by its two feeds,
    `/feed/` with `?paged=N`, and `/comments/feed/`, which has no older pages.

Window
    The full history. A page of posts and the same page of comments are read together; everything
    is seen since the younger of their two ends. By feeds all posts, but only the last ten
    comments or so, and everything is seen since the tenth. Where the feed of comments is refused,
    too, posts alone prove no silence.

Identity
    The numbers of posts and comments (`post-12`, `comment-34`). In feeds the guid `?p=12` tells
    the post's number; a post that was imported with another guid keeps that.

Dates
    `date_gmt`, which is UTC and has no zone written; in feeds `pubDate`, always +0000. A post
    shows the date that its writer set, so a post may appear in the past; future ones are not shown.

Manners
    Two small requests a visit: WordPress has no list that holds both. The interface has no
    validators. Feeds are asked for without conditions, because an older version's feed of comments
    does not change when a post does.

Known lies
    Past the last page posts answer 400 (`rest_post_invalid_page_number`), comments an empty list
    with status 200. A feed past its end answers 404 with a whole, empty feed. Comments that wait
    for approval appear later under their old date. A membership plugin forwards to
    `wp-login.php`. Writers have numbers in the interface, but only names in feeds.

Samples
    normal, empty, other_platform, must_fail, feeds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict, error_for_status
from crawler.canaries import LookBack, Sighting
from crawler.feeds import FEED_TYPES, show_feed
from crawler.formats.html import is_html, read_html
from crawler.formats.json_tree import read_json
from crawler.formats.wordpress import (
    Rows,
    Site,
    find_api,
    find_version,
    is_rest,
    name_item,
    page_of,
    read_rows,
    read_site,
)
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import SourceError
from domain.outcome import Outcome
from domain.records import Mark, Page, Platform, ReadPost

_DOOR_MARK = "door"
_BY_REST, _BY_FEEDS, _BY_POSTS_FEED = "rest", "feeds", "posts feed"
# What a closed interface answers; whoever is asked for patience or proof is not asked elsewhere.
_CLOSED = frozenset({Outcome.REFUSED, Outcome.NOT_FOUND, Outcome.GONE})
_PAST_THE_END = frozenset({404})
_SHUT = frozenset({401, 403, 404, 410})
_OLDER_FEEDS = 50


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a WordPress site."""
    if not is_html(page.body):
        return _recognise_api(page)
    soup = read_html(page.body)
    api, version = find_api(soup, page.url), find_version(soup)
    why = [f"the page says that {version} made it"] if version else []
    if api:
        why.append(f"the page names its interface {api}")
    if not why:
        return None
    site = read_site(api or page.url)
    watch = site.home if site.api == f"{site.home}wp-json/" else site.api
    return Evidence(platform=Platform.WORDPRESS, url=watch, why=tuple(why))


class WordpressSpider(ArchiveSpider):
    """Reads posts and comments side by side, the newest first."""

    name = Platform.WORDPRESS
    entry_mark = NEWEST_MARK
    first_at: datetime | None = None
    all_comments = False
    comments_since: datetime | None = None

    async def visit(self) -> AsyncIterator[Page | Verdict]:
        """By the interface; by the feeds where that is closed."""
        site = read_site(self.plan.url)
        if self._door() == _BY_REST:
            try:
                async for part in self._walk(site, _BY_REST).visit(site.rows_url("posts", 1)):
                    yield part
                return
            except SourceError as error:
                if error.outcome not in _CLOSED:
                    raise
        async for part in self.parse_by_feeds(site):
            yield part

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest posts and comments, and how many there are."""
        site, door = read_site(self.plan.url), self._door()
        entry = site.rows_url("posts", 1) if door == _BY_REST else site.feed_url("posts", 1)
        return await self._walk(site, door).look_back(entry, wanted)

    async def parse_by_feeds(self, site: Site) -> AsyncIterator[Page | Verdict]:
        """By the feeds; from now on, where the site never showed its interface."""
        door = self._door()
        if door == _BY_REST:
            door = await self._find_feeds(site)
        mark = Page(marks=(Mark(name=_DOOR_MARK, label=door),))
        async for part in self._walk(site, door).visit(site.feed_url("posts", 1)):
            yield part
            if isinstance(part, Page) and not self.plan.posts_known:
                yield mark

    async def parse_rest(self, site: Site, answer: Fetched) -> Shown:
        """One page of posts, with the same page of comments.

        Raises: SourceError where something else came.
        """
        page = page_of(answer.asked)
        posts = _read_rows(answer, "posts", page)
        answered = await self.fetch(site.rows_url("comments", page))
        comments = _read_rows(answered, "comments", page)
        older = next(
            (
                site.rows_url(kind, page + 1)
                for kind, rows in (("posts", posts), ("comments", comments))
                if page < rows.pages
            ),
            None,
        )
        both = (*posts.posts, *comments.posts)
        ends = [rows.since for rows in (posts, comments) if rows.since]
        return Shown(
            posts=both,
            kind=f"WordPress, {posts.total} posts and {comments.total} comments",
            since=max(ends, default=self._first(both)),
            older=older,
            says_empty=not both and posts.total == 0,
            declared=posts.total + comments.total,
        )

    async def parse_comments(self, site: Site, answer: Fetched) -> Shown:
        """One page of comments, where there are no more posts.

        Raises: SourceError where something else came.
        """
        page = page_of(answer.asked)
        rows = _read_rows(answer, "comments", page)
        older = site.rows_url("comments", page + 1) if page < rows.pages else None
        since = self._first(rows.posts)
        return Shown(posts=rows.posts, kind="comments", since=rows.since or since, older=older)

    async def parse_feeds(self, site: Site, door: str, answer: Fetched) -> Shown:
        """The feed of posts with that of comments; of older pages, which only posts have, those.

        Raises: SourceError where something else came.
        """
        page = page_of(answer.asked)
        if answer.status == 404 and page == 1:
            raise error_for_status(answer)
        posts = _show_page(answer)
        older = site.feed_url("posts", page + 1) if posts.posts else None
        if page > 1:
            return replace(posts, older=older, since=self._since(posts))
        if door == _BY_POSTS_FEED:
            return replace(posts, kind="feed without comments", older=older)
        url = site.feed_url("comments", 1)
        comments = _show_page(await self.fetch(url, accept=FEED_TYPES))
        # Both feeds show the same number of items at most: fewer are all that there are.
        self.all_comments = comments.whole and len(comments.posts) < len(posts.posts)
        self.comments_since = comments.since
        return Shown(
            posts=(*posts.posts, *comments.posts),
            kind="feeds of posts and comments",
            since=self._since(posts) if posts.posts else comments.since,
            older=older,
            whole=posts.whole and comments.whole,
            says_empty=not posts.posts and not comments.posts,
        )

    async def _find_feeds(self, site: Site) -> str:
        """Which feeds the site gives."""
        answer = await self.fetch(site.feed_url("comments", 1), accept=FEED_TYPES, allow=_SHUT)
        return _BY_FEEDS if answer.status == 200 else _BY_POSTS_FEED

    def _since(self, posts: Shown) -> datetime | None:
        """Since when everything is seen after a page of the feed of posts; `None` for nothing."""
        if self.all_comments or posts.since is None:
            return posts.since
        return max(posts.since, self.comments_since) if self.comments_since else None

    def _first(self, posts: tuple[ReadPost, ...]) -> datetime | None:
        """The date of the first of these posts and of all before in this visit."""
        told = (self.first_at, *(post.at for post in posts))
        self.first_at = min((at for at in told if at), default=None)
        return self.first_at

    def _door(self) -> str:
        mark = self.plan.mark(_DOOR_MARK)
        return mark.label if mark and mark.label else _BY_REST

    def _walk(self, site: Site, door: str) -> NewestFirst:
        """The walk by that door. What an earlier visit left to be read may lie behind another."""

        async def parse(answer: Fetched) -> Shown:
            if not is_rest(answer.asked):
                return await self.parse_feeds(site, door, answer)
            if "wp/v2/comments" in answer.asked:
                return await self.parse_comments(site, answer)
            return await self.parse_rest(site, answer)

        return NewestFirst(
            spider=self,
            read=parse,
            accept=None if door == _BY_REST else FEED_TYPES,
            allow=frozenset() if door == _BY_REST else _PAST_THE_END,
            proves_silence=door != _BY_POSTS_FEED,
            conditional=False,
            older_pages=None if door == _BY_REST else _OLDER_FEEDS,
        )


def _read_rows(answer: Fetched, kind: str, page: int) -> Rows:
    count = (answer.headers.get("x-wp-total", ""), answer.headers.get("x-wp-totalpages", ""))
    return read_rows(
        answer.body,
        url=answer.url,
        kind=kind,
        page=page,
        count=count,
        fetched_at=answer.fetched_at,
    )


def _show_page(answer: Fetched) -> Shown:
    """What a page of a feed shows; nothing where it is past the end."""
    shown = show_feed(answer, name_item)
    if answer.status == 404:
        return replace(shown, posts=())
    # Past its end a feed says so; there is no empty page before that.
    return shown if shown.posts or page_of(answer.asked) == 1 else replace(shown, whole=False)


def _recognise_api(page: Fetched) -> Evidence | None:
    try:
        root = read_json(page.body, url=page.url, status=page.status, expected="an interface")
        names = {str(name.value) for name in root["namespaces"]}
    except SourceError:
        return None
    if "wp/v2" not in names:
        return None
    site = read_site(page.url)
    why = "the interface has the namespace wp/v2"
    return Evidence(platform=Platform.WORDPRESS, url=site.home, why=(why,))
