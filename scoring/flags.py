"""One function per flag: a reason, raised by the machine, for a person to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from domain.history import History
from domain.outcome import Assessment, Flag, FlagKind, Marker, Outcome, Reason, Status
from domain.window import complete_windows
from scoring.codes import ReasonCode

QUIET = frozenset({Status.DORMANT, Status.INACTIVE})
LIVELY = frozenset({Status.ACTIVE, Status.SLOWING})
ENDED = frozenset({Outcome.GONE, Outcome.PARKED})

FlagRule = Callable[[Assessment, Assessment | None, Sequence[History]], Flag | None]


def raise_flags(
    assessment: Assessment, previous: Assessment | None, histories: Sequence[History]
) -> tuple[Flag, ...]:
    """The flags that a new assessment raises, given the one before it and what it was read from.

    A change that a doubtful reading holds back is raised once all is seen again, if `previous` is
    the newest assessment of a time that was not `in_doubt`.
    """
    raised = (rule(assessment, previous, histories) for rule in FLAGS)
    return tuple(flag for flag in raised if flag is not None)


def flag_went_quiet(
    assessment: Assessment, previous: Assessment | None, histories: Sequence[History]
) -> Flag | None:
    """A community entered dormant or inactive, and the reading behind it is beyond doubt.

    A marker that is new explains the silence by itself and has its own flag.
    """
    if assessment.status not in QUIET or (previous is not None and previous.status in QUIET):
        return None
    if in_doubt(histories) or _new_markers(assessment, previous):
        return None
    return Flag(kind=FlagKind.WENT_QUIET, reasons=assessment.reasons)


def flag_maybe_moved(
    _assessment: Assessment, _previous: Assessment | None, histories: Sequence[History]
) -> Flag | None:
    """A source answered that it is now somewhere else."""
    return _flag_outcome(FlagKind.MAYBE_MOVED, frozenset({Outcome.MOVED}), histories)


def flag_maybe_closed(
    _assessment: Assessment, _previous: Assessment | None, histories: Sequence[History]
) -> Flag | None:
    """A source's host says that there is no such place, or the address is for sale."""
    return _flag_outcome(FlagKind.MAYBE_CLOSED, ENDED, histories)


def flag_spam(
    assessment: Assessment, previous: Assessment | None, _histories: Sequence[History]
) -> Flag | None:
    """A community began to look overrun by spam."""
    return _flag_marker(FlagKind.SPAM, Marker.SPAM, assessment, previous)


def flag_announcements_only(
    assessment: Assessment, previous: Assessment | None, _histories: Sequence[History]
) -> Flag | None:
    """A community began to look like one voice."""
    return _flag_marker(
        FlagKind.ANNOUNCEMENTS_ONLY, Marker.ANNOUNCEMENTS_ONLY, assessment, previous
    )


def flag_woke_up(
    assessment: Assessment, previous: Assessment | None, _histories: Sequence[History]
) -> Flag | None:
    """An inactive community talks again."""
    if previous is None or previous.status is not Status.INACTIVE:
        return None
    if assessment.status not in LIVELY:
        return None
    return Flag(kind=FlagKind.WOKE_UP, reasons=assessment.reasons)


FLAGS: tuple[FlagRule, ...] = (
    flag_went_quiet,
    flag_maybe_moved,
    flag_maybe_closed,
    flag_spam,
    flag_announcements_only,
    flag_woke_up,
)


def in_doubt(histories: Sequence[History]) -> bool:
    """True when the last visit to a source that was once seen completely did not see.

    Such a reading goes to the operator, never to a curator. A source that nobody could ever see
    into proves nothing either way; the status already allows for it.
    """
    return any(
        history.last_outcome is not None and not history.last_outcome.saw
        for history in histories
        if complete_windows(history.coverage)
    )


def _new_markers(assessment: Assessment, previous: Assessment | None) -> frozenset[Marker]:
    return assessment.markers - (previous.markers if previous is not None else frozenset())


def _flag_marker(
    kind: FlagKind, marker: Marker, assessment: Assessment, previous: Assessment | None
) -> Flag | None:
    if marker not in _new_markers(assessment, previous):
        return None
    return Flag(kind=kind, reasons=assessment.reasons)


def _flag_outcome(
    kind: FlagKind, outcomes: frozenset[Outcome], histories: Sequence[History]
) -> Flag | None:
    found = [h.last_outcome for h in histories if h.last_outcome in outcomes]
    code = ReasonCode.NOT_SEEING.value
    reasons = tuple(Reason(code=code, values={"outcome": str(outcome)}) for outcome in found)
    return Flag(kind=kind, reasons=reasons) if found else None
