"""What is remembered of each forum of a board between visits, and what that proves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from crawler.formats.boards import Forum, Topic
from domain.records import Mark, ReadPost

FORUM_MARK = "forum:"
ENTRY = "entry"
"""The address itself, where it is a forum and not an index."""
RESOLUTION = timedelta(minutes=1)
"""Lists show when a topic was last written in to the minute."""
_NOTHING = "-"
_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Stage(StrEnum):
    """How far the history of a forum was read.

    `TAIL`: to its end, but topics may have been lifted from the unread part meanwhile. `REFUSED`:
    asked for once, and not let in; `CLOSED`: not let in again.
    """

    NEW = "new"
    OLDER = "older"
    TAIL = "tail"
    DONE = "done"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(slots=True, kw_only=True)
class Stream:
    """One forum: how it shows now, and what was read of it.

    `newest` is when its newest topic was last written in, by the board's own clock. Everything
    since `reached` was read, or since the later `gap` where a topic could not be opened. `older`
    is the page to go on with. `parent` is the forum whose page alone shows this one.
    """

    id: str
    url: str
    state: str = ""
    known_state: str = ""
    stage: Stage = Stage.NEW
    newest: datetime | None = None
    reached: datetime | None = None
    oldest: datetime | None = None
    gap: datetime | None = None
    older: str | None = None
    parent: str = ""

    @property
    def changed(self) -> bool:
        return self.stage in (Stage.NEW, Stage.REFUSED) or not (
            self.state and self.state == self.known_state
        )

    @property
    def fresh(self) -> bool:
        return self.stage in (Stage.NEW, Stage.REFUSED, Stage.CLOSED)

    @property
    def seen(self) -> bool:
        """False for a forum that lets nobody in."""
        return self.stage not in (Stage.REFUSED, Stage.CLOSED)

    def proved_since(self) -> datetime | None:
        """The moment from which on everything was read; `None` when there is none."""
        start = _ALWAYS if self.stage in (Stage.TAIL, Stage.DONE) else self.reached
        if start is None or self.gap is None:
            return start
        return max(start, self.gap)

    def note(self, moments: Iterable[datetime]) -> None:
        """Keeps the oldest of these posts in mind."""
        self.oldest = min([*moments, *([self.oldest] if self.oldest else [])], default=None)

    def note_read(self, newest: datetime | None, *, until: datetime | None) -> None:
        """Everything that was written in since `until` was read, as the forum shows now."""
        self.newest, self.known_state = newest, self.state
        if self.gap and (until is None or self.gap >= until):
            self.gap = None
        if self.stage is Stage.TAIL:
            self.stage = Stage.DONE

    def begin_history(self, reached: datetime | None, older: str | None) -> None:
        """The first page of a new forum was read."""
        self.reached, self.older = reached, older
        self.stage = Stage.OLDER if older else Stage.DONE

    def mark(self) -> Mark:
        """All of it as one mark."""
        times = (self.newest, self.reached, self.oldest, self.gap)
        fields = [self.stage.value, self.known_state or _NOTHING]
        fields += [moment.isoformat() if moment else _NOTHING for moment in times]
        fields += [self.parent or _NOTHING, self.older or _NOTHING, self.url]
        return Mark(name=FORUM_MARK + self.id, label=" ".join(fields))


def read_streams(marks: Iterable[Mark]) -> dict[str, Stream]:
    """The forums that are remembered."""
    known = {}
    for mark in marks:
        fields = (mark.label or "").split(" ")
        if mark.name.startswith(FORUM_MARK) and len(fields) == 9:
            stream = _read_stream(mark.name.removeprefix(FORUM_MARK), fields)
            known[stream.id] = stream
    return known


def _read_stream(forum_id: str, fields: Sequence[str]) -> Stream:
    stage, state, newest, reached, oldest, gap, parent, older, url = fields
    return Stream(
        id=forum_id,
        url=url,
        known_state="" if state == _NOTHING else state,
        stage=Stage(stage),
        newest=_moment(newest),
        reached=_moment(reached),
        oldest=_moment(oldest),
        gap=_moment(gap),
        older=None if older == _NOTHING else older,
        parent="" if parent == _NOTHING else parent,
    )


def _moment(text: str) -> datetime | None:
    return None if text == _NOTHING else datetime.fromisoformat(text)


def make_state(*facts: object) -> str:
    """A short text that changes when one of the facts does; empty where nothing was shown."""
    text = "\n".join(str(fact) for fact in facts if fact not in (None, ""))
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def state_of(forum: Forum) -> str:
    """The state of a forum's row."""
    return make_state(forum.state)


def state_of_topics(topics: Iterable[Topic]) -> str:
    """The state of a list of topics, for a forum that is looked at by itself."""
    return make_state(*(f"{topic.id} {topic.last_at} {topic.state}" for topic in topics))


def proved_since(streams: Mapping[str, Stream]) -> datetime | None:
    """The moment from which on everything on the board was read, as far as it lets one in."""
    seen = [stream for stream in streams.values() if stream.seen]
    starts = [stream.proved_since() for stream in seen]
    if not seen or None in starts:
        return None
    latest = max(start for start in starts if start)
    if latest > _ALWAYS:
        return latest
    return min((stream.oldest for stream in seen if stream.oldest), default=None)


def place_of_last(moments: Sequence[datetime]) -> datetime | None:
    """Where a list of last activities ends; `None` when it is not in order.

    Rows that are older than a later one are out of place: pinned, whatever they look like.
    """
    in_place, newest_below = 0, None
    for moment in reversed(moments):
        if newest_below is None or moment >= newest_below:
            in_place += 1
            newest_below = moment
    return moments[-1] + RESOLUTION if in_place * 2 > len(moments) else None


def all_read(streams: Mapping[str, Stream]) -> bool:
    """True when the history of every forum was read, without a gap."""
    return bool(streams) and all(
        stream.stage in (Stage.TAIL, Stage.DONE, Stage.CLOSED) and not stream.gap
        for stream in streams.values()
    )


@dataclass(slots=True, kw_only=True)
class Rows:
    """How far one page of topics was gone through.

    Topics older than `until` are not opened; of the others, posts older than `since` are not
    looked for.
    """

    until: datetime | None = None
    since: datetime | None = None
    lasts: list[datetime] = field(default_factory=list)
    ordered: list[datetime] = field(default_factory=list)
    stopped: bool = False

    def skips(self, topic: Topic) -> bool:
        """True for a topic in which nobody wrote since; its place in the order counts."""
        if self.until is None or topic.last_at is None:
            return False
        if topic.last_at + RESOLUTION > self.until:
            return False
        self.note(topic, topic.last_at)
        return True

    def note(self, topic: Topic, last: datetime | None) -> None:
        if last is None:
            return
        self.lasts.append(last)
        if topic.pinned:
            return
        self.ordered.append(last)
        unlisted = topic.last_at is None
        if unlisted and self.until and last + timedelta(days=1) < self.until:
            self.stopped = True

    def place(self) -> datetime | None:
        return place_of_last(self.ordered) if self.ordered else None


def latest_of(post: ReadPost) -> datetime | None:
    """The last instant at which the post can have been written."""
    return post.at or (post.filed.end if post.filed else None)


def earliest_of(post: ReadPost) -> datetime | None:
    """The first instant at which the post can have been written."""
    return post.at or (post.filed.start if post.filed else None)
