"""What is known of one source's posts, in columns, as the scoring rules read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.outcome import Outcome
from domain.records import Platform
from domain.window import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Posts of one source in columns of equal length, sorted by time, with their coverage.

    Shape: `ts` UTC seconds; `author` and `thread` small integers that mean nothing outside this
    value, author -1 for nobody known. Posts whose date is only bounded by the period they are
    filed under stand at the latest moment it allows; posts of unknown date are only in
    `undated`. `windowed` is true when the platform only ever showed its latest items and no full
    history was read. `last_outcome` is that of the newest visit, `last_visit_at` its end.
    """

    source_id: int
    platform: Platform
    ts: Sequence[int] = ()
    author: Sequence[int] = ()
    thread: Sequence[int] = ()
    undated: int = 0
    coverage: Sequence[Coverage] = field(default_factory=tuple)
    windowed: bool = False
    last_outcome: Outcome | None = None
    last_visit_at: datetime | None = None
