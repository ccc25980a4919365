"""How a community talks, in numbers that can be compared with others of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The last 90 days that were seen, of a community's liveliest source.

    Each is `None` where it cannot be known: no writer named, no thread begun, too little seen.
    """

    community_id: int
    measured_at: datetime
    posts: float | None = None
    contributors: float | None = None
    newcomers: float | None = None
    answered_share: float | None = None
    first_answer_hours: float | None = None
