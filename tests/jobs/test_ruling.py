"""Changed rules move no status and no card before somebody has seen what they change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from cli import run_command
from domain.outcome import Status
from jobs.proving import accept_silence
from jobs.ruling import load_rules, try_rules
from scoring.default_rules import DEFAULT_RULES
from scoring.rules import Season, read_numbers, write_numbers
from store.assessments import latest_assessment
from store.engine import reading
from tests.jobs.test_assessing import read_list

STRICT = replace(
    DEFAULT_RULES,
    version="strict",
    inactive_after_days=60.0,
    calm_seasons=(Season(first=701, last=731),),
)


@pytest.fixture
def silent(workshop):
    """A list that has been silent for 250 days, seen to now."""
    source = workshop.watch("nets", "http://lists.example.org/nets/")
    read_list(workshop, source, silent_days=250, now=workshop.clock())
    return source


def test_all_numbers_of_a_set_of_rules_come_back():
    kept = json.loads(json.dumps(write_numbers(STRICT)))
    assert read_numbers(kept, "strict", DEFAULT_RULES) == STRICT
    assert read_numbers({"least_posts": 9}, "old", DEFAULT_RULES) == replace(
        DEFAULT_RULES, version="old", least_posts=9
    )


def test_a_new_installation_uses_its_rules_without_ceremony(workshop):
    assert load_rules(workshop.engine, STRICT, workshop.clock()) is STRICT
    assert try_rules(workshop.engine, STRICT, workshop.clock()) is None


def test_the_old_rules_hold_though_the_program_has_forgotten_them(workshop):
    load_rules(workshop.engine, STRICT, workshop.clock())
    assert load_rules(workshop.engine, DEFAULT_RULES, workshop.clock()) == STRICT


def test_what_waits_is_tried_once_a_day(workshop, silent):
    now = workshop.clock()
    load_rules(workshop.engine, DEFAULT_RULES, now)
    first = try_rules(workshop.engine, STRICT, now)
    again = try_rules(workshop.engine, STRICT, now + timedelta(hours=23))
    later = try_rules(workshop.engine, STRICT, now + timedelta(hours=24))
    assert (first.other, again, later.made_at - now) == ("strict", first, timedelta(hours=24))


@pytest.fixture
def run(workshop, capsys):
    def command(*arguments):
        code = run_command(["--data", str(workshop.folder), *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return command


@pytest.fixture
def waiting(workshop, silent, run):
    """What was said by the first rules; then the settings change, which is told and changes it."""
    accept_silence(workshop.engine, silent, workshop.clock())
    assert run("assess")[0] == 0
    before = status_of(workshop, silent)
    assert "Waiting   none" in run("rules")[1]
    with (workshop.folder / "rollcall.toml").open("a", encoding="utf-8") as file:
        file.write("\n[scoring]\ninactive_after_days = 60\n")
    assert "waits" in run("assess")[2]
    return before


def test_a_changed_setting_waits_and_every_command_says_so(workshop, silent, run, waiting):
    assert waiting == (Status.DORMANT, DEFAULT_RULES.version)
    assert status_of(workshop, silent) == waiting
    assert f"# version {DEFAULT_RULES.version}" in run("config", "rules")[1]
    _, out, _ = run("status")
    assert "waits for a lead's go" in out
    assert "rollcall rules" in out


def test_what_waits_moves_statuses_once_it_was_shown_and_somebody_said_go(
    workshop, silent, run, waiting
):
    code, _, err = run("rules", "go", "strict")
    assert (code, "does not wait" in err) == (2, True)
    record = json.loads(run("rules", "--json")[1])
    [change] = record["changes"]
    assert (change["status"], change["would_be"]) == ("dormant", "inactive")
    _, out, err = run("rules")
    assert "1 of 1 communities would change" in out
    assert f"rollcall rules go {record['waiting']}" in err
    assert run("rules", "go", record["waiting"])[0] == 0
    assert status_of(workshop, silent) == waiting
    run("assess")
    assert status_of(workshop, silent) == (Status.INACTIVE, record["waiting"])
    assert "Waiting   none" in run("rules")[1]


def test_no_go_before_anybody_has_looked(workshop, run):
    load_rules(workshop.engine, DEFAULT_RULES, workshop.clock())
    load_rules(workshop.engine, STRICT, workshop.clock())
    code, _, err = run("rules", "go", "strict")
    assert (code, "nobody has seen" in err) == (2, True)


def status_of(workshop, source):
    with reading(workshop.engine) as session:
        found = latest_assessment(session, source.community_id)
    return found.status, found.rules_version
