"""How long the next stretch of a history is, and when to give up on one."""

import pytest

from crawler.stretches import Stretches
from domain.errors import Refused, Unparseable
from domain.outcome import Outcome
from domain.window import Month

TOO_LARGE = Unparseable(Outcome.TOO_LARGE, "larger than we read")


def make(step: int = 12, year: int = 2020, month: int = 1) -> Stretches:
    return Stretches(month=Month(year, month), last=Month(2026, 3), step=step)


def test_the_last_stretch_is_open_to_the_future():
    assert make(year=2025, month=4).end is None
    assert make(year=2025, month=3).end == Month(2026, 3).start


def test_few_posts_lengthen_the_next_stretch_and_many_shorten_it():
    walk = make()
    walk.note(3, "")
    assert (walk.month, walk.step) == (Month(2021, 1), 24)
    walk.note(5_000, "")
    assert (walk.month, walk.step) == (Month(2023, 1), 12)
    walk.note(500, "")
    assert (walk.month, walk.step) == (Month(2024, 1), 12)


def test_an_answer_that_is_too_much_is_asked_for_in_parts_first():
    walk = make()
    walk.shorten_or_skip(TOO_LARGE)
    walk.shorten_or_skip(TOO_LARGE)
    assert (walk.month, walk.step, walk.problems) == (Month(2020, 1), 1, [])
    walk.shorten_or_skip(TOO_LARGE)
    assert (walk.month, walk.failed) == (Month(2020, 2), Month(2020, 1))
    assert walk.problems == ["2020-01: larger than we read"]


def test_too_many_problems_end_the_walk():
    walk = make(step=1)
    walk.shorten_or_skip(TOO_LARGE)
    walk.shorten_or_skip(TOO_LARGE)
    with pytest.raises(Unparseable):
        walk.shorten_or_skip(TOO_LARGE)


def test_an_error_that_is_not_about_size_ends_the_walk_at_once():
    with pytest.raises(Refused):
        make().shorten_or_skip(Refused(Outcome.RATE_LIMITED, "429"))


def test_the_first_month_with_damage_is_remembered():
    walk = make(step=1)
    walk.note(3, "")
    walk.note(1, "cut off")
    walk.note(1, "cut off")
    assert walk.failed == Month(2020, 2)
    assert len(walk.problems) == 2
