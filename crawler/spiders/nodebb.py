"""NodeBB: forums in which every page has a twin in JSON.

In short
    History: everything.
    Idle visit: one request.
    Never seen: categories for members, deleted posts.

Recognise
    A script `…/assets/nodebb.min.js` or the header `X-Powered-By: NodeBB`. Any address of a forum
    stands for all of it.

Read
    `/api/recent/posts?page=N`: twenty posts a page, the newest first, those left out that visitors
    may not read. A page may so be short or empty in the middle of history: an empty one is asked
    for twice, and after ten in a row, or once all are there that are counted, nothing older is
    looked for. `/api/categories` is asked at a first visit, and whenever
    the first page is empty: it tells a forum without posts from one that is closed.

Window
    The full history.

Identity
    The number of a post, with the host; writers by the number of their account on that host.
    Guests have none.

Dates
    `timestamp` in milliseconds: when a post was written. The topics' RSS shows an edit's time
    instead and is not read.

Manners
    One request when nothing is new, one per twenty posts for the history.

Known lies
    The counts of `/api/categories` may take in deleted posts. Posts that came in from elsewhere
    (ActivityPub) have an address instead of a number.

Samples
    normal, empty, other_platform, must_fail, closed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, quote

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_unix
from crawler.formats.html import is_html
from crawler.formats.json_tree import Node, read_json
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Refused, Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, Page, Platform, ReadPost

_SCRIPT = re.compile(rb'<script[^>]*\ssrc="([^"]*?)/assets/nodebb(?:\.min)?\.js')
_OWN_PATHS = re.compile(
    r"/(?:api|assets|categories|category|groups|login|popular|recent|register|search|tags|top|topic"
    r"|topics|unread|user|users|world|post)(?:/.*)?$"
)
_EMPTY_PAGES = 10


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a NodeBB forum."""
    why = []
    base = find_base(page.url)
    script = _SCRIPT.search(page.body) if is_html(page.body) else None
    if script:
        why.append("it loads nodebb.js")
        base = urljoin(page.url, script[1].decode("utf-8", "replace") or "/").rstrip("/")
    if page.headers.get("x-powered-by", "").lower() == "nodebb":
        why.append("it has the header X-Powered-By: NodeBB")
    return Evidence(platform=Platform.NODEBB, url=f"{base}/", why=tuple(why)) if why else None


def find_base(url: str) -> str:
    """The address of the forum that an address of it belongs to, without a slash at its end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{_OWN_PATHS.sub('', parts.path)}".rstrip("/")


def posts_url(base: str, page: int = 1) -> str:
    """Where a forum lists its posts."""
    return f"{base}/api/recent/posts?page={page}"


def read_posts(tree: Node, base: str, answer: Fetched) -> tuple[ReadPost, ...]:
    """The posts of a page.

    Raises: Unparseable.
    """
    host = urlsplit(base).hostname or ""
    return tuple(_read_post(row, base, host, answer) for row in tree if not row.flag("deleted"))


class NodebbSpider(ArchiveSpider):
    """Reads all posts page by page, the newest first."""

    name = Platform.NODEBB
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts, then older ones, then the verdict."""
        base = find_base(self.plan.url)
        return _Reader(spider=self, base=base).walk().visit(posts_url(base))

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest posts, and how many the open categories count at most."""
        base = find_base(self.plan.url)
        reader = _Reader(spider=self, base=base)
        sighting = await reader.walk().look_back(posts_url(base), wanted)
        _, total = await reader.count_open()
        return replace(sighting, declared=total, at_most=True)


@dataclass(slots=True, kw_only=True)
class _Reader:
    """What one visit has seen so far: `empty` pages in a row, and which of `total` posts."""

    spider: ArchiveSpider
    base: str
    empty: int = 0
    read: set[str] = field(default_factory=set)
    total: int | None = None

    def walk(self) -> NewestFirst:
        return NewestFirst(spider=self.spider, read=self.parse_page, accept="application/json")

    async def parse_page(self, answer: Fetched) -> Shown:
        """What a page shows; where the first is empty, the next that is not.

        Raises: Refused, Gone, Unparseable where something else came.
        """
        number = _read_page(answer.asked)
        posts = read_posts(read_tree(answer), self.base, answer)
        if not posts and not self._has_all():
            # What was written on a page that is left out by mistake would count as read.
            posts = await self._read_page_of(number)
        if number > 1:
            return self._show(posts, number)
        if not posts or not self.spider.plan.posts_known:
            categories, self.total = await self.count_open()
            if not posts and not categories:
                what = "shows no category to visitors who have not logged in"
                to_do = "it cannot be crawled; mark it as members only"
                raise Refused(Outcome.LOGIN_WALL, what, where=answer.url, to_do=to_do)
        while not posts and self.total and number < _EMPTY_PAGES:
            number += 1
            posts = await self._read_page_of(number)
        if not posts and self.total:
            what = f"counts {self.total} posts, but shows none on its first {number} pages"
            raise Unparseable(Outcome.UNPARSEABLE, what, where=answer.url)
        shown = self._show(posts, number)
        return replace(shown, says_empty=not posts, declared=self.total)

    async def count_open(self) -> tuple[int, int]:
        """How many categories visitors may read, and how many posts these count."""
        answer = await self.spider.fetch(f"{self.base}/api/categories", accept="application/json")
        counts = [
            row.number("totalPostCount" if row.get("totalPostCount") else "post_count")
            for row in read_tree(answer)["categories"]
            if row.get("totalPostCount") or row.get("post_count")
        ]
        return len(counts), sum(counts)

    def _has_all(self) -> bool:
        return self.total is not None and len(self.read) >= self.total > 0

    async def _read_page_of(self, number: int) -> tuple[ReadPost, ...]:
        answer = await self.spider.fetch(posts_url(self.base, number), accept="application/json")
        return read_posts(read_tree(answer), self.base, answer)

    def _show(self, posts: tuple[ReadPost, ...], number: int) -> Shown:
        self.empty = 0 if posts else self.empty + 1
        self.read.update(post.post_id for post in posts)
        more = self.empty < _EMPTY_PAGES and bool(posts or not self._has_all())
        return Shown(
            posts=posts,
            kind="NodeBB",
            since=min((post.at for post in posts if post.at), default=None),
            older=posts_url(self.base, number + 1) if more else None,
        )


def read_tree(answer: Fetched) -> Node:
    """The JSON of an answer.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    return read_json(
        answer.body, url=answer.url, status=answer.status, expected="a page of NodeBB's API"
    )


def _read_post(row: Node, base: str, host: str, answer: Fetched) -> ReadPost:
    number, topic = str(row["pid"].value), row.get("topic")
    at, basis = choose_date(sent=read_unix(row.text("timestamp")), fetched_at=answer.fetched_at)
    root = topic.text("mainPid") if topic else ""
    user = row.text("uid")
    return ReadPost(
        post_id=f"{host} post {number}",
        at=at,
        basis=basis if at else DateBasis.UNKNOWN,
        author=f"{host} user {user}" if user not in ("", "0") else None,
        reply_to=f"{host} post {root}" if root and root != number else None,
        subject=(topic.text("title") or None) if topic else None,
        url=f"{base}/post/{quote(number, safe='')}",
    )


def _read_page(url: str) -> int:
    value = parse_qs(urlsplit(url).query).get("page", ["1"])[0]
    return int(value) if value.isdigit() else 1
