"""A manager is asked by mail, answers by a button, and everybody who should know does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.outcome import Answer, FlagKind, Review
from store import asking, attestations, outbox, queue, reviews
from store.engine import reading, writing
from tests.web.kit import NOW, Browser, Clock, Directory, silence

ReadMail = Callable[[], list[str]]
OWNER = "owner@list.example.org"


@pytest.fixture
def card(made: Directory) -> Review:
    source = made.add_silent(
        "Réseau Paludisme",
        languages=("fr",),
        owner_address=OWNER,
        url="https://paludisme.example.org/",
    )
    return made.flag(source, reasons=(silence(280, NOW - timedelta(days=280)),))


def press(browser: Browser, review: Review, answer: str, **fields: str) -> int:
    path = f"/review/{review.id}"
    return browser.send(path, page=path, answer=answer, **fields).status_code


def links_in(mail: str) -> list[str]:
    return [
        link.removeprefix("http://localhost")
        for link in re.findall(r"http://[^/]+/manager/[^/]+/\w+", mail)
    ]


@pytest.fixture
def asked(card: Review, curator: Browser, read_mail: ReadMail) -> list[str]:
    """The three addresses in the mail, after the curator pressed."""
    assert press(curator, card, "ask") == 303
    [mail] = read_mail()
    return links_in(mail)


def test_asking_sends_one_mail_in_the_communitys_language_from_a_named_person(
    card: Review, curator: Browser, engine: Engine
) -> None:
    assert press(curator, card, "ask") == 303
    with writing(engine) as s:
        [mail] = outbox.claim_mails(s, NOW + timedelta(days=1), 9, timedelta(hours=1))
    text = mail.message.decode("ascii")
    assert mail.recipient == OWNER
    assert "From: Amina Okello <cops@example.org>" in text
    assert "Content-Language: fr" in text
    assert "Reply-To: curators@example.org" in text
    assert text.count("/manager/") == 6  # three buttons, in two parts


def test_the_card_waits_for_the_answer_and_comes_back_without_one_after_14_days(
    card: Review, asked: list[str], curator: Browser, engine: Engine, clock: Clock
) -> None:
    assert "You are done." in curator.text("/review/next")
    with reading(engine) as s:
        assert queue.list_due(s, NOW) == []
        assert [one.id for one in queue.list_due(s, NOW + timedelta(days=14))] == [card.id]
    assert "Manager asked on 23 Nov 2026, no answer yet." in curator.text(f"/review/{card.id}")


def test_scanners_that_get_every_link_change_nothing(
    card: Review, asked: list[str], visitor: Browser, engine: Engine
) -> None:
    before = visitor.text("/c/r-seau-paludisme")
    for link in asked:
        for _ in range(3):
            assert visitor.get(link).status_code == 200
            assert visitor.client.head(link).status_code == 200
    assert visitor.text("/c/r-seau-paludisme") == before
    with reading(engine) as s:
        [ask] = asking.list_asks(s, card.community_id)
        assert (ask.answer, attestations.list_attestations(s, card.community_id)) == (None, [])


def test_still_active_becomes_a_word_updates_card_and_page_and_thanks_the_curator(
    card: Review,
    asked: list[str],
    visitor: Browser,
    curator: Browser,
    engine: Engine,
    read_mail: ReadMail,
) -> None:
    active = next(link for link in asked if link.endswith("/active"))
    response = visitor.send(active, page=active)
    assert response.status_code == 303
    assert "Réseau Paludisme" in visitor.text(response.location)
    page = visitor.text("/c/r-seau-paludisme")
    assert "Its manager confirmed on 23 Nov 2026 that it is active." in page
    with reading(engine) as s:
        [word] = attestations.list_attestations(s, card.community_id)
        closed = reviews.load_review(s, card.id)
    assert word.by_manager
    assert closed is not None
    assert closed.closed_at == NOW
    [thanks] = read_mail()
    assert thanks.startswith("Réseau Paludisme answered: still active")
    assert "Its manager answered on 23 Nov 2026: still active." in curator.text(
        f"/review/{card.id}"
    )


def test_an_answer_pressed_twice_is_kept_once_and_may_be_changed(
    card: Review, asked: list[str], visitor: Browser, engine: Engine, read_mail: ReadMail
) -> None:
    active, _, ended = asked
    for _ in range(3):
        assert visitor.send(active, page=active).status_code == 303
    assert len(read_mail()) == 1
    assert visitor.send(ended, page=ended).status_code == 303
    with reading(engine) as s:
        assert attestations.list_attestations(s, card.community_id) == []
        [ask] = asking.list_asks(s, card.community_id)
    assert ask.answer == "ended"


def test_moved_needs_an_address_and_brings_the_card_back_with_it(
    card: Review, asked: list[str], visitor: Browser, curator: Browser
) -> None:
    moved = next(link for link in asked if link.endswith("/moved"))
    assert visitor.send(moved, page=moved, new_url="somewhere").status_code == 422
    new = "https://new.example.org/paludisme"
    assert visitor.send(moved, page=moved, new_url=new).status_code == 303
    assert curator.get("/review/next").location == f"/review/{card.id}"
    page = curator.text(f"/review/{card.id}")
    assert f'name="new_url" value="{new}"' in page
    assert page.index('value="moved"') < page.index('value="inactive"')


def test_an_answer_meanwhile_is_shown_before_a_decision_is_taken(
    card: Review, asked: list[str], visitor: Browser, curator: Browser, engine: Engine
) -> None:
    ended = next(link for link in asked if link.endswith("/ended"))
    seen = curator.text(f"/review/{card.id}")
    visitor.send(ended, page=ended)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', seen))
    response = curator.client.post(f"/review/{card.id}", data={**hidden, "answer": "inactive"})
    assert response.status_code == 409
    assert "Its manager answered while you had this card open." in response.get_data(as_text=True)
    with reading(engine) as s:
        assert [one.answer for one in reviews.list_decisions(s, card.community_id)] == [Answer.ASK]


def test_links_run_out_after_60_days_and_forged_ones_never_work(
    asked: list[str], visitor: Browser, clock: Clock
) -> None:
    assert visitor.get(asked[0].replace("/manager/W", "/manager/X")).status_code == 410
    clock.now = NOW + timedelta(days=60)
    assert visitor.get(asked[0]).status_code == 410
    assert visitor.client.post(asked[0]).status_code == 400


def test_undoing_the_question_stops_its_mail_and_its_buttons(
    card: Review, curator: Browser, visitor: Browser, engine: Engine, read_mail: ReadMail
) -> None:
    press(curator, card, "ask")
    with reading(engine) as s:
        [decision] = reviews.list_decisions(s, card.community_id)
    curator.send(f"/review/undo/{decision.id}", page=f"/review/{card.id}")
    assert read_mail() == []
    assert curator.get("/review/next").location == f"/review/{card.id}"


def test_a_manager_is_asked_at_most_twice_in_30_days(
    made: Directory,
    card: Review,
    curator: Browser,
    engine: Engine,
    clock: Clock,
    read_mail: ReadMail,
) -> None:
    for number in range(2):
        clock.now = NOW + timedelta(days=number)
        assert press(curator, card, "ask", note=str(number)) == 303
    clock.now = NOW + timedelta(days=2)
    page = curator.text(f"/review/{card.id}")
    assert re.search(r'value="ask" data-key="\d" disabled', page)
    assert press(curator, card, "ask") == 422
    assert len(read_mail()) == 2
    clock.now = NOW + timedelta(days=30, seconds=1)
    assert press(curator, card, "ask") == 303


def test_without_a_published_address_nobody_is_asked(made: Directory, curator: Browser) -> None:
    review = made.flag(made.add_silent("Silent Circle"))
    assert "no published address of its manager is known" in curator.text(f"/review/{review.id}")
    assert press(curator, review, "ask") == 422


def test_a_managers_word_lifts_a_curators_inactive_the_same_day(
    card: Review, asked: list[str], curator: Browser, visitor: Browser, clock: Clock
) -> None:
    clock.now = NOW + timedelta(hours=1)
    assert press(curator, card, "inactive") == 303
    assert 'word">Inactive' in visitor.text("/c/r-seau-paludisme")
    clock.now = NOW + timedelta(hours=2)
    visitor.send(asked[0], page=asked[0])
    page = visitor.text("/c/r-seau-paludisme")
    assert 'word">Quiet' in page


def test_ended_without_an_open_card_opens_one(
    card: Review, asked: list[str], curator: Browser, visitor: Browser, engine: Engine
) -> None:
    press(curator, card, "alive:low")
    ended = next(link for link in asked if link.endswith("/ended"))
    visitor.send(ended, page=ended)
    with reading(engine) as s:
        [opened] = reviews.list_open_reviews(s)
    assert opened.kind is FlagKind.MAYBE_CLOSED
    page = curator.text(f"/review/{opened.id}")
    assert "Its manager answered on 23 Nov 2026: ended." in page
    assert page.index('value="closed"') < page.index('value="ask"')
