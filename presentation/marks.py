"""Seven marks for the operator's grid: what a visit came to, as a sign that has a word.

The one place that maps an outcome to a mark. The grid, a source's page and `sources list` use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from domain.outcome import Outcome
from domain.records import CrawlReport, Source


class RunMark(StrEnum):
    """What came of a visit, worst first."""

    CANNOT_READ = "cannot_read"
    REFUSED = "refused"
    NOT_REACHED = "not_reached"
    UNKNOWN = "unknown"
    NOTHING_NEW = "nothing_new"
    NEW_TALK = "new_talk"
    NOT_DUE = "not_due"

    @property
    def sign(self) -> str:
        """The sign that stands for it in the grid, never without its word nearby."""
        return SIGNS[self]

    @property
    def word(self) -> str:
        """The word for it."""
        return WORDS[self]

    @property
    def meaning(self) -> str:
        """What the legend says of it."""
        return MEANINGS[self]

    @property
    def is_trouble(self) -> bool:
        """True for the marks that a person may have to look at."""
        return self in TROUBLE


SIGNS: Mapping[RunMark, str] = {
    RunMark.CANNOT_READ: "▲",
    RunMark.REFUSED: "!",
    RunMark.NOT_REACHED: "x",
    RunMark.UNKNOWN: "?",
    RunMark.NOTHING_NEW: "○",
    RunMark.NEW_TALK: "●",
    RunMark.NOT_DUE: "·",
}
WORDS: Mapping[RunMark, str] = {
    RunMark.CANNOT_READ: "cannot read",
    RunMark.REFUSED: "refused",
    RunMark.NOT_REACHED: "not reached",
    RunMark.UNKNOWN: "unknown",
    RunMark.NOTHING_NEW: "read, nothing new",
    RunMark.NEW_TALK: "new talk",
    RunMark.NOT_DUE: "not due",
}
MEANINGS: Mapping[RunMark, str] = {
    RunMark.CANNOT_READ: "it answers, but not with an archive that we can read",
    RunMark.REFUSED: "robots rule, login, bot check, or told to come later",
    RunMark.NOT_REACHED: "no answer, or its server fails",
    RunMark.UNKNOWN: "read in part, not visited, or our own network was down",
    RunMark.NOTHING_NEW: "seen to the end; nobody wrote",
    RunMark.NEW_TALK: "seen to the end, with new posts",
    RunMark.NOT_DUE: "paused, or not watched yet",
}
TROUBLE = frozenset(
    {RunMark.CANNOT_READ, RunMark.REFUSED, RunMark.NOT_REACHED, RunMark.UNKNOWN},
)

MARKS: Mapping[Outcome, RunMark] = {
    Outcome.READ: RunMark.NOTHING_NEW,
    Outcome.UNCHANGED: RunMark.NOTHING_NEW,
    Outcome.EMPTY: RunMark.NOTHING_NEW,
    # New posts or none: whether there was more is not known.
    Outcome.PARTIAL: RunMark.UNKNOWN,
    Outcome.LAYOUT_CHANGED: RunMark.CANNOT_READ,
    Outcome.UNPARSEABLE: RunMark.CANNOT_READ,
    Outcome.TOO_LARGE: RunMark.CANNOT_READ,
    Outcome.GONE: RunMark.CANNOT_READ,
    Outcome.NOT_FOUND: RunMark.CANNOT_READ,
    Outcome.MOVED: RunMark.CANNOT_READ,
    Outcome.PARKED: RunMark.CANNOT_READ,
    Outcome.LOGIN_WALL: RunMark.REFUSED,
    Outcome.REFUSED: RunMark.REFUSED,
    Outcome.CHALLENGE: RunMark.REFUSED,
    Outcome.RATE_LIMITED: RunMark.REFUSED,
    Outcome.SERVER_ERROR: RunMark.NOT_REACHED,
    Outcome.TIMEOUT: RunMark.NOT_REACHED,
    Outcome.UNREACHABLE: RunMark.NOT_REACHED,
    Outcome.OUR_NETWORK_DOWN: RunMark.UNKNOWN,
}


def mark_visit(outcome: Outcome, posts_new: int = 0) -> RunMark:
    """The mark of a visit, or of several that ended so: new posts count only where it saw."""
    mark = MARKS[outcome]
    return RunMark.NEW_TALK if mark is RunMark.NOTHING_NEW and posts_new > 0 else mark


def mark_source(source: Source, report: CrawlReport | None) -> RunMark:
    """The mark of a source by its last visit; nothing is due of a paused or imported one."""
    if source.paused or not source.platform.visited:
        return RunMark.NOT_DUE
    return RunMark.UNKNOWN if report is None else mark_visit(report.outcome, report.posts_new)
