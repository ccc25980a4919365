"""A curator decides one card at a time, nothing is lost, and everything can be undone."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, insert
from werkzeug.test import TestResponse

from domain.canary import Check, CheckResult, Said
from domain.outcome import Answer, Decision, FlagKind, Outcome, Reason, Review, Status
from domain.people import Role
from domain.proposal import ProposalKind
from store import attestations, proposals, reviews, sources
from store.engine import reading, writing
from store.tables import ReviewRow
from tests.web.kit import NOW, Browser, Clock, Directory, silence
from web.site import ALLOW_PRIVATE

SignIn = Callable[..., Browser]


def decisions(engine: Engine, review: Review) -> list[Decision]:
    """All decisions on the card's community, oldest first."""
    with reading(engine) as s:
        return reviews.list_decisions(s, review.community_id)[::-1]


def add_card(made: Directory, name: str = "Malaria Practice Group") -> Review:
    source = made.add_silent(name)
    return made.flag(source, reasons=(silence(280, NOW - timedelta(days=280)),))


def press(browser: Browser, review: Review, answer: str, **fields: str) -> TestResponse:
    path = f"/review/{review.id}"
    return browser.send(path, page=path, answer=answer, **fields)


def test_a_card_shows_question_evidence_bars_and_answers(made: Directory, curator: Browser) -> None:
    review = add_card(made)
    page = curator.text(f"/review/{review.id}")
    assert "<h1>Malaria Practice Group: mark as inactive?</h1>" in page
    assert "No post seen for 40 weeks" in page
    assert '<svg class="bars"' in page
    assert "Its page will say “No new posts seen since 16 Feb 2026”." in page
    for answer in ("inactive", "alive:season", "moved", "closed", "not_sure"):
        assert f'name="answer" value="{answer}"' in page
    assert "Known trap" in page


def test_a_card_says_whether_the_reading_can_be_trusted(made: Directory, curator: Browser) -> None:
    review = add_card(made)
    made.add_active("Neighbour List")
    page = curator.text(f"/review/{review.id}")
    assert "read 2 hours ago; 60 posts known" in page
    assert "All of the time from the last post to 23 Nov 2026 was seen." in page
    assert "1 of 1 other list on lists.example.org had new posts at our last visit." in page
    assert "Unclear" not in page


CHECKED = (
    (
        Check.OLD_POST,
        CheckResult.OK,
        Reason(code=Said.PERIOD, values={"known": 12, "number": 12, "period": "2025-03"}),
    ),
    (
        Check.NEIGHBOURS,
        CheckResult.OK,
        Reason(code=Said.NEAR_WROTE, values={"wrote": 3, "number": 4, "host": "l.example.org"}),
    ),
    (Check.TOTAL, CheckResult.UNCLEAR, Reason(code=Said.NO_COUNT)),
)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("fr", "12 des 12 messages classés sous 2025-03 sont toujours là"),
        ("es", "12 de los 12 mensajes archivados en 2025-03 siguen ahí"),
        ("pt", "12 das 12 mensagens arquivadas em 2025-03 continuam lá"),
    ],
)
def test_what_the_checks_found_is_told_in_the_curators_language(
    locale: str, said: str, made: Directory, curator: Browser
) -> None:
    review = add_card(made)
    made.prove(review.community_id, *CHECKED)
    curator.send("/me/language", page="/me", locale=locale)
    page = curator.text(f"/review/{review.id}")
    box = page[page.index('id="blind"') : page.index('id="answer"')]
    assert said in box
    assert not re.search(r"\b(posts|asked|others|silent|does|say)\b", box)


def test_the_card_shows_how_the_silence_proved_itself(made: Directory, curator: Browser) -> None:
    review = add_card(made)
    made.add_active("Neighbour List")
    made.prove(
        review.community_id,
        *CHECKED,
    )
    page = curator.text(f"/review/{review.id}")
    box = page[page.index('id="blind"') : page.index('id="answer"')]
    assert "<b>OK</b> <span>12 of the 12 posts filed under 2025-03 are still there" in box
    assert "(asked 23 Nov 2026)" in box
    assert "<b>Unclear</b> <span>It does not say how many posts it has" in box
    # The source compared itself with its neighbours; what the last visits saw adds nothing.
    assert box.lower().count("other") == 1


