"""Groups.io's pages: its addresses, and the messages of a page that shows them in full.

Source: three programs that read these pages (2018, and two of 2026), a saved login page of 2019,
and Groups.io's own help pages on visibility. The time of a message is only in a script, as Unix
time in nanoseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_unix
from crawler.formats.people import read_author
from domain.records import ReadPost

_GROUP = re.compile(r"^(?P<root>https?://[^/?#]+/g/[^/?#]+)", re.IGNORECASE)
_OLD_HOSTS = frozenset({"dgroups.org", "www.dgroups.org"})
_SHOWN = re.compile(r"(\d[\d,]*)\s*-\s*(\d[\d,]*)\s+of\s+(\d[\d,]*)")
_TIME = re.compile(r"DisplayShortTime\(\s*(\d+)")
_POSTER = re.compile(r"posterid:(\d+)")
_TOPIC = re.compile(r"/g/[^/]+/topic/(?:[^/?#]+/)?(\d+)")
_NUMBER = re.compile(r"msg(\d+)")
_REPLY = re.compile(r"\s*+(?:re|rép|rv|aw|res|ref)\s*+(?:\[\d+\])?+:", re.IGNORECASE)
_PAGE = re.compile(r"[?&]page=(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What one page of a group's messages shows, in its order.

    `first`, `last` and `total` are what the page says of itself ("1 - 20 of 1,234"); `total` is
    `None` where it says nothing. `next_url` is where its own link to the following page leads.
    """

    posts: tuple[ReadPost, ...]
    first: int = 0
    last: int = 0
    total: int | None = None
    next_url: str | None = None
    ends: bool = True


@dataclass(slots=True, kw_only=True)
class _Head:
    """What stands above the body of a message, as it is met."""

    number: str
    name: str = ""
    poster: str = ""
    topic: str = ""
    subject: str = ""
    topic_subject: str = ""
    time: str = ""
    timed: bool = False


def read_group(url: str) -> str | None:
    """The address of the group that an address of any of its pages belongs to."""
    found = _GROUP.match(url)
    return found["root"] if found else None


def is_old_dgroups(url: str) -> bool:
    """True for an address of the service that was at dgroups.org before Groups.io took over."""
    return (urlsplit(url).hostname or "").lower() in _OLD_HOSTS


def messages_url(group: str, page: int = 1) -> str:
    """Where a group shows its messages in full, newest first."""
    return f"{group}/messages?expanded=1" + (f"&page={page}" if page > 1 else "")


def find_signs(soup: BeautifulSoup) -> tuple[str, ...]:
    """What shows that the page is Groups.io's, whatever its host is."""
    signs = []
    if soup.find("link", href=re.compile(r"/css/groupsio\.css")):
        signs.append("it loads groupsio.css")
    if soup.find(id=re.compile(r"^timedispmsg\d+")):
        signs.append("its messages have times as Groups.io writes them")
    if soup.find("form", action=re.compile(r"^(?:https?://[^/]+)?/login\b")) and soup.find(
        "img", src=re.compile(r"/img/org\.\d+/")
    ):
        signs.append("its login form and logo are those of Groups.io")
    footer = soup.find(string=re.compile(r"^\s*Groups\.io\s*$|©[^<]{0,12}Groups\.io"))
    if footer is not None and soup.find("a", href=re.compile(r"/(?:helpcenter|static/help)\b")):
        signs.append("its foot names Groups.io and leads to its help")
    return tuple(signs)


def read_messages(soup: BeautifulSoup, url: str, fetched_at: datetime, *, ends: bool) -> Messages:
    """The messages of a page; none where it shows none. `ends` says that the page is complete."""
    group = read_group(url) or url
    posts = tuple(_build_post(head, group, fetched_at) for head in _iter_heads(soup))
    shown = _find_shown(soup)
    numbers = [int(text.replace(",", "")) for text in shown] if shown else None
    return Messages(
        posts=posts,
        first=numbers[0] if numbers else 0,
        last=numbers[1] if numbers else 0,
        total=numbers[2] if numbers else None,
        next_url=_find_next(soup, url),
        ends=ends,
    )


def read_page_number(url: str) -> int:
    """Which page of a list an address names; the first where it names none."""
    found = _PAGE.search(url)
    return int(found[1]) if found else 1


def _iter_heads(soup: BeautifulSoup) -> Iterator[_Head]:
    """The head of each message; its body, which its writer made, is passed over."""
    head: _Head | None = None
    for tag in _iter_tags(soup):
        number = _NUMBER.fullmatch(str(tag.get("name", ""))) if tag.name == "a" else None
        if number:
            head = _Head(number=number[1])
        elif head is None:
            continue
        elif _is_body(tag):
            yield head
            head = None
        else:
            _note(tag, head)


def _iter_tags(parent: Tag) -> Iterator[Tag]:
    for tag in parent.find_all(recursive=False):
        yield tag
        if not _is_body(tag):
            yield from _iter_tags(tag)


def _is_body(tag: Tag) -> bool:
    return str(tag.get("id", "")).startswith("msgbody")


def _note(tag: Tag, head: _Head) -> None:
    """Takes from an element above a message what it says of it; the first word counts."""
    classes = tag.get_attribute_list("class")
    if str(tag.get("id", "")).startswith("timedispmsg"):
        head.timed = True
    if "user-chip-name" in classes:
        head.name = head.name or tag.get_text(" ", strip=True)
    if "subject" in classes:
        head.subject = head.subject or tag.get_text(" ", strip=True)
    head.topic_subject = head.topic_subject or str(tag.get("data-subject", ""))
    if tag.name == "a":
        href = unquote(str(tag.get("href", "")))
        poster, topic = _POSTER.search(href), _TOPIC.search(href)
        head.poster = head.poster or (poster[1] if poster else "")
        head.topic = head.topic or (topic[1] if topic else "")
    if tag.name == "script":
        text = tag.get_text()
        time = _TIME.search(text)
        if time and not head.time and (head.timed or "timedispmsg" in text):
            head.time = time[1]


def _build_post(head: _Head, group: str, fetched_at: datetime) -> ReadPost:
    sent = read_unix(head.time) if head.time else None
    at, basis = choose_date(sent=sent, fetched_at=fetched_at)
    subject = head.subject or head.topic_subject
    answers = bool(head.topic) and _REPLY.match(subject) is not None
    return ReadPost(
        post_id=head.number,
        at=at,
        basis=basis,
        author=f"poster {head.poster}" if head.poster else read_author(head.name),
        reply_to=f"topic {head.topic}" if answers else None,
        subject=subject or None,
        url=f"{group}/message/{head.number}",
    )


def _find_shown(soup: BeautifulSoup) -> tuple[str, str, str] | None:
    """What the page says of the messages it shows, outside of any message."""
    for text in soup.find_all(string=_SHOWN):
        if any(_is_body(parent) for parent in text.parents):
            continue
        found = _SHOWN.search(str(text))
        if found:
            return found[1], found[2], found[3]
    return None


def _find_next(soup: BeautifulSoup, url: str) -> str | None:
    """The page's own link to the following page: the arrow to the right, unless it is greyed."""
    for arrow in soup.find_all(class_="fa-chevron-right"):
        link = arrow.find_parent("a", href=True)
        if link is None or any(_is_body(parent) for parent in arrow.parents):
            continue
        href = str(link["href"])
        around = link.parent
        greyed = around is not None and "disabled" in around.get_attribute_list("class")
        target = urljoin(url, href)
        if not href.startswith("#") and not greyed and read_group(target) == read_group(url):
            return target
    return None
