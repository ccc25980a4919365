"""BuddyPress's activity as posts: what people wrote, not whom they befriended.

Source: BuddyPress 15, `class-bp-activity-rest-controller.php`, `class-bp-activity-feed.php`,
`groups/single/group-header` of the template pack Nouveau.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bs4 import BeautifulSoup, Tag
from lxml import etree

from crawler.formats.addresses import urljoin
from crawler.formats.dates import choose_date, read_date
from crawler.formats.feed_items import find_window_start
from crawler.formats.json_tree import Node, read_json
from domain.errors import Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost

PER_PAGE = 100
TALK = frozenset(
    {
        "activity_update",
        "activity_comment",
        "bbp_topic_create",
        "bbp_reply_create",
        "new_forum_topic",
        "new_forum_post",
        "new_blog_comment",
    }
)
"""What people say to one another. The rest are notes of the software: who joined, who befriended
whom, who has a new picture, which post the blog has."""
_GROUP = re.compile(r"(?P<home>https?://[^?#]+?/)groups/(?P<slug>[^/?#]+)(?:/.*)?\Z")
_SITE = re.compile(r"(?P<home>https?://[^?#]+?/)(?:activity|members|groups)(?:/.*)?\Z")
_TOTAL = re.compile(r"[0-9]{1,15}")
_FIELDS = "id,user_id,component,type,date_gmt,link,primary_item_id,secondary_item_id"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A site's whole activity, or that of one of its groups. `home` is the site's."""

    home: str
    slug: str = ""

    @property
    def url(self) -> str:
        return f"{self.home}groups/{self.slug}/" if self.slug else f"{self.home}activity/"

    @property
    def feed_url(self) -> str:
        return f"{self.url}feed/"

    def rows_url(self, version: str, group: str, page: int) -> str:
        """Where the newest activities are, a hundred a page, comments among them."""
        only = f"&group_id={group}" if group else ""
        return (
            f"{self.home}wp-json/buddypress/{version}/activity?per_page={PER_PAGE}&page={page}"
            f"&display_comments=stream{only}&_fields={_FIELDS}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Activities:
    """One page of activities: those that are talk, and since when all are in it.

    `count` is how many there are of any kind, `total` how many on all pages.
    """

    posts: tuple[ReadPost, ...]
    count: int
    total: int
    pages: int
    since: datetime | None


def read_place(url: str) -> Place:
    """The place that an address of a site's activity, groups or members belongs to."""
    group = _GROUP.match(url)
    if group:
        return Place(home=group["home"], slug=group["slug"])
    site = _SITE.match(url)
    home = site["home"] if site else url.partition("#")[0].partition("?")[0]
    return Place(home=home if home.endswith("/") else f"{home}/")


def find_frame(soup: BeautifulSoup) -> Tag | None:
    """The element that holds what BuddyPress shows on a page."""
    frame = soup.find(id="buddypress")
    return frame if isinstance(frame, Tag) else None


def find_group_id(soup: BeautifulSoup) -> str:
    """The number of the group that a page shows; empty where its template does not tell."""
    head = soup.find(id="item-header")
    if not isinstance(head, Tag) or head.get("data-bp-item-component") != "groups":
        return ""
    number = str(head.get("data-bp-item-id", ""))
    return number if number.isdigit() else ""


def find_feed(soup: BeautifulSoup, url: str) -> str | None:
    """The feed of activities that a page names in its head."""
    for link in soup.find_all("link", rel="alternate", href=True):
        target = urljoin(url, str(link["href"]))
        if re.search(r"/(?:activity|groups/[^/]+)/feed/?\Z", target):
            return target
    return None


def read_activities(
    body: bytes, *, url: str, page: int, count: tuple[str, str], fetched_at: datetime
) -> Activities:
    """One page of activities. `count` is what the headers say of all: activities and pages.

    Raises: Refused, Gone, Unparseable where something else came.
    """
    root = read_json(body, url=url, status=200, expected="BuddyPress's list of activities")
    total, pages = (int(text) if _TOTAL.fullmatch(text) else -1 for text in count)
    if not root.is_list or total < 0 or pages < 0:
        raise _strange("no list of activities with their number", url)
    rows = [(row.text("type"), _read_row(row, fetched_at)) for row in root]
    if not rows and page <= pages:
        raise _strange(f"no activity, where it counts {total}", url)
    dated = [(post.at, post.at) for _, post in rows if post.at]
    if rows and not dated:
        what = f"none of {len(rows)} activities has a date that can be read"
        raise Unparseable(Outcome.LAYOUT_CHANGED, what, where=url, to_do="look at their dates")
    return Activities(
        posts=tuple(post for kind, post in rows if kind in TALK),
        count=len(rows),
        total=total,
        pages=pages,
        since=find_window_start(dated),
    )


def list_wordless(body: bytes) -> frozenset[str]:
    """The guids of a feed's items that have no text: who joined, who befriended whom."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return frozenset()
    return frozenset(
        (item.findtext("guid") or "").strip()
        for item in root.iter("item")
        if not (item.findtext(_CONTENT) or "").strip()
    )


def _read_row(row: Node, fetched_at: datetime) -> ReadPost:
    at, basis = choose_date(sent=read_date(row.text("date_gmt"), zone=UTC), fetched_at=fetched_at)
    user = row.text("user_id")
    return ReadPost(
        post_id=f"activity-{row.number('id')}",
        at=at,
        basis=basis,
        author=f"user-{user}" if user not in ("", "0") else None,
        reply_to=_read_root(row),
        url=row.text("link") or None,
    )


def _read_root(row: Node) -> str | None:
    """What the activity answers: a comment the activity it stands under, a reply its topic."""
    kind, first, second = row.text("type"), row.text("primary_item_id"), ""
    if kind == "activity_comment":
        return f"activity-{first}" if first not in ("", "0") else None
    if kind in ("bbp_reply_create", "new_forum_post", "new_blog_comment"):
        second = row.text("secondary_item_id")
    return f"{row.text('component')}-{second}" if second not in ("", "0") else None


def _strange(what: str, url: str) -> Unparseable:
    to_do = "look at the answer; if it is right, the adapter needs a developer"
    return Unparseable(Outcome.UNPARSEABLE, f"answered {what}", where=url, to_do=to_do)