def test_a_blind_reading_is_told_on_the_card(made: Directory, curator: Browser) -> None:
    source = made.add("Half Seen List")
    made.post(source, NOW - timedelta(days=100))
    made.see(source, NOW - timedelta(days=120), NOW - timedelta(days=90))
    made.see(source, NOW - timedelta(days=40))
    made.visit(source, Outcome.TIMEOUT, detail="No answer within 60 seconds.")
    review = made.flag(source)
    made.judge(source, Status.DORMANT, last_post_at=NOW - timedelta(days=100))
    page = curator.text(f"/review/{review.id}")
    assert "it did not answer in time. No answer within 60 seconds." in page
    assert "50 days of the silence were not seen: 25 Aug 2026 – 14 Oct 2026." in page


def test_last_subjects_stand_on_the_card_of_a_public_archive(
    made: Directory, curator: Browser
) -> None:
    review = made.flag(made.add_active("Child Health Exchange"), FlagKind.SPAM)
    assert "22 Nov 2026</time> – “Re: A question”" in curator.text(f"/review/{review.id}")


@pytest.mark.parametrize(
    ("answer", "fields", "stored", "words"),
    [
        ("inactive", {}, Answer.INACTIVE, "Marked Malaria Practice Group as inactive."),
        ("closed", {}, Answer.CLOSED, "Marked Malaria Practice Group as closed."),
        ("not_sure", {}, Answer.NOT_SURE, "Passed Malaria Practice Group on"),
        ("alive:low", {}, Answer.ALIVE, "Kept Malaria Practice Group as active"),
        (
            "moved",
            {"new_url": " https://new.example.org/list "},
            Answer.MOVED,
            "Noted that Malaria Practice Group moved.",
        ),
    ],
)
def test_every_answer_is_stored_and_said_on_the_next_page_with_undo(
    answer: str,
    fields: dict[str, str],
    stored: Answer,
    words: str,
    made: Directory,
    curator: Browser,
    engine: Engine,
) -> None:
    review = add_card(made)
    response = press(curator, review, answer, note="Seen by a friend.", **fields)
    assert response.status_code == 303
    [decision] = decisions(engine, review)
    assert (decision.answer, decision.curator) == (stored, "Amina Okello")
    assert decision.note.endswith("Seen by a friend.")
    page = curator.text(response.location)
    assert words in page
    assert f'action="/review/undo/{decision.id}"' in page
    assert words not in curator.text("/review/next")


def test_a_decision_leads_to_the_next_card(made: Directory, curator: Browser) -> None:
    first, second = add_card(made, "First List"), add_card(made, "Second List")
    assert press(curator, first, "inactive").location == f"/review/{second.id}"


