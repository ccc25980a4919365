"""What is said of a made-up community: how its archive shows itself, and what a run must find."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from demo.content import Message, Rhythm, build_history
from demo.feed import FeedFormat
from domain.outcome import FlagKind, Marker, Outcome, Status
from domain.records import Platform

DEFAULT_SEED = 7


class Show(StrEnum):
    """How a made-up archive shows itself."""

    PLAIN = "plain"
    ENCODED = "encoded"
    REBUILT = "rebuilt"
    TEXT_REFUSED = "text_refused"
    MONTH_MISSING = "month_missing"
    REDIRECTED = "redirected"
    FROZEN = "frozen"
    EMPTY = "empty"
    PRIVATE = "private"
    ROBOTS = "robots"
    BOT_CHECK = "bot_check"
    REDESIGNED = "redesigned"
    GONE = "gone"
    NOT_FOUND = "not_found"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"


# Nothing of these archives can be read.
UNREADABLE = frozenset(
    {
        Show.EMPTY,
        Show.PRIVATE,
        Show.ROBOTS,
        Show.BOT_CHECK,
        Show.REDESIGNED,
        Show.GONE,
        Show.NOT_FOUND,
        Show.SERVER_ERROR,
        Show.RATE_LIMITED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedState:
    """What one visit and its scoring must find."""

    status: Status
    outcome: Outcome = Outcome.READ
    markers: frozenset[Marker] = frozenset()
    flags: frozenset[FlagKind] = frozenset()

    @property
    def words(self) -> str:
        """The state as one string, as `rollcall demo --json` prints it."""
        return describe_state(self.status, self.markers, self.outcome, self.flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """One invented community with its only source, and the truth about both.

    `posts` is the number of distinct posts that a first visit can read. `feed_items` and
    `feed_format` are those of a feed. `other_host` is where a list went that has moved.
    """

    slug: str
    name: str
    description: str
    platform: Platform
    expected: ExpectedState
    languages: tuple[str, ...] = ("en",)
    topics: tuple[str, ...] = ()
    show: Show = Show.PLAIN
    rhythm: Rhythm | None = None
    feed_format: FeedFormat = FeedFormat.ATOM
    feed_items: int = 0
    host: str = ""
    path: str = ""
    other_host: str = ""
    posts: int = 0

    def history(
        self, *, anchor: datetime, until: datetime, seed: int = DEFAULT_SEED
    ) -> tuple[Message, ...]:
        """Every post that the community wrote before `until`, whoever can see it."""
        if self.rhythm is None:
            return ()
        language = self.languages[0]
        return build_history(
            self.rhythm, slug=self.slug, language=language, anchor=anchor, until=until, seed=seed
        )


FLAG_QUESTIONS: Mapping[FlagKind, str] = {
    FlagKind.WENT_QUIET: "mark as inactive?",
    FlagKind.MAYBE_MOVED: "mark as moved?",
    FlagKind.MAYBE_CLOSED: "mark as closed?",
    FlagKind.SPAM: "overrun by spam?",
    FlagKind.ANNOUNCEMENTS_ONLY: "announcements only?",
    FlagKind.WOKE_UP: "awake again?",
}


def describe_state(
    status: Status,
    markers: Collection[Marker],
    outcome: Outcome,
    flags: Collection[FlagKind],
) -> str:
    """A state in words: `active`, `inactive, mark as inactive?`, `unverifiable (login_wall)`.

    The outcome is named unless the visit saw all there was.
    """
    ordinary = (Outcome.READ, Outcome.UNCHANGED)
    parts = [str(status) if outcome in ordinary else f"{status} ({outcome})"]
    parts += [marker.replace("_", " ") for marker in sorted(markers)]
    parts += [FLAG_QUESTIONS[flag] for flag in sorted(flags)]
    return ", ".join(parts)
