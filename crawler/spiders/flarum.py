"""Flarum: forums whose JSON:API lists every post, the newest first.

In short
    History: everything.
    Idle visit: one request.
    Never seen: posts that wait for approval, hidden posts, forums for members.

Recognise
    `<script id="flarum-json-payload">`, which states the address of the forum, or in older versions
    `flarum.core.app.load(`. Any address of a forum stands for all of it.

Read
    `/api/posts?filter[type]=comment&sort=-createdAt`, fifty a page, as long as `links.next` is
    there. Pages overlap by five posts: one that is deleted meanwhile moves the others up.

Window
    The full history.

Identity
    The number of a post, with the host; an opening post has the id that its answers point to.
    Writers by the number of their account on that host.

Dates
    `createdAt`, in ISO 8601. An edit has a date of its own.

Manners
    One request when nothing is new, one per forty-five posts for the history.

Known lies
    A forum that wants a login answers 200 with an empty list, like one without posts: `/api` tells
    the two apart (`canViewForum`). Events (renamed, locked, tagged) are stored as posts of other
    types and not counted; nor are hidden posts. A post that waits for approval shows up late, with
    its old date.

Samples
    normal, empty, other_platform, must_fail, closed.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC
from urllib.parse import parse_qs

from crawler.base import ArchiveSpider, Evidence, Fetched, Verdict
from crawler.canaries import LookBack, Sighting
from crawler.formats.addresses import urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.feed_items import find_window_start
from crawler.formats.json_tree import Node, read_json
from crawler.newest_first import NEWEST_MARK, NewestFirst, Shown
from domain.errors import Refused
from domain.outcome import Outcome
from domain.records import DateBasis, Page, Platform, ReadPost

_SIGNS = (b'id="flarum-json-payload"', b"flarum.core.app.load(")
_BASE = re.compile(rb'"baseUrl":("(?:[^"\\]|\\.)*")')
_OWN_PATHS = re.compile(r"/(?:d|u|t|all|following|tags|api|settings)(?:/.*)?$")
_PAGE, _OVERLAP = 50, 5
_OFFSET = "page[offset]"
_ACCEPT = "application/vnd.api+json, application/json;q=0.9"


def recognise(page: Fetched) -> Evidence | None:
    """Evidence that the page is one of a Flarum forum."""
    why = tuple(f"the page has {sign.decode()}" for sign in _SIGNS if sign in page.body)
    if not why:
        return None
    stated = _BASE.search(page.body)
    url = _read_text(stated[1]) if stated else ""
    base = url.rstrip("/") or find_base(page.url)
    return Evidence(platform=Platform.FLARUM, url=f"{base}/", why=why)


def find_base(url: str) -> str:
    """The address of the forum that an address of it belongs to, without a slash at its end."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{_OWN_PATHS.sub('', parts.path)}".rstrip("/")


def posts_url(base: str, offset: int = 0) -> str:
    """Where a forum lists its posts, from the one at this place on."""
    query = f"filter%5Btype%5D=comment&sort=-createdAt&page%5Blimit%5D={_PAGE}"
    return f"{base}/api/posts?{query}&page%5Boffset%5D={offset}"


def read_posts(tree: Node, base: str, answer: Fetched) -> tuple[ReadPost, ...]:
    """The posts of a list.

    Raises: Unparseable.
    """
    titles = _read_titles(tree)
    host = urlsplit(base).hostname or ""
    return tuple(
        _read_post(row, base, host, titles, answer)
        for row in tree["data"]
        if row["attributes"].text("contentType") == "comment"
        and not row["attributes"].flag("isHidden")
    )


class FlarumSpider(ArchiveSpider):
    """Reads all posts by their date, the newest first."""

    name = Platform.FLARUM
    entry_mark = NEWEST_MARK

    def visit(self) -> AsyncIterator[Page | Verdict]:
        """The newest posts, then older ones, then the verdict."""
        return self._walk().visit(posts_url(find_base(self.plan.url)))

    async def look_back(self, wanted: LookBack) -> Sighting:
        """The newest posts."""
        return await self._walk().look_back(posts_url(find_base(self.plan.url)), wanted)

    async def parse_posts(self, answer: Fetched) -> Shown:
        """What a list of posts shows.

        Raises: Refused, Gone, Unparseable where something else came.
        """
        base = find_base(self.plan.url)
        tree = read_tree(answer)
        rows = len(list(tree["data"]))
        posts = read_posts(tree, base, answer)
        if not rows and _read_offset(answer.asked) == 0:
            await self._check_openness(base)
        links = tree.get("links")
        more = rows >= _PAGE or bool(rows and links and links.get("next"))
        step = rows - _OVERLAP if rows > _OVERLAP else rows
        dates = [(post.at, post.at) for post in posts if post.at]
        return Shown(
            posts=posts,
            kind="Flarum",
            since=find_window_start(dates),
            older=posts_url(base, _read_offset(answer.asked) + step) if more else None,
            says_empty=not rows,
        )

    async def _check_openness(self, base: str) -> None:
        """Raises: Refused where visitors are shown nothing."""
        answer = await self.fetch(f"{base}/api", accept=_ACCEPT)
        forum = read_tree(answer)["data"]["attributes"]
        # Versions before 1.0 name it otherwise and cannot be told apart from an empty forum.
        if not forum.flag("canViewForum") and not forum.flag("canViewDiscussions"):
            what = "shows nothing to visitors who have not logged in"
            to_do = "it cannot be crawled; mark it as members only"
            raise Refused(Outcome.LOGIN_WALL, what, where=answer.url, to_do=to_do)

    def _walk(self) -> NewestFirst:
        return NewestFirst(spider=self, read=self.parse_posts, accept=_ACCEPT)


def read_tree(answer: Fetched) -> Node:
    """The JSON of an answer.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    return read_json(
        answer.body, url=answer.url, status=answer.status, expected="a list of Flarum's API"
    )


def _read_post(
    row: Node, base: str, host: str, titles: Mapping[str, str], answer: Fetched
) -> ReadPost:
    facts = row["attributes"]
    thread, number = _linked(row, "discussion"), facts.text("number")
    sent = read_date(facts.text("createdAt"), zone=UTC)
    at, basis = choose_date(sent=sent, fetched_at=answer.fetched_at)
    root = f"{host} discussion {thread}" if thread else None
    opens = number == "1" and root is not None
    user = _linked(row, "user")
    return ReadPost(
        post_id=root if opens and root else f"{host} post {row.text('id')}",
        at=at,
        basis=basis if at else DateBasis.UNKNOWN,
        author=f"{host} user {user}" if user else None,
        reply_to=None if opens else root,
        subject=titles.get(thread) or None,
        url=f"{base}/d/{thread}/{number}" if thread else None,
    )


def _linked(row: Node, name: str) -> str:
    """The number of what a post is linked to; empty where that is gone."""
    links = row.get("relationships")
    link = links.get(name) if links else None
    data = link.get("data") if link else None
    return data.text("id") if data else ""


def _read_titles(tree: Node) -> dict[str, str]:
    return {thing.text("id"): thing["attributes"].text("title") for thing in _discussions(tree)}


def _discussions(tree: Node) -> Iterator[Node]:
    included = tree.get("included")
    for thing in included or ():
        if thing.text("type") == "discussions":
            yield thing


def _read_text(quoted: bytes) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return ""


def _read_offset(url: str) -> int:
    value = parse_qs(urlsplit(url).query).get(_OFFSET, ["0"])[0]
    return int(value) if value.isdigit() else 0
