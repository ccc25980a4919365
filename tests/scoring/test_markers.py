"""Spam, announcements and talk, told apart by who answers whom."""

from __future__ import annotations

import math

import pytest

from domain.outcome import Marker
from scoring.activity import DAY, read_columns
from scoring.default_rules import DEFAULT_RULES
from scoring.markers import answered_threads, is_talk, read_marking, read_steady_marker

AT = 1000 * DAY


def columns_of(*posts: tuple[int, int, int]):
    """Posts as (day, author, thread)."""
    day, author, thread = zip(*posts, strict=True)
    return read_columns([d * DAY for d in day], author, thread, before=math.inf)


SPAM = [(700 + i, i, i) for i in range(60)]
NEWSLETTER = [(700 + 7 * i, 0, i) for i in range(40)]
ROBOT = [(700 + 2 * i, 0, i) for i in range(60)] + [(900 + i, 0, i) for i in range(15)]
REWRITTEN = [(700 + i, 0, i // 4) for i in range(200)]
TALK = [(700 + i, i % 7, i // 3) for i in range(200)]
QUESTIONS = [(700 + i, i, i) for i in range(60)] + [(760 + i, 99, i) for i in range(30)]


@pytest.mark.parametrize(
    ("posts", "marker"),
    [
        pytest.param(SPAM, Marker.SPAM, id="everybody once, nobody answers"),
        pytest.param(
            [*SPAM, *[(800 + i, 200 + i, i % 9) for i in range(9)]],
            Marker.SPAM,
            id="one-time authors under the same subject are no answer",
        ),
        pytest.param(SPAM[:19], None, id="fewer than twenty threads"),
        pytest.param(QUESTIONS, None, id="a regular answers the newcomers"),
        pytest.param(NEWSLETTER, Marker.ANNOUNCEMENTS_ONLY, id="one voice"),
        pytest.param(
            [(d, i % 2, t) for i, (d, _, t) in enumerate(NEWSLETTER)],
            Marker.ANNOUNCEMENTS_ONLY,
            id="two voices",
        ),
        pytest.param([*NEWSLETTER, (990, 5, 3)], Marker.ANNOUNCEMENTS_ONLY, id="a single reply"),
        pytest.param(ROBOT, Marker.ANNOUNCEMENTS_ONLY, id="a robot follows up on itself"),
        pytest.param(REWRITTEN, None, id="one sender in long threads: rewritten"),
        pytest.param(TALK, None, id="a conversation"),
        pytest.param(
            [(d, i % 8, t) for i, (d, _, t) in enumerate(NEWSLETTER)], None, id="eight who announce"
        ),
        pytest.param([(d, -1, t) for d, _, t in SPAM], None, id="authors unknown"),
        pytest.param(
            [(d, -1 if i % 5 == 0 else w, t) for i, (d, w, t) in enumerate(SPAM)],
            None,
            id="a fifth of the authors unknown",
        ),
        pytest.param([(d - 400, w, t) for d, w, t in SPAM], None, id="spam of an earlier year"),
    ],
)
def test_a_marker_follows_from_who_answers_whom(posts, marker) -> None:
    assert read_marking(columns_of(*posts), AT, DEFAULT_RULES).marker is marker


def test_where_answers_are_never_shown_their_lack_is_no_sign_of_spam() -> None:
    marking = read_marking(columns_of(*SPAM), AT, DEFAULT_RULES, answers_seen=False)
    assert marking.marker is None
    voice = read_marking(columns_of(*NEWSLETTER), AT, DEFAULT_RULES, answers_seen=False)
    assert voice.marker is Marker.ANNOUNCEMENTS_ONLY


def test_only_answered_threads_count_under_a_marker() -> None:
    columns = columns_of(*NEWSLETTER, (990, 5, 3))
    marking = read_marking(columns, AT, DEFAULT_RULES)
    talk = columns.kept(is_talk(columns, marking))
    assert (talk.ts / DAY).tolist() == [721, 990]


def test_without_a_marker_every_post_counts() -> None:
    columns = columns_of(*TALK)
    assert is_talk(columns, read_marking(columns, AT, DEFAULT_RULES)).all()


def test_a_thread_is_answered_by_a_second_known_person() -> None:
    columns = columns_of(
        (1, 0, 0),
        (2, 1, 0),
        (3, 2, 1),
        (4, 2, 1),
        (5, 3, 2),
        (6, -1, 2),
        (7, 4, 3),
        (8, 5, 3),
        (9, 0, 4),
    )
    assert answered_threads(columns).tolist() == [0, 3]
    assert answered_threads(columns, by_regulars=True).tolist() == [0]


def test_a_marking_states_its_shares() -> None:
    marking = read_marking(columns_of(*NEWSLETTER, (990, 5, 3)), AT, DEFAULT_RULES)
    assert (marking.posts, marking.threads, marking.voices) == (41, 40, 2)
    assert marking.answered_share == marking.followed_share == pytest.approx(1 / 40)
    assert marking.voice_share == 1
    assert marking.one_time_share == pytest.approx(1 / 41)


def test_a_marker_of_now_is_denied_by_the_talk_of_twelve_weeks_ago():
    spam = [(600 + i, 1000 + i, 1000 + i) for i in range(400)]
    assert read_steady_marker(columns_of(*spam), AT, DEFAULT_RULES) is Marker.SPAM
    talk_before = [(300 + i, i % 3, i // 10) for i in range(600)]
    mixed = columns_of(
        *sorted([*talk_before, *[(930 + i // 20, i, 5000 + i) for i in range(1400)]])
    )
    assert read_steady_marker(mixed, AT, DEFAULT_RULES) is None
