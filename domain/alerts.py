"""Alerts: what broke, since when, and whom it was told; and what counts as late.

An alert is a change of state, not a failure: it opens after some failures in a row and closes
after some successes in a row, and each of the two is told once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_GRACE = timedelta(hours=2)
OUR_NETWORK = "our own network"
VISITS = "visits"


class AlertKind(StrEnum):
    """What an alert is about."""

    SOURCE = "source"
    NETWORK = "network"
    LATE = "late"
    ODD = "odd"


class AlertState(StrEnum):
    """Whether what broke is still broken."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that broke, from its first failure to its recovery.

    `name` is the source's name, the duty's, `VISITS` for sources that nobody visits, or
    `OUR_NETWORK`. `since` is when it broke, `opened_at` when that had become certain. It was told
    at `notified_at`, and its end at `recovery_notified_at`; `None` while that is still to be done.
    """

    id: int
    kind: AlertKind
    name: str
    source_id: int | None
    since: datetime
    opened_at: datetime
    failures: int
    closed_at: datetime | None = None
    notified_at: datetime | None = None
    recovery_notified_at: datetime | None = None

    @property
    def state(self) -> AlertState:
        return AlertState.OPEN if self.closed_at is None else AlertState.CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A duty or a source whose time went by without it: its name, and when it was due."""

    name: str
    due_at: datetime
    is_source: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """When an alert opens and closes, and how long after its time a thing is late.

    `graces` holds duties by name; any other duty has `DEFAULT_GRACE`.
    """

    open_after: int = 2
    close_after: int = 1
    visit_grace: timedelta = DEFAULT_GRACE
    graces: Mapping[str, timedelta] = field(default_factory=dict)

    def grace_of(self, duty: str) -> timedelta:
        """How long after its time the duty is late."""
        return self.graces.get(duty, DEFAULT_GRACE)
