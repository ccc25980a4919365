"""What an item of a feed means: its id, its date, and how far back the document reaches.

Source: platforms' own feeds as measured; RSS 2.0 `guid`, RFC 4287 `id`, jsonfeed.org `id`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlunsplit

from crawler.formats.addresses import urljoin, urlsplit
from crawler.formats.dates import choose_date, read_date
from crawler.formats.people import read_author
from domain.records import DateBasis, ReadPost

_TRACKING = re.compile(
    r"^(?:utm_\w+|fbclid|gclid|mc_[ce]id|sid|phpsessid|jsessionid)$", re.IGNORECASE
)


# What stays as it is whatever it is joined to; joining would take a third of a feed's time.
_WHOLE = re.compile(
    r"https?://[a-z0-9.-]+(?::\d+)?(?:/[\w./%~+,@!=&-]*)?(?:\?[\w./%~+,@!=&-]+)?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as written; every text may be empty."""

    id: str
    link: str
    title: str
    author: str
    published: str
    updated: str
    reply_to: str


def build_posts(items: Sequence[Item], url: str, fetched_at: datetime) -> tuple[ReadPost, ...]:
    """The items as posts, in order. An id that several different items share is told apart."""
    links = [_plain_link(item.link, url) for item in items]
    ids = [_item_id(item, link) for item, link in zip(items, links, strict=True)]
    seen = Counter(ids)
    variants = {
        (item_id, link, _date_text(item))
        for item_id, link, item in zip(ids, links, items, strict=True)
    }
    different = Counter(variant[0] for variant in variants)
    posts = []
    for item_id, link, item in zip(ids, links, items, strict=True):
        reused = seen[item_id] > 1 and different[item_id] > 1
        post_id = f"{item_id} {link or _date_text(item)}" if reused else item_id
        posts.append(_build_post(item, post_id, url, fetched_at))
    return tuple(posts)


def join_link(base: str, link: str) -> str:
    """The address that a link on the page `base` leads to, as `urljoin` gives it."""
    return link if _WHOLE.fullmatch(link) else urljoin(base, link)


def make_id(text: str) -> str:
    """An id for what has none, made from its own text."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def order_keys(items: Iterable[Item], fetched_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When each dated item was published and last changed, in feed order."""
    for item in items:
        moments = [
            choose_date(sent=_read_moment(text), fetched_at=fetched_at)[0]
            for text in (item.published, item.updated)
        ]
        published, updated = moments[0] or moments[1], moments[1] or moments[0]
        if published and updated:
            yield published, updated


def _build_post(item: Item, post_id: str, url: str, fetched_at: datetime) -> ReadPost:
    sent = _read_moment(item.published) or _read_moment(item.updated)
    at, basis = choose_date(sent=sent, fetched_at=fetched_at)
    return ReadPost(
        post_id=post_id,
        at=at,
        basis=basis if at else DateBasis.UNKNOWN,
        author=read_author(item.author) if item.author else None,
        reply_to=item.reply_to or None,
        subject=item.title or None,
        url=join_link(url, item.link) if item.link else None,
    )


def _read_moment(text: str) -> datetime | None:
    return read_date(text) if text else None


def _date_text(item: Item) -> str:
    return item.published or item.updated


def _item_id(item: Item, link: str) -> str:
    if item.id or link:
        return item.id or link
    return make_id(f"{item.title}\n{_date_text(item)}")


def _plain_link(link: str, url: str) -> str:
    """The link, absolute, without its fragment and without parameters that only track readers."""
    if not link:
        return ""
    try:
        parts = urlsplit(join_link(url, link))
    except ValueError:
        return link
    kept = [part for part in parts.query.split("&") if not _TRACKING.match(part.split("=")[0])]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "&".join(kept), ""))


def find_window_start(keys: Iterable[tuple[datetime, datetime]]) -> datetime | None:
    """From when on a feed shows everything, given (published, updated) of its items in order.

    A feed is sorted by one of the two, newest first. Items older than some later item are out of
    place (pinned, or lifted by an edit) and prove nothing, so the last item's place is what
    counts. When one key is in order and the other is not, the feed is sorted by the first; else
    the later moment of the two is taken. If most items are out of place by both, the order means
    nothing and only the newest item bounds the window.
    """
    rows = list(keys)
    if not rows:
        return None
    by_published, by_updated = [row[0] for row in rows], [row[1] for row in rows]
    in_place = [_count_in_place(column) for column in (by_published, by_updated)]
    if max(in_place) * 2 <= len(rows) and len(rows) > 1:
        return max(*by_published, *by_updated)
    if in_place[0] == len(rows) and in_place[1] < len(rows):
        return by_published[-1]
    if in_place[1] == len(rows) and in_place[0] < len(rows):
        return by_updated[-1]
    return max(by_published[-1], by_updated[-1])


def _count_in_place(column: list[datetime]) -> int:
    """How many are not older than any that follows."""
    count, newest_below = 0, None
    for moment in reversed(column):
        if newest_below is None or moment >= newest_below:
            count += 1
            newest_below = moment
    return count
