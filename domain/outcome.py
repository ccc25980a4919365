"""Words for what a visit saw, what a community is, and what people decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """What came of one visit. Only `READ`, `UNCHANGED` and `EMPTY` are seeing."""

    READ = "read"
    UNCHANGED = "unchanged"
    EMPTY = "empty"
    PARTIAL = "partial"
    LAYOUT_CHANGED = "layout_changed"
    LOGIN_WALL = "login_wall"
    REFUSED = "refused"
    CHALLENGE = "challenge"
    RATE_LIMITED = "rate_limited"
    GONE = "gone"
    NOT_FOUND = "not_found"
    MOVED = "moved"
    PARKED = "parked"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TOO_LARGE = "too_large"
    UNPARSEABLE = "unparseable"
    OUR_NETWORK_DOWN = "our_network_down"

    @property
    def saw(self) -> bool:
        """True for the three outcomes that may bound a silence."""
        return self in SEEING


SEEING = frozenset({Outcome.READ, Outcome.UNCHANGED, Outcome.EMPTY})


class Status(StrEnum):
    """A community's condition on a date. `UNVERIFIABLE` is one of them and never decays."""

    ACTIVE = "active"
    SLOWING = "slowing"
    DORMANT = "dormant"
    INACTIVE = "inactive"
    CLOSED = "closed"
    MOVED = "moved"
    UNVERIFIABLE = "unverifiable"


class Marker(StrEnum):
    """A word beside the status, never instead of it."""

    ANNOUNCEMENTS_ONLY = "announcements_only"
    SPAM = "spam"
    UNREADABLE = "unreadable"


class Confidence(StrEnum):
    """How sure an assessment is; its rule is in `scoring.status`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class FlagKind(StrEnum):
    """Why a person should look. Raised by the machine; changes nothing itself."""

    WENT_QUIET = "went_quiet"
    MAYBE_MOVED = "maybe_moved"
    MAYBE_CLOSED = "maybe_closed"
    SPAM = "spam"
    ANNOUNCEMENTS_ONLY = "announcements_only"
    WOKE_UP = "woke_up"
    CONFIRM = "confirm"


class Answer(StrEnum):
    """The curator's plain answers to a card, putting it off, and the undo of one.

    `ASK` sends a question to the community's manager; the card comes back with the answer, or after
    `MANAGER_WAIT` without one.
    """

    ASK = "ask"
    INACTIVE = "inactive"
    ALIVE = "alive"
    MOVED = "moved"
    CLOSED = "closed"
    NOT_SURE = "not_sure"
    LATER = "later"
    UNDO = "undo"

    @property
    def puts_off(self) -> bool:
        """True when the card is to come back by itself."""
        return self in (Answer.ASK, Answer.LATER)

    @property
    def concludes(self) -> bool:
        """True when it says something of the community, and settles its card."""
        return self in CONCLUSIONS


CONCLUSIONS = frozenset({Answer.INACTIVE, Answer.ALIVE, Answer.MOVED, Answer.CLOSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for a status: a code and the community's own numbers, put into words later.

    Shape: `values` maps a placeholder name to a number, text or ISO date.
    """

    code: str
    values: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The dated result of the rules for one community; appended, never overwritten.

    Units: probabilities 0 to 1, `None` where the score knows nothing. `observed_until` is the
    moment of the last complete check, which the rules use as their "now"; `None` when nothing
    was ever seen completely. `since` is when the status began on that clock.
    """

    community_id: int
    assessed_at: datetime
    observed_until: datetime | None
    status: Status
    markers: frozenset[Marker] = frozenset()
    since: datetime | None = None
    confidence: Confidence = Confidence.LOW
    p_quiet: float | None = None
    p_any_180: float | None = None
    p_fun_180: float | None = None
    last_post_at: datetime | None = None
    posts_seen: int = 0
    reasons: tuple[Reason, ...] = ()
    change: tuple[Reason, ...] = ()
    rules_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A reason, raised by the machine, for a person to look, with its evidence in words' codes."""

    kind: FlagKind
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """An open or answered item in the curators' queue. `version` grows with every answer."""

    id: int
    community_id: int
    kind: FlagKind
    opened_at: datetime
    reasons: tuple[Reason, ...]
    version: int
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a curator concluded; never edited, only followed by another (undo is a new one)."""

    id: int
    review_id: int | None
    community_id: int
    answer: Answer
    decided_at: datetime
    curator: str
    note: str = ""
    new_url: str | None = None
    until: datetime | None = None
    undoes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStatus:
    """What visitors see, and where it comes from.

    `status` is `None` while only *Not checked yet* can be said. `not_verified_since` is set when
    the last good look is older than `NOT_VERIFIED_AFTER`; the status is then the last good one.
    """

    status: Status | None
    since: datetime | None = None
    markers: frozenset[Marker] = frozenset()
    by_curator: bool = False
    not_verified_since: datetime | None = None
    last_post_at: datetime | None = None
    observed_until: datetime | None = None
    confidence: Confidence = Confidence.LOW


NOT_VERIFIED_AFTER = timedelta(days=60)
MANAGER_WAIT = timedelta(days=14)
PROMISED_WITHIN = timedelta(days=14)
"""How long a card may wait for its first answer."""
CONFIRMED_ALIVE_FOR = timedelta(days=180)
