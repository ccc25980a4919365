"""Which stretch of a long history to ask a platform for next: as much as fits one answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.errors import SourceError
from domain.outcome import Outcome
from domain.window import Month

_FIRST_STEP, _LONGEST_STEP = 12, 24
_FEW_POSTS, _MANY_POSTS = 250, 1_000
_MOST_PROBLEMS = 3
_TOO_MUCH = frozenset({Outcome.TOO_LARGE, Outcome.TIMEOUT, Outcome.UNPARSEABLE})


@dataclass(slots=True, kw_only=True)
class Stretches:
    """A walk from `month` to `last`, oldest first, `step` months at a time.

    `failed` is the first month that could not be read whole, `problems` what was wrong.
    """

    month: Month
    last: Month
    step: int = _FIRST_STEP
    failed: Month | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def end(self) -> datetime | None:
        """Where the stretch that begins at `month` ends; `None` for the last, which is open."""
        after = self.month.shifted(self.step)
        return None if after > self.last else after.start

    def shorten(self) -> bool:
        """Takes a quarter of the months; false when it is one month already."""
        shorter = max(self.step // 4, 1)
        changed, self.step = shorter < self.step, shorter
        return changed

    def shorten_or_skip(self, error: SourceError) -> None:
        """Goes on after an answer that was too much; other errors, and too many, rise."""
        if error.outcome not in _TOO_MUCH:
            raise error
        if not self.shorten():
            self._note_problem(error.what)
            if len(self.problems) >= _MOST_PROBLEMS:
                raise error
            self.month = self.month.shifted(1)

    def note(self, posts: int, damage: str) -> None:
        """Goes on after an answer with so many posts, adapting the length of the next stretch."""
        if damage:
            self._note_problem(damage)
        self.month = self.month.shifted(self.step)
        if posts < _FEW_POSTS:
            self.step = min(self.step * 2, _LONGEST_STEP)
        elif posts > _MANY_POSTS:
            self.step = max(self.step // 2, 1)

    def _note_problem(self, what: str) -> None:
        self.failed = self.failed or self.month
        self.problems.append(f"{self.month}: {what}")
