from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.errors import StaleDecision, UsageError
from domain.outcome import CONFIRMED_ALIVE_FOR, Answer, Flag, FlagKind, Reason
from domain.people import Role
from store.engine import reading, writing
from store.queue import count_answers, list_passed
from store.reviews import (
    close_review,
    count_open_reviews,
    decide,
    decision_in_force,
    decisions_in_force,
    list_decisions,
    list_open_reviews,
    load_review,
    open_review,
    undo,
)
from store.users import add_user

QUIET = Flag(
    kind=FlagKind.WENT_QUIET, reasons=(Reason(code="silence", values={"days": 280, "usual": 2}),)
)
SPAM = Flag(kind=FlagKind.SPAM)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def community(make_community):
    return make_community()


@pytest.fixture
def users(engine, now):
    with writing(engine) as s:
        return [
            add_user(s, name=name, address=f"{name}@example.org", role=Role.CURATOR, now=now)
            for name in ("ana", "bo")
        ]


@pytest.fixture
def flag(engine, community, now):
    def flag(flag=QUIET, at=now, community=community):
        with writing(engine) as s:
            return open_review(s, community.id, flag, at)

    return flag


@pytest.fixture
def answer(engine, users, now):
    def answer(review, said, *, user=0, version=None, note="", new_url=None, at=now):
        with writing(engine) as s:
            return decide(
                s,
                review_id=review.id,
                version=review.version if version is None else version,
                user_id=users[user].id,
                answer=said,
                note=note,
                new_url=new_url,
                now=at,
            )

    return answer


@pytest.fixture
def take_back(engine, users, now):
    def take_back(decision, *, user=0, at=now):
        with writing(engine) as s:
            return undo(s, decision.id, users[user].id, at)

    return take_back


def waiting(engine):
    with reading(engine) as s:
        return list_open_reviews(s)


def load(engine, review):
    with reading(engine) as s:
        return load_review(s, review.id)


def in_force(engine, community, now):
    with reading(engine) as s:
        return decision_in_force(s, community.id, now)


# ---- cards ---------------------------------------------------------------------------------


def test_a_flag_opens_a_card_with_its_reasons(engine, community, flag, now):
    review = flag()
    assert (review.community_id, review.kind, review.opened_at, review.reasons) == (
        community.id,
        FlagKind.WENT_QUIET,
        now,
        QUIET.reasons,
    )
    assert (review.version, review.closed_at) == (1, None)
    assert waiting(engine) == [review] == [load(engine, review)]


def test_a_card_of_a_kind_is_open_once(engine, flag, make_community):
    first, other_kind = flag(), flag(SPAM)
    elsewhere = flag(community=make_community("elsewhere"))
    assert flag() is None
    assert waiting(engine) == [first, other_kind, elsewhere]


def test_many_processes_open_one_card(engine, community, now, race):
    def raise_flag(own: Engine, _number: int) -> bool:
        with writing(own) as s:
            return open_review(s, community.id, QUIET, now) is not None

    assert sorted(race(raise_flag)) == [False, False, False, True]


def test_cards_wait_in_the_order_they_were_opened(engine, flag, now):
    late = flag(QUIET, now + DAY)
    early = flag(SPAM, now)
    assert waiting(engine) == [early, late]


def test_open_cards_are_counted_by_community(engine, community, flag, make_community, answer):
    flag()
    flag(SPAM)
    settled = flag(community=make_community("elsewhere"))
    answer(settled, Answer.INACTIVE)
    with reading(engine) as s:
        assert count_open_reviews(s) == {community.id: 2}


def test_a_card_whose_reason_has_gone_is_closed_without_an_answer(engine, flag, answer, now):
    review = flag()
    with writing(engine) as s:
        close_review(s, review.id, now + DAY)
        close_review(s, review.id, now + 2 * DAY)
    assert waiting(engine) == []
    assert load(engine, review).closed_at == now + DAY
    with pytest.raises(StaleDecision, match="not open any more"):
        answer(review, Answer.INACTIVE)
    assert flag() is not None


def test_a_card_that_never_was_cannot_be_loaded(engine, flag):
    review = flag()
    with reading(engine) as s:
        assert load_review(s, review.id + 1) is None


# ---- answers -------------------------------------------------------------------------------


def test_an_answer_settles_the_card_and_is_kept_with_its_author(
    engine, community, flag, answer, now
):
    review = flag()
    decision = answer(review, Answer.INACTIVE, user=1, note="looked myself", at=now + DAY)
    assert (decision.review_id, decision.community_id) == (review.id, community.id)
    assert (decision.answer, decision.decided_at) == (Answer.INACTIVE, now + DAY)
    assert (decision.curator, decision.note) == ("bo", "looked myself")
    assert (decision.until, decision.undoes, decision.new_url) == (None, None, None)
    assert waiting(engine) == []
    assert (load(engine, review).version, load(engine, review).closed_at) == (2, now + DAY)
    with reading(engine) as s:
        assert list_decisions(s, community.id) == [decision]


