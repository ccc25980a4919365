"""The interface that evaluations call."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.predict import predict

DAY = 86_400
CUTOFF = 20_000 * DAY
ALL = {"p_any_90", "p_any_180", "p_fun_180", "p_quiet", "status"}


def history(days_ago, author=None, thread=None, cutoff=CUTOFF):
    count = len(days_ago)
    return SimpleNamespace(
        community_id="made-up",
        cutoff=cutoff,
        ts=sorted(int(cutoff - day * DAY) for day in days_ago),
        author=author if author is not None else [i % 5 for i in range(count)],
        thread=thread if thread is not None else [i // 3 for i in range(count)],
    )


WEEKLY = [700 - 7 * week + 1 for week in range(100)]


@pytest.mark.parametrize(
    ("days_ago", "status"),
    [
        pytest.param(WEEKLY, "active", id="weekly talk"),
        pytest.param([day + 250 for day in WEEKLY], "dormant", id="silent for eight months"),
        pytest.param([day + 400 for day in WEEKLY], "inactive", id="silent for a year"),
    ],
)
def test_a_status_comes_with_its_chances(days_ago, status) -> None:
    found = predict(history(days_ago))
    assert set(found) == ALL
    assert found["status"] == status
    assert all(0 < float(found[name]) <= 1 for name in ALL - {"status"})
    assert json.dumps(found)


@pytest.mark.parametrize(
    ("days_ago", "status"),
    [
        pytest.param([], "unverifiable", id="nothing"),
        pytest.param([40, 30, 20, 10], "unverifiable", id="four posts"),
        pytest.param([900, 800, 700, 364.9], "unverifiable", id="four posts, silent 364 days"),
        pytest.param([900, 800, 700, 365], "inactive", id="four posts, silent for a year"),
    ],
)
def test_thin_evidence_abstains_from_chances(days_ago, status) -> None:
    assert predict(history(days_ago)) == {"status": status}


def test_a_busy_window_of_two_days_has_chances_but_no_status() -> None:
    found = predict(history([2, 2, 2, 1, 1, 1]))
    assert set(found) == ALL
    assert found["status"] == "unverifiable"


def test_markers_are_told_as_the_status() -> None:
    days = list(range(100, 0, -1))
    assert predict(history(days, list(range(100)), list(range(100))))["status"] == "spam"
    assert predict(history(days, [0] * 100, list(range(100))))["status"] == "broadcast"
    assert predict(history(days, [-1] * 100, [-1] * 100))["status"] == "active"


def test_silence_is_told_before_a_marker() -> None:
    days = [day + 300 for day in range(100, 0, -1)]
    assert predict(history(days, [0] * 100, list(range(100))))["status"] == "dormant"


@pytest.mark.parametrize(
    ("talk_ended", "status"),
    [
        pytest.param(352, "active", id="denied by the look of three months ago"),
        pytest.param(500, "broadcast", id="the same at all looks"),
    ],
)
def test_a_marker_is_not_of_one_look(talk_ended, status) -> None:
    """Daily talk until so many days ago, and daily posts by one voice since."""
    days = list(range(700, 0, -1))
    authors = [day % 5 if day > talk_ended else 9 for day in days]
    threads = [day // 5 if day > talk_ended else 1000 + day for day in days]
    assert predict(history(days, authors, threads))["status"] == status


@pytest.mark.parametrize("silent_days", [0, 5, 40, 100, 180, 300, 400])
def test_a_status_read_from_its_last_weeks_is_that_of_the_whole_history(
    silent_days, monkeypatch
) -> None:
    short = predict(history([day + silent_days for day in WEEKLY]))
    monkeypatch.setattr("scoring.predict.LOOK_BACK_WEEKS", ())
    assert predict(history([day + silent_days for day in WEEKLY])) == pytest.approx(short)


def test_posts_at_or_after_the_cutoff_are_ignored() -> None:
    plain, later = history(WEEKLY), history(WEEKLY)
    later.ts, later.author, later.thread = (
        [*later.ts, CUTOFF, CUTOFF + DAY],
        [*later.author, 77, 78],
        [*later.thread, 50, 51],
    )
    assert predict(later) == predict(plain)


def test_arrays_and_lists_give_the_same() -> None:
    plain, arrays = history(WEEKLY), history(WEEKLY)
    arrays.ts, arrays.author, arrays.thread = map(
        np.array, (arrays.ts, arrays.author, arrays.thread)
    )
    assert predict(arrays) == predict(plain)


POSTS = st.lists(
    st.tuples(st.integers(0, 900), st.integers(-1, 4), st.integers(-1, 9)), min_size=5, max_size=80
)


@given(posts=POSTS, order=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_posts_is_irrelevant(posts, order) -> None:
    mixed = list(posts)
    order.shuffle(mixed)
    plain, shuffled = (
        SimpleNamespace(
            cutoff=CUTOFF,
            ts=[CUTOFF - (1 + day) * DAY for day, _, _ in some],
            author=[who for _, who, _ in some],
            thread=[topic for _, _, topic in some],
        )
        for some in (posts, mixed)
    )
    assert predict(plain) == predict(shuffled)


@given(posts=POSTS, whole_cycles=st.integers(1, 2))
@settings(max_examples=30, deadline=None)
def test_shifting_dates_and_cutoff_together_changes_nothing(posts, whole_cycles) -> None:
    """400 years are a whole number of weeks and put every day back into its season."""
    shift = whole_cycles * 146_097 * DAY
    early, late = (
        SimpleNamespace(
            cutoff=CUTOFF + moved,
            ts=sorted(CUTOFF + moved - (1 + day) * DAY for day, _, _ in posts),
            author=[who for _, who, _ in posts],
            thread=[topic for _, _, topic in posts],
        )
        for moved in (0, shift)
    )
    found, again = predict(early), predict(late)
    assert found.pop("status") == again.pop("status")
    assert again == pytest.approx(found)


@given(posts=POSTS)
@settings(max_examples=40, deadline=None)
def test_a_post_now_never_looks_deader_than_no_post(posts) -> None:
    ladder = ("active", "slowing", "dormant", "inactive")
    base = [900 - day for day, _, _ in posts]
    before, after = predict(history([*base])), predict(history([*base, 0.01]))
    assert after["status"] != "inactive"
    if before["status"] in ladder[2:] and after["status"] in ladder:
        assert ladder.index(after["status"]) <= ladder.index(before["status"])


def test_the_time_zone_of_the_machine_is_irrelevant(monkeypatch) -> None:
    found = []
    for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        found.append([predict(history([d + gap for d in WEEKLY])) for gap in (0, 60, 250)])
    monkeypatch.undo()
    time.tzset()
    assert found[0] == found[1] == found[2]


LADDER = ("active", "slowing", "dormant", "inactive")


@given(
    gaps=st.lists(st.floats(0.2, 90), min_size=5, max_size=60),
    silent=st.floats(0.05, 400),
    fresh=st.floats(0.001, 6.9),
    who=st.integers(-1, 6),
)
@settings(max_examples=120, deadline=None)
def test_one_more_human_post_never_worsens_a_status(gaps, silent, fresh, who) -> None:
    days = [float(day) for day in silent + np.cumsum(gaps)][::-1]
    authors = [number % 4 for number in range(len(days))]
    threads = [number // 3 for number in range(len(days))]
    late = min(fresh, silent)
    before = predict(history(days, authors, threads))["status"]
    after = predict(history([*days, late], [*authors, who], [*threads, 10_000]))["status"]
    if before in LADDER and after in LADDER:
        assert LADDER.index(after) <= LADDER.index(before)