def test_still_alive_keeps_its_reason_in_words(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    review = add_card(made)
    press(curator, review, "alive:seen", seen_on="2026-11-20", note="Ten posts.")
    [decision] = decisions(engine, review)
    assert decision.note == "I saw it myself on 20 Nov 2026. Ten posts."
    assert decision.until == NOW + timedelta(days=180)


@pytest.mark.parametrize(
    ("answer", "fields", "trouble"),
    [
        ("alive", {}, "How do you know that it is alive?"),
        ("alive:magic", {}, "How do you know that it is alive?"),
        ("alive:seen", {}, "On which day did you see it?"),
        ("alive:seen", {"seen_on": "2026-11-24"}, "still to come"),
        ("moved", {}, "Where did it move?"),
        ("moved", {"new_url": "javascript:alert(1)"}, "Where did it move?"),
    ],
)
def test_an_unfinished_answer_is_asked_again_and_keeps_the_note(
    answer: str,
    fields: dict[str, str],
    trouble: str,
    made: Directory,
    curator: Browser,
    engine: Engine,
) -> None:
    review = add_card(made)
    response = press(curator, review, answer, note="My long note.", **fields)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert trouble in page
    assert ">My long note.</textarea>" in page
    assert decisions(engine, review) == []


@pytest.mark.parametrize("answer", ["", "undo", "delete", "inactive:now please"])
def test_an_answer_that_no_card_offers_is_refused_or_read_plainly(
    answer: str, made: Directory, curator: Browser, engine: Engine
) -> None:
    review = add_card(made)
    status = press(curator, review, answer).status_code
    assert (status, len(decisions(engine, review))) in {(400, 0), (303, 1)}
    assert all(d.answer is Answer.INACTIVE for d in decisions(engine, review))


def test_sending_twice_decides_once(made: Directory, curator: Browser, engine: Engine) -> None:
    review = add_card(made)
    page = curator.text(f"/review/{review.id}")
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    form["answer"] = "inactive"
    places = [curator.client.post(f"/review/{review.id}", data=form).location for _ in range(3)]
    assert places == ["/review/next"] * 3
    assert len(decisions(engine, review)) == 1


def test_a_colleagues_faster_decision_is_shown_and_not_overwritten(
    made: Directory, sign_in: SignIn, engine: Engine, clock: Clock
) -> None:
    amina, joan = sign_in("Amina Okello"), sign_in("Joan Reyes")
    review = add_card(made)
    page = joan.text(f"/review/{review.id}")
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    press(amina, review, "inactive", note="Nobody there.")
    clock.now = NOW + timedelta(minutes=4)
    response = joan.client.post(f"/review/{review.id}", data={**form, "answer": "alive:low"})
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "Amina Okello decided this 4 minutes ago: Inactive." in page
    assert "Their note: Nobody there." in page
    assert "<strong>Still alive</strong>" in page
    [decision] = decisions(engine, review)
    assert f'action="/review/undo/{decision.id}"' in page


def test_undo_opens_the_card_again_and_can_be_sent_twice(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    review = add_card(made)
    following = press(curator, review, "closed").location
    [decision] = decisions(engine, review)
    for _ in range(2):
        response = curator.send(f"/review/undo/{decision.id}", page=following)
        assert response.location == f"/review/{review.id}"
    assert [d.answer for d in decisions(engine, review)] == [Answer.CLOSED, Answer.UNDO]
    page = curator.text(f"/review/{review.id}")
    assert "Undone for Malaria Practice Group: the card is open again." in page
    assert 'value="inactive"' in page


def test_the_history_on_the_card_can_be_undone_for_ever(
    made: Directory, curator: Browser, engine: Engine, clock: Clock
) -> None:
    review = add_card(made)
    press(curator, review, "inactive", note="Long silent.")
    [decision] = decisions(engine, review)
    clock.now = NOW + timedelta(days=400)
    page = curator.text(f"/review/{review.id}")
    assert "This card is closed." in page
    assert "Inactive – Long silent." in page
    assert f'action="/review/undo/{decision.id}"' in page
    assert 'name="answer"' not in page


def test_undoing_what_never_was_is_a_missing_page(made: Directory, curator: Browser) -> None:
    review = add_card(made)
    assert curator.send("/review/undo/99", page=f"/review/{review.id}").status_code == 404


def test_not_sure_passes_the_card_on_to_somebody_else(made: Directory, sign_in: SignIn) -> None:
    amina, joan = sign_in("Amina Okello"), sign_in("Joan Reyes")
    review = add_card(made)
    assert press(amina, review, "not_sure").location == "/review/next"
    assert "You are done." in amina.text("/review/next")
    assert joan.get("/review/next").location == f"/review/{review.id}"


def test_the_week_ends_after_ten_cards(made: Directory, curator: Browser) -> None:
    cards = [add_card(made, f"List {number}") for number in range(12)]
    assert "Card 1 of 10 this week" in curator.text(f"/review/{cards[0].id}")
    for card in cards[:10]:
        response = press(curator, card, "inactive")
    assert response.location == "/review/next"
    page = curator.text("/review/next")
    assert "You are done." in page
    assert "10 cards answered this week" in page
    assert "Your next cards come on 30 Nov 2026." in page


def test_the_lead_sees_every_card_and_can_narrow_by_cause(made: Directory, sign_in: SignIn) -> None:
    add_card(made)
    made.flag(made.add_active("TB Care Exchange"), FlagKind.MAYBE_MOVED, (Reason(code="if_seen"),))
    lead = sign_in("Lea Diallo", Role.LEAD)
    page = lead.text("/review")
    assert "2 cards are waiting" in page
    assert "Malaria Practice Group: mark as inactive?" in page
    assert "TB Care Exchange: has it moved?" in page
    page = lead.text("/review?cause=maybe_moved")
    assert "1 card is waiting" in page
    assert "Malaria" not in page


def test_a_curator_gets_cards_not_the_list(made: Directory, curator: Browser) -> None:
    review = add_card(made)
    assert curator.get("/review").location == "/review/next"
    assert curator.get("/review/next").location == f"/review/{review.id}"


def test_the_answers_need_no_script_and_keys_are_off_until_asked_for(
    made: Directory, curator: Browser
) -> None:
    review = add_card(made)
    card = f"/review/{review.id}"
    assert "<script" not in curator.text(card)
    assert curator.send(f"{card}/keys", page=card).location == card
    assert re.search(r'<script src="/static/review\.\w+\.js" defer>', curator.text(card))


def test_enter_in_a_text_field_presses_a_button_that_does_nothing(
    made: Directory, curator: Browser
) -> None:
    page = curator.text(f"/review/{add_card(made).id}")
    assert page.index("<button disabled hidden>") < page.index('name="answer"')


def test_a_missing_card_is_a_missing_page(curator: Browser) -> None:
    assert curator.get("/review/99").status_code == 404
    assert curator.send("/review/99", page="/review/next", answer="closed").status_code == 400


def test_the_room_is_never_cached_and_a_decision_stays_under_six_kilobytes(
    made: Directory, curator: Browser
) -> None:
    first, second = add_card(made, "First List"), add_card(made, "Second List")
    assert curator.get(f"/review/{second.id}").headers["Cache-Control"] == "no-store"
    posted = press(curator, first, "inactive")
    page = curator.get(posted.location)
    sent = len(posted.get_data()) + len(str(posted.headers)) + len(str(page.headers))
    assert sent + len(gzip.compress(page.get_data())) <= 6 * 1024


def test_a_proposal_stands_on_the_card_and_its_address_is_read_at_once(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    source = made.add_active("Malaria Practice Group")
    new = "https://lists.example.net/malaria/"
    with writing(engine) as s:
        proposals.propose(
            s,
            source.id,
            ProposalKind.MOVED,
            new_url=new,
            sentence="This list has moved.",
            now=NOW,
        )
    review = made.flag(source, FlagKind.MAYBE_MOVED)
    page = curator.text(f"/review/{review.id}")
    assert "It says that it moved: “This list has moved.” (last seen 23 Nov 2026)." in page
    assert f'<a href="{new}"' in page
    assert f'name="new_url" value="{new}"' in page
    assert press(curator, review, "moved", new_url=new).status_code == 303
    with reading(engine) as s:
        moved = sources.load_source(s, source.name)
        assert (moved.url, moved.due_at) == (new, NOW)
    [decision] = decisions(engine, review)
    curator.send(f"/review/undo/{decision.id}", page="/review/next")
    with reading(engine) as s:
        assert sources.load_source(s, source.name).url == source.url
        assert len(proposals.list_open_proposals(s)) == 1


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "http://localhost/", "http://10.0.0.1/"])
def test_a_move_into_a_private_network_is_refused_unless_allowed(
    made: Directory, curator: Browser, engine: Engine, app: Flask, address: str
) -> None:
    source = made.add_active("Malaria Practice Group")
    review = made.flag(source, FlagKind.MAYBE_MOVED)
    refused = press(curator, review, "moved", new_url=address)
    assert refused.status_code == 422
    assert "inside a private network" in refused.get_data(as_text=True)
    assert decisions(engine, review) == []
    app.config[ALLOW_PRIVATE] = True
    assert press(curator, review, "moved", new_url=address).status_code == 303


def gone(made: Directory, *names: str) -> list[Review]:
    """Cards of lists whose host says that they are gone."""
    reason = (Reason(code="not_seeing", values={"outcome": Outcome.GONE.value}),)
    return [made.flag(made.add_silent(name), FlagKind.MAYBE_CLOSED, reason) for name in names]


def test_cards_of_one_cause_are_answered_and_undone_in_one_press(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    cards = gone(made, "First", "Second", "Third")
    made.flag(made.add_silent("Other Cause"))
    page = curator.text(f"/review/{cards[0].id}")
    assert "<h1>lists.example.org is gone: 3 communities</h1>" in page
    assert ">Mark all 3 as closed</button>" in page
    shown = re.findall(r'name="card" value="([\d:]+)"', page)
    where = f"/review/{cards[0].id}"
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    form = {"csrf_token": token, "card": shown, "answer": "closed"}
    for _ in range(2):
        response = curator.client.post(f"{where}/all", data=form)
        assert response.status_code == 303
    made_ones = [decisions(engine, card) for card in cards]
    assert [[one.answer for one in some] for some in made_ones] == [[Answer.CLOSED]] * 3
    assert "Card 2 of 2 this week" in curator.text("/review/4")
    curator.send(f"/review/undo/{made_ones[0][0].id}", page="/me")
    with reading(engine) as s:
        assert len(reviews.list_open_reviews(s)) == 4


def test_a_colleagues_answer_is_left_out_of_a_press_for_all(
    made: Directory, sign_in: SignIn, engine: Engine
) -> None:
    amina, joan = sign_in("Amina Okello"), sign_in("Joan Reyes")
    cards = gone(made, "First", "Second", "Third")
    page = amina.text(f"/review/{cards[0].id}")
    alone = f"/review/{cards[1].id}?alone=1"
    joan.send(f"/review/{cards[1].id}", page=alone, answer="alive:low")
    form = {
        "csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', page)[0],
        "card": re.findall(r'name="card" value="([\d:]+)"', page),
        "answer": "closed",
    }
    response = amina.client.post(f"/review/{cards[0].id}/all", data=form)
    assert "1 were decided by a colleague." in amina.text(response.location)
    assert [one.answer for one in decisions(engine, cards[1])] == [Answer.ALIVE]


def test_an_open_card_is_claimed_for_20_minutes_by_name(
    made: Directory, sign_in: SignIn, clock: Clock, engine: Engine
) -> None:
    amina, joan = sign_in("Amina Okello"), sign_in("Joan Reyes")
    first, second = add_card(made, "First List"), add_card(made, "Second List")
    amina.text(f"/review/{first.id}")
    assert joan.get("/review/next").location == f"/review/{second.id}"
    page = joan.text(f"/review/{first.id}")
    assert "Amina Okello has this card open until 12:20 UTC." in page
    assert press(joan, first, "inactive").status_code == 303
    assert [one.curator for one in decisions(engine, first)] == ["Joan Reyes"]
    amina.text(f"/review/{second.id}")
    clock.now = NOW + timedelta(minutes=20)
    assert joan.get("/review/next").location == f"/review/{second.id}"


def test_a_card_is_put_off_to_a_day_and_does_not_count(
    made: Directory, curator: Browser, clock: Clock
) -> None:
    review = add_card(made)
    response = press(curator, review, "later", until="2026-12-01")
    page = curator.text(response.location)
    assert "Put Malaria Practice Group off. It comes back on 1 Dec 2026." in page
    assert "0 cards answered this week" in page
    clock.now = NOW + timedelta(days=7)
    assert "You are done." in curator.text("/review/next")
    clock.now = NOW + timedelta(days=8)
    assert curator.get("/review/next").location == f"/review/{review.id}"


@pytest.mark.parametrize("until", ["", "2026-11-23", "2027-06-01"])
def test_putting_off_needs_a_day_that_is_near(
    until: str, made: Directory, curator: Browser
) -> None:
    assert press(curator, add_card(made), "later", until=until).status_code == 422


def test_a_dated_look_is_kept_as_a_word_and_taken_back_with_the_answer(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    source = made.add("Hidden Circle", url="https://hidden.example.org/")
    review = made.flag(source, FlagKind.CONFIRM)
    page = curator.text(f"/review/{review.id}")
    assert page.index('value="alive:seen"') < page.index('value="inactive"')
    press(curator, review, "alive:seen", seen_on="2026-11-20")
    with reading(engine) as s:
        [word] = attestations.list_attestations(s, source.community_id)
    assert (word.by, str(word.seen_on)) == ("Amina Okello", "2026-11-20")
    [decision] = decisions(engine, review)
    curator.send(f"/review/undo/{decision.id}", page="/me")
    with reading(engine) as s:
        assert attestations.list_attestations(s, source.community_id) == []


def test_the_safest_step_comes_first_and_never_inactive_while_anything_is_unclear(
    made: Directory, curator: Browser
) -> None:
    asked = made.flag(made.add_silent("Reachable", owner_address="owner@list.example.org"))
    assert re.search(r'value="(\w+)" data-key="1"', curator.text(f"/review/{asked.id}"))[1] == "ask"
    clear = made.flag(made.add_silent("Clear", url="https://clear.example.org/"))
    page = curator.text(f"/review/{clear.id}")
    assert "Unclear" in page
    assert re.search(r'value="(\w+)" data-key="1"', page)[1] == "not_sure"


def test_ten_cards_are_shown_of_two_hundred_and_a_colleague_gets_the_oldest(
    made: Directory, sign_in: SignIn, engine: Engine
) -> None:
    source = made.add_silent("Long Queue")
    kinds = list(FlagKind)
    with writing(engine) as s:
        for number in range(200):
            at = NOW - timedelta(days=200 - number)
            kind = kinds[number % len(kinds)]
            row = {"community_id": source.community_id, "kind": kind, "opened_at": at}
            s.execute(insert(ReviewRow).values(**row, reasons=[]))
    amina, joan = sign_in("Amina Okello"), sign_in("Joan Reyes")
    for number in range(1, 11):
        assert amina.get("/review/next").location == f"/review/{number}"
        page = f"/review/{number}?alone=1"
        amina.send(f"/review/{number}", page=page, answer="alive:low")
    assert "You are done." in amina.text("/review/next")
    assert joan.get("/review/next").location == "/review/11"


def moved(made: Directory, engine: Engine, name: str, to: str) -> Review:
    """The card of a list whose archive names another address."""
    source = made.add_silent(name)
    reason = (Reason(code="not_seeing", values={"outcome": Outcome.MOVED.value}),)
    with writing(engine) as s:
        proposals.propose(
            s, source.id, ProposalKind.MOVED, new_url=to, sentence="We moved.", now=NOW
        )
    return made.flag(source, FlagKind.MAYBE_MOVED, reason)


def test_lists_that_moved_to_one_host_are_read_there_by_one_press_and_go_back_by_one(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    new = "https://groups.example.org"
    cards = [moved(made, engine, name, f"{new}/{name}/") for name in ("one", "two")]
    alone = moved(made, engine, "three", "https://elsewhere.example.org/three/")
    page = curator.text(f"/review/{cards[0].id}")
    assert "<h1>lists.example.org moved to groups.example.org: 2 communities</h1>" in page
    assert ">All 2 moved: read their new addresses</button>" in page
    assert "as closed" not in page
    assert 'name="card"' not in curator.text(f"/review/{alone.id}")
    form = {
        "csrf_token": re.findall(r'name="csrf_token" value="([^"]+)"', page)[0],
        "card": re.findall(r'name="card" value="([^"]+)"', page),
        "answer": "moved",
    }
    for _ in range(2):
        posted = curator.client.post(f"/review/{cards[0].id}/all", data=form)
        assert posted.status_code == 303
    with reading(engine) as s:
        urls = {one.url for one in sources.list_sources(s)}
    assert {f"{new}/one/", f"{new}/two/"} < urls
    [decision] = decisions(engine, cards[0])
    curator.send(f"/review/undo/{decision.id}", page="/me")
    with reading(engine) as s:
        assert f"{new}/one/" not in {one.url for one in sources.list_sources(s)}
        assert len(reviews.list_open_reviews(s)) == 3
    bad = {**form, "card": ["1:1:javascript:alert(1)"]}
    assert curator.client.post(f"/review/{cards[0].id}/all", data=bad).status_code == 400


def test_what_each_community_does_by_itself_is_not_folded(
    made: Directory, curator: Browser
) -> None:
    own = set(FlagKind) - {FlagKind.MAYBE_CLOSED, FlagKind.MAYBE_MOVED}
    for kind in sorted(own):
        cards = [made.flag(made.add_silent(f"{kind} {name}"), kind) for name in ("one", "two")]
        assert 'name="card"' not in curator.text(f"/review/{cards[0].id}")
