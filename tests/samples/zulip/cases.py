"""How the samples of zulip are read, and what is taken for it; a server that can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from crawler.spiders.zulip import find_base, read_messages, read_tree
from tests.samples.shown import Archive, Cases, Sample, show_posts
from tests.table_web import answer

CHAT = "https://chat.example.org"
REFUSAL = {
    "result": "error",
    "msg": "Not logged in: API authentication or user session required",
    "code": "UNAUTHORIZED",
}


def write_message(
    number: int,
    at: datetime,
    *,
    channel: int = 7,
    topic: str = "nets",
    user: int = 8,
    **more: object,
) -> dict:
    """A message as the API gives it to a visitor."""
    return {
        "id": number,
        "sender_id": user,
        "content": f"<p>Hello {number}.</p>",
        "recipient_id": 20 + channel,
        "timestamp": int(at.timestamp()),
        "client": "website",
        "subject": topic,
        "topic_links": [],
        "is_me_message": False,
        "reactions": [],
        "submessages": [],
        "flags": ["read"],
        "sender_full_name": f"Person {user}",
        "sender_email": f"user{user}@chat.example.org",
        "sender_realm_str": "",
        "display_recipient": f"channel {channel}",
        "type": "stream",
        "stream_id": channel,
        "avatar_url": None,
        "content_type": "text/html",
        **more,
    }


def write_page(messages: Sequence[dict], *, oldest: bool, anchor: int = 10**16) -> str:
    page = {
        "result": "success",
        "msg": "",
        "messages": messages,
        "found_anchor": False,
        "found_oldest": oldest,
        "found_newest": anchor == 10**16,
        "history_limited": False,
        "anchor": anchor,
    }
    return json.dumps(page, indent=1)


class Chat(Mapping[str, SimpleNamespace]):
    """A Zulip server as a table of addresses. `most` is how many messages an answer holds."""

    def __init__(self, messages: Sequence[dict], *, most: int = 5_000):
        self.messages = sorted(messages, key=lambda message: message["id"])
        self.most = most

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, url: str) -> SimpleNamespace:
        parts = urlsplit(url)
        if parts.path != "/json/messages":
            raise KeyError(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        narrow = json.loads(query["narrow"])
        if {"operator": "streams", "operand": "web-public", "negated": False} not in narrow:
            return answer(json.dumps(REFUSAL), 401)
        channels = [term["operand"] for term in narrow if term["operator"] == "stream"]
        anchor = 10**16 if query["anchor"] == "newest" else int(query["anchor"])
        found = [
            message
            for message in self.messages
            if message["id"] < anchor and (not channels or message["stream_id"] in channels)
        ]
        wanted = min(int(query["num_before"]), self.most)
        return answer(write_page(found[-wanted:], oldest=len(found) < wanted, anchor=anchor))


def write_talk(now: datetime, days: int = 120) -> list[dict]:
    """Three messages a day in two channels, the last yesterday."""
    return [
        write_message(
            100 + 3 * day + n,
            now - timedelta(days=days - day, hours=-5 * n),
            topic=f"topic {day // 3}",
            channel=7 + (day // 3) % 2,
            user=8 + (day + n) % 5,
        )
        for day in range(days)
        for n in range(3)
    ]


def build_archive(now: datetime) -> Archive:
    messages = write_talk(now)
    return Archive(
        url=f"{CHAT}/",
        pages=Chat(messages, most=100),
        posts=len(messages),
        first_at=now - timedelta(days=120),
        last_at=now - timedelta(days=1, hours=-10),
    )


def show(sample: Sample) -> dict:
    return show_posts(read_messages(read_tree(sample.answer), find_base(sample.url), sample.answer))


CHANNEL = f"{CHAT}/#narrow/channel/7-nets/topic/bed.20nets"
CASES = Cases(
    readers={"messages": show},
    matches=[
        (f"{CHAT}/", "zulip/normal/home.html"),
        (f"{CHAT}/login/", "zulip/normal/home.html"),
        (CHANNEL, "zulip/normal/home.html"),
        (CHANNEL.replace("channel", "stream"), "zulip/normal/home.html"),
        (f"{CHAT}/api/v1/server_settings", "zulip/normal/settings.json"),
    ],
    no_matches=[
        (f"{CHAT}/", "zulip/other_platform/news.html"),
        (f"{CHAT}/", "discourse/normal/home.html"),
        (f"{CHAT}/", "zulip/must_fail/wall.json"),
    ],
    archive=build_archive,
    canonical={
        f"{CHAT}/login/": f"{CHAT}/",
        CHANNEL: f"{CHAT}/#narrow/channel/7",
        CHANNEL.replace("channel", "stream"): f"{CHAT}/#narrow/channel/7",
        f"{CHAT}/api/v1/server_settings": f"{CHAT}/",
    },
)
