"""A post from the head of one mail message; its body is never looked at."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from crawler.formats.dates import choose_date, read_date
from crawler.formats.encoded_words import decode_bytes, read_encoded_words
from crawler.formats.people import read_author
from domain.records import DateBasis, ReadPost
from domain.window import Window

_FIELDS = re.compile(
    rb"^(message-id|date|from|subject|references|in-reply-to|received)[ \t]*:"
    rb"([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.MULTILINE,
)
_TELLING = frozenset({b"message-id", b"date", b"from", b"received"})
_FOLD = re.compile(r"\r?\n[ \t]+|[\r\n\0]+")
_ID = re.compile(r"<([^<>]+)>?")


def read_head(
    head: bytes, *, envelope: str = "", fetched_at: datetime, filed: Window | None = None
) -> ReadPost | None:
    """The post a message head describes; `None` when nothing in it says what message it is.

    `envelope` is the date text of the mailbox's separator line. Of a header given twice the first
    counts. A message without Message-ID gets an id made from its Date, From and Subject, not from
    the separator: archives store one message twice with different separator dates.
    """
    fields = _read_fields(head)
    if fields.keys().isdisjoint(_TELLING):
        return None
    post_id = _read_id(fields) or _make_id(fields, envelope)
    stored_at = read_date(envelope, zone=UTC) if envelope else None
    at, basis = choose_date(
        sent=read_date(_text(fields, b"date")),
        envelope=stored_at,
        received=_read_received(fields),
        filed=filed,
        fetched_at=fetched_at,
    )
    return ReadPost(
        post_id=post_id,
        at=at,
        basis=basis,
        author=read_author(_text(fields, b"from")),
        reply_to=_read_root(fields, post_id),
        subject=" ".join(read_encoded_words(_text(fields, b"subject")).split()) or None,
        filed=filed if basis is DateBasis.PERIOD else None,
    )


def _read_fields(head: bytes) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    for name, value in _FIELDS.findall(head):
        fields.setdefault(name.lower(), value)
    return fields


def _text(fields: dict[bytes, bytes], name: bytes) -> str:
    """A header's text in one line; raw 8-bit text is UTF-8, else Latin-1."""
    raw = fields.get(name)
    if not raw:
        return ""
    text = decode_bytes(raw).strip()
    return _FOLD.sub(" ", text) if "\n" in text or "\0" in text else text


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _read_id(fields: dict[bytes, bytes]) -> str:
    """The Message-ID without angle brackets, blanks and what some servers write after it."""
    text = _text(fields, b"message-id")
    found = _ID.search(text)
    return _without_blanks(found[1] if found is not None else text.strip("<>"))


def _make_id(fields: dict[bytes, bytes], envelope: str) -> str:
    date = fields.get(b"date", b"").strip() or envelope.encode()
    parts = (date, fields.get(b"from", b""), fields.get(b"subject", b""))
    text = b"\0".join(b" ".join(part.split()) for part in parts)
    return f"made-{hashlib.sha256(text).hexdigest()[:32]}"


def _read_received(fields: dict[bytes, bytes]) -> datetime | None:
    """When the last server on the way took the message."""
    _, semicolon, date = _text(fields, b"received").rpartition(";")
    return read_date(date.strip()) if semicolon else None


def _read_root(fields: dict[bytes, bytes], post_id: str) -> str | None:
    """The id at the root of the thread: the first reference, else what the message answers.

    In-Reply-To may be prose around an address and an id; the id stands last in it.
    """
    root = _first_id(_text(fields, b"references"))
    if root is None:
        text = _text(fields, b"in-reply-to")
        ids = _ID.findall(text)
        prose = bool(ids) and not text.startswith("<")
        root = _without_blanks(ids[-1]) if prose else _first_id(text)
    return root if root and root != post_id else None


def _first_id(text: str) -> str | None:
    found = _ID.search(text)
    if found is not None:
        return _without_blanks(found[1])
    words = text.split()
    return words[0] if words and all("@" in word for word in words) else None
