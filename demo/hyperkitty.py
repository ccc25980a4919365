"""A made-up Mailman 3 list with its HyperKitty archive, in the form in which the software shows it.

Quirks that are kept on purpose: exports and activity carry no validators, `recent-activity` is
twelve hours old at worst and its first day is cut at the time of day, feeds write `@` as U+FF20,
the API writes it as ` (a) ` and gives ten messages unless told otherwise.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.generator import BytesGenerator
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, formataddr
from html import escape
from io import BytesIO

from demo.answer import Answer, html_answer, json_answer
from demo.content import Message
from domain.window import Month

ROOT = "/archives"
FEED_ITEMS = 30
API_PAGE = 10
ACTIVITY_DAYS = 32
CACHE_HOURS = 12
POLICY = default.clone(max_line_length=998)


def message_hash(message_id: str) -> str:
    """The name of a message in HyperKitty's addresses: base32 of the SHA-1 of its id."""
    return base64.b32encode(hashlib.sha1(message_id.encode()).digest()).decode()  # noqa: S324


class HyperkittySite:
    """One list below `/archives/list/NAME@DOMAIN/`, with the part of the API that tells of it."""

    def __init__(
        self,
        name: str,
        messages: tuple[Message, ...],
        *,
        now: datetime,
        base_url: str,
        description: str = "",
        private: bool = False,
    ) -> None:
        self.name = name
        self.fqdn = f"{name}@lists.example.org"
        self.base = f"{ROOT}/list/{self.fqdn}/"
        self.messages = messages
        self.now = now
        self.base_url = base_url
        self.description = description
        self.private = private
        self.by_hash = {message_hash(message.message_id): message for message in messages}

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        if path == f"{ROOT}/api/lists/":
            return self._results([] if self.private else [self._list_record()], path, query)
        api = f"{ROOT}/api/list/{self.fqdn}/"
        if not path.startswith((self.base, api)):
            return None
        if self.private:
            return self._refusal()
        if path.startswith(api):
            return self._api(path, path.removeprefix(api), query)
        return self._page(path.removeprefix(self.base), query)

    def _page(self, rest: str, query: Mapping[str, str]) -> Answer | None:
        plain: Mapping[str, Callable[[], Answer]] = {
            "": self._overview,
            "recent-activity": self._recent_activity,
            "feed/": self._feed,
            "latest": lambda: self._threads("All Threads", self._roots()),
        }
        if rest in plain:
            return plain[rest]()
        if re.fullmatch(r"export/[^/]+\.mbox\.gz", rest):
            return self._export(query)
        if found := re.fullmatch(r"(\d{4})/(\d\d?)/", rest):
            return self._month(int(found[1]), int(found[2]))
        if found := re.fullmatch(r"(?:message|thread)/(\w+)/", rest):
            return self._message(found[1])
        return None

    # ---- pages ---------------------------------------------------------------------------

    def _refusal(self) -> Answer:
        text = "This mailing list is private. You must be subscribed to view the archives."
        return self._html("Private list", f"<h1>Private list</h1>\n<p>{text}</p>", status=403)

    def _html(self, title: str, body: str, *, status: int = 200, feed: bool = False) -> Answer:
        head = (
            '<link rel="stylesheet" href="/static/hyperkitty/libs/fonts/font-awesome/css/'
            'font-awesome.min.css" type="text/css">\n'
        )
        if feed:
            head += (
                f'<link rel="alternate" type="application/rss+xml" title="{escape(self.name)}"'
                f' href="{self.base}feed/">\n'
            )
        footer = '<footer class="footer">Powered by HyperKitty version 1.3.12.</footer>'
        page = html_answer(f"{title} - {self.fqdn}", f"{body}\n{footer}", head=head, status=status)
        return page.with_header("Vary", "Cookie, Accept-Language")

    def _overview(self) -> Answer:
        months = "".join(
            f'<li><a href="{self.base}{month.year}/{month.month}/">{month}</a></li>\n'
            for month in self._months()
        )
        today = self.now.date()
        start, end = today - timedelta(days=ACTIVITY_DAYS - 1), today + timedelta(days=1)
        export = f"{self.base}export/{self.fqdn}-{start}-{end}.mbox.gz?start={start}&amp;end={end}"
        return self._html(
            self.name,
            f'<h1 class="list-name">{escape(self.name)}</h1>\n'
            f'<p class="list-address">{escape(self.fqdn)}</p>\n'
            f"<p>{escape(self.description)}</p>\n"
            f'<ul class="months-list">\n{months}</ul>\n'
            f'<a href="{self.base}latest">All Threads</a>\n<a href="{export}">Download</a>',
            feed=True,
        )

    def _months(self) -> list[Month]:
        """From the oldest message to today, with the empty ones, newest first."""
        first = min((message.at for message in self.messages), default=self.now)
        return list(Month.of(first).until(Month.of(self.now)))[::-1]

    def _roots(self) -> list[Message]:
        return [message for message in self.messages if not message.parents]

    def _month(self, year: int, month: int) -> Answer | None:
        if not 1 <= month <= 12:
            return None
        window = Month(year, month).window
        inside = [message for message in self.messages if message.at in window]
        roots = {message.root for message in inside}
        shown = [message for message in self.messages if message.message_id in roots]
        people = len({message.author for message in inside})
        return self._threads(f"{window.start:%B %Y}", shown, people=people)

    def _threads(self, title: str, roots: list[Message], *, people: int | None = None) -> Answer:
        rows = "".join(
            f'<div class="thread"><a href="{self.base}thread/{message_hash(root.message_id)}/">'
            f"{escape(root.subject)}</a></div>\n"
            for root in reversed(roots)
        )
        counts = f"<p>{people} participants</p>\n" if people is not None else ""
        return self._html(
            title, f"<h1>{title}</h1>\n{counts}<p>{len(roots)} discussions</p>\n{rows}", feed=True
        )

    def _message(self, name: str) -> Answer | None:
        message = self.by_hash.get(name)
        if message is None:
            return None
        body = re.sub(r"([\w.+-]+)@([\w.+-]+)", r"\1(a)\2", message.body)
        return self._html(
            message.subject,
            f"<h1>{escape(message.subject)}</h1>\n"
            f'<div class="email" id="{name}"><span class="date" title="Sender\'s time: '
            f'{message.at.astimezone(message.author.zone):%B %d, %Y, %H:%M}">{message.at:%H:%M}'
            f"</span>\n<p>{escape(message.author.name)}</p>\n<pre>{escape(body)}</pre></div>",
        )

    # ---- what machines read --------------------------------------------------------------

    def _recent_activity(self) -> Answer:
        cached = self.now.replace(minute=0, second=0, microsecond=0)
        cached = cached.replace(hour=cached.hour - cached.hour % CACHE_HOURS)
        begin = cached + timedelta(days=1 - ACTIVITY_DAYS)
        counts = Counter(
            message.at.date() for message in self.messages if begin <= message.at < cached
        )
        days = [begin.date() + timedelta(days=count) for count in range(ACTIVITY_DAYS)]
        evolution = [{"date": day.isoformat(), "count": counts[day]} for day in days]
        return json_answer({"evolution": evolution}, content_type="application/javascript")

    def _export(self, query: Mapping[str, str]) -> Answer:
        try:
            start, end = _day(query.get("start")), _day(query.get("end"))
        except ValueError:
            return Answer(status=400, body=b"Invalid dates", content_type="text/html")
        chosen = [
            message
            for message in self.messages
            if (start is None or message.at >= start) and (end is None or message.at < end)
        ]
        text = b"".join(self._stored(message) + b"\n\n" for message in chosen)
        return Answer(body=gzip.compress(text, mtime=0), content_type="application/gzip")

    def _stored(self, message: Message) -> bytes:
        mail = EmailMessage(policy=POLICY)
        mail.set_unixfrom(f"From {message.author.address} {message.at:%a %b} {_c_day(message.at)}")
        mail["From"] = formataddr((message.author.name, message.author.address))
        mail["To"] = self.fqdn
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(message.at.astimezone(message.author.zone))
        mail["Message-ID"] = f"<{message.message_id}>"
        if message.parents:
            mail["In-Reply-To"] = f"<{message.parents[-1]}>"
        mail.set_content(message.body)
        mail.make_mixed(boundary=f"==={message.number:016d}==")
        written = BytesIO()
        BytesGenerator(written, mangle_from_=True).flatten(mail, unixfrom=True)
        return written.getvalue()

    def _feed(self) -> Answer:
        newest = sorted(self.messages, key=lambda message: message.at, reverse=True)[:FEED_ITEMS]
        items = "".join(self._item(message) for message in newest)
        changed = newest[0].at if newest else self.now
        body = (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
            f"<title>{escape(self.name)}</title><link>{self.base_url}{self.base}</link>"
            f"<description>{escape(self.description)}</description>"
            f'<atom:link href="{self.base_url}{self.base}feed/" rel="self"></atom:link>'
            f"<language>en-us</language><lastBuildDate>{format_datetime(changed)}</lastBuildDate>"
            f"{items}</channel></rss>"
        )
        answer = Answer(body=body.encode(), content_type="application/rss+xml; charset=utf-8")
        return replace(answer, headers=(("Last-Modified", format_datetime(changed, usegmt=True)),))

    def _item(self, message: Message) -> str:
        link = f"{self.base_url}{self.base}message/{message_hash(message.message_id)}/"
        author = message.author.address.replace("@", "\uff20")
        return (
            f"<item><title>{escape(message.subject)}</title><link>{link}</link>"
            f"<description>{escape(message.body)}</description>"
            f"<author>{author} ({escape(message.author.name)})</author>"
            f"<pubDate>{format_datetime(message.at)}</pubDate><guid>{link}</guid></item>"
        )

    # ---- API -----------------------------------------------------------------------------

    def _api(self, path: str, rest: str, query: Mapping[str, str]) -> Answer | None:
        if rest == "":
            return json_answer(self._list_record())
        if rest == "threads/":
            records = [self._thread_record(root) for root in self._roots()]
            return self._results(records, path, query)
        if found := re.fullmatch(r"email/(\w+)/", rest):
            message = self.by_hash.get(found[1])
            return json_answer(self._email_record(message)) if message else None
        inside = re.fullmatch(r"(?:thread/(\w+)/)?emails/", rest)
        if inside is None:
            return None
        chosen = [
            self._email_record(message)
            for message in reversed(self.messages)
            if inside[1] in (None, message_hash(message.root))
        ]
        return self._results(chosen, path, query)

    def _results(
        self, records: list[dict[str, object]], path: str, query: Mapping[str, str]
    ) -> Answer:
        limit, offset = int(query.get("limit", API_PAGE)), int(query.get("offset", 0))
        url = f"{self.base_url}{path}?format=json&limit={limit}"
        return json_answer(
            {
                "count": len(records),
                "next": f"{url}&offset={offset + limit}" if offset + limit < len(records) else None,
                "previous": f"{url}&offset={max(offset - limit, 0)}" if offset else None,
                "results": records[offset : offset + limit],
            }
        )

    def _api_url(self, rest: str) -> str:
        return f"{self.base_url}{ROOT}/api/list/{self.fqdn}/{rest}"

    def _list_record(self) -> dict[str, object]:
        return {
            "url": self._api_url(""),
            "name": self.fqdn,
            "display_name": self.name,
            "description": self.description,
            "threads": self._api_url("threads/"),
            "emails": self._api_url("emails/"),
        }

    def _thread_record(self, root: Message) -> dict[str, object]:
        inside = [message for message in self.messages if message.root == root.message_id]
        name = message_hash(root.message_id)
        return {
            "url": self._api_url(f"thread/{name}/"),
            "thread_id": name,
            "subject": root.subject,
            "date_active": inside[-1].at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "emails": self._api_url(f"thread/{name}/emails/"),
            "replies_count": len(inside) - 1,
        }

    def _email_record(self, message: Message) -> dict[str, object]:
        def url_of(message_id: str) -> str:
            return self._api_url(f"email/{message_hash(message_id)}/")

        return {
            "url": url_of(message.message_id),
            "message_id": message.message_id,
            "message_id_hash": message_hash(message.message_id),
            "thread": self._api_url(f"thread/{message_hash(message.root)}/"),
            "sender": {
                "address": message.author.address.replace("@", " (a) "),
                "mailman_id": hashlib.sha256(message.author.address.encode()).hexdigest()[:32],
            },
            "sender_name": message.author.name,
            "subject": message.subject,
            "date": message.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "parent": url_of(message.parents[-1]) if message.parents else None,
            "children": [
                url_of(one.message_id)
                for one in self.messages
                if one.parents[-1:] == (message.message_id,)
            ],
        }


def _day(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None


def _c_day(moment: datetime) -> str:
    return f"{moment.day:2d} {moment:%H:%M:%S %Y}"
