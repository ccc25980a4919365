"""A made-up Mailman 2 list with its Pipermail archive, in the form in which the software shows it.

Quirks that are kept on purpose: addresses are written ` at ` in the list's language, body lines
that begin with "From " are not escaped, thread comments carry times, the index is not in UTF-8
where the list's language had another character set, a rebuilt archive holds each message twice.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from demo.answer import Answer
from demo.content import Message
from demo.tongues import MONTH_NAMES, TONGUES
from domain.window import Month

VIEWS = ("thread", "subject", "author", "date")
# Pipermail indents no deeper.
DEEPEST_INDENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one archive departs from the plain case.

    `missing` is a month that the index promises and nothing else has. `moved_to` is an address
    that the index names as the list's new home.
    """

    rebuilt: bool = False
    text_refused: bool = False
    encoded: bool = False
    missing: Month | None = None
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class _Period:
    """One month: its messages with the numbers that the archiver gave them."""

    month: Month
    numbered: tuple[tuple[int, Message], ...]

    @property
    def name(self) -> str:
        return f"{self.month.year}-{MONTH_NAMES[self.month.month - 1]}"

    @property
    def changed_at(self) -> datetime:
        return max(message.at for _, message in self.numbered)


class PipermailSite:
    """One list below `/pipermail/NAME/` and `/mailman/listinfo/NAME`."""

    def __init__(
        self,
        name: str,
        messages: tuple[Message, ...],
        *,
        now: datetime,
        language: str = "en",
        manner: Manner | None = None,
    ) -> None:
        self.name = name
        self.base = f"/pipermail/{name}/"
        self.now = now
        self.tongue = TONGUES[language]
        self.manner = manner or Manner()
        self.periods = _split(messages, rebuilt=self.manner.rebuilt)
        self._files: dict[str, Answer] = {}

    def answer(self, path: str, query: Mapping[str, str]) -> Answer | None:
        if path in (f"/mailman/listinfo/{self.name}", f"/mailman/listinfo/{self.name}/"):
            return self._page(f"<h1>{self.name}</h1>\n<p>About this list.</p>", self._changed_at())
        if not path.startswith(self.base):
            return None
        rest = path.removeprefix(self.base)
        if rest in ("", "index.html"):
            return self._page(self._index(), self._changed_at())
        for period in self.periods:
            if period.month == self.manner.missing:
                continue
            if rest in (f"{period.name}.txt", f"{period.name}.txt.gz"):
                return self._month_file(period, rest)
            if rest.startswith(f"{period.name}/"):
                return self._month_page(period, rest.removeprefix(f"{period.name}/"))
        return None

    # ---- month files ---------------------------------------------------------------------

    def _month_file(self, period: _Period, asked: str) -> Answer | None:
        if self.manner.text_refused:
            return Answer(status=403, body=b"<h1>Forbidden</h1>")
        return self._file(period) if asked == self._file_name(period) else None

    def _file_name(self, period: _Period) -> str:
        """The current month is plain text until the night in which it ends."""
        current = period.month == Month.of(self.now)
        return f"{period.name}.txt" if current else f"{period.name}.txt.gz"

    def _file(self, period: _Period) -> Answer:
        if period.name not in self._files:
            self._files[period.name] = self._build_file(period)
        return self._files[period.name]

    def _build_file(self, period: _Period) -> Answer:
        text = b"".join(self._stored(message) for _, message in period.numbered)
        when = period.changed_at
        if self._file_name(period).endswith(".txt"):
            return Answer(body=text, content_type="text/plain", last_modified=when)
        packed = gzip.compress(text, mtime=int(when.timestamp()))
        if self.manner.encoded:
            answer = Answer(body=packed, content_type="text/plain", last_modified=when)
            return answer.with_header("Content-Encoding", "x-gzip")
        return Answer(body=packed, content_type="application/x-gzip", last_modified=when)

    def _stored(self, message: Message) -> bytes:
        address = message.author.address.replace("@", f" {self.tongue.at} ")
        lines = [
            f"From {address}  {message.at:%a %b} {message.at.day:2d} {message.at:%H:%M:%S %Y}",
            f"From: {address} ({_header(message.author.name)})",
            f"Date: {format_datetime(message.at.astimezone(message.author.zone))}",
            f"Subject: {_header(self._subject(message))}",
        ]
        if message.parents:
            lines.append(f"In-Reply-To: <{message.parents[-1]}>")
            lines.append("References: " + "\n ".join(f"<{one}>" for one in message.parents))
        lines.append(f"Message-ID: <{message.message_id}>")
        return ("\n".join(lines) + f"\n\n{message.body}\n\n").encode()

    def _subject(self, message: Message) -> str:
        prefix = f"[{self.name.capitalize()}] "
        return prefix + message.subject

    # ---- pages ---------------------------------------------------------------------------

    def _page(self, html: str, changed_at: datetime) -> Answer:
        charset = self.tongue.charset
        return Answer(
            body=html.encode(charset, "xmlcharrefreplace"),
            content_type=f"text/html; charset={charset}",
            last_modified=changed_at,
        )

    def _changed_at(self) -> datetime:
        if self.periods:
            return max(period.changed_at for period in self.periods)
        return self.now.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)

    def _index(self) -> str:
        title = escape(self.tongue.title.format(name=self.name.capitalize()))
        rows = "".join(self._row(period) for period in reversed(self.periods))
        head, view, download = self.tongue.table
        table = (
            f"\t<table border=3>\n          <tr><td>{head}</td>\n          <td>{view}</td>\n"
            f"          <td>{download}</td></tr>\n{rows}\n              </table>"
        )
        inside = table if self.periods else f"<p>{self.tongue.nothing}</p>"
        return _document(
            title,
            self.tongue.charset,
            f"     <h1>{title} </h1>\n     <p>\n"
            f'      You can get <a href="/mailman/listinfo/{self.name}">more information about'
            f" this list</a>.\n     </p>\n{self._notice()}     {inside}",
        )

    def _notice(self) -> str:
        if not self.manner.moved_to:
            return ""
        return (
            "     <p><strong>This list has moved. The archive below is frozen; the current archive"
            f' is at <a href="{escape(self.manner.moved_to)}">{escape(self.manner.moved_to)}</a>.'
            "</strong></p>\n"
        )

    def _row(self, period: _Period) -> str:
        label = f"{self.tongue.months[period.month.month - 1]} {period.month.year}:"
        links = "".join(
            f'              <A href="{period.name}/{view}.html">[ {shown} ]</a>\n'
            for view, shown in zip(VIEWS, self.tongue.views, strict=True)
        )
        file = self._file_name(period)
        kind = self.tongue.gzipped if file.endswith(".gz") else self.tongue.plain
        size = _size(len(self._file(period).body))
        return (
            f"\n\t    <tr>\n            <td>{label}</td>\n            <td>\n{links}"
            f'            </td>\n            <td><A href="{file}">[ {kind} {size} ]</a></td>\n'
            "            </tr>\n"
        )

    def _month_page(self, period: _Period, rest: str) -> Answer | None:
        view = rest.removesuffix(".html")
        if view in VIEWS:
            return self._page(self._view(period, view), period.changed_at)
        for number, message in period.numbered:
            if view == f"{number:06d}":
                return self._page(self._message_page(number, message), message.at)
        return None

    def _view(self, period: _Period, view: str) -> str:
        entries = list(_thread_entries(period)) if view == "thread" else self._sorted(period, view)
        first, last = period.numbered[0][1].at, period.changed_at
        starting, ending, count = self.tongue.labels
        label = f"{self.tongue.months[period.month.month - 1]} {period.month.year}"
        title = escape(f"The {self.name.capitalize()} {label} Archive by {view}")
        body = "\n".join(self._entry(*entry) for entry in entries)
        return _document(
            title,
            self.tongue.charset,
            f'      <a name="start"></A>\n      <h1>{title}</h1>\n'
            f"      <p><b>{starting}</b> <i>{_clock(first)}</i><br>\n"
            f"         <b>{ending}</b> <i>{_clock(last)}</i><br>\n"
            f"         <b>{count}</b> {len(period.numbered)}<p>\n     <ul>\n{body}\n    </ul>\n"
            "    <p><hr>\n    <i>This archive was generated by\n"
            "    Pipermail 0.09 (Mailman edition).</i>",
        )

    def _sorted(self, period: _Period, view: str) -> list[tuple[int, Message, str]]:
        def place(entry: tuple[int, Message]) -> tuple[str, int]:
            number, message = entry
            by = {"author": message.author.name, "subject": message.subject}
            return by.get(view, ""), number

        return [(number, message, "") for number, message in sorted(period.numbered, key=place)]

    def _entry(self, number: int, message: Message, comment: str) -> str:
        subject, author = escape(self._subject(message)), escape(message.author.name)
        return (
            f'{comment}\n<LI><A HREF="{number:06d}.html">{subject}\n</A>'
            f'<A NAME="{number}">&nbsp;</A>\n<I>{author}\n</I>\n'
        )

    def _message_page(self, number: int, message: Message) -> str:
        subject = escape(self._subject(message))
        reply = (
            f"mailto:{self.name}%40lists.example.org?Subject={quote('Re: ' + message.subject)}"
            f"&In-Reply-To=%3C{quote(message.message_id, safe='')}%3E"
        )
        return _document(
            f" {subject}\n   ",
            self.tongue.charset,
            f"   <H1>{subject}</H1>\n    <B>{escape(message.author.name)}</B>\n"
            f'    <A HREF="{reply}">{escape(message.author.address.replace("@", " at "))}</A><BR>\n'
            f"    <I>{_clock(message.at)}</I>\n<!--beginarticle-->\n"
            f"<PRE>{escape(message.body)}</PRE>\n<!--endarticle-->",
            head=f'   <LINK REL="made" HREF="{reply}">\n',
            robots="index,nofollow",
        )


