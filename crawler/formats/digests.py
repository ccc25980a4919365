"""The posts inside a digest: MIME digests, RFC 1153, Google's and those of other list servers.

Each post comes out with its own id and date. Where a digest keeps no ids, an id is made from
date, writer and subject, and an answer is joined to its thread by its subject. A digest that can
not be opened says so: what was in it is unknown, not nothing.

Source: RFC 2046 section 5.1.5 (multipart/digest); RFC 1153 (plain digests).
"""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message

from crawler.formats.encoded_words import decode_bytes, unescape
from crawler.formats.heads import read_head
from domain.records import ReadPost
from domain.window import Window

# A digest of a quiet list is sent once it is long enough, which may take a year.
OLDEST = timedelta(days=400)
_RULE = re.compile(
    r"^[ >]*+(?:[-=_*~]{8,}+|[-=]{5,}+|(?:-=){4,}+-?|[-=]{2,}+.{1,40}?[-=]{2,}+)\s*+$"
)
_HEADER = re.compile(
    r"^(from|date|subject|to|cc|message-id|in-reply-to|references|reply-to|message|url|sender"
    r"|content-type|content-transfer-encoding|keywords|organization|mime-version)[ \t]*:",
    re.IGNORECASE,
)
_GOOGLE = re.compile(r"^(.{1,200}?): (\w{3} \d\d \d\d:\d\d[AP]M(?: [+-]\d{4})?)\s*$")
_GOOGLE_DATE = re.compile(r"^(\w{3}) (\d\d) (\d\d):(\d\d)([AP]M)(?: ([+-]\d{4}))?$")
_TOPIC = re.compile(r"^\s*topic: (.*)$", re.IGNORECASE)
_ANSWER = re.compile(r"^(?:\s*(?:re|aw|antw|sv|vs|fwd?|res|ha)\s*(?:\[\d+\])?:\s*)+", re.IGNORECASE)
_BLOCK_LINES = 30
_UPDATES = re.compile(r"(\d+) (?:updates?|messages?|msgs?)\b", re.IGNORECASE)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/h\d|hr)\b[^>]*>", re.IGNORECASE)
_HIDDEN = re.compile(r"<(style|script)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]{1,2000}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDigest:
    """The posts of a digest; `whole` is false when some, or all, could not be read."""

    posts: tuple[ReadPost, ...]
    whole: bool


def open_digest(
    raw: bytes, *, subject: str, received: datetime | None, fetched_at: datetime, cut: bool = False
) -> OpenedDigest:
    """The posts of one digest, given whole with its head; `cut` says that its end is missing."""
    message = email.message_from_bytes(raw)
    end = received or fetched_at
    filed = Window(start=end - OLDEST, end=end)
    parts = list(_find_messages(message))
    heads = [_head_of(part) for part in parts] or list(_find_blocks(message, end))
    posts = [read_head(head, fetched_at=fetched_at, filed=filed) for head in heads]
    read = tuple(_join_topic(post) for post in posts if post is not None)
    declared = _UPDATES.search(subject)
    whole = bool(read) and not cut and (declared is None or len(read) >= int(declared[1]))
    return OpenedDigest(posts=read, whole=whole)


def read_texts(raw: bytes) -> str:
    """The text of a mail, without its attachments."""
    return "\n".join(_texts(email.message_from_bytes(raw)))


# ---- MIME ---------------------------------------------------------------------------------


def _find_messages(message: Message) -> Iterator[Message]:
    """The messages that are parts of the digest itself, not those inside a post."""
    if not message.is_multipart():
        return
    for part in message.get_payload():
        if not isinstance(part, Message):
            continue
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and isinstance(inner[0], Message):
                yield inner[0]
        elif part.get_content_maintype() == "multipart":
            yield from _find_messages(part)


def _head_of(message: Message) -> bytes:
    lines = (f"{name}: {value}\n" for name, value in message.raw_items())
    return "".join(lines).encode("utf-8", "surrogateescape")


# ---- plain text ---------------------------------------------------------------------------


def _find_blocks(message: Message, received: datetime) -> Iterator[bytes]:
    """The heads of the posts in a digest that is one text."""
    for text in _texts(message):
        found = list(_split_blocks(text, received))
        if found:
            yield from found
            return


def _texts(message: Message) -> list[str]:
    """The plain texts of a mail, and after them its HTML ones without their tags."""
    plain: list[str] = []
    marked: list[str] = []
    for part in message.walk():
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_filename():
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            text = decode_bytes(payload, str(part.get_content_charset("utf-8")))
            (plain if kind == "text/plain" else marked).append(text)
    return ["\n".join(plain), *(_strip_tags(text) for text in marked)]


def _strip_tags(text: str) -> str:
    bare = unescape(_TAG.sub(" ", _BREAKS.sub("\n", _HIDDEN.sub("", text))))
    return "\n".join(line.strip() for line in bare.splitlines() if line.strip())


def _split_blocks(text: str, received: datetime) -> Iterator[bytes]:
    """Each block of header lines that stands after a rule and names a writer and a date."""
    lines = text.splitlines()
    numbered = any(line.startswith("Message: ") for line in lines)
    ruled, topic, at = False, "", 0
    while at < len(lines):
        line = lines[at]
        if _RULE.match(line):
            ruled = True
        elif named := _TOPIC.match(line):
            topic = named[1].strip()
        elif google := _GOOGLE.match(line):
            yield _google_head(google[1], google[2], topic, received)
            ruled = False
        elif ruled and _HEADER.match(line):
            block, at = _read_block(lines, at)
            head = _use_block(block, topic, received, numbered=numbered)
            if head is not None:
                yield head
            ruled = False
            continue
        elif line.strip() and ruled and not _is_title(line):
            ruled = False
        at += 1


def _is_title(line: str) -> bool:
    """True for the line that some servers write between the rule and the head: `1a. Re: Nets`."""
    return re.match(r"\s*(?:message\s+)?\d{1,3}\w?[.)]?\s", line, re.IGNORECASE) is not None


def _read_block(lines: list[str], at: int) -> tuple[list[str], int]:
    block: list[str] = []
    while at < len(lines) and len(block) < _BLOCK_LINES:
        line = lines[at]
        if not (_HEADER.match(line) or (block and line[:1] in " \t" and line.strip())):
            break
        block.append(line)
        at += 1
    return block, at


def _use_block(block: list[str], topic: str, received: datetime, *, numbered: bool) -> bytes | None:
    names = {found[1].lower() for line in block if (found := _HEADER.match(line))}
    if not {"from", "date"} <= names or (numbered and "message" not in names):
        return None
    fixed = []
    for line in block:
        name, _, value = line.partition(":")
        date = value.strip()
        if name.lower() == "date" and _GOOGLE_DATE.match(date):
            line = f"Date: {_add_year(date, received)}"
        fixed.append(line)
    if "subject" not in names and topic:
        fixed.append(f"Subject: {topic}")
    return "".join(f"{line}\n" for line in fixed).encode()


def _google_head(sender: str, date: str, topic: str, received: datetime) -> bytes:
    lines = (f"From: {sender.strip()}", f"Date: {_add_year(date, received)}", f"Subject: {topic}")
    return "".join(f"{line}\n" for line in lines).encode()


def _add_year(date: str, received: datetime) -> str:
    """Google's date with the year it must be of: the last such day before the digest came."""
    found = _GOOGLE_DATE.match(date)
    assert found is not None
    month, day, hour, minute, half, zone = found.groups()
    hours = int(hour) % 12 + (12 if half == "PM" else 0)
    for year in (received.year + 1, received.year, received.year - 1):
        text = f"{day} {month} {year} {hours:02d}:{minute} {zone or '+0000'}"
        try:
            moment = datetime.strptime(text, "%d %b %Y %H:%M %z")
        except ValueError:
            continue
        if moment <= received + timedelta(days=1):
            return text
    return date


def _join_topic(post: ReadPost) -> ReadPost:
    """A post without an id of its own, joined to its thread by its subject."""
    if not post.post_id.startswith("made-") or post.reply_to is not None or not post.subject:
        return post
    bare = _ANSWER.sub("", post.subject).strip().lower()
    return replace(post, reply_to=f"topic-{hashlib.sha256(bare.encode()).hexdigest()[:32]}")
