"""Flags: when a person is asked to look, and when not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.outcome import FlagKind, Marker, Outcome, Status
from scoring.flags import FLAGS, in_doubt, raise_flags


def every(gap, until):
    return [gap * i for i in range(int(until / gap))]


@pytest.fixture
def make_case(make_history, assess_at):
    """An assessment of the given status, read by a visit with the given outcome."""

    def make(status, *, markers=(), outcome=Outcome.READ, seen=((0, 400),)):
        history = make_history(every(2, 400), seen=seen, outcome=outcome)
        assessment = replace(assess_at(400, history), status=status, markers=frozenset(markers))
        return assessment, history

    return make


def kinds(assessment, previous, *histories):
    return {flag.kind for flag in raise_flags(assessment, previous, histories)}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Status.ACTIVE, Status.DORMANT, {FlagKind.WENT_QUIET}),
        (Status.SLOWING, Status.DORMANT, {FlagKind.WENT_QUIET}),
        (Status.ACTIVE, Status.INACTIVE, {FlagKind.WENT_QUIET}),
        (Status.UNVERIFIABLE, Status.INACTIVE, {FlagKind.WENT_QUIET}),
        (None, Status.INACTIVE, {FlagKind.WENT_QUIET}),
        (None, Status.DORMANT, {FlagKind.WENT_QUIET}),
        (Status.DORMANT, Status.INACTIVE, set()),
        (Status.INACTIVE, Status.DORMANT, set()),
        (Status.DORMANT, Status.DORMANT, set()),
        (Status.ACTIVE, Status.SLOWING, set()),
        (None, Status.ACTIVE, set()),
        (Status.DORMANT, Status.UNVERIFIABLE, set()),
        (Status.INACTIVE, Status.ACTIVE, {FlagKind.WOKE_UP}),
        (Status.INACTIVE, Status.SLOWING, {FlagKind.WOKE_UP}),
        (Status.DORMANT, Status.ACTIVE, set()),
        (Status.INACTIVE, Status.UNVERIFIABLE, set()),
    ],
)
def test_a_change_of_status_raises_its_flag(make_case, before, after, expected) -> None:
    assessment, history = make_case(after)
    previous = None if before is None else make_case(before)[0]
    assert kinds(assessment, previous, history) == expected


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if not outcome.saw])
def test_a_doubtful_reading_never_says_that_a_community_went_quiet(make_case, outcome) -> None:
    assessment, history = make_case(Status.DORMANT, outcome=outcome)
    assert in_doubt([history])
    assert FlagKind.WENT_QUIET not in kinds(assessment, make_case(Status.ACTIVE)[0], history)


@pytest.mark.parametrize("outcome", [*(o for o in Outcome if o.saw), None])
def test_a_seeing_visit_or_an_import_is_beyond_doubt(make_case, outcome) -> None:
    assessment, history = make_case(Status.DORMANT, outcome=outcome)
    assert kinds(assessment, make_case(Status.ACTIVE)[0], history) == {FlagKind.WENT_QUIET}


def test_one_doubtful_source_is_enough_for_doubt(make_case) -> None:
    assessment, fine = make_case(Status.DORMANT)
    _, broken = make_case(Status.DORMANT, outcome=Outcome.TIMEOUT)
    assert kinds(assessment, None, fine, broken) == set()


def test_a_source_that_was_never_seen_casts_no_doubt(make_case) -> None:
    assessment, fine = make_case(Status.DORMANT)
    _, closed = make_case(Status.DORMANT, outcome=Outcome.LOGIN_WALL, seen=())
    assert kinds(assessment, None, fine, closed) == {FlagKind.WENT_QUIET}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.MOVED, {FlagKind.MAYBE_MOVED}),
        (Outcome.GONE, {FlagKind.MAYBE_CLOSED}),
        (Outcome.PARKED, {FlagKind.MAYBE_CLOSED}),
        (Outcome.NOT_FOUND, set()),
        (Outcome.UNREACHABLE, set()),
        (Outcome.READ, set()),
    ],
)
def test_what_the_source_says_of_itself_is_flagged(make_case, outcome, expected) -> None:
    assessment, history = make_case(Status.ACTIVE, outcome=outcome)
    assert kinds(assessment, None, history) == expected
    for flag in raise_flags(assessment, None, [history]):
        assert [reason.values for reason in flag.reasons] == [{"outcome": outcome.value}]


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        (Marker.SPAM, FlagKind.SPAM),
        (Marker.ANNOUNCEMENTS_ONLY, FlagKind.ANNOUNCEMENTS_ONLY),
    ],
)
def test_a_marker_is_flagged_once_and_explains_the_silence(make_case, marker, kind) -> None:
    plain, _ = make_case(Status.ACTIVE)
    marked, history = make_case(Status.DORMANT, markers=[marker])
    assert kinds(marked, plain, history) == {kind}
    assert kinds(marked, None, history) == {kind}
    assert kinds(marked, marked, history) == set()
    talking = replace(marked, status=Status.ACTIVE)
    assert kinds(marked, talking, history) == {FlagKind.WENT_QUIET}


def test_flags_carry_the_reasons_of_the_assessment(make_case) -> None:
    assessment, history = make_case(Status.DORMANT)
    (flag,) = raise_flags(assessment, None, [history])
    assert flag.reasons == assessment.reasons
    assert flag.reasons


def test_every_kind_of_flag_but_that_of_unseen_places_has_a_function() -> None:
    ruled = {rule.__name__.removeprefix("flag_") for rule in FLAGS}
    assert ruled == set(FlagKind) - {FlagKind.CONFIRM}
