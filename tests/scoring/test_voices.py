"""Robots, auto-replies, reminders and notices: found in dates and threads, named, discounted."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from domain.outcome import Status
from scoring.activity import DAY, read_columns
from scoring.default_rules import DEFAULT_RULES
from scoring.voices import VoiceKind, list_voices

TALK = [
    (day + Random(day).random(), Random(day).randrange(5), day // 3) for day in range(0, 365, 2)
]
MONTHLY = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]


def voices_of(posts, *, answers_seen=True):
    posts = sorted(posts)
    days, authors, threads = zip(*posts, strict=True)
    columns = read_columns([day * DAY for day in days], authors, threads, before=np.inf)
    found = list_voices(columns, 365 * DAY, DEFAULT_RULES, answers_seen=answers_seen)
    return {voice.author: (voice.kind, voice.posts) for voice in found}


def irregular(count, author, thread, seed=1):
    rng = Random(seed)
    return [(rng.uniform(0, 365), author, thread + n) for n in range(count)]


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        pytest.param(TALK, {}, id="talk"),
        pytest.param(
            [*TALK, *[(day + 0.2, 9, 900 + day) for day in MONTHLY]],
            {9: (VoiceKind.CLOCKWORK, 12)},
            id="a reminder on the first of each month",
        ),
        pytest.param(
            [*TALK, *[(day + 0.1, 9, 900 + day) for day in range(0, 365, 7)]],
            {9: (VoiceKind.CLOCKWORK, 53)},
            id="cron mail each week",
        ),
        pytest.param(
            [*TALK, *[(100 + hour / 6, 9, 900 + hour) for hour in range(15)]],
            {},
            id="gaps of hours are no clock",
        ),
        pytest.param(
            [*TALK, *[(day, 9, 900) for day in MONTHLY], (200.0, 1, 900)],
            {},
            id="a regular thread that somebody else joins",
        ),
        pytest.param(
            [*TALK, *[(day + 0.001, 9, topic) for day, _, topic in TALK[::3]]],
            {9: (VoiceKind.AUTO_REPLY, 61)},
            id="an answer within two minutes, each time",
        ),
        pytest.param(
            [*TALK, *[(day + 0.1, 9, topic) for day, _, topic in TALK[::3]]],
            {},
            id="a helpful person who answers after hours",
        ),
        pytest.param(
            [*TALK, *irregular(25, 9, 900)], {9: (VoiceKind.NOTICES, 25)}, id="job notices"
        ),
        pytest.param([*TALK, *irregular(12, 9, 900)], {}, id="a few posts that nobody answered"),
        pytest.param(irregular(25, 9, 900), {}, id="nobody is ever answered here"),
        pytest.param(
            [*irregular(25, 9, 900), (10.0, 1, 700), (11.3, 2, 700)],
            {},
            id="hardly anybody is answered here",
        ),
        pytest.param([*TALK, *[(day, -1, 900 + day) for day in MONTHLY]], {}, id="nobody named"),
    ],
)
def test_a_voice_is_known_by_its_dates_and_threads(posts, expected) -> None:
    assert voices_of(posts) == expected


def test_where_answers_are_never_shown_only_clockwork_is_told() -> None:
    feed = [(day, who, number) for number, (day, who, _) in enumerate(TALK)]
    posts = [*feed, *[(day + 0.2, 9, 900 + day) for day in MONTHLY], *irregular(30, 8, 2000)]
    assert voices_of(posts, answers_seen=False) == {9: (VoiceKind.CLOCKWORK, 12)}


def test_who_always_wrote_alone_is_no_robot_beside_talk(make_history, assess_at) -> None:
    """A weekly letter, too seldom for a marker to be told from it yet."""
    found = assess_at(133, make_history(range(0, 133, 7), authors=[0] * 19, threads=range(19)))
    assert found.status is Status.ACTIVE
    assert "robots" not in {reason.code for reason in found.reasons}


def test_reminders_do_not_keep_a_silent_list_alive(make_history, assess_at) -> None:
    """Talk until day 400; the monthly reminder goes on, and is named with its numbers."""
    talk = [(day, day % 5, day // 3) for day in range(0, 400, 2)]
    reminders = [(30.4 * month, 9, 900 + month) for month in range(30)]
    days, authors, threads = zip(*sorted([*talk, *reminders]), strict=True)
    found = assess_at(900, make_history(days, authors=authors, threads=threads, seen=[(0, 900)]))
    assert found.status is Status.DORMANT
    assert found.reasons[0].code == "robots"
    assert found.reasons[0].values["clockwork"] == found.reasons[0].values["posts"] == 12
    assert found.last_post_at.year == 2021
