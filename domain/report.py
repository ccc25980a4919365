"""The weekly activity report as one value; every form of it is rendered from this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.alerts import AlertKind
from domain.outcome import Marker, Outcome, Reason, Status
from domain.window import Month, Window

MONTHS = 12


class ChangeKind(StrEnum):
    """What happened to a community in a week."""

    WENT_QUIET = "went_quiet"
    WOKE_UP = "woke_up"
    BECAME_INACTIVE = "became_inactive"
    NEW = "new"
    MOVED = "moved"
    CLOSED = "closed"
    CORRECTED = "corrected"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of status in the week, with its first reason."""

    slug: str
    name: str
    kind: ChangeKind
    status: Status | None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkRow:
    """One community's week (or month, in a report of a month).

    Units: posts. `this_week` and `last_week` are `None` where the week was not wholly seen;
    `usual` is the median of the last 52 wholly seen weeks, `None` with fewer than 8; `season` that
    of the five weeks round the same one a year ago, `None` with fewer than 3.
    `months` holds the last 12 months, oldest first; `None` for a month that was not wholly seen.
    """

    slug: str
    name: str
    this_week: int | None
    last_week: int | None
    usual: float | None
    months: tuple[int | None, ...]
    season: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """A source that could not be read this week: by name, reason and since when."""

    slug: str
    name: str
    outcome: Outcome
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTalk:
    """A community whose posts are no talk, and why: they are counted in no sum of the report."""

    slug: str
    name: str
    marker: Marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """A community whose last week is known better now: posts as `told` then, and as counted now."""

    slug: str
    name: str
    told: int
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is broken or late, for operators only: an alert that was open at the time."""

    kind: AlertKind
    name: str
    since: datetime
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """Everything the weekly report says.

    `week` is an ISO week ("2026-W47"), `window` its half-open UTC time. `posts` sums `this_week`
    over the communities seen wholly (`seen`); `seen_last_week` and `posts_last_week` compare the
    same communities. `closed_to_us` counts communities with nothing to read by nature. `month`
    ("2026-10") is set where the same is told of a whole month. `open_reviews` and `troubles` are
    for curators and operators, and in no public form.
    """

    week: str
    window: Window
    built_at: datetime
    posts: int
    posts_last_week: int | None
    seen: int
    changes: tuple[Change, ...]
    talk: tuple[TalkRow, ...]
    not_read: tuple[NotRead, ...]
    closed_to_us: int
    open_reviews: int
    not_talk: tuple[NotTalk, ...] = ()
    recounts: tuple[Recount, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    month: str = ""

    @property
    def label(self) -> str:
        """The week or month that it is of, as addresses and mails name it."""
        return self.month or self.week

    @property
    def months(self) -> tuple[Month, ...]:
        """The months of each row: the last 12 whole ones before its end, oldest first."""
        return report_months(self.window)

    @property
    def has_news(self) -> bool:
        """True when a reader learns anything: posts, changes, or that something was not read."""
        return bool(self.posts or self.changes or self.not_read or self.recounts)


def report_months(window: Window) -> tuple[Month, ...]:
    """The last 12 whole months before the end of `window`, oldest first."""
    running = Month.of(window.end.date())
    return tuple(running.shifted(index) for index in range(-MONTHS, 0))
