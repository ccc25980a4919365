"""What a person's dated word changes: it holds a community from being called silent, for a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from domain.attestation import Attestation
from domain.outcome import Assessment, Reason, Status
from scoring.codes import ReasonCode
from scoring.flags import QUIET
from scoring.reasons import MOST_REASONS


def hold_alive(found: Assessment, word: Attestation | None, now: datetime) -> Assessment:
    """The assessment, not worse than slowing while a later sign of life than its posts is fresh.

    The word is no post: it changes no count and no probability, and of a community that cannot
    be seen it says nothing that the rules could use.
    """
    if word is None or found.status not in QUIET or not word.is_fresh(now):
        return found
    if found.last_post_at is not None and word.seen_at <= found.last_post_at:
        return found
    reason = Reason(code=ReasonCode.SEEN_BY_PERSON.value, values={"date": word.seen_on.isoformat()})
    return replace(
        found,
        status=Status.SLOWING,
        since=found.last_post_at or word.seen_at,
        reasons=(reason, *found.reasons)[:MOST_REASONS],
        change=(),
    )
