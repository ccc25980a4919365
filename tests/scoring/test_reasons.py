"""Reasons: at most three, the community's own numbers first, and what would change it."""

from __future__ import annotations

import pytest

from domain.outcome import Outcome, Status


def every(gap, until, start=0.0):
    return [start + gap * i for i in range(int((until - start) / gap))]


def told(reasons):
    return {reason.code: dict(reason.values) for reason in reasons}


CASES = {
    "daily talk": ({"days": every(1, 500), "seen": [(0, 500)]}, 500),
    "silent for eight months": ({"days": every(1, 400), "seen": [(0, 650)]}, 650),
    "silent for a year": ({"days": every(1, 400), "seen": [(0, 800)]}, 800),
    "an outage": ({"days": every(1, 400), "seen": [(0, 400), (445, 455)]}, 455),
    "a feed window": (
        {"days": every(9, 400), "seen": [(0, 400)], "windowed": True, "outcome": Outcome.PARTIAL},
        400,
    ),
    "no authors": ({"days": every(3, 400), "seen": [(0, 400)], "authors": [-1] * 133}, 400),
    "four posts": ({"days": [1, 5, 9, 20], "seen": [(0, 60)]}, 60),
    "four posts long ago": ({"days": [1, 5, 9, 20], "seen": [(0, 600)]}, 600),
    "blind for a year": ({"days": every(1, 400), "seen": [(0, 400), (800, 810)]}, 810),
    "never seen": ({"days": every(1, 400), "seen": []}, 400),
    "nothing ever": ({"days": [], "seen": [(0, 500)]}, 500),
}


@pytest.fixture
def reasons_of(make_history, assess_at):
    def read(name):
        made, at = CASES[name]
        found = assess_at(at, make_history(**made))
        return found.status, told(found.reasons), told(found.change)

    return read


@pytest.mark.parametrize(
    ("name", "status", "reasons", "change"),
    [
        ("daily talk", Status.ACTIVE, ["talk", "people", "silence"], ["if_silent"]),
        (
            "silent for eight months",
            Status.DORMANT,
            ["silence", "stopped_suddenly", "chance_quiet"],
            ["if_post", "if_posts", "if_silent"],
        ),
        ("silent for a year", Status.INACTIVE, ["silent_year", "post_again"], None),
        ("an outage", Status.ACTIVE, ["talk", "people", "clock_stood"], ["if_silent"]),
        ("a feed window", Status.ACTIVE, ["talk", "people", "not_seeing"], ["if_silent"]),
        ("no authors", Status.ACTIVE, ["talk", "silence", "no_authors"], ["if_silent"]),
        ("four posts", Status.UNVERIFIABLE, ["thin"], ["if_enough"]),
        (
            "four posts long ago",
            Status.INACTIVE,
            ["thin", "silent_year", "post_again"],
            ["if_enough"],
        ),
        ("blind for a year", Status.UNVERIFIABLE, ["blind_too_long"], ["if_seen"]),
        ("never seen", Status.UNVERIFIABLE, ["never_seen"], ["if_seen"]),
        ("nothing ever", Status.INACTIVE, ["never_talked", "post_again"], ["if_enough"]),
    ],
)
def test_a_status_is_explained_in_at_most_three_reasons(
    reasons_of, name, status, reasons, change
) -> None:
    found, why, what = reasons_of(name)
    assert found is status
    assert list(why) == reasons
    assert change is None or list(what) == change


def test_the_numbers_are_the_communitys_own(reasons_of) -> None:
    _, why, what = reasons_of("silent for eight months")
    assert why["silence"] == {
        "silent_days": 251,
        "last": "2021-02-03",
        "usual_days": 1,
        "longest_days": 1,
    }
    assert why["stopped_suddenly"] == {"active_days": 114, "silent_days": 251, "longest_days": 1}
    assert 60 <= why["chance_quiet"]["percent"] <= 100
    assert what["if_silent"] == {"status": "inactive", "days": 119, "date": "2022-02-08"}


def test_an_active_community_is_told_its_talk_and_its_people(reasons_of) -> None:
    _, why, _ = reasons_of("daily talk")
    assert why["talk"] == {"posts": 90, "days": 90, "usual": 90}
    assert why["people"] == {
        "people": 5,
        "days": 365,
        "threads": 122,
        "answered_percent": 100,
    }


def test_unseen_time_is_told_in_days(reasons_of) -> None:
    assert reasons_of("an outage")[1]["clock_stood"] == {"unseen_days": 45}
    assert reasons_of("blind for a year")[1]["blind_too_long"]["unseen_days"] == 400
    assert reasons_of("a feed window")[1]["not_seeing"] == {"outcome": "partial"}


def test_much_less_talk_than_usual_comes_first(make_history, assess_at) -> None:
    days = [*every(0.5, 400), *every(6, 490, start=400)]
    found = assess_at(490, make_history(days, seen=[(0, 490)]))
    assert (found.reasons[0].code, found.reasons[0].values["posts"]) == ("less_talk", 15)
    assert found.reasons[0].values["usual"] == pytest.approx(160, abs=30)


def test_what_silence_would_bring_is_what_it_brings(make_history, assess_at, start) -> None:
    """The announced date of the next change is the one at which the rules change their mind."""
    days = every(1, 400)
    before = assess_at(400, make_history(days, seen=[(0, 400)]))
    (turn,) = [reason for reason in before.change if reason.code == "if_silent"]
    later = 400 + turn.values["days"]
    week_before = assess_at(later - 7, make_history(days, seen=[(0, later - 7)]))
    then = assess_at(later, make_history(days, seen=[(0, later)]))
    assert week_before.status is Status.ACTIVE
    assert then.status.value == turn.values["status"]
    assert then.observed_until.date().isoformat() == turn.values["date"]


def test_what_a_post_would_bring_is_what_it_brings(make_history, assess_at) -> None:
    days = every(1, 400)
    before = assess_at(800, make_history(days, seen=[(0, 800)]))
    (turn,) = [reason for reason in before.change if reason.code == "if_post"]
    after = assess_at(800.5, make_history([*days, 800.2], seen=[(0, 800.5)]))
    assert after.status.value == turn.values["status"]
