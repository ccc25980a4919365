"""A post from the head of one mail message; its body is never looked at."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime

from crawler.formats.dates import believe, choose_date, read_date
from crawler.formats.encoded_words import decode_bytes, read_encoded_words
from crawler.formats.people import read_author
from domain.records import DateBasis, ReadPost
from domain.window import Window

# The line break before a field is part of the pattern, so that the search jumps to it.
_FIELDS = re.compile(
    r"\n(message-id|date|from|subject|references|in-reply-to|received)[ \t]*:"
    r"([^\n]*(?:\n[ \t][^\n]*)*)",
    re.IGNORECASE | re.ASCII,
)
_TELLING = frozenset({"message-id", "date", "from", "received"})
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
    post_id = _read_id(fields) or _make_id(head, envelope)
    received = believe(_read_received(fields), fetched_at)
    at, basis = choose_date(
        sent=read_date(fields.get("date", "")),
        envelope=read_date(envelope, zone=UTC) if envelope and received is None else None,
        received=received,
        filed=filed,
        fetched_at=fetched_at,
    )
    return ReadPost(
        post_id=post_id,
        at=at,
        basis=basis,
        author=read_author(fields.get("from", "")),
        reply_to=_read_root(fields, post_id),
        subject=" ".join(read_encoded_words(fields.get("subject", "")).split()) or None,
        filed=filed if basis is DateBasis.PERIOD else None,
    )


def _read_fields(head: bytes) -> dict[str, str]:
    """Each header's text in one line, by its name; raw 8-bit text is UTF-8, else Latin-1."""
    plain = head.isascii()
    fields: dict[str, str] = {}
    for name, value in _find_fields(head):
        name = name.lower()
        if name not in fields:
            if name == "received":  # many lines, of which only the date at their end is read
                value = value.rpartition(";")[2] if ";" in value else ""
            text = (value if plain else decode_bytes(value.encode("latin-1"))).strip()
            fields[name] = _FOLD.sub(" ", text) if "\n" in text or "\0" in text else text
    return fields


def _find_fields(head: bytes) -> list[tuple[str, str]]:
    """Names and values as written, a character for each byte."""
    found: list[tuple[str, str]] = _FIELDS.findall("\n" + head.decode("latin-1"))
    return found


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _read_id(fields: dict[str, str]) -> str:
    """The Message-ID without angle brackets, blanks and what some servers write after it."""
    text = fields.get("message-id", "")
    found = _ID.search(text)
    return _without_blanks(found[1] if found is not None else text.strip("<>"))


def _make_id(head: bytes, envelope: str) -> str:
    fields: dict[str, bytes] = {}
    for name, value in _find_fields(head):
        fields.setdefault(name.lower(), value.encode("latin-1"))
    date = fields.get("date", b"").strip() or envelope.encode()
    parts = (date, fields.get("from", b""), fields.get("subject", b""))
    text = b"\0".join(b" ".join(part.split()) for part in parts)
    return f"made-{hashlib.sha256(text).hexdigest()[:32]}"


def _read_received(fields: dict[str, str]) -> datetime | None:
    """When the last server on the way took the message."""
    text = fields.get("received")
    return read_date(text) if text else None


def _read_root(fields: dict[str, str], post_id: str) -> str | None:
    """The id at the root of the thread: the first reference, else what the message answers.

    In-Reply-To may be prose around an address and an id; the id stands last in it.
    """
    root = _first_id(fields.get("references", ""))
    if root is None:
        text = fields.get("in-reply-to", "")
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
