"""Proposals wait for a person; a decision moves the source, and taking it back restores it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.outcome import Answer, Flag, FlagKind
from domain.people import Role
from domain.proposal import ProposalKind
from domain.records import KeyedPage, Mark, Platform
from store.engine import reading, writing
from store.moves import (
    adopt_platform,
    awaits_first_look,
    change_address,
    list_moves,
    undo_address_change,
    was_undone,
)
from store.posts import save_page
from store.proposals import (
    follow_decision,
    list_open_proposals,
    list_proposals,
    propose,
    unfollow_decision,
    withdraw,
)
from store.reviews import decide, open_review, undo
from store.sources import add_source, list_marks, load_source
from store.users import add_user

NEW = "https://lists.example.net/archives/list/malaria@example.net/"
DAY = timedelta(days=1)


@pytest.fixture
def answer_card(engine, now):
    """Opens a card about a community, and gives the curator's decision on it."""
    with writing(engine) as s:
        user = add_user(s, name="Amina", address="a@example.org", role=Role.CURATOR, now=now)

    def answer(community_id, answer, *, kind=FlagKind.MAYBE_MOVED, new_url=None):
        with writing(engine) as s:
            review = open_review(s, community_id, Flag(kind=kind), now)
            decision = decide(
                s,
                review_id=review.id,
                version=review.version,
                user_id=user.id,
                answer=answer,
                note="",
                new_url=new_url,
                now=now,
            )
            follow_decision(s, decision, now)
        return decision

    answer.user = user
    return answer


def see_move(engine, source, now, url=NEW):
    with writing(engine) as s:
        return propose(
            s, source.id, ProposalKind.MOVED, new_url=url, sentence="This list has moved.", now=now
        )


def test_a_proposal_seen_again_stays_one(engine, make_source, now):
    source = make_source()
    first = see_move(engine, source, now)
    again = see_move(engine, source, now + DAY)
    assert (first.id, first.seen_at) == (again.id, again.seen_at)
    assert again.last_seen_at == now + DAY
    with reading(engine) as s:
        assert list_open_proposals(s) == [again]
        assert load_source(s, source.name).url == source.url


def test_a_withdrawn_proposal_opens_again_when_its_sign_comes_back(engine, make_source, now):
    source = make_source()
    see_move(engine, source, now)
    with writing(engine) as s:
        withdraw(s, [source.id], now + DAY)
        assert list_open_proposals(s) == []
    assert see_move(engine, source, now + 2 * DAY).open


def test_it_moved_changes_the_address_at_once_and_undo_restores_it(
    engine, make_source, answer_card, now
):
    source = make_source()
    see_move(engine, source, now)
    with writing(engine) as s:
        save_page(s, source.id, KeyedPage(marks=(Mark(name="index", etag="x"),)), now=now)
    decision = answer_card(source.community_id, Answer.MOVED, new_url=NEW)
    with reading(engine) as s:
        moved = load_source(s, source.name)
        assert (moved.url, moved.due_at <= now, moved.failures) == (NEW, True, 0)
        assert list_marks(s, source.id) == ()
        assert awaits_first_look(s, source.id)
        assert list_open_proposals(s) == []
        assert [move.decided for move in list_moves(s, source.id)] == [True]
    with writing(engine) as s:
        adopt_platform(s, source.id, Platform.HYPERKITTY, NEW)
        undo(s, decision.id, answer_card.user.id, now + DAY)
        unfollow_decision(s, decision.id, now + DAY)
    with reading(engine) as s:
        back = load_source(s, source.name)
        assert (back.url, back.platform) == (source.url, source.platform)
        assert [proposal.new_url for proposal in list_open_proposals(s)] == [NEW]


def test_a_decision_followed_twice_moves_once(engine, make_source, answer_card, now):
    source = make_source()
    see_move(engine, source, now)
    decision = answer_card(source.community_id, Answer.MOVED, new_url=NEW)
    with writing(engine) as s:
        assert follow_decision(s, decision, now) is None
        assert len(list_moves(s, source.id)) == 1


def test_of_several_sources_the_one_that_said_so_moves(engine, make_source, answer_card, now):
    one = make_source()
    with writing(engine) as s:
        other = add_source(
            s,
            community_id=one.community_id,
            name="other",
            url="https://other.example.org/feed",
            platform=Platform.FEED,
            now=now,
        )
    answer_card(one.community_id, Answer.MOVED, new_url="https://somewhere.example.net/")
    with reading(engine) as s:
        assert [load_source(s, n.name).url for n in (one, other)] == [one.url, other.url]
    see_move(engine, other, now)
    answer_card(one.community_id, Answer.MOVED, new_url=NEW)
    with reading(engine) as s:
        assert [load_source(s, n.name).url for n in (one, other)] == [one.url, NEW]


@pytest.mark.parametrize(
    ("answer", "kind", "settles"),
    [
        (Answer.ALIVE, FlagKind.MAYBE_MOVED, True),
        (Answer.CLOSED, FlagKind.WENT_QUIET, True),
        (Answer.ALIVE, FlagKind.WENT_QUIET, False),
        (Answer.NOT_SURE, FlagKind.MAYBE_MOVED, False),
    ],
)
def test_only_an_answer_to_the_question_settles_it(
    engine, make_source, answer_card, now, *, answer, kind, settles
):
    source = make_source()
    see_move(engine, source, now)
    answer_card(source.community_id, answer, kind=kind)
    assert see_move(engine, source, now + DAY).open is not settles
    with reading(engine) as s:
        assert load_source(s, source.name).url == source.url
        assert len(list_proposals(s, source.id)) == 1


def test_an_automatic_change_of_address_can_be_taken_back(engine, make_source, now):
    source = make_source()
    with writing(engine) as s:
        change_address(s, source.id, NEW, now)
        assert not awaits_first_look(s, source.id)
        assert undo_address_change(s, source.id, now + DAY).url == source.url
        assert was_undone(s, source.id, NEW)
        assert undo_address_change(s, source.id, now + DAY) is None
        assert [move.undone_at for move in list_moves(s, source.id)] == [now + DAY]
