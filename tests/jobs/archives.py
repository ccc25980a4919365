"""Small archives that fell silent, page by page, so that a test can break any of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from demo.answer import Answer
from demo.server import ArchiveServer
from domain.window import Month

EVERY_DAYS = 2
POSTS = 60
PEOPLE = 6
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
INDEX = (
    "<html><head><title>The Archives</title></head><body><h1>Archives</h1><table border=3>"
    "{rows}</table></body></html>"
)
ROW = (
    '<tr><td>{name}:</td><td><a href="{name}/thread.html">[ Thread ]</a></td>'
    '<td><a href="{name}.txt">[ Text {size} ]</a></td></tr>'
)
POST = (
    "From {who} at example.org  {stamp:%a %b %d %H:%M:%S %Y}\n"
    "From: {who} at example.org (Somebody)\nDate: {date}\nSubject: Bed nets\n{thread}"
    "Message-ID: <{id}@example.org>\n\nWords.\n\n"
)
FEED = "<rss version='2.0'><channel><title>Nets</title>{items}</channel></rss>"
ITEM = (
    "<item><guid isPermaLink='false'>{id}</guid><title>t</title><author>{who}</author>"
    "<pubDate>{date}</pubDate></item>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One post: its id, its moment, its writer and the post it answers."""

    id: str
    at: datetime
    who: str
    answers: str = ""


def write_talk(name: str, last: datetime, count: int = POSTS) -> tuple[Written, ...]:
    """A post every other day up to `last`, by six people in threads of three."""
    return tuple(
        Written(
            id=f"{name}-{n}",
            at=(last - timedelta(days=EVERY_DAYS * (count - 1 - n))).replace(microsecond=0),
            who=f"p{n % PEOPLE}",
            answers=f"{name}-{n - n % 3}" if n % 3 else "",
        )
        for n in range(count)
    )


class Pipermail:
    """A Pipermail archive of one list at `host` and `path`."""

    def __init__(
        self,
        server: ArchiveServer,
        host: str,
        posts: Sequence[Written],
        path: str = "/nets/",
        *,
        answer_seconds: float = 0.0,
    ) -> None:
        self.server, self.host, self.path = server, host, path
        self.answer_seconds = answer_seconds
        self.months: dict[str, list[Written]] = {}
        for post in posts:
            self.months.setdefault(f"{Month.of(post.at).start:%Y-%B}", []).append(post)
        for name in self.months:
            self.put_month(name)
        self.url = self.put_index(self.months)

    def put_index(self, names: Iterable[str], page: str = INDEX) -> str:
        """Shows these months."""
        rows = "".join(ROW.format(name=name, size=f"{len(name)} KB") for name in names)
        return self.put("", page.format(rows=rows).encode(), "text/html")

    def put_month(self, name: str, *, dates: bool = True, ids: str = "") -> None:
        """Shows a month's posts, on request with unreadable dates or other ids."""
        text = "".join(
            POST.format(
                who=post.who,
                stamp=post.at if dates else NO_DATE,
                date=format_datetime(post.at) if dates else "yesterday",
                thread=f"In-Reply-To: <{ids}{post.answers}@example.org>\n" if post.answers else "",
                id=f"{ids}{post.id}",
            )
            for post in self.months[name]
        )
        self.put(f"{name}.txt", text.encode(), "text/plain")

    def put(self, name: str, body: bytes, kind: str) -> str:
        """Shows any page."""
        answer = Answer(body=body, content_type=kind, delay_seconds=self.answer_seconds)
        return self.server.put(f"{self.path}{name}", answer, host=self.host)


class Kitty:
    """A HyperKitty archive whose exports are off: read by its API."""

    ROOT = "/hk/list/nets@example.org/"
    API = "/hk/api/list/nets@example.org/emails/?format=json"

    def __init__(self, server: ArchiveServer, host: str, posts: Sequence[Written]) -> None:
        self.server, self.host, self.posts = server, host, posts
        self.url = f"http://{host}:{server.port}{self.ROOT}"
        today = datetime.now(posts[0].at.tzinfo).date()
        days = [{"date": str(today - timedelta(days=n)), "count": 0} for n in range(31)]
        self.put(f"{self.ROOT}recent-activity", {"evolution": days})
        for limit, offset in ((1, 0), (20, len(posts) - 20), (100, 0)):
            self.put_emails(limit, offset)
        self.put_emails(10, len(posts) - 10)

    def put_emails(self, limit: int, offset: int, *, count: int = 0, ids: str = "") -> None:
        """Shows a page of the API, newest first; `count` is what it says there are."""
        newest = list(reversed(self.posts))[offset : offset + limit]
        rows = [
            {
                "message_id_hash": f"H{ids}{post.id}",
                "message_id": f"{ids}{post.id}@example.org",
                "date": post.at.isoformat(),
                "sender": {"address": f"{post.who} (a) example.org"},
                "thread": f"/thread/H{post.answers or post.id}/",
                "subject": "Nets",
            }
            for post in newest
        ]
        answer = {"count": count or len(self.posts), "results": rows}
        self.put(f"{self.API}&limit={limit}&offset={offset}", answer)

    def put(self, path: str, answer: object) -> None:
        """Shows a JSON answer."""
        body = json.dumps(answer).encode()
        self.server.put(path, Answer(body=body, content_type="application/json"), host=self.host)


class Feed:
    """A feed that shows its last thirty posts."""

    def __init__(self, server: ArchiveServer, host: str, posts: Sequence[Written]) -> None:
        self.server, self.host, self.posts = server, host, posts[-30:]
        self.url = self.put(self.write())

    def write(self, *, ids: str = "", dates: bool = True, more: str = "") -> str:
        """The feed, on request with other ids, unreadable dates, or more items in front."""
        items = more + "".join(
            ITEM.format(
                id=f"{ids}{post.id}",
                who=f"{post.who}@example.org",
                date=format_datetime(post.at) if dates else "yesterday",
            )
            for post in reversed(self.posts)
        )
        return FEED.format(items=items)

    def put(self, text: str) -> str:
        """Shows this feed."""
        answer = Answer(body=text.encode(), content_type="application/rss+xml")
        return self.server.put("/feed.rss", answer, host=self.host)
