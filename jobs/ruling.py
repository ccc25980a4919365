"""Which scoring rules may be used: others than those in force wait until a lead has said go."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from jobs.replaying import keep_trial, replay_rules
from scoring.rules import Rules, read_numbers, write_numbers
from store.engine import reading, writing
from store.rule_sets import load_rule_set, load_waiting, load_waiting_trial, meet_rules
from store.rule_trials import RuleTrial

TRY_AGAIN = timedelta(days=1)
"""What waiting rules would change is worked out again so often."""


def load_rules(engine: Engine, configured: Rules, now: datetime) -> Rules:
    """The rules in force, given those of program and settings, which wait if they are others.

    The first rules that a database meets are in force at once.
    """
    with reading(engine) as session:
        stands, waits = load_rule_set(session), load_waiting(session)
    newest = waits or stands
    if stands is None or newest is None or newest.version != configured.version:
        with writing(engine) as session:
            stands = meet_rules(session, configured.version, write_numbers(configured), now)
    if stands.version == configured.version:
        return configured
    return read_numbers(stands.numbers, stands.version, configured)


def try_rules(engine: Engine, configured: Rules, now: datetime) -> RuleTrial | None:
    """What the rules that wait would change, kept for the lead; `None` where none wait."""
    rules = load_rules(engine, configured, now)
    if rules.version == configured.version:
        return None
    with reading(engine) as session:
        known = load_waiting_trial(session)
    if known is not None and now - known.made_at < TRY_AGAIN:
        return known
    replayed = replay_rules(engine, now, rules=rules, other=configured)
    return keep_trial(engine, replayed, now, rules=rules, other=configured)
