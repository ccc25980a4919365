"""Rules that are met first are in force; others wait for a go by what they would change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.errors import UsageError
from domain.people import Role
from store.engine import reading, writing
from store.jobs import claim_job, finish_job, list_jobs
from store.rule_sets import (
    TRIAL_HOLDS,
    go_live,
    load_rule_set,
    load_waiting,
    load_waiting_trial,
    meet_rules,
)
from store.rule_trials import RuleTrial, save_trial
from store.users import add_user

DAY = timedelta(days=1)


@pytest.fixture
def meet(engine, now):
    def run(version):
        with writing(engine) as s:
            return meet_rules(s, version, {"least_posts": len(version)}, now)

    return run


@pytest.fixture
def compare(engine, now):
    def run(stands, other, made_at=now):
        trial = RuleTrial(
            made_at=made_at,
            stands=stands,
            other=other,
            communities=0,
            changes=(),
            contradictions=(),
        )
        with writing(engine) as s:
            save_trial(s, trial)

    return run


def versions(engine):
    with reading(engine) as s:
        stands, waits = load_rule_set(s), load_waiting(s)
    return stands and stands.version, waits and waits.version


def test_the_first_rules_are_in_force_at_once(engine, meet):
    assert versions(engine) == (None, None)
    assert meet("one").version == "one"
    assert meet("one").numbers == {"least_posts": 3}
    assert versions(engine) == ("one", None)


def test_other_rules_wait_and_the_newest_of_them_counts(engine, meet):
    meet("one")
    assert meet("other").version == "one"
    assert versions(engine) == ("one", "other")
    meet("third")
    assert versions(engine) == ("one", "third")
    meet("one")
    assert versions(engine) == ("one", None)


def test_nothing_goes_live_before_it_was_seen_what_it_would_change(engine, meet, compare, now):
    meet("one")
    meet("other")
    compare("one", "third")
    with pytest.raises(UsageError, match="nobody has seen"), writing(engine) as s:
        go_live(s, "other", user_id=None, now=now)
    compare("one", "other", now - TRIAL_HOLDS - DAY)
    with pytest.raises(UsageError, match="nobody has seen"), writing(engine) as s:
        go_live(s, "other", user_id=None, now=now)
    assert versions(engine) == ("one", "other")


def test_a_go_is_for_the_version_that_was_seen(engine, meet, compare, now):
    meet("one")
    meet("other")
    compare("one", "other")
    meet("third")
    with pytest.raises(UsageError, match="does not wait"), writing(engine) as s:
        go_live(s, "other", user_id=None, now=now)
    assert versions(engine) == ("one", "third")


def test_a_lead_lets_them_go_live_by_name_and_everything_is_scored_soon(engine, meet, compare, now):
    meet("one")
    meet("other")
    compare("one", "other")
    with writing(engine) as s:
        lead = add_user(s, name="Lea", address="lea@example.org", role=Role.LEAD, now=now)
        claim_job(s, "assess", owner="me", now=now, ttl=DAY, first_due=now)
        finish_job(s, "assess", owner="me", now=now, due_at=now + DAY)
        go_live(s, "other", user_id=lead.id, now=now)
    assert versions(engine) == ("other", None)
    with reading(engine) as s:
        found = load_rule_set(s)
        assert load_waiting_trial(s) is None
        [job] = list_jobs(s)
    assert (found.by, found.live_at, job.due_at) == ("Lea", now, now)
    meet("one")
    assert versions(engine) == ("other", "one")
