"""The tables of those who read the weekly report."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base


class ReaderRow(Base):
    """One address and what it asked for; nothing is sent before it confirmed."""

    __tablename__ = "readers"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)
    rhythm: Mapped[str]
    locale: Mapped[str]
    topics: Mapped[list[Any]]
    regions: Mapped[list[Any]]
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    # Of which week or month the last mail was, and which one came back last.
    mailed: Mapped[str]
    bounced: Mapped[str]
    bounces: Mapped[int]
    rests_at: Mapped[datetime | None]
