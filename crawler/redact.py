"""Takes the people out of a page: ids and authors become keyed hashes, the rest is dropped.

The key belongs to one community, so that the same writer in two communities cannot be joined, and
two doors into one list (an archive and a mailbox) still agree on which posts are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from domain.keyed_hash import AUTHOR, POST, keyed_hash
from domain.records import DateBasis, KeyedPage, KeyedPost, Page, ReadPost
from domain.window import Month

EARLIEST = Month(1990, 1).start
AHEAD = timedelta(days=1)


def redact_page(page: Page, secret_key: bytes, *, now: datetime) -> KeyedPage:
    """The page as it is kept. Dates that cannot be become unknown, whatever an adapter believed."""
    posts = (keep_sane_date(post, now) for post in page.posts if post.post_id)
    # The same people write, and the same threads go on: within a page each is hashed once.
    known: dict[tuple[bytes, str], bytes] = {}

    def key_of(text: str, person: bytes) -> bytes:
        key = known.get((person, text))
        if key is None:
            key = known[person, text] = keyed_hash(text, secret_key, person)
        return key

    return KeyedPage(
        posts=tuple(_redact(post, key_of) for post in posts),
        coverage=page.coverage,
        marks=page.marks,
    )


def keep_sane_date(post: ReadPost, now: datetime) -> ReadPost:
    """The post, its date unknown if before 1990 or more than a day ahead of `now`."""
    if post.at is None or EARLIEST <= post.at <= now + AHEAD:
        return post
    return replace(post, at=None, basis=DateBasis.UNKNOWN)


def redact_post(post: ReadPost, secret_key: bytes) -> KeyedPost:
    """The post with keyed hashes in the place of its id, its thread and its author."""
    return _redact(post, lambda text, person: keyed_hash(text, secret_key, person))


def _redact(post: ReadPost, key_of: Callable[[str, bytes], bytes]) -> KeyedPost:
    return KeyedPost(
        key=key_of(post.post_id, POST),
        at=post.at,
        basis=post.basis,
        author_key=key_of(post.author, AUTHOR) if post.author else None,
        reply_key=key_of(post.reply_to, POST) if post.reply_to else None,
        filed=post.filed,
        subject=post.subject,
        url=post.url,
    )
