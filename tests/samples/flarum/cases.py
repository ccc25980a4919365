"""How the samples of flarum are read, and what is taken for it; a forum that can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from crawler.spiders.flarum import find_base, read_posts, read_tree
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

FORUM = "https://forum.example.org"


def write_post(
    number: int,
    at: datetime,
    *,
    discussion: int,
    place: int = 1,
    user: int | None = 1,
    kind: str = "comment",
    **more: object,
) -> dict:
    """A post as the API gives it."""
    links: dict = {"discussion": {"data": {"type": "discussions", "id": str(discussion)}}}
    if user:
        links["user"] = {"data": {"type": "users", "id": str(user)}}
    facts = {
        "number": place,
        "createdAt": at.isoformat(timespec="seconds"),
        "contentType": kind,
        "contentHtml": f"<p>Hello {number}.</p>",
        "renderFailed": False,
        "canEdit": False,
        "canDelete": False,
        "canHide": False,
        **more,
    }
    return {"type": "posts", "id": str(number), "attributes": facts, "relationships": links}


def write_page(posts: Sequence[dict], *, offset: int = 0, more: bool = False) -> str:
    threads = {post["relationships"]["discussion"]["data"]["id"] for post in posts}
    users = {
        post["relationships"].get("user", {"data": {"id": ""}})["data"]["id"] for post in posts
    }
    address = f"{FORUM}/api/posts?filter%5Btype%5D=comment&sort=-createdAt&page%5Blimit%5D=50"
    links = {"first": address}
    if more:
        links["next"] = f"{address}&page%5Boffset%5D={offset + 50}"
    included = [
        {
            "type": "discussions",
            "id": number,
            "attributes": {
                "title": f"Question {number}",
                "slug": f"{number}-question",
                "commentCount": 2,
            },
        }
        for number in sorted(threads)
    ]
    included += [
        {"type": "users", "id": number, "attributes": {"username": f"u{number}", "slug": "u"}}
        for number in sorted(users - {""})
    ]
    return json.dumps({"links": links, "data": posts, "included": included}, indent=1)


def write_forum(*, is_open: bool) -> str:
    facts = {"title": "Exchange", "baseUrl": FORUM, "canViewForum": is_open, "allowSignUp": True}
    return json.dumps({"data": {"type": "forums", "id": "1", "attributes": facts}}, indent=1)


class Forum(Mapping[str, SimpleNamespace]):
    """A Flarum forum as a table of addresses."""

    def __init__(self, posts: Sequence[dict], *, is_open: bool = True):
        self.posts = sorted(posts, key=lambda post: post["attributes"]["createdAt"], reverse=True)
        self.is_open = is_open

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, url: str) -> SimpleNamespace:
        parts = urlsplit(url)
        if parts.path == "/api":
            return answer(write_forum(is_open=self.is_open))
        if parts.path != "/api/posts":
            raise KeyError(url)
        query = parse_qs(parts.query)
        assert query["sort"] == ["-createdAt"]
        offset = int(query["page[offset]"][0])
        shown = self.posts if self.is_open else []
        page = shown[offset : offset + 50]
        return answer(write_page(page, offset=offset, more=offset + 50 < len(shown)))


def write_talk(now: datetime, discussions: int = 40) -> list[dict]:
    """A talk of three posts a discussion, one discussion in two days, the last yesterday."""
    return [
        write_post(
            10 * thread + place,
            now - timedelta(days=1 + 2 * (discussions - thread), hours=5 - place),
            discussion=thread,
            place=place,
            user=(thread * place) % 4 + 1,
        )
        for thread in range(1, discussions + 1)
        for place in range(1, 4)
    ]


def build_archive(now: datetime) -> Archive:
    posts = write_talk(now)
    return Archive(
        url=f"{FORUM}/",
        pages=Forum(posts),
        posts=len(posts),
        first_at=now - timedelta(days=79, hours=4),
        last_at=now - timedelta(days=1, hours=2),
    )


def show(sample: Sample) -> dict:
    return show_posts(read_posts(read_tree(sample.answer), find_base(sample.url), sample.answer))


CASES = Cases(
    readers={"posts": show},
    matches=[
        (f"{FORUM}/", "flarum/normal/home.html"),
        (f"{FORUM}/d/12-question/3", "flarum/normal/home.html"),
        ("https://example.org/talk/t/nets", "flarum/normal/first_version.html"),
    ],
    no_matches=[
        (f"{FORUM}/", "flarum/other_platform/news.html"),
        (f"{FORUM}/", "discourse/normal/home.html"),
    ],
    archive=build_archive,
    canonical={
        f"{FORUM}/d/12-question/3": f"{FORUM}/",
        "https://example.org/talk/t/nets": "https://example.org/talk/",
    },
)
