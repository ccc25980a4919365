"""The tables behind the public list: lines made ahead of their readers, and what readers sent in.

Lines are no facts: each can be made again from the other tables at any time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base


class ListingRow(Base):
    """A community's line. `revision` grows with every line that is written.

    From `word_until` on it would say an untruth, and is never shown; from `good_until` on, it waits
    for its turn.
    """

    __tablename__ = "listings"
    __table_args__ = (Index(None, "revision"), Index(None, "good_until"), Index(None, "word_until"))

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), primary_key=True)
    revision: Mapped[int]
    word_until: Mapped[datetime | None]
    good_until: Mapped[datetime]
    facts: Mapped[dict[str, Any]]
    line: Mapped[dict[str, Any]]


class ListingMarkRow(Base):
    """Up to which row of a table the lines are made: what was added since, they do not know."""

    __tablename__ = "listing_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen: Mapped[int]


class ContributionRow(Base):
    """What somebody without an account sent in, from the form to the answer.

    `address` and `sender` are emptied once the answer is given.
    """

    __tablename__ = "contributions"
    __table_args__ = (Index(None, "state", "id"), Index(None, "made_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id"), index=True)
    content: Mapped[dict[str, Any]]
    address: Mapped[str] = mapped_column(default="", server_default=text("''"))
    # A keyed hash of where the form came from, to count by.
    sender: Mapped[str] = mapped_column(default="", server_default=text("''"))
    state: Mapped[str]
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answer: Mapped[str] = mapped_column(default="", server_default=text("''"))


class RecordEditRow(Base):
    """A change of a community's record: who, when, and each field as it was and as it is."""

    __tablename__ = "record_edits"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    edited_at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    contribution_id: Mapped[int | None] = mapped_column(ForeignKey("contributions.id"))
    changes: Mapped[dict[str, Any]]
    # The page that shows it.
    source: Mapped[str] = mapped_column(default="", server_default=text("''"))


class VitalsRow(Base):
    """How a community talked in the last 90 days that were seen; made again every day."""

    __tablename__ = "vitals"

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), primary_key=True)
    measured_at: Mapped[datetime]
    posts: Mapped[float | None]
    contributors: Mapped[float | None]
    newcomers: Mapped[float | None]
    answered_share: Mapped[float | None]
    first_answer_hours: Mapped[float | None]
