"""Sympa's addresses, its feeds, and the pages of its archive around MHonArc's.

Source: Sympa 6.2, `default/web_tt2/rss.tt2`, `confirm_action.tt2`, `arc.tt2`,
`default/mhonarc_rc.tt2`; `Sympa::Tools::Text::permalink_id`.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date
from crawler.formats.people import read_author
from domain.records import ReadPost
from domain.window import Month

_PAGES = (
    "info|arc|msg|arcsearch_id|arcsearch_form|subscribe|sigrequest|signoff|review|compose_mail|"
    "rss/latest_arc|rss/latest_d_read|lists_by_name"
)
_PATH = re.compile(
    rf"^(?P<base>.*?)/(?:{_PAGES})/(?P<name>[A-Za-z0-9][\w.+-]{{0,99}})(?:/|$)", re.IGNORECASE
)
_MONTH = re.compile(r"/(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])/")
_POST_PATH = re.compile(
    r"/(?P<kind>msg|arcsearch_id)/[^/]+/(?P<month>\d{4}-(?:0[1-9]|1[0-2]))/(?P<id>.*?)/?$"
)
_NUMBER = re.compile(r"\d{1,15}")
_MADE_BY = re.compile(r"^sympa\b", re.IGNORECASE)
_HOME = re.compile(r"//(?:www\.)?sympa\.(?:community|org)(?:/|$)")
_ITEM = re.compile(rb"<item>(.*?)</item>", re.DOTALL)
_LINK = re.compile(rb"<link>\s*([^<]*?)\s*</link>")
_TITLE = re.compile(rb"<title>(.*?)</title>", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a list is: the address below which all of Sympa's pages lie, and the list's name."""

    base: str
    name: str

    @property
    def info_url(self) -> str:
        return f"{self.base}/info/{self.name}"

    def feed_url(self, count: int) -> str:
        """The newest messages; Sympa gives at most 100."""
        return f"{self.base}/rss/latest_arc/{self.name}?count={count}"

    def active_url(self, days: int) -> str:
        """How many messages each list of the site had in so many days."""
        return f"{self.base}/rss/active_lists?for={days}&count=1000"

    def month_url(self, month: Month) -> str:
        """The first page of a month's index by date."""
        return f"{self.base}/arc/{self.name}/{month}/mail1.html"


def read_address(url: str) -> Address | None:
    """The list that an address of Sympa belongs to; `None` for another address."""
    parts = urlsplit(url)
    found = _PATH.match(parts.path)
    if found is None:
        return None
    base = parts._replace(path=found["base"], query="", fragment="").geturl()
    return Address(base=base, name=found["name"].lower())


def list_signs(soup: BeautifulSoup) -> tuple[str, ...]:
    """What on a page shows that Sympa made it."""
    made = soup.find("meta", attrs={"name": "generator"})
    signs = []
    if isinstance(made, Tag) and _MADE_BY.search(str(made.get("content", ""))):
        signs.append(f"the generator is {made.get('content')}")
    if any(_HOME.search(str(link["href"])) for link in soup.select("footer a[href]")):
        signs.append("its foot links to Sympa's home page")
    if soup.select_one('a[href*="/rss/latest_arc/"], link[href*="/rss/latest_arc/"]'):
        signs.append("it names a feed of Sympa's archive")
    return tuple(signs)


def is_guard(soup: BeautifulSoup) -> bool:
    """True for the page with the button against spammers, in whatever language."""
    button = soup.select_one('form input[name="response_action_confirm"]')
    return button is not None and soup.select_one('form input[name="list"]') is not None


def is_feed_of(body: bytes, address: Address) -> bool:
    """True for a feed whose channel is this list's archive.

    For a list that is not there, or hidden, Sympa gives a feed of the whole site without items.
    """
    head = _ITEM.sub(b"", body)
    links = [unquote(link.decode("utf-8", "replace")) for link in _LINK.findall(head)]
    return any(link.rstrip("/").lower().endswith(f"/arc/{address.name}") for link in links)


def make_id(message_id: str) -> str:
    """The id that Sympa makes of a Message-ID for its permanent links."""
    text = re.sub(r"[\s<>]", "", message_id)
    digest = hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def read_month(url: str) -> Month | None:
    """The month of an archive page's address."""
    found = _MONTH.search(urlsplit(url).path)
    return Month(int(found["year"]), int(found["month"])) if found else None


def revise_item(post: ReadPost, *, fetched_at: datetime) -> ReadPost | None:
    """An item of the feed under its permanent id, with its subject and address told apart.

    Older versions link to the Message-ID, newer ones to what is made of it. The month in which a
    message is filed is part of the link, and bounds a date that cannot be believed.
    """
    found, month = _POST_PATH.search(urlsplit(post.url or "").path), read_month(post.url or "")
    if found is None or month is None:
        return None
    own = unquote(found["id"])
    subject, _, author = (post.subject or "").rpartition(" - ")
    at, basis = choose_date(sent=post.at, filed=month.window, fetched_at=fetched_at)
    revised = replace(
        post,
        post_id=make_id(own) if found["kind"] == "arcsearch_id" else own,
        at=at,
        basis=basis,
        subject=subject.strip() or None,
        author=read_author(author),
        filed=None if at else month.window,
    )
    return revised if own else without_id(revised)


def without_id(post: ReadPost) -> ReadPost:
    """A message that has no Message-ID, under an id made of its subject and date."""
    return replace(post, post_id=make_id(f"{post.subject} {post.at}"))


def read_calendar(soup: BeautifulSoup, url: str, address: Address) -> Mapping[Month, int]:
    """How many messages each month of the archive has, as its calendar says."""
    months: dict[Month, int] = {}
    for link in soup.find_all("a", href=True, title=True):
        target = urljoin(url, str(link["href"]))
        month, number = read_month(target), _NUMBER.search(str(link["title"]))
        linked = read_address(target)
        if month and number and linked and linked.name == address.name:
            months[month] = int(number[0])
    return months


def read_activity(body: bytes, address: Address) -> int | None:
    """How many messages the site counts for the list; `None` where it does not name it.

    The titles are translated: what follows the last colon begins with the number.
    """
    for item in _ITEM.findall(body):
        link, title = _LINK.search(item), _TITLE.search(item)
        linked = read_address(unquote(link[1].decode("utf-8", "replace"))) if link else None
        if title is None or linked is None or linked.name != address.name:
            continue
        number = _NUMBER.search(title[1].decode("utf-8", "replace").rpartition(": ")[2])
        return int(number[0]) if number else None
    return None
