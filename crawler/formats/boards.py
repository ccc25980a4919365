"""What a page of a web forum says: its forums, its topics and its posts.

Shared by all forum software: a platform file says where each of these stands in its pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from crawler.formats.addresses import urljoin
from crawler.formats.board_dates import Moment
from crawler.formats.html import explain_page, find_challenge, is_html
from crawler.formats.html_tree import Element, read_tree
from crawler.formats.numbers import read_digits
from crawler.formats.people import read_author
from domain.errors import Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import ReadPost

_SESSION = re.compile(
    r"([?&;])(?:amp;)?(?:sid|s|phpsessid|jsessionid|rid)=[\w,-]{16,128}(?=[&;?#]|$)", re.IGNORECASE
)
_EMPTY_PART = re.compile(r"\?[?&;]+")
_DOUBLE = re.compile(r"([&;])[&;]+")
_COUNT = re.compile(r"\d{1,3}(?:[.,'’\s\u00a0\u202f]\d{3})+|\d+")
_SHORT_COUNT = re.compile(r"\d\s*[kKmM]\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """A forum of a board. `state` is all that its row shows and that changes with a new post.

    An empty state tells nothing.
    """

    id: str
    url: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of a forum, at its first page. `last_at` is when its last post was written.

    `pinned` topics stand out of the order. `state` is what its row shows besides.
    """

    id: str
    url: str
    last_at: datetime | None = None
    pinned: bool = False
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What one page shows of forums and topics; topics with the newest activity come first.

    `older` is the page of the topics before these. `says_empty` is the software's own sign that
    there are none. `whole` is false where the page ends too early. `feed` is the feed of posts that
    the page names.
    """

    forums: tuple[Forum, ...] = ()
    topics: tuple[Topic, ...] = ()
    older: str | None = None
    says_empty: bool = False
    whole: bool = True
    feed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """The posts of one page of a topic, oldest first, and the pages beside it.

    `root` is the id of the topic's first post where the page tells it.
    """

    posts: tuple[ReadPost, ...]
    newer: str | None = None
    older: str | None = None
    last: str | None = None
    root: str | None = None
    whole: bool = True


# ---- pages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """A web page of a board, with what is needed to read it."""

    tree: Element
    body: bytes
    url: str
    base: str
    status: int
    fetched_at: datetime

    @property
    def whole(self) -> bool:
        """True for a page with an end."""
        return b"</html" in self.body[-65_536:].lower()

    def link(self, element: Element | None) -> str:
        """Where a link leads, without session and fragment; empty for none."""
        href = element.get("href") if element is not None else ""
        return clean_url(href, self.base) if href else ""

    def find_link(self, selector: str) -> str | None:
        """Where the first link that is selected leads."""
        return self.link(self.tree.first(selector)) or None

    def explain(self, expected: str, *, ours: bool) -> SourceError:
        """The error of this page where `expected` should have been; `ours` if the software made it.

        Many boards have a login form on every page: only where it is not the software's own page
        does a form explain anything.
        """
        if ours and not find_challenge(self.body, self.status):
            return nothing_here(expected, self.url)
        return explain_page(self.body, url=self.url, status=self.status, expected=f"a {expected}")


def open_board_page(body: bytes, *, url: str, status: int, fetched_at: datetime) -> BoardPage:
    """The page of a board.

    Raises: Refused, Gone, Unparseable where no web page came.
    """
    if not is_html(body):
        raise explain_page(body, url=url, status=status, expected="a page of a forum")
    tree = read_tree(body)
    base = tree.first("base[href]")
    start = urljoin(url, base.get("href")) if base else url
    return BoardPage(
        tree=tree, body=body, url=url, base=start, status=status, fetched_at=fetched_at
    )


def clean_url(href: str, base: str = "") -> str:
    """The address without fragment and session, and with its query repaired."""
    url = urljoin(base, href.strip()).partition("#")[0].replace(" ", "%20")
    before = ""
    while before != url:
        before, url = url, _SESSION.sub(r"\1", url)
    url = _DOUBLE.sub(r"\1", _EMPTY_PART.sub("?", url))
    return url.rstrip("?&;")


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The pages of one list or topic beside a page of it."""

    before: str | None = None
    after: str | None = None
    last: str | None = None


def find_neighbours(
    page: BoardPage, links: Iterable[Element], place_of: Callable[[str], int | None]
) -> Neighbours:
    """The pages before and after this one, and the last where it comes later, by their places.

    `place_of` gives the place of an address, `None` for one of something else.
    """
    here = place_of(page.url)
    if here is None:
        return Neighbours()
    places: dict[int, str] = {}
    for link in links:
        target = page.link(link)
        place = place_of(target) if target else None
        if place is not None:
            places.setdefault(place, target)
    after = sorted(place for place in places if place > here)
    before = sorted(place for place in places if place < here)
    return Neighbours(
        before=places[before[-1]] if before else None,
        after=places[after[0]] if after else None,
        last=places[after[-1]] if after else None,
    )


def number_in(url: str, *names: str) -> str | None:
    """The number that a parameter of the address has, by the first of the names that is there."""
    for name in names:
        found = re.search(rf"[?&;]{re.escape(name)}=(\d+)", url)
        if found:
            return found[1]
    return None


def read_count(text: str) -> int | None:
    """The first whole number in a text, whatever separates its thousands; `None` for `1.2k`."""
    if _SHORT_COUNT.search(text):
        return None
    found = _COUNT.search(text)
    return read_digits(found[0]) if found else None


def refuse_members_only(what: str, url: str) -> Refused:
    """The error of a page by which a board says that it does not show this to visitors."""
    to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
    return Refused(Outcome.LOGIN_WALL, what, where=url, to_do=to_do)


def nothing_here(what: str, url: str) -> Unparseable:
    """The error of a page of the right software that holds none of what it should."""
    return Unparseable(
        Outcome.UNPARSEABLE,
        f"shows no {what} that can be read",
        where=url,
        to_do="open it in a browser; if it shows them, the adapter needs a developer",
    )


def build_post(
    post_id: str,
    moment: Moment,
    *,
    author: str,
    subject: str = "",
    url: str | None = None,
) -> ReadPost:
    """A post of a forum page."""
    return ReadPost(
        post_id=post_id,
        at=moment.at,
        basis=moment.basis,
        author=read_author(author) if author else None,
        subject=subject or None,
        url=url,
        filed=None if moment.at else moment.filed,
    )
