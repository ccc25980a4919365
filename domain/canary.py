"""How a reading proves itself before its silence is believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.outcome import Reason

PROOF_HOLDS = timedelta(days=7)
"""How long a proof may be relied upon."""


class Check(StrEnum):
    """What is looked at: each one a canary that would fall silent before a living list did."""

    OLD_POST = "old_post"
    DATES = "dates"
    TOTAL = "total"
    NEIGHBOURS = "neighbours"
    LAYOUT = "layout"
    LOOKED = "looked"


class Said(StrEnum):
    """What a check found, as a code; `presentation.proof_words` says it in words.

    `TEXT` is a sentence in English of an earlier release, kept as it was.
    """

    TEXT = "text"
    NOT_ASKED = "not_asked"
    NEVER_ANY = "never_any"
    PERIOD = "period"
    ANSWERED = "answered"
    NONE_SHOWN = "none_shown"
    SHOWN = "shown"
    NO_DATES = "no_dates"
    DATED = "dated"
    MISSING = "missing"
    UNREAD = "unread"
    COUNTS = "counts"
    COUNTS_MORE = "counts_more"
    PARTS = "parts"
    STRANGE = "strange"
    NO_COUNT = "no_count"
    LAYOUT_UNKNOWN = "layout_unknown"
    LAYOUT_SAME = "layout_same"
    LAYOUT_OTHER = "layout_other"
    NO_LAST = "no_last"
    NEAR_WROTE = "near_wrote"
    NEAR_SILENT = "near_silent"
    NEAR_NONE = "near_none"
    OTHERS_WROTE = "others_wrote"
    NOBODY_NEAR = "nobody_near"
    LOOKED = "looked"


class CheckResult(StrEnum):
    """What a check found. `UNCLEAR` is that there was nothing to compare with."""

    OK = "ok"
    FAILED = "failed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One check of one source; `said` is what it found: a code of `Said`, and its numbers."""

    check: Check
    result: CheckResult
    said: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceProof:
    """All checks of one source at one moment."""

    source_id: int
    checked_at: datetime
    canaries: tuple[Canary, ...]

    @property
    def failed(self) -> tuple[Canary, ...]:
        """The checks that speak against the reading."""
        return tuple(one for one in self.canaries if one.result is CheckResult.FAILED)

    @property
    def holds(self) -> bool:
        """True when nothing speaks against the reading and something speaks for it."""
        return not self.failed and any(one.result is CheckResult.OK for one in self.canaries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far the silence of a community is proved.

    `doubts` are the reasons why it is not believed, none when it is; `wanted` names the sources
    (by number) that should be asked for a proof now.
    """

    doubts: tuple[Reason, ...] = ()
    wanted: tuple[int, ...] = ()

    @property
    def proved(self) -> bool:
        return not self.doubts
