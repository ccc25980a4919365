"""When silence is believed: a worse word waits until the reading has proved that it sees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.canary import Standing
from domain.outcome import Assessment, Confidence, Flag, FlagKind, Status
from scoring.codes import ReasonCode
from scoring.flags import QUIET
from scoring.held import HELD
from scoring.reasons import MOST_REASONS
from scoring.states import LADDER

# What these say is of a look that came after the word which stays.
_OF_THE_LOOK = HELD | {ReasonCode.NOT_SEEING}


def needs_proof(found: Assessment, before: Assessment | None, flags: Iterable[Flag]) -> bool:
    """True when `found` says worse of a community than `before`, or calls a curator for silence.

    `before` is the last word that was believed, `None` when nothing was ever said.
    """
    if any(flag.kind is FlagKind.WENT_QUIET for flag in flags):
        return True
    if found.status not in QUIET:
        return False
    if before is None or before.status not in LADDER:
        return True
    return LADDER.index(found.status) > LADDER.index(before.status)


def hold_back(found: Assessment, before: Assessment | None, standing: Standing) -> Assessment:
    """The last word that was believed, with the doubts that keep it; without one, no word.

    It stays dated as it was: until when it is proved does not move on.
    """
    if before is None:
        return replace(
            found,
            observed_until=None,
            status=Status.UNVERIFIABLE,
            markers=frozenset(),
            since=None,
            confidence=Confidence.LOW,
            p_quiet=None,
            p_any_180=None,
            p_fun_180=None,
            reasons=standing.doubts[:MOST_REASONS],
            change=(),
        )
    kept = [reason for reason in before.reasons if reason.code not in _OF_THE_LOOK]
    looked = [reason for reason in found.reasons if reason.code == ReasonCode.NOT_SEEING]
    return replace(
        before,
        assessed_at=found.assessed_at,
        last_post_at=found.last_post_at,
        posts_seen=found.posts_seen,
        reasons=(*standing.doubts, *looked, *kept)[:MOST_REASONS],
        rules_version=found.rules_version,
    )


def without_silence(flags: Sequence[Flag], *, held: bool) -> tuple[Flag, ...]:
    """The flags that may be raised: none for silence while a word is held."""
    return tuple(flag for flag in flags if not (held and flag.kind is FlagKind.WENT_QUIET))
