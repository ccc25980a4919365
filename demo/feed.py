"""Made-up feeds: Atom 1.0, RSS 2.0 and JSON Feed 1.1, each with the newest items only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from html import escape

from demo.answer import Answer, html_answer, json_answer
from demo.content import Message


class FeedFormat(StrEnum):
    """The three formats, named as in their media types."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


MEDIA_TYPES: Mapping[FeedFormat, str] = {
    FeedFormat.ATOM: "application/atom+xml",
    FeedFormat.RSS: "application/rss+xml",
    FeedFormat.JSON: "application/feed+json",
}


class FeedSite:
    """A forum with a front page at `/` that points to its feed of the last `limit` items."""

    def __init__(
        self,
        name: str,
        messages: tuple[Message, ...],
        *,
        path: str,
        form: FeedFormat,
        limit: int,
        now: datetime,
        base_url: str,
    ) -> None:
        self.name = name
        self.path = path
        self.form = form
        self.base_url = base_url
        self.shown = messages[: -limit - 1 : -1]
        self.changed_at = self.shown[0].at if self.shown else now

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        if path == "/":
            return self._front()
        if path == self.path:
            return self._feed()
        for message in self.shown:
            if path == f"/post/{message.number}":
                return html_answer(message.subject, f"<h1>{escape(message.subject)}</h1>")
        return None

    def _front(self) -> Answer:
        name = escape(self.name)
        link = (
            f'<link rel="alternate" type="{MEDIA_TYPES[self.form]}" title="{name}"'
            f' href="{self.path}">\n'
        )
        return html_answer(self.name, f"<h1>{name}</h1>\n<p>Welcome.</p>", head=link)

    def _feed(self) -> Answer:
        if self.form is FeedFormat.JSON:
            body = json_answer(self._json()).body
        else:
            text = self._atom() if self.form is FeedFormat.ATOM else self._rss()
            body = f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()
        kind = f"{MEDIA_TYPES[self.form]}; charset=utf-8"
        return Answer(body=body, content_type=kind, last_modified=self.changed_at)

    def _link(self, message: Message) -> str:
        return f"{self.base_url}/post/{message.number}"

    def _atom(self) -> str:
        entries = "".join(
            f"<entry><id>{_tag(message.message_id)}</id>"
            f"<title>{escape(message.subject)}</title>"
            f'<link rel="alternate" href="{self._link(message)}"/>'
            f"<author><name>{escape(message.author.name)}</name></author>"
            f"<published>{message.at.astimezone(message.author.zone).isoformat()}</published>"
            f"<updated>{message.at.astimezone(message.author.zone).isoformat()}</updated>"
            + "".join(f'<thr:in-reply-to ref="{_tag(one)}"/>' for one in message.parents[:1])
            + f"<summary>{escape(message.body)}</summary></entry>\n"
            for message in self.shown
        )
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom"'
            ' xmlns:thr="http://purl.org/syndication/thread/1.0">\n'
            f"<id>{self.base_url}{self.path}</id><title>{escape(self.name)}</title>"
            f'<link rel="self" href="{self.base_url}{self.path}"/>'
            f"<updated>{self.changed_at.isoformat()}</updated>\n{entries}</feed>\n"
        )

    def _rss(self) -> str:
        items = "".join(
            f"<item><title>{escape(message.subject)}</title><link>{self._link(message)}</link>"
            f"<dc:creator>{escape(message.author.name)}</dc:creator>"
            f"<pubDate>{format_datetime(message.at.astimezone(message.author.zone))}</pubDate>"
            f'<guid isPermaLink="false">{_tag(message.message_id)}</guid>'
            f"<description>{escape(message.body)}</description></item>\n"
            for message in self.shown
        )
        return (
            '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n<channel>'
            f"<title>{escape(self.name)}</title><link>{self.base_url}/</link>"
            f"<description>{escape(self.name)}</description>"
            f"<lastBuildDate>{format_datetime(self.changed_at)}</lastBuildDate>\n"
            f"{items}</channel></rss>\n"
        )

    def _json(self) -> dict[str, object]:
        return {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.name,
            "home_page_url": f"{self.base_url}/",
            "feed_url": f"{self.base_url}{self.path}",
            "items": [
                {
                    "id": _tag(message.message_id),
                    "url": self._link(message),
                    "title": message.subject,
                    "content_text": message.body,
                    "date_published": message.at.astimezone(message.author.zone).isoformat(),
                    "authors": [{"name": message.author.name}],
                }
                for message in self.shown
            ],
        }


def _tag(message_id: str) -> str:
    return f"tag:example.org,2020:{message_id}"
