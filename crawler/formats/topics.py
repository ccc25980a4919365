"""Threads of an archive whose pages name no message that is answered: by subject, as people do.

Source: the reply prefixes of mail programs in the languages of `crawler.formats.date_words`;
RFC 5256, base subject extraction.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from domain.records import ReadPost

_TAG = r"(?:\[[^\[\]]{1,40}\]\s*)*"
_REPLY = re.compile(
    rf"^{_TAG}(?:re|r|aw|antw|antwort|sv|vs|odp|ré|rép|rép\.|res|resp|ynt|отв|ответ|رد|回复|答复)"
    r"(?:\s?[\[(^]?\d{1,3}[\])]?)?\s?[:：]\s*",
    re.IGNORECASE,
)
_LABELS = re.compile(rf"^{_TAG}")
# The same words as a year ago are another conversation.
_TOGETHER = timedelta(days=180)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Topics:
    """The conversations met so far: by subject, the first post and the time of the last."""

    _known: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def join(self, posts: Iterable[ReadPost]) -> tuple[ReadPost, ...]:
        """The posts in order of time, each reply with the id at the root of its thread.

        A reply whose beginning was not met gets an id made of the subject alone, so that all
        replies to it belong together. What names its root already keeps it.
        """
        return tuple(self._join(post) for post in sorted(posts, key=_when))

    def _join(self, post: ReadPost) -> ReadPost:
        topic, is_reply = read_topic(post.subject or "")
        if not topic:
            return post
        root, last = self._known.get(topic, ("", _LONG_AGO))
        at = post.at or last
        if not is_reply:
            root = post.post_id
        elif not root or at - last > _TOGETHER:
            root = post.reply_to or _made(topic)
        self._known[topic] = (root, max(at, last))
        if post.reply_to or root == post.post_id:
            return post
        return replace(post, reply_to=root)


def read_topic(subject: str) -> tuple[str, bool]:
    """The subject without labels and reply prefixes, in lower case; whether it is a reply's."""
    text, is_reply = " ".join(subject.split()), False
    while True:
        found = _REPLY.match(text)
        if found is None or found.end() == 0:
            break
        text, is_reply = text[found.end() :], True
    return _LABELS.sub("", text).strip().casefold(), is_reply


def reply_root(subject: str) -> str | None:
    """An id for the thread that a reply belongs to, by its subject; `None` for no reply."""
    topic, is_reply = read_topic(subject)
    return _made(topic) if is_reply and topic else None


def _made(topic: str) -> str:
    return f"topic-{hashlib.sha256(topic.encode()).hexdigest()[:32]}"


def _when(post: ReadPost) -> datetime:
    return post.at or (post.filed.start if post.filed else _LONG_AGO)
