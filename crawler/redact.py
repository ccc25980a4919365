"""Takes the people out of a page: ids and authors become keyed hashes, the rest is dropped.

The key belongs to one community, so that the same writer in two communities cannot be joined, and
two doors into one list (an archive and a mailbox) still agree on which posts are the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from domain.records import DateBasis, KeyedPage, KeyedPost, Page, ReadPost
from domain.window import Month

EARLIEST = Month(1990, 1).start
AHEAD = timedelta(days=1)
KEY_BYTES = 16


def redact_page(page: Page, secret_key: bytes, *, now: datetime) -> KeyedPage:
    """The page as it is kept. Dates that cannot be become unknown, whatever an adapter believed."""
    posts = (keep_sane_date(post, now) for post in page.posts if post.post_id)
    return KeyedPage(
        posts=tuple(redact_post(post, secret_key) for post in posts),
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
    return KeyedPost(
        key=keyed_hash(post.post_id, secret_key, b"post"),
        at=post.at,
        basis=post.basis,
        author_key=keyed_hash(post.author, secret_key, b"author") if post.author else None,
        reply_key=keyed_hash(post.reply_to, secret_key, b"post") if post.reply_to else None,
        filed=post.filed,
        subject=post.subject,
        url=post.url,
    )


def keyed_hash(text: str, secret_key: bytes, person: bytes) -> bytes:
    """16 bytes that say nothing without the key. Source: BLAKE2, RFC 7693, keyed mode."""
    data = text.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=KEY_BYTES, key=secret_key, person=person).digest()
