"""The few people who may sign in. There are no passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do.

    Curators decide cards, a lead sees all of them, operators keep the service running.
    """

    CURATOR = "curator"
    LEAD = "lead"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in by a code sent to `address`."""

    id: int
    name: str
    address: str
    role: Role
    added_at: datetime
