"""bbPress's pages and feeds: topics of a forum, posts of a topic, in the site's own zone.

Source: bbPress 2.6, templates `loop-single-topic.php`, `loop-single-reply.php`,
`content-single-topic-lead.php`, `feedback-no-topics.php`; `bbp_display_replies_feed_rss2()`,
`bbp_get_reply_url()`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.html import explain_page, read_html
from crawler.formats.json_tree import read_json
from crawler.formats.people import read_author
from domain.errors import Refused, Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost

_POST = re.compile(r"#post-(\d+)\Z")
_NUMBER = re.compile(r"#(\d+)\Z")
_PAGED = re.compile(r"(?:page/\d+/?)?(?:[?#].*)?\Z")
_NO_LETTER = re.compile(r"[\W_]+")
_END_SCAN = 65_536
_SUFFIX = re.compile(r"-\d+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a forum: its topics by last activity, pinned ones apart, and the next page.

    `says_empty` is bbPress's own notice in place of topics.
    """

    topics: tuple[str, ...]
    pinned: tuple[str, ...]
    older: str | None
    api: str | None
    says_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """One page of a topic: its posts in order, and the next page."""

    posts: tuple[ReadPost, ...]
    next_page: str | None


def plain_address(url: str) -> str:
    """The address of a forum or a topic without page, query and fragment."""
    plain = _PAGED.sub("", url.partition("#")[0].partition("?")[0])
    return plain if plain.endswith("/") else f"{plain}/"


def find_frame(soup: BeautifulSoup) -> Tag | None:
    """The element that holds what bbPress shows on a page."""
    frame = soup.find(id="bbpress-forums")
    return frame if isinstance(frame, Tag) else None


def forum_of_page(frame: Tag, url: str) -> str:
    """The forum to watch, given one of its pages or of a topic's; else the list of forums."""
    if frame.select_one(".bbp-replies, .bbp-lead-topic") is None:
        return plain_address(url)
    above = frame.select("a.bbp-breadcrumb-forum[href]") or frame.select(
        "a.bbp-breadcrumb-root[href]"
    )
    return plain_address(urljoin(url, str(above[-1]["href"]))) if above else plain_address(url)


def read_listing(body: bytes, url: str) -> Listing:
    """The topics that a page of a forum lists.

    Raises: Refused for a closed forum, Unparseable for another page.
    """
    soup = read_html(body)
    frame = find_frame(soup)
    if frame is None:
        raise explain_page(body, url=url, status=200, expected="a forum of bbPress")
    _check_end(body, url)
    if soup.find(id="forum-private") is not None:
        what = "the forum is only for members"
        to_do = "it cannot be crawled; mark it as members only"
        raise Refused(Outcome.LOGIN_WALL, what, where=url, to_do=to_do)
    topics: list[str] = []
    pinned: list[str] = []
    for row in frame.select('ul[id^="bbp-topic-"]'):
        link = row.select_one("a.bbp-topic-permalink[href]")
        if link is None:
            continue
        kinds = set(row.get_attribute_list("class"))
        address = plain_address(urljoin(url, str(link["href"])))
        (pinned if kinds & {"sticky", "super-sticky"} else topics).append(address)
    api = soup.find("link", rel="https://api.w.org/", href=True)
    return Listing(
        topics=tuple(topics),
        pinned=tuple(pinned),
        older=_next_page(frame, url),
        api=urljoin(url, str(api["href"])) if isinstance(api, Tag) else None,
        says_empty=not (topics or pinned)
        and frame.select_one(".bbp-template-notice") is not None
        and frame.select_one("a.bbp-forum-title") is None,
    )


def read_topic(
    body: bytes, *, url: str, root: str | None, zone: tzinfo, fetched_at: datetime
) -> TopicPage:
    """The posts on a page of a topic. `root` is the id of its first post, once that is known.

    Raises: Unparseable for another page.
    """
    frame = find_frame(read_html(body))
    marks = frame.select("span.bbp-reply-post-date, span.bbp-topic-post-date") if frame else []
    rows = [row for mark in marks if (row := _read_row(mark, url, zone, fetched_at))]
    if frame is None or not rows:
        raise explain_page(body, url=url, status=200, expected="a topic of bbPress")
    _check_end(body, url)
    first = root or rows[0].post_id
    posts = (replace(row, reply_to=first if row.post_id != first else None) for row in rows)
    return TopicPage(posts=tuple(posts), next_page=_next_page(frame, url))


def read_zone(body: bytes, url: str) -> tzinfo:
    """The zone that a site keeps, from the root of its interface.

    Raises: Unparseable where it does not tell.
    """
    root = read_json(body, url=url, status=200, expected="the settings of the site")
    name = root.text("timezone_string")
    try:
        if name:
            return ZoneInfo(name)
        return timezone(timedelta(hours=float(root.text("gmt_offset"))))
    except (ValueError, KeyError, OSError, OverflowError):
        what = "the site does not tell which zone its dates are in"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url) from None


def name_items(posts: tuple[ReadPost, ...]) -> tuple[ReadPost, ...]:
    """The items of a feed under their numbers, each with the topic that it answers.

    An item whose title is its topic's, as the address has it, starts the topic.
    """
    starts = {
        plain_address(post.url): _name_post(post) for post in posts if post.url and _starts(post)
    }
    named = []
    for post in posts:
        topic = plain_address(post.url or "")
        root = None if _starts(post) else starts.get(topic, topic)
        named.append(replace(post, post_id=_name_post(post), reply_to=root))
    return tuple(named)


def _check_end(body: bytes, url: str) -> None:
    if b"</html" not in body[-_END_SCAN:].lower():
        what = "the page ends in the middle"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=url, to_do="ask again later")


def _name_post(post: ReadPost) -> str:
    found = _POST.search(post.post_id) or _POST.search(post.url or "")
    return f"post-{found[1]}" if found else post.post_id


def _starts(post: ReadPost) -> bool:
    slug = unquote(urlsplit(plain_address(post.url or "")).path.rstrip("/").rpartition("/")[2])
    title = _NO_LETTER.sub("-", (post.subject or "").lower()).strip("-")
    return bool(title) and title in (slug, _SUFFIX.sub("", slug))


def _read_row(mark: Tag, url: str, zone: tzinfo, fetched_at: datetime) -> ReadPost | None:
    """The post whose date stands there; `None` without a number."""
    meta = mark.parent
    link = meta.select_one("a.bbp-reply-permalink, a.bbp-topic-permalink") if meta else None
    found = _NUMBER.match(link.get_text(strip=True)) if link else None
    head = mark.find_parent(class_=re.compile(r"\Abbp-(?:reply|topic)-header\Z"))
    if link is None or found is None or head is None:
        return None
    body = head.find_next_sibling("div")
    name = body.select_one(".bbp-author-name") if isinstance(body, Tag) else None
    sent = read_date(mark.get_text(" ", strip=True), zone=zone)
    at, basis = choose_date(sent=sent, fetched_at=fetched_at)
    return ReadPost(
        post_id=f"post-{found[1]}",
        at=at.astimezone(UTC) if at else None,
        basis=basis,
        author=read_author(name.get_text(" ", strip=True)) if name else None,
        url=urljoin(url, str(link.get("href", ""))) or None,
    )


def _next_page(frame: Tag, url: str) -> str | None:
    link = frame.select_one(".bbp-pagination-links a.next[href]")
    return urljoin(url, str(link["href"])) if link else None
