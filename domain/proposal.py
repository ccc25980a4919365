"""What a visit found that only a person may act on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ProposalKind(StrEnum):
    """What an archive's own page, or the state of its address, suggests."""

    MOVED = "moved"
    CLOSED = "closed"
    PARKED = "parked"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A suggestion with its evidence: the sentence that was read, and the address it names.

    Open until a curator's decision settles it, or a visit sees the archive without the sign.
    """

    id: int
    source_id: int
    kind: ProposalKind
    new_url: str | None
    sentence: str
    seen_at: datetime
    last_seen_at: datetime
    settled_at: datetime | None = None
    decision_id: int | None = None

    @property
    def open(self) -> bool:
        """True while it waits for a person."""
        return self.settled_at is None
