"""What people without an account send in: a new community, a correction, a claim, a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What somebody wants."""

    SUGGEST = "suggest"
    CORRECT = "correct"
    CLAIM = "claim"
    CONFIRM = "confirm"
    REPLY = "reply"


class State(StrEnum):
    """How far it got. Nothing is looked at before its sender pressed the button in the mail."""

    UNCONFIRMED = "unconfirmed"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"


DRAFT = "draft_"
"""What our own look at a submitted address found stands in `content` under names that begin so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One of them. `reference` is public; `address` is empty once it was answered.

    Shape: `content` holds the form's fields by name.
    """

    id: int
    reference: str
    kind: Kind
    community_id: int | None
    content: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    state: State = State.UNCONFIRMED
    made_at: datetime
    confirmed_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str = ""
