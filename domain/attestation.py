"""A person's dated word that a community is alive: evidence where nothing can be crawled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MANAGER = "its manager"
"""Who said it, where those who run the community did, by the buttons of our mail."""

FRESH_FOR = timedelta(days=180)
"""How long such a word counts; after that it is shown as old. As a curator's "still alive"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """Somebody saw the community alive on a day; `link` is where, `by` is shown to curators only.

    `made_at` is when it was said.
    """

    id: int
    community_id: int
    seen_on: date
    link: str
    by: str
    note: str
    made_at: datetime

    @property
    def by_manager(self) -> bool:
        """True when it is the word of those who run the community."""
        return self.by == MANAGER

    @property
    def seen_at(self) -> datetime:
        """The start of the day, in UTC: the least that the word can mean."""
        return datetime.combine(self.seen_on, time(), UTC)

    def is_fresh(self, now: datetime) -> bool:
        """True while the word may still hold a community from being called silent."""
        return now - self.seen_at < FRESH_FOR
