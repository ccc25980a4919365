"""One text for all processes of a server: counted by one, and never a torn one."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta

import pytest

from tests.web.kit import NOW
from web.shared import SharedText

KEPT_FOR = timedelta(seconds=30)
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def shared() -> SharedText:
    return SharedText()


def test_what_one_process_wrote_is_what_the_other_says(shared):
    other = FORK.Process(target=shared.load, args=(NOW, KEPT_FOR, lambda: b"from the other"))
    other.start()
    other.join()
    later = NOW + timedelta(seconds=29)
    assert shared.load(later, KEPT_FOR, lambda: b"counted again") == b"from the other"


@pytest.mark.parametrize("seconds", [-1, 30, 86_400])
def test_what_is_old_or_of_a_clock_that_was_ahead_is_written_anew(shared, seconds):
    assert shared.load(NOW, KEPT_FOR, lambda: b"first, and longer") == b"first, and longer"
    later = NOW + timedelta(seconds=seconds)
    assert shared.load(later, KEPT_FOR, lambda: b"second") == b"second"
    assert shared.load(later, KEPT_FOR, lambda: b"third") == b"second"


def test_a_failure_is_told_and_leaves_what_was_there(shared):
    def fail() -> bytes:
        raise LookupError

    shared.load(NOW, KEPT_FOR, lambda: b"first")
    with pytest.raises(LookupError):
        shared.load(NOW + KEPT_FOR, KEPT_FOR, fail)
    assert shared.load(NOW, KEPT_FOR, lambda: b"again") == b"first"


@pytest.mark.parametrize("left", [0, 3, 16, 20])
def test_what_a_killed_process_left_half_written_is_not_shown(shared, left):
    shared.load(NOW, KEPT_FOR, lambda: b"first, and longer")
    shared._file.truncate(left)
    assert shared.load(NOW, KEPT_FOR, lambda: b"second") == b"second"
