from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from domain.asking import ASK_WINDOW, ASKS_PER_WINDOW
from domain.errors import Gone, Refused, SourceError, Unparseable, Unreachable
from domain.outcome import CONFIRMED_ALIVE_FOR, Assessment, Marker, Outcome, Reason, Status


def test_a_word_holds_half_a_year_and_a_manager_is_asked_twice_a_month():
    """What mails and pages promise."""
    assert CONFIRMED_ALIVE_FOR.days == 180
    assert (ASKS_PER_WINDOW, ASK_WINDOW.days) == (2, 30)


def test_only_read_unchanged_and_empty_are_seeing():
    assert {outcome for outcome in Outcome if outcome.saw} == {
        Outcome.READ,
        Outcome.UNCHANGED,
        Outcome.EMPTY,
    }


def test_every_outcome_that_did_not_see_is_of_one_kind_of_error_or_of_none():
    kinds = [Unreachable, Refused, Gone, Unparseable]
    for outcome in Outcome:
        of = [kind.__name__ for kind in kinds if outcome in kind.allowed]
        assert len(of) == (0 if outcome.saw or outcome is Outcome.PARTIAL else 1), outcome


@pytest.mark.parametrize("outcome", [o for o in Outcome if o.saw])
@pytest.mark.parametrize("kind", SourceError.__subclasses__())
def test_an_error_never_says_that_we_saw(kind, outcome):
    with pytest.raises(ValueError, match="not an outcome of"):
        kind(outcome, "all was well")


def test_an_error_says_what_where_and_what_to_do_in_one_line():
    error = Refused(
        Outcome.LOGIN_WALL, "asks for a login", where="malaria-list", to_do="ask its owner"
    )
    assert str(error) == "malaria-list: asks for a login → ask its owner"
    assert error.exit_code == 4


def test_a_status_is_never_also_a_marker():
    assert not {s.value for s in Status} & {m.value for m in Marker}


def test_values_cannot_be_changed():
    assessment = Assessment(
        community_id=1,
        assessed_at=datetime(2026, 1, 1, tzinfo=UTC),
        observed_until=None,
        status=Status.UNVERIFIABLE,
    )
    with pytest.raises(FrozenInstanceError):
        assessment.status = Status.INACTIVE
    with pytest.raises(FrozenInstanceError):
        Reason(code="silence").code = "talk"