def test_an_answer_to_an_older_version_is_stale_and_changes_nothing(
    engine, community, flag, answer
):
    review = flag()
    first = answer(review, Answer.ALIVE, user=0)
    with pytest.raises(StaleDecision, match=r"ana answered this card on .*: alive"):
        answer(review, Answer.INACTIVE, user=1)
    with reading(engine) as s:
        assert list_decisions(s, community.id) == [first]


@pytest.mark.parametrize("said", [Answer.INACTIVE, Answer.ALIVE, Answer.CLOSED, Answer.NOT_SURE])
def test_the_same_answer_sent_twice_is_made_once(engine, community, flag, answer, now, said):
    review = flag()
    first = answer(review, said, note="n")
    again = answer(review, said, note="n", at=now + SECOND)
    assert again == first
    with reading(engine) as s:
        assert list_decisions(s, community.id) == [first]
    assert load(engine, review).version == 2


@pytest.mark.parametrize(
    "difference",
    [{"said": Answer.CLOSED}, {"user": 1}, {"note": "another"}],
    ids=["answer", "curator", "note"],
)
def test_another_answer_is_not_the_same_answer(flag, answer, difference):
    review = flag()
    answer(review, Answer.INACTIVE)
    with pytest.raises(StaleDecision):
        answer(**{"review": review, "said": Answer.INACTIVE, **difference})


def test_of_many_curators_at_once_one_decides(engine, community, users, flag, now, race):
    review = flag()
    said = [Answer.INACTIVE, Answer.ALIVE, Answer.CLOSED, Answer.NOT_SURE]

    def compete(own: Engine, number: int) -> bool:
        try:
            with writing(own) as s:
                decide(
                    s,
                    review_id=review.id,
                    version=review.version,
                    user_id=users[number % 2].id,
                    answer=said[number],
                    note="",
                    new_url=None,
                    now=now,
                )
        except StaleDecision:
            return False
        return True

    assert sorted(race(compete)) == [False, False, False, True]
    with reading(engine) as s:
        assert len(list_decisions(s, community.id)) == 1


def test_one_curator_who_sends_from_four_windows_decides_once(
    engine, community, users, flag, now, race
):
    review = flag()

    def send(own: Engine, _number: int) -> int:
        with writing(own) as s:
            return decide(
                s,
                review_id=review.id,
                version=review.version,
                user_id=users[0].id,
                answer=Answer.INACTIVE,
                note="",
                new_url=None,
                now=now,
            ).id

    assert len(set(race(send))) == 1
    with reading(engine) as s:
        assert len(list_decisions(s, community.id)) == 1


def test_not_sure_leaves_the_card_to_others_and_says_nothing(
    engine, community, users, flag, answer, now
):
    review, other = flag(), flag(SPAM, now + DAY)
    answer(review, Answer.NOT_SURE)
    after = load(engine, review)
    assert (after.version, after.closed_at) == (2, None)
    assert waiting(engine) == [after, other]
    assert in_force(engine, community, now) is None
    with reading(engine) as s:
        assert list_passed(s, users[0].id) == {review.id}
        assert list_passed(s, users[1].id) == set()
    assert answer(after, Answer.INACTIVE, user=1).answer is Answer.INACTIVE


def test_a_move_needs_its_new_address(engine, community, flag, answer, now):
    review = flag()
    with pytest.raises(UsageError, match="new address"):
        answer(review, Answer.MOVED)
    assert waiting(engine) == [review]
    moved = answer(review, Answer.MOVED, new_url="https://new.example.org/")
    assert moved.new_url == "https://new.example.org/"
    assert in_force(engine, community, now) == moved


def test_an_undo_is_no_answer_to_a_card(flag, answer):
    with pytest.raises(ValueError, match=r"undo\(\)"):
        answer(flag(), Answer.UNDO)


def test_answers_are_counted_since_a_moment_without_those_taken_back(
    engine, users, flag, answer, take_back, now
):
    first, second = flag(), flag(SPAM)
    answer(first, Answer.INACTIVE, at=now)
    taken_back = answer(second, Answer.CLOSED, at=now + DAY)
    take_back(taken_back, at=now + DAY)
    with reading(engine) as s:
        assert count_answers(s, users[0].id, now) == 1
        assert count_answers(s, users[0].id, now + SECOND) == 0
        assert count_answers(s, users[1].id, now) == 0


# ---- still alive ---------------------------------------------------------------------------


