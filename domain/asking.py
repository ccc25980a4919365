"""A question to those who run a community, and what they answer by one of three buttons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ASKS_PER_WINDOW = 2
ASK_WINDOW = timedelta(days=30)
"""No manager is written to more than twice in 30 days."""
ANSWER_VALID = timedelta(days=60)
"""How long the buttons of a mail work."""


class ManagerAnswer(StrEnum):
    """What a manager says."""

    ACTIVE = "active"
    MOVED = "moved"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerAsk:
    """One question. `asker` is the curator's name, empty where the timetable asked.

    `unanswered_at` is set once `MANAGER_WAIT` went by without an answer; one may still come.
    """

    id: int
    community_id: int
    asked_at: datetime
    locale: str
    asker: str = ""
    user_id: int | None = None
    review_id: int | None = None
    decision_id: int | None = None
    answer: ManagerAnswer | None = None
    answered_at: datetime | None = None
    new_url: str | None = None
    unanswered_at: datetime | None = None
