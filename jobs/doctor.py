"""Examines an installation: what is wrong, where, what to do about it, and repairs what is safe.

Each check gives findings and changes nothing. A finding may carry a repair: something that loses
nothing and that a person would do without a thought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine

from config import Settings
from domain.errors import RollcallError


class Grade(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; `fixed` once its repair was made."""

    check: str
    grade: Grade
    said: str
    where: str = ""
    to_do: str = ""
    repair: Callable[[], object] | None = None
    fixed: bool = False

    @property
    def needs_person(self) -> bool:
        return self.grade is Grade.FAIL and not self.fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is examined. Where the database cannot be used, `trouble` says why."""

    settings: Settings
    now: datetime
    engine: Engine | None
    trouble: RollcallError | None = None


Check = Callable[[Patient], Iterator[Finding]]


def examine(patient: Patient, *, fix: bool) -> Iterator[Finding]:
    """The findings of every check, in the order in which a person would look."""
    from jobs.doctor_outside import OUTSIDE_CHECKS
    from jobs.doctor_place import PLACE_CHECKS
    from jobs.doctor_store import STORE_CHECKS

    for check in (*PLACE_CHECKS, *STORE_CHECKS, *OUTSIDE_CHECKS):
        for finding in _listen(check, patient):
            yield _mend(finding) if fix and finding.repair is not None else finding


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check=check, grade=Grade.OK, said=said)


def skip(check: str, said: str) -> Finding:
    """There was nothing to look at."""
    return Finding(check=check, grade=Grade.SKIP, said=said)


def _listen(check: Check, patient: Patient) -> Iterator[Finding]:
    """The findings of one check; one that fails is a finding too."""
    try:
        yield from check(patient)
    except RollcallError as error:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        yield Finding(
            check=name, grade=Grade.FAIL, said=error.what, where=error.where, to_do=error.to_do
        )


def _mend(finding: Finding) -> Finding:
    assert finding.repair is not None
    try:
        finding.repair()
    except (RollcallError, OSError) as error:
        return replace(finding, to_do=f"the repair failed ({error}); {finding.to_do}")
    return replace(finding, fixed=True)