def _split(messages: tuple[Message, ...], *, rebuilt: bool) -> tuple[_Period, ...]:
    months: dict[Month, list[tuple[int, Message]]] = {}
    for again in range(2 if rebuilt else 1):
        for message in messages:
            number = message.number + again * len(messages)
            months.setdefault(Month.of(message.at), []).append((number, message))
    return tuple(_Period(month, tuple(months[month])) for month in sorted(months))


def _thread_entries(period: _Period) -> Iterator[tuple[int, Message, str]]:
    """Messages of one month in the order of their threads, each with the archiver's comment."""
    known = {message.message_id for _, message in period.numbered}
    threads: dict[str, list[tuple[int, Message]]] = {}
    for number, message in period.numbered:
        root = next((one for one in message.parents if one in known), message.message_id)
        threads.setdefault(root, []).append((number, message))
    for entries in threads.values():
        keys: dict[str, str] = {}
        for number, message in entries:
            above = next((keys[one] for one in reversed(message.parents) if one in keys), "")
            key = f"{above}{int(message.at.timestamp()):011d}.{number}-"
            keys[message.message_id] = key
            depth = min(key.count("-") - 1, DEEPEST_INDENT)
            yield number, message, f"<!--{depth} {key} -->"


def _document(
    title: str, charset: str, body: str, *, head: str = "", robots: str = "noindex,follow"
) -> str:
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">\n<HTML>\n  <HEAD>\n'
        f"     <title>{title}</title>\n"
        f'     <META NAME="robots" CONTENT="{robots}">\n{head}'
        f'     <META http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        f'  </HEAD>\n  <BODY BGCOLOR="#ffffff">\n{body}\n     </BODY>\n     </HTML>\n'
    )


def _header(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode()


def _clock(moment: datetime) -> str:
    return f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S} UTC {moment.year}"


def _size(count: int) -> str:
    if count < 1_000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{count // 1_000} KB"
    return f"{count // 1_000_000} MB"
