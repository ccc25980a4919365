"""Readers of the weekly report: how often, in which language, about what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.people import Role

MOST_BOUNCES = 3
"""An address that returned so many mails in a row rests."""


class Rhythm(StrEnum):
    """How often a reader wants the report."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CHANGES = "changes"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a reader asked for; no topics and no regions mean all of them."""

    rhythm: Rhythm = Rhythm.WEEKLY
    locale: str = "en"
    topics: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who gets the report by mail.

    Without `confirmed_at` the address only asked, and gets nothing. `bounces` counts mails that
    came back in a row; from `MOST_BOUNCES` on the address rests since `rests_at`. `role` is that of
    a user of the same address, who hears also of a week without news.
    """

    id: int
    address: str
    choices: Choices
    confirmed_at: datetime | None
    bounces: int = 0
    rests_at: datetime | None = None
    role: Role | None = None

    @property
    def gets_mail(self) -> bool:
        """True when mail may go there at all."""
        return (
            self.confirmed_at is not None
            and self.rests_at is None
            and self.choices.rhythm is not Rhythm.NEVER
        )
