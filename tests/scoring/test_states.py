"""The state machine, step by step."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from scoring.activity import DAY, read_columns
from scoring.default_rules import DEFAULT_RULES
from scoring.scores import Scores
from scoring.states import (
    LADDER,
    WEEK,
    read_anchor,
    read_calm,
    read_wanted,
    replay,
    weekly_cutoffs,
)

# One letter per week: what the scores of that week look like.
WEEKS = {
    "A": (3.0, 0.10, 0.90),  # days silent, quiet, fun: clearly active
    "p": (3.0, 0.30, 0.40),  # would be slowing, but somebody posted in the week
    "d": (3.0, 0.70, 0.20),  # would be dormant, but somebody posted in the week
    "a": (3.0, 0.10, 0.60),  # active, but not enough to leave slowing
    "S": (9.0, 0.30, 0.40),  # slowing
    "s": (30.0, 0.50, 0.40),  # slowing, silent and doubtful
    "D": (90.0, 0.70, 0.20),  # dormant
    "I": (400.0, 1.00, 0.05),  # inactive
    "F": (2.0, 0.55, 0.70),  # a fresh post after a long silence
    "f": (20.0, 0.55, 0.70),  # the same three weeks later
}


def played(weeks: str, *, standing: str = "", calm: str = "") -> str:
    """The first letters of the states, one per week; `x` marks standing or calm weeks."""
    silent, quiet, fun = (np.array(column) for column in zip(*map(WEEKS.get, weeks), strict=True))
    scores = Scores(silent_days=silent, quiet=quiet, alive=fun, fun=fun, alive90=fun)
    states = replay(
        scores,
        DEFAULT_RULES,
        standing=[mark == "x" for mark in standing.ljust(len(weeks), "-")],
        calm=[mark == "x" for mark in calm.ljust(len(weeks), "-")],
    )
    return "".join(LADDER[state.rung].value[0] for state in states)


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        pytest.param("S", "s", id="the first state is the raw one"),
        pytest.param("AssssssssSS", "aaaaaaaasss", id="eight weeks into slowing"),
        pytest.param(
            "A" + "s" * 7 + "A" + "s" * 8,
            "a" * 16 + "s",
            id="an active week starts the count again",
        ),
        pytest.param("SAAAAA", "ssssaa", id="four weeks out of slowing"),
        pytest.param("SaaaaaaA", "ssssssss", id="slowing until clearly active"),
        pytest.param("A" + "p" * 9, "a" * 10, id="nothing gets worse in a week with a post"),
        pytest.param("ADdDD", "aaaad", id="a week with a post starts the count again"),
        pytest.param("SddD", "ssss", id="a fresh post is never dormant"),
        pytest.param("Dd", "ds", id="a fresh post lifts dormant, at least to slowing"),
        pytest.param("ADDD", "aadd", id="two weeks into dormant"),
        pytest.param("ADSDD", "aaaad", id="another target starts at one"),
        pytest.param("SDSDD", "ssssd", id="the own state resets the count"),
        pytest.param("DII", "dii", id="one week into inactive"),
        pytest.param("AII", "aii", id="one week into inactive from active"),
        pytest.param("DSS", "dss", id="one week down from dormant"),
        pytest.param("Dsss", "dddd", id="dormant while the doubt lasts"),
        pytest.param("IF", "ia", id="a fresh post lifts inactive at once"),
        pytest.param("If", "ii", id="an old post in doubt does not"),
        pytest.param("IDD", "iii", id="inactive while raw is dormant and doubtful"),
    ],
)
def test_a_state_changes_only_after_its_steps(weeks, expected) -> None:
    assert played(weeks) == expected


@pytest.mark.parametrize(
    ("weeks", "calm", "expected"),
    [
        pytest.param("ASSSSSS", "-xxxxxx", "aaaaaaa", id="no entry to slowing in a calm season"),
        pytest.param(
            "ASSSSSSSSSS", "---xx------", "a" * 10 + "s", id="the count is paused, not lost"
        ),
        pytest.param("ADDSSS", "-xxxxx", "aadsss", id="entry to dormant goes on"),
        pytest.param("ISS", "-xx", "iss", id="a return from inactive is not held up"),
        pytest.param("ADSD", "--x-", "aaaa", id="a paused week still breaks another row"),
    ],
)
def test_calm_seasons_only_refuse_entry_to_slowing(weeks, calm, expected) -> None:
    assert played(weeks, calm=calm) == expected


@pytest.mark.parametrize(
    ("weeks", "standing", "expected"),
    [
        pytest.param(
            "ADDDDD", "-xxxxx", "aaaaaa", id="nothing is concluded while the clock stands"
        ),
        pytest.param("ADDD", "--x-", "aaad", id="the count goes on afterwards"),
        pytest.param("DAAAA", "x----", "daaaa", id="the first state is the first seen one"),
    ],
)
def test_no_step_is_taken_while_the_clock_stands(weeks, standing, expected) -> None:
    assert played(weeks, standing=standing) == expected


def test_a_state_knows_the_step_it_began_with() -> None:
    silent, quiet, fun = (np.array(c) for c in zip(*map(WEEKS.get, "ADDD"), strict=True))
    scores = Scores(silent_days=silent, quiet=quiet, alive=fun, fun=fun, alive90=fun)
    states = replay(scores, DEFAULT_RULES, standing=[False] * 4, calm=[False] * 4)
    assert [state.step for state in states] == [0, 0, 2, 2]


@pytest.mark.parametrize(
    ("day", "calm"),
    [
        ("07-14", False),
        ("07-15", True),
        ("09-05", True),
        ("09-06", False),
        ("12-09", False),
        ("12-10", True),
        ("12-31", True),
        ("01-01", True),
        ("01-10", True),
        ("01-11", False),
    ],
)
def test_calm_seasons_begin_and_end_on_their_days(day, calm) -> None:
    for time in ("00:00:00", "23:59:59"):
        moment = datetime.fromisoformat(f"2024-{day}T{time}").replace(tzinfo=UTC)
        assert read_calm(np.array([moment.timestamp()]), DEFAULT_RULES) == [calm]


def test_weekly_steps_go_back_to_the_fifth_post() -> None:
    columns = read_columns([n * DAY for n in range(8)], [0] * 8, [-1] * 8, before=np.inf)
    weeks = weekly_cutoffs(columns, 32 * DAY, 5, ahead=2)
    assert weeks.tolist() == [11 * DAY, 18 * DAY, 25 * DAY, 32 * DAY, 39 * DAY, 46 * DAY]
    assert weekly_cutoffs(columns, 4 * DAY + WEEK, 5).tolist() == [4 * DAY + WEEK]
    assert weekly_cutoffs(columns, 3 * DAY + WEEK, 4).tolist() == [3 * DAY + WEEK]


@pytest.mark.parametrize(
    ("weeks", "anchor"),
    [
        pytest.param("A" * 20, 19, id="the last of a long row"),
        pytest.param("A" * 20 + "D", 19, id="what one week asks for moves nobody yet"),
        pytest.param("ADADAD", None, id="no row is long enough"),
        pytest.param("I", 0, id="a silent year is believed at once"),
    ],
)
def test_a_replay_may_begin_where_nothing_before_matters(weeks, anchor) -> None:
    silent, quiet, fun = (np.array(c) for c in zip(*map(WEEKS.get, weeks), strict=True))
    scores = Scores(silent_days=silent, quiet=quiet, alive=fun, fun=fun, alive90=fun)
    wanted = read_wanted(scores, DEFAULT_RULES)
    assert read_anchor(wanted, [False] * len(weeks), DEFAULT_RULES) == anchor
