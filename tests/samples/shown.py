"""What the readers of all platforms' samples share: a saved answer, and its posts as text."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace

from crawler.base import Fetched
from domain.records import ReadPost


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One saved answer, with what its `meta.toml` says of it."""

    body: bytes
    url: str
    status: int
    fetched_at: datetime
    meta: Mapping[str, str]

    @property
    def answer(self) -> Fetched:
        return Fetched(
            url=self.url,
            asked=self.url,
            status=self.status,
            headers={},
            body=self.body,
            fetched_at=self.fetched_at,
        )


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A whole made-up archive in good health, as a table of addresses (`tests.table_web.answer`).

    `posts` is how many distinct posts a full reading gives. `first_at` and `last_at` are the dates
    of the first and the last of them. `tells_its_end` is false for plain text (a mailbox), of which
    nobody can tell whether its end is missing. `plan` is what its visits are told besides.
    """

    url: str
    pages: Mapping[str, SimpleNamespace]
    posts: int
    first_at: datetime
    last_at: datetime
    proves_silence: bool = True
    tells_its_end: bool = True
    plan: Mapping[str, object] = field(default_factory=dict)


Reader = Callable[[Sample], dict]
Address = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Cases:
    """What a platform's `cases.py` says: its `CASES`.

    `readers` turn a saved answer into facts and what was read, by the `read` of `meta.toml`.
    `matches` and `no_matches` are an address and a saved page that are, and are not, taken for
    the platform. `canonical` is the address to watch where it is not the one of the page.
    `archive` builds one that is visited at that moment. `software_hosts` are the hosts by which the
    software names itself in its pages.
    """

    readers: Mapping[str, Reader]
    matches: Sequence[Address]
    no_matches: Sequence[Address]
    archive: Callable[[datetime], Archive] | None = None
    canonical: Mapping[str, str] = field(default_factory=dict)
    software_hosts: frozenset[str] = frozenset()


def load_cases(platform: str) -> Cases:
    """The cases of a platform."""
    cases: Cases = importlib.import_module(f"tests.samples.{platform}.cases").CASES
    return cases


def show_post(post: ReadPost) -> dict:
    return {
        "id": post.post_id,
        "at": post.at.isoformat() if post.at else None,
        "basis": post.basis.value,
        "author": post.author,
        "reply_to": post.reply_to,
        "subject": post.subject,
        "url": post.url,
    }


def show_posts(posts: Sequence[ReadPost], **more: object) -> dict:
    facts = {
        "posts": len(posts),
        "distinct": len({post.post_id for post in posts}),
        "dated": sum(post.at is not None for post in posts),
        "replies": sum(post.reply_to is not None for post in posts),
        "authors": len({post.author for post in posts if post.author}),
        **more,
    }
    return {"facts": facts, "read": [show_post(post) for post in posts]}