def test_still_alive_holds_for_half_a_year(engine, community, flag, answer, now):
    decision = answer(flag(), Answer.ALIVE)
    assert decision.until == now + timedelta(days=180)
    assert in_force(engine, community, now + CONFIRMED_ALIVE_FOR - SECOND) == decision
    assert in_force(engine, community, now + CONFIRMED_ALIVE_FOR) is None


def test_still_alive_silences_the_same_question_only(flag, answer, now):
    answer(flag(), Answer.ALIVE)
    assert flag(QUIET, now + CONFIRMED_ALIVE_FOR - SECOND) is None
    assert flag(SPAM, now + DAY) is not None
    assert flag(QUIET, now + CONFIRMED_ALIVE_FOR) is not None


def test_other_answers_do_not_silence_a_question(flag, answer, now):
    answer(flag(), Answer.INACTIVE)
    assert flag(QUIET, now + DAY) is not None


def test_an_answer_that_ran_out_does_not_bring_back_the_one_before(
    engine, community, flag, answer, now
):
    answer(flag(), Answer.INACTIVE)
    answer(flag(SPAM), Answer.ALIVE)
    assert in_force(engine, community, now + CONFIRMED_ALIVE_FOR) is None


# ---- undo ----------------------------------------------------------------------------------


def test_an_undo_is_a_decision_of_its_own_and_reopens_the_card(
    engine, community, flag, answer, take_back, now
):
    review = flag()
    decision = answer(review, Answer.CLOSED)
    taken_back = take_back(decision, user=1, at=now + DAY)
    assert (taken_back.answer, taken_back.undoes) == (Answer.UNDO, decision.id)
    assert (taken_back.curator, taken_back.decided_at) == ("bo", now + DAY)
    assert in_force(engine, community, now + DAY) is None
    (reopened,) = waiting(engine)
    assert (reopened.id, reopened.version) == (review.id, 3)
    with reading(engine) as s:
        assert list_decisions(s, community.id) == [taken_back, decision]


def test_an_undo_sent_twice_is_made_once(engine, community, flag, answer, take_back, now):
    decision = answer(flag(), Answer.CLOSED)
    first = take_back(decision)
    assert take_back(decision, user=1, at=now + DAY) == first
    with reading(engine) as s:
        assert len(list_decisions(s, community.id)) == 2
    assert waiting(engine)[0].version == 3


def test_an_undo_cannot_be_undone(flag, answer, take_back):
    taken_back = take_back(answer(flag(), Answer.CLOSED))
    with pytest.raises(UsageError, match="no such decision"):
        take_back(taken_back)


def test_a_form_from_before_the_undo_is_stale(flag, answer, take_back):
    review = flag()
    take_back(answer(review, Answer.CLOSED))
    with pytest.raises(StaleDecision):
        answer(review, Answer.CLOSED)


def test_a_reopened_card_can_be_answered_again(engine, community, flag, answer, take_back, now):
    review = flag()
    take_back(answer(review, Answer.CLOSED))
    second = answer(load(engine, review), Answer.INACTIVE)
    assert in_force(engine, community, now) == second


def test_an_undone_answer_gives_way_to_the_one_before(
    engine, community, flag, answer, take_back, now
):
    first = answer(flag(), Answer.INACTIVE)
    take_back(answer(flag(SPAM), Answer.ALIVE))
    assert in_force(engine, community, now) == first


def test_an_undone_still_alive_asks_again(flag, answer, take_back, engine):
    review = flag()
    take_back(answer(review, Answer.ALIVE))
    assert [card.id for card in waiting(engine)] == [review.id]


def test_undoing_a_not_sure_leaves_a_settled_card_settled(
    engine, community, flag, answer, take_back, now
):
    review = flag()
    not_sure = answer(review, Answer.NOT_SURE)
    settled = answer(load(engine, review), Answer.INACTIVE, user=1)
    take_back(not_sure)
    assert waiting(engine) == []
    assert in_force(engine, community, now) == settled


def test_an_undo_does_not_ask_the_same_question_twice(engine, flag, answer, take_back, now):
    old = answer(flag(), Answer.INACTIVE)
    newer = flag(QUIET, now + DAY)
    take_back(old)
    assert waiting(engine) == [newer]


# ---- in force ------------------------------------------------------------------------------


def test_every_community_has_its_own_decision_in_force(
    engine, community, flag, answer, make_community, now
):
    elsewhere = make_community("elsewhere")
    make_community("undecided")
    here = answer(flag(), Answer.INACTIVE)
    there = answer(flag(community=elsewhere), Answer.CLOSED)
    with reading(engine) as s:
        assert decisions_in_force(s, now) == {community.id: here, elsewhere.id: there}
        assert decisions_in_force(s, now, only=[elsewhere.id]) == {elsewhere.id: there}
