"""WordPress's REST rows and feed items as posts, and the addresses of a site.

Source: WordPress 6.1, `class-wp-rest-posts-controller.php`, `class-wp-rest-comments-controller.php`
(`X-WP-Total`, 400 past the last page of posts, an empty list past that of comments),
`feed-rss2.php`, `feed-rss2-comments.php`, `get_comment_guid()`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.encoded_words import unescape
from crawler.formats.feed_items import find_window_start
from crawler.formats.json_tree import Node, read_json
from crawler.formats.people import read_author
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost

PER_PAGE = 100
_COMMENT = re.compile(r"#comment-(\d+)$")
_PLAIN_ID = re.compile(r"[?&]p=(\d+)")
_API = re.compile(r"(?:wp-json/?|index\.php\?rest_route=/|\?rest_route=/).*\Z")
_FEED = re.compile(r"(?:comments/)?feed/(?:[?#].*)?\Z")
_FIELDS = {
    "posts": "id,author,date_gmt,link,title",
    "comments": "id,post,author,author_name,date_gmt,link",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A WordPress site: its home, and the root of its REST interface."""

    home: str
    api: str

    def rows_url(self, kind: str, page: int) -> str:
        """Where the newest posts or comments are, a hundred a page."""
        join = "&" if "?" in self.api else "?"
        fields = f"per_page={PER_PAGE}&page={page}&_fields={_FIELDS[kind]}"
        return f"{self.api}wp/v2/{kind}{join}{fields}"

    def feed_url(self, kind: str, page: int) -> str:
        """Where the feed of posts or comments is."""
        paged = f"?paged={page}" if page > 1 else ""
        return f"{self.home}{'comments/' if kind == 'comments' else ''}feed/{paged}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One page of posts or of comments. `total` and `pages` count them all.

    `since` is the moment from which on all are in this page and in those before it; `None` when
    this is the last, or its dates do not tell.
    """

    posts: tuple[ReadPost, ...]
    total: int
    pages: int
    since: datetime | None


def read_site(url: str) -> Site:
    """The site that an address of its home, its feeds or its interface belongs to."""
    plain = url.partition("#")[0]
    home = _FEED.sub("", _API.sub("", plain))
    home = home.partition("?")[0]
    home = home if home.endswith("/") else f"{home}/"
    named = _API.search(plain)
    if named and "rest_route" in named[0]:
        return Site(home=home, api=plain[: named.start()] + named[0].partition("=/")[0] + "=/")
    return Site(home=home, api=f"{home}wp-json/")


def find_api(soup: BeautifulSoup, url: str) -> str | None:
    """The root of the interface that a page names in its head."""
    link = soup.find("link", rel="https://api.w.org/", href=True)
    return urljoin(url, str(link["href"])) if isinstance(link, Tag) else None


def find_version(soup: BeautifulSoup) -> str:
    """WordPress and its version, as the page's generator says; empty for another generator."""
    tag = soup.find("meta", attrs={"name": "generator"})
    content = str(tag.get("content", "")) if isinstance(tag, Tag) else ""
    return content if content.startswith("WordPress") else ""


def read_rows(
    body: bytes, *, url: str, kind: str, page: int, count: tuple[str, str], fetched_at: datetime
) -> Rows:
    """One page of the interface. `count` is what the headers say of all: rows and pages.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    root = read_json(body, url=url, status=200, expected=f"WordPress's list of {kind}")
    if not root.is_list:
        raise _strange(f"no list of {kind}", url)
    total, pages = (int(text) if text.isdigit() else -1 for text in count)
    posts = tuple(_read_row(row, fetched_at) for row in root)
    if total < 0 or pages < 0:
        raise _strange(f"a list of {kind} without their number", url)
    if not posts and page <= pages:
        raise _strange(f"no {kind}, where it counts {total}", url)
    dated = [(post.at, post.at) for post in posts if post.at]
    if posts and not dated:
        what = f"none of {len(posts)} {kind} has a date that can be read"
        raise Unparseable(Outcome.LAYOUT_CHANGED, what, where=url, to_do="look at their dates")
    since = find_window_start(dated) if page < pages else None
    return Rows(posts=posts, total=total, pages=pages, since=since)


def name_item(post: ReadPost) -> ReadPost:
    """The item of a feed under the id that the interface has for it."""
    comment = _COMMENT.search(post.post_id) or _COMMENT.search(post.url or "")
    if comment is None:
        return replace(post, post_id=_name_post(post.post_id))
    answered = _COMMENT.sub("", post.post_id)
    return replace(post, post_id=f"comment-{comment[1]}", reply_to=_name_post(answered))


def _name_post(guid: str) -> str:
    found = _PLAIN_ID.search(guid)
    return f"post-{found[1]}" if found else guid


def _read_row(row: Node, fetched_at: datetime) -> ReadPost:
    is_comment = row.get("post") is not None
    title = row.get("title")
    at, basis = choose_date(sent=read_date(row.text("date_gmt"), zone=UTC), fetched_at=fetched_at)
    subject = unescape(title.text("rendered")) if title else ""
    return ReadPost(
        post_id=f"{'comment' if is_comment else 'post'}-{row.number('id')}",
        at=at,
        basis=basis,
        author=_read_writer(row),
        reply_to=f"post-{row.number('post')}" if is_comment else None,
        subject=subject or None,
        url=row.text("link") or None,
    )


def _read_writer(row: Node) -> str | None:
    """The user's number on this site; for a guest the name that was given."""
    number = row.text("author")
    if number not in ("", "0"):
        return f"user-{number}"
    return read_author(unescape(row.text("author_name")))


def _strange(what: str, url: str) -> Unparseable:
    to_do = "look at the answer; if it is right, the adapter needs a developer"
    return Unparseable(Outcome.UNPARSEABLE, f"answered {what}", where=url, to_do=to_do)


def page_of(url: str) -> int:
    """Which page of a list or a feed the address asks for."""
    found = re.search(r"[?&](?:page|paged)=(\d+)", url)
    return int(found[1]) if found else 1


def is_rest(url: str) -> bool:
    """True for an address of the REST interface."""
    return "/wp/v2/" in urlsplit(url).path or "rest_route=/wp/v2/" in url
