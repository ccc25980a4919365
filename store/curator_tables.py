"""The tables of the curators' work round decisions: claims, folded cards, questions, accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base


class ReviewClaimRow(Base):
    """Who has a card open, and until when others are led past it. Nobody is kept out by it."""

    __tablename__ = "review_claims"

    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    until: Mapped[datetime]


class FoldedDecisionRow(Base):
    """A decision made with others in one press; `first_id` is the one they are undone with."""

    __tablename__ = "folded_decisions"

    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), index=True)


class ManagerAskRow(Base):
    """A question to those who run a community. Without `user_id` it was asked by the timetable."""

    __tablename__ = "manager_asks"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    locale: Mapped[str]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    new_url: Mapped[str | None]
    attestation_id: Mapped[int | None] = mapped_column(ForeignKey("attestations.id"))
    # Since when it counts as unanswered.
    unanswered_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class DeviceRow(Base):
    """A browser that somebody signed in with; its key is in its cookie, only a hash here."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    label: Mapped[str]
    signed_in_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInTryRow(Base):
    """One try to sign in from a network, which is kept as a keyed hash for a day."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (Index(None, "network", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[bytes]
    at: Mapped[datetime]


class UserChoiceRow(Base):
    """What belongs to a curator's account beside their name: language, and how far it got."""

    __tablename__ = "user_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    locale: Mapped[str]
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    invited_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    practised_at: Mapped[datetime | None]
    keys: Mapped[bool] = mapped_column(server_default=text("false"), default=False)


class MergeRow(Base):
    """Two records that are one community, until `undone_at`. Shape: `content` names what changed.

    `community_id` is shown as `into_id`; a split is a merge that was taken back, or starts so.
    """

    __tablename__ = "merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class CriterionRow(Base):
    """One dated answer to one of the directory's criteria, with its source; the newest counts."""

    __tablename__ = "criteria"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    criterion: Mapped[str]
    answer: Mapped[str]
    source: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]


class RuleSetRow(Base):
    """A set of scoring rules; the newest with `live_at` is in force, a newer one waits for a go.

    Without `user_id` it was the first, or the operator let it go live at the command line.
    """

    __tablename__ = "rule_sets"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str]
    numbers: Mapped[dict[str, Any]]
    met_at: Mapped[datetime]
    live_at: Mapped[datetime | None]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]


class RuleTrialRow(Base):
    """What other rules would change, as it was worked out for the lead before they go live."""

    __tablename__ = "rule_trials"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    stands: Mapped[str]
    other: Mapped[str]
    content: Mapped[dict[str, Any]]
