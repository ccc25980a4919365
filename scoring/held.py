"""Which words stay because a silence was not proved. `status` asks it, so it loads nothing big."""

from __future__ import annotations

from domain.outcome import Assessment
from scoring.codes import ReasonCode

HELD = frozenset({ReasonCode.WAITING_FOR_PROOF, ReasonCode.NOT_PROVED})


def is_held(assessment: Assessment) -> bool:
    """True for a word that stayed because the silence after it was not proved."""
    return any(reason.code in HELD for reason in assessment.reasons)
