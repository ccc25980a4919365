"""Discourse's addresses and JSON answers: posts by number, topics by activity, categories, totals.

Source: discourse/discourse (posts, list, about and site controllers with their serializers).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from crawler.formats.addresses import urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.json_tree import Node
from domain.errors import Gone, Refused, SourceError, Unparseable
from domain.outcome import Outcome
from domain.records import DateBasis, ReadPost

PAGE = 50
"""How many posts an answer holds at most; old versions look at as many numbers instead."""

_WORDS = frozenset(
    {"about", "badges", "c", "categories", "faq", "g", "hot", "latest", "login", "new", "p"}
    | {"posts", "search", "session", "signup", "site", "t", "tag", "tags", "top", "tos", "u"}
    | {"unread"}
)
_SUFFIX = re.compile(r"\.(?:json|rss)$")
_TOPICS = "topics="
_REGULAR = 1
_ERRORS = {
    "not_logged_in": Outcome.LOGIN_WALL,
    "invalid_access": Outcome.REFUSED,
    "rate_limit": Outcome.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A site, or a part of it: `base` has no slash at its end, `category` is a category's path.

    `topics` is how the addresses of the topics begin that count, where one site holds several
    lists.
    """

    base: str
    category: str = ""
    topics: str = ""

    @property
    def url(self) -> str:
        part = f"#{_TOPICS}{self.topics}" if self.topics else ""
        return f"{self.base}/c/{self.category}{part}" if self.category else f"{self.base}/{part}"

    @property
    def whole(self) -> bool:
        """True for a site as a whole."""
        return not (self.category or self.topics)

    def holds(self, topic: str) -> bool:
        """Whether a topic of that address counts."""
        return not self.topics or topic == self.topics or topic.startswith(f"{self.topics}-")

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or ""

    @property
    def entry_url(self) -> str:
        """What tells in one request whether there is something new."""
        return self.topics_url if self.category else self.posts_url(None)

    @property
    def topics_url(self) -> str:
        """The topics of the category in which was written last."""
        return f"{self.base}/c/{self.category}/l/latest.json"

    @property
    def all_topics_url(self) -> str:
        """The topics of the site in which was written last."""
        return f"{self.base}/latest.json"

    def posts_url(self, before: int | None) -> str:
        return f"{self.base}/posts.json" + (f"?before={before}" if before else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The posts of one answer. `numbers` are those of all posts in it, counted or not.

    `since` is when the oldest of them was stored: posts with lower numbers are older than that,
    whatever date an import gave them. `newest` is the last moment at which one was written.
    """

    posts: tuple[ReadPost, ...]
    numbers: frozenset[int]
    since: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """A list of topics. `newest` is the number of the one in which was written last."""

    newest: int | None
    last_at: datetime | None
    categories: frozenset[int]


def read_address(url: str) -> Address:
    """The site and the category that an address of it leads to.

    What stands before the first of Discourse's own path words is the folder that it lives in.
    """
    parts = urlsplit(url)
    path = [unquote(part) for part in parts.path.split("/") if part]
    place = next((n for n, part in enumerate(path) if _SUFFIX.sub("", part) in _WORDS), len(path))
    folder = "".join(f"/{part}" for part in path[:place])
    base = f"{parts.scheme}://{parts.netloc}{folder}"
    topics = parts.fragment.removeprefix(_TOPICS) if parts.fragment.startswith(_TOPICS) else ""
    if path[place : place + 1] != ["c"]:
        return Address(base=base, topics=topics)
    inside = [_SUFFIX.sub("", part) for part in path[place + 1 :]]
    number = next((n for n, part in enumerate(inside) if part.isdigit()), None)
    if number is not None:
        inside = inside[: number + 1]
    else:
        inside = [part for part in inside if part not in ("l", "latest", "none", "all")]
    return Address(base=base, category="/".join(inside), topics=topics)


def read_posts(
    tree: Node, address: Address, fetched_at: datetime, categories: frozenset[int] | None = None
) -> Batch:
    """The posts of a `posts.json`, all or those of some categories.

    Raises: Unparseable.
    """
    rows = list(_list_rows(tree, address, fetched_at))
    if categories is not None and rows and all(row.category is None for row in rows):
        what = "does not tell in which categories the posts are"
        to_do = "watch the whole site instead"
        raise Unparseable(Outcome.UNPARSEABLE, what, where=tree.url, to_do=to_do)
    stored = [row.stored_at for row in rows if row.stored_at]
    dated = any(row.post.at for row in rows)
    return Batch(
        posts=tuple(
            row.post
            for row in rows
            if row.counts and (categories is None or row.category in categories)
        ),
        numbers=frozenset(row.number for row in rows),
        since=min(stored) if dated else None,
        newest=max(stored) if dated else None,
    )


def read_topics(tree: Node) -> Topics:
    """A `latest.json`, of a site or of a category with all that is below it.

    Raises: Unparseable.
    """
    found: dict[int, datetime] = {}
    categories = set()
    for topic in tree["topic_list"]["topics"]:
        number = topic.number("id")
        dates = [_read_moment(topic, key) for key in ("last_posted_at", "bumped_at", "created_at")]
        moment = next((date for date in dates if date), None)
        if moment is None:
            raise Unparseable(
                Outcome.UNPARSEABLE, f"the dates of topic {number} cannot be read", where=tree.url
            )
        found[number] = moment
        if topic.get("category_id"):
            categories.add(topic.number("category_id"))
    newest = max(found, key=lambda number: found[number], default=None)
    return Topics(
        newest=newest,
        last_at=found[newest] if newest is not None else None,
        categories=frozenset(categories),
    )


def read_highest(tree: Node) -> int:
    """The highest number of a post in a topic.

    Raises: Unparseable.
    """
    stream = [node.value for node in tree["post_stream"]["stream"]]
    numbers = [number for number in stream if isinstance(number, int)]
    if not numbers:
        raise Unparseable(Outcome.UNPARSEABLE, "a topic without posts", where=tree.url)
    return max(numbers)


def read_categories(tree: Node, address: Address) -> frozenset[int]:
    """The numbers of a category and of all that is below it, from `site.json`.

    Raises: Gone where the site does not list it, Unparseable.
    """
    parents: dict[int, int | None] = {}
    root: int | None = None
    *_, last = address.category.split("/")
    for category in tree["categories"]:
        number = category.number("id")
        above = category.get("parent_category_id")
        parents[number] = category.number("parent_category_id") if above else None
        if last in (str(number), category.text("slug")):
            root = number
    if root is None:
        what = f"the site lists no category {address.category} for visitors"
        to_do = "check the address of the source; it may be members only now"
        raise Gone(Outcome.NOT_FOUND, what, where=tree.url, to_do=to_do)
    inside = {root}
    while more := {number for number, above in parents.items() if above in inside} - inside:
        inside |= more
    return frozenset(inside)


def read_total(tree: Node) -> int | None:
    """How many posts the site counts, private messages included; its key has changed once."""
    stats = tree["about"].get("stats")
    for key in ("posts_count", "post_count"):
        if stats is not None and stats.get(key):
            return stats.number(key)
    return None


def explain_error(tree: Node) -> SourceError | None:
    """The error that an answer states, if it states one."""
    if not isinstance(tree.value, dict) or "error_type" not in tree.value:
        return None
    kind = tree.text("error_type")
    seen = {"error_type": kind}
    if kind == "not_found":
        return Gone(Outcome.NOT_FOUND, "says that it is not there", where=tree.url, evidence=seen)
    outcome = _ERRORS.get(kind, Outcome.REFUSED)
    what = "shows nothing to visitors who have not logged in"
    to_do = "it cannot be crawled; subscribe a mailbox or mark it as members only"
    if outcome is not Outcome.LOGIN_WALL:
        what, to_do = f"refuses ({kind})", "open it in a browser"
    return Refused(outcome, what, where=tree.url, to_do=to_do, evidence=seen)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    post: ReadPost
    stored_at: datetime | None
    category: int | None
    counts: bool


def _list_rows(tree: Node, address: Address, fetched_at: datetime) -> Iterator[_Row]:
    for row in tree["latest_posts"]:
        number, user = row.number("id"), row.text("user_id")
        sent, changed = _read_moment(row, "created_at"), _read_moment(row, "updated_at")
        at, basis = choose_date(sent=sent, fetched_at=fetched_at)
        post = ReadPost(
            post_id=_post_id(row, address.host),
            at=at,
            basis=basis if at else DateBasis.UNKNOWN,
            author=f"{address.host} user {user}" if user else None,
            reply_to=_thread_id(row, address.host) if row.number("post_number") > 1 else None,
            subject=row.text("topic_title") or None,
            url=f"{address.base}/t/{row.text('topic_slug') or '-'}/{row.number('topic_id')}"
            f"/{row.number('post_number')}",
        )
        kind = row.number("post_type") if row.get("post_type") else _REGULAR
        # The software's own voices have numbers below zero.
        by_machine = user.startswith("-")
        counts = kind == _REGULAR and not row.flag("hidden") and not by_machine
        counts = counts and address.holds(row.text("topic_slug"))
        dates = [moment for moment in (at, changed) if moment and moment <= fetched_at]
        category = row.number("category_id") if row.get("category_id") else None
        yield _Row(number, post, max(dates, default=None), category, counts)


def _post_id(row: Node, host: str) -> str:
    """As the site's own feeds name it; an opening post has the id that its answers point to."""
    if row.number("post_number") == 1:
        return _thread_id(row, host)
    return f"{host}-post-{row.number('id')}"


def _thread_id(row: Node, host: str) -> str:
    return f"{host}-topic-{row.number('topic_id')}"


def _read_moment(node: Node, key: str) -> datetime | None:
    text = node.text(key)
    return read_date(text, zone=UTC) if text else None
