"""What an archive does not show any more is doubted for two weeks, then taken as it is."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.losses import DOUBTED_FOR, LOSS_MARK, newest_is_missing, shrank, weigh_loss
from domain.records import Mark

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
LOST = "3 periods are gone"


def test_a_new_loss_is_doubted_and_remembered():
    loss = weigh_loss(LOST, None, NOW)
    assert loss.doubted
    assert loss.marks == (Mark(name=LOSS_MARK, label=NOW.isoformat()),)


def test_a_loss_that_stays_is_doubted_for_two_weeks_from_when_it_was_noticed():
    noticed = weigh_loss(LOST, None, NOW).marks[0]
    assert weigh_loss(LOST, noticed, NOW + DOUBTED_FOR - timedelta(hours=1)).doubted
    late = weigh_loss(LOST, noticed, NOW + DOUBTED_FOR)
    assert not late.doubted
    assert late.marks == (noticed,)


def test_what_came_back_is_forgotten():
    noticed = weigh_loss(LOST, None, NOW).marks[0]
    assert weigh_loss("", noticed, NOW).marks == (Mark(name=LOSS_MARK),)
    assert weigh_loss("", Mark(name=LOSS_MARK), NOW).marks == ()
    assert not weigh_loss("", None, NOW).doubted


@pytest.mark.parametrize(
    ("before", "now", "lost"),
    [
        pytest.param(30, 30, False, id="as many"),
        pytest.param(30, 31, False, id="more"),
        pytest.param(30, 27, False, id="moderated"),
        pytest.param(30, 26, True, id="fewer"),
        pytest.param(4, 2, False, id="a small one, moderated"),
        pytest.param(4, 1, True, id="a small one, cut"),
        pytest.param(0, 0, False, id="never any"),
    ],
)
def test_a_few_messages_less_are_no_loss(before, now, lost):
    assert shrank(before, now) is lost


def test_the_newest_known_post_is_missed_only_where_all_is_older():
    assert newest_is_missing(NOW, NOW) == ""
    assert newest_is_missing(None, None) == ""
    assert "2026-03-04" in newest_is_missing(NOW, NOW - timedelta(days=1))
    assert newest_is_missing(NOW, None)
