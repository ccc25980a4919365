"""The list of entries, kept between requests: it takes seconds to make for 1,000 communities."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Engine

from domain.published import DirectoryEntry
from store import directory
from store.engine import reading

KEPT_FOR = timedelta(minutes=5)


class KeptEntries:
    """All entries as of a moment; made again after a new decision or assessment, and in time.

    A decision and a judgement are on the list with the next request; a visit that changed
    neither, and the passing of days, within `KEPT_FOR`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._entries: list[DirectoryEntry] = []
        self._version: tuple[int, ...] | None = None
        self._made_at: datetime | None = None

    def list_entries(self, now: datetime) -> list[DirectoryEntry]:
        """Every entry; nobody may change the list."""
        with self._lock, reading(self._engine) as s:
            version = directory.list_version(s)
            made_at = self._made_at
            fresh = made_at is not None and made_at <= now < made_at + KEPT_FOR
            if version != self._version or not fresh:
                self._entries = directory.list_entries(s, now)
                self._version, self._made_at = version, now
            return self._entries
