"""Which scoring rules are in force, and which wait until a lead has seen what they would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.orm import Session

from domain.errors import UsageError
from store.curator_tables import RuleSetRow
from store.jobs import ASSESSING, bring_forward
from store.rule_trials import RuleTrial, load_trial
from store.tables import UserRow

TRIAL_HOLDS = timedelta(days=7)
"""How old a comparison may be when rules go live by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All numbers of the rules of a version, since when they are in force, and by whose word.

    `live_at` is `None` while they wait; `by` is empty for the first set and for an operator's go.
    """

    version: str
    numbers: Mapping[str, float]
    live_at: datetime | None = None
    by: str = ""


def load_rule_set(s: Session) -> RuleSet | None:
    """The set in force; `None` before any rules were met."""
    return _load(s, RuleSetRow.live_at.is_not(None))


def load_waiting(s: Session) -> RuleSet | None:
    """The set that waits for a go."""
    return _load(s, RuleSetRow.live_at.is_(None), RuleSetRow.withdrawn_at.is_(None))


def meet_rules(s: Session, version: str, numbers: Mapping[str, float], now: datetime) -> RuleSet:
    """The set in force, now that these are the rules of program and settings.

    The first ever are in force at once; others wait, and take the place of what waited before.
    """
    stands, waits = load_rule_set(s), load_waiting(s)
    if stands is None:
        _add(s, version, numbers, now, live_at=now)
        return RuleSet(version=version, numbers=numbers, live_at=now)
    if waits is not None and waits.version != version:
        _change_waiting(s, withdrawn_at=now)
    if version != stands.version and (waits is None or waits.version != version):
        _add(s, version, numbers, now)
    return stands


def load_waiting_trial(s: Session) -> RuleTrial | None:
    """The newest comparison of what is in force with what waits."""
    stands, waits = load_rule_set(s), load_waiting(s)
    if stands is None or waits is None:
        return None
    return load_trial(s, stands.version, waits.version)


def go_live(s: Session, version: str, *, user_id: int | None, now: datetime) -> None:
    """Puts the waiting set in force, and everything is scored by it at the next look.

    Raises: UsageError when another set waits, or nobody has worked out lately what it would change.
    """
    waits, trial = load_waiting(s), load_waiting_trial(s)
    if waits is None or waits.version != version:
        raise UsageError(f"rule set {version} does not wait", to_do="see `rollcall rules`")
    if trial is None or now - trial.made_at > TRIAL_HOLDS:
        raise UsageError(
            f"nobody has seen lately what rule set {version} would change",
            to_do="look at it with `rollcall rules`",
        )
    _change_waiting(s, live_at=now, user_id=user_id)
    bring_forward(s, ASSESSING, now)


def _load(s: Session, *wanted: ColumnElement[bool]) -> RuleSet | None:
    found = s.execute(
        select(RuleSetRow, UserRow.name)
        .outerjoin(UserRow, UserRow.id == RuleSetRow.user_id)
        .where(*wanted)
        .order_by(RuleSetRow.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    row, name = found
    return RuleSet(version=row.version, numbers=row.numbers, live_at=row.live_at, by=name or "")


def _add(
    s: Session,
    version: str,
    numbers: Mapping[str, float],
    now: datetime,
    *,
    live_at: datetime | None = None,
) -> None:
    facts = {"version": version, "numbers": dict(numbers), "met_at": now, "live_at": live_at}
    s.execute(insert(RuleSetRow).values(facts))


def _change_waiting(s: Session, **values: object) -> None:
    s.execute(
        update(RuleSetRow)
        .where(RuleSetRow.live_at.is_(None), RuleSetRow.withdrawn_at.is_(None))
        .values(values)
        .execution_options(synchronize_session=False)
    )
