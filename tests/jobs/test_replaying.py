"""What other rules would change, and which decisions speak against them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cli import run_command
from domain.outcome import Answer, Flag, FlagKind, Status
from domain.people import Role
from jobs.replaying import replay_rules
from scoring.default_rules import DEFAULT_RULES
from store.assessments import latest_assessment
from store.engine import reading, writing
from store.reviews import decide, open_review, undo
from store.rule_trials import list_trials
from store.users import add_user
from tests.jobs.test_assessing import read_list

DAY = timedelta(days=1)
MILD = replace(DEFAULT_RULES, version="mild", p_quiet_dormant=1.0, p_fun_active=0.0)
STRICT = replace(DEFAULT_RULES, version="strict", inactive_after_days=60.0)


@pytest.fixture
def silent(workshop):
    """A list that has been silent for 250 days, seen to now."""
    source = workshop.watch("nets", "http://lists.example.org/nets/")
    read_list(workshop, source, silent_days=250, now=workshop.clock())
    return source


def answer(workshop, source, given: Answer, *, days_ago: float):
    """Stores a curator's answer of that day; gives its decision and who it was."""
    now = workshop.clock() - days_ago * DAY
    with writing(workshop.engine) as session:
        user = add_user(
            session, name="Ada", address=f"a{days_ago}@example.org", role=Role.CURATOR, now=now
        )
        review = open_review(session, source.community_id, Flag(kind=FlagKind.WENT_QUIET), now)
        decision = decide(
            session,
            review_id=review.id,
            version=review.version,
            user_id=user.id,
            answer=given,
            note="",
            new_url=None,
            now=now,
        )
    return decision, user


def test_a_status_that_would_change_is_told_and_nothing_is_stored(workshop, silent):
    (found,) = replay_rules(workshop.engine, workshop.clock(), rules=DEFAULT_RULES, other=MILD)
    assert (found.stands, found.would, found.changes) == (Status.DORMANT, Status.ACTIVE, True)
    assert found.contradictions == ()
    with reading(workshop.engine) as session:
        assert latest_assessment(session, silent.community_id) is None


@pytest.mark.parametrize(
    ("given", "days_ago", "rules", "said"),
    [
        pytest.param(Answer.ALIVE, 150, STRICT, Status.INACTIVE, id="alive, but called inactive"),
        pytest.param(Answer.INACTIVE, 150, MILD, Status.ACTIVE, id="inactive, but called active"),
        pytest.param(Answer.ALIVE, 150, MILD, None, id="alive, and called active"),
        pytest.param(Answer.INACTIVE, 150, STRICT, None, id="inactive, and called so"),
        pytest.param(Answer.ALIVE, 245, STRICT, None, id="alive on a day on which it was"),
        pytest.param(Answer.NOT_SURE, 150, STRICT, None, id="not sure"),
    ],
)
def test_a_decision_that_the_rules_deny_is_named(workshop, silent, given, days_ago, rules, said):
    answer(workshop, silent, given, days_ago=days_ago)
    (found,) = replay_rules(workshop.engine, workshop.clock(), rules=DEFAULT_RULES, other=rules)
    assert [one.said for one in found.contradictions] == ([] if said is None else [said])


def test_a_decision_that_was_taken_back_speaks_against_nothing(workshop, silent):
    decision, user = answer(workshop, silent, Answer.ALIVE, days_ago=150)
    with writing(workshop.engine) as session:
        undo(session, decision.id, user.id, workshop.clock() - 149 * DAY)
    (found,) = replay_rules(workshop.engine, workshop.clock(), rules=DEFAULT_RULES, other=STRICT)
    assert found.contradictions == ()


def run(capsys, workshop, *arguments):
    code = run_command(["--data", str(workshop.folder), *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_tells_it_in_lines_and_in_records(workshop, silent, tmp_path, capsys):
    answer(workshop, silent, Answer.ALIVE, days_ago=150)
    file = tmp_path / "rules.toml"
    file.write_text("inactive_after_days = 60\n[quiet]\nlog_rec = 0.6\n", encoding="utf-8")
    code, out, err = run(capsys, workshop, "assess", "--replay", "--rules", str(file))
    assert code == 0
    assert "these rules would have said inactive" in out
    assert "1 of 1 statuses would change; 1 past decisions speak against" in err
    _, out, _ = run(capsys, workshop, "assess", "--replay", "--rules", str(file), "--json")
    record = json.loads(out)
    assert (record["status"], record["would_be"]) == ("dormant", "inactive")
    assert record["contradicts"][0]["decision"] == "alive"


def test_what_is_kept_is_there_for_the_lead(workshop, silent, tmp_path, capsys):
    answer(workshop, silent, Answer.ALIVE, days_ago=150)
    file = tmp_path / "rules.toml"
    file.write_text("inactive_after_days = 60\n[quiet]\nlog_rec = 0.6\n", encoding="utf-8")
    asked = ("assess", "--replay", "--rules", str(file))
    run(capsys, workshop, *asked)
    with reading(workshop.engine) as session:
        assert list_trials(session) == []
    _, _, err = run(capsys, workshop, *asked, "--keep")
    assert "The lead sees them" in err
    with reading(workshop.engine) as session:
        [trial] = list_trials(session)
    [change] = trial.changes
    [against] = trial.contradictions
    assert (trial.communities, change.stands, change.would) == (1, "dormant", "inactive")
    assert (against.answer, against.said) == (Answer.ALIVE, "inactive")
    assert trial.other.startswith(f"{trial.stands}+local.")
    assert run(capsys, workshop, "assess", "--keep")[0] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("p_quiet_dormant = ", "TOML"), ('p_quiet_dormant = "x"', "no number"), ("mood = 1", "mood")],
)
def test_a_file_that_holds_no_rules_is_refused(workshop, silent, tmp_path, capsys, text, said):
    file = tmp_path / "rules.toml"
    file.write_text(text, encoding="utf-8")
    code, _, err = run(capsys, workshop, "assess", "--replay", "--rules", str(file))
    assert code in {2, 3}
    assert said in err


@pytest.mark.parametrize("arguments", [["--replay"], ["--rules", "x.toml"]])
def test_replay_and_rules_belong_together(workshop, capsys, arguments):
    assert run(capsys, workshop, "assess", *arguments)[0] == 2


def test_health_is_shown_with_coverage(workshop, silent, capsys):
    code, out, _ = run(capsys, workshop, "health", silent.name)
    assert code == 0
    assert "100% of it seen" in out
    assert "Time to First Response" in out
    _, out, _ = run(capsys, workshop, "health", silent.name, "--json")
    record = json.loads(out)
    assert record["measures"]["posts"]["now"] == 0
    assert record["seen_share"] == 1
    assert run(capsys, workshop, "health", "nobody")[0] == 2
