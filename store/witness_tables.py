"""The tables of what people and subscribed mailboxes saw: facts, like those of `store.tables`."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base


class AttestationRow(Base):
    """A person's dated word that a community was seen alive; taken back by a row of its own."""

    __tablename__ = "attestations"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    seen_on: Mapped[date | None]
    link: Mapped[str]
    by: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("attestations.id"))


class MailboxListRow(Base):
    """What came into a mailbox from one list, watched or not; mail, not posts."""

    __tablename__ = "mailbox_lists"

    mailbox: Mapped[str] = mapped_column(primary_key=True)
    list_id: Mapped[str] = mapped_column(primary_key=True)
    mails: Mapped[int]
    first_received: Mapped[datetime]
    last_received: Mapped[datetime]
