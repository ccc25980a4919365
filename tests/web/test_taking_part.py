"""Suggest, correct, claim, reply: from the form over the mail to the curator and the answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.contribution import State
from presentation.links import page_proof
from store import contributions, sources
from store.engine import reading, writing
from tests.web.kit import NOW, SECRET, Browser, Clock, Directory
from web.owners import OPEN_FOR
from web.taking_part import (
    FROM_ALL_AN_HOUR,
    PER_ADDRESS_A_DAY,
    PER_PLACE_A_DAY,
    PRESSED_WITHIN,
    TRAP,
)

ME = "sara.lind@example.org"
SUGGESTION = {"url": "https://lists.example.org/eyes", "name": "Eye Health", "address": ME}
Mails = Callable[[], list[str]]


def send(visitor: Browser, path: str, **fields: str) -> tuple[int, str]:
    answer = visitor.client.post(path, data=fields)
    return answer.status_code, answer.get_data(as_text=True)


def address_in(mail: str) -> str:
    found = re.search(r"http://localhost(/\S+)", mail)
    assert found is not None
    return found[1]


def reference_in(page: str) -> str:
    found = re.search(r"/sent/([0-9A-Z]{8})", page)
    assert found is not None
    return found[1]


def confirmed(visitor: Browser, read_mail: Mails, path: str, **fields: str) -> str:
    """The reference of what was sent and confirmed."""
    code, page = send(visitor, path, **fields)
    assert code == 200
    reference = reference_in(page)
    mail = next(one for one in read_mail() if "/confirm/" in one)
    visitor.client.post(address_in(mail))
    return reference


def state_of(engine: Engine, reference: str) -> State:
    with reading(engine) as s:
        found = contributions.load_contribution(s, reference)
    assert found is not None
    return found.state


def test_a_suggestion_waits_for_the_button_in_the_mail(
    visitor: Browser, read_mail: Mails, engine: Engine
) -> None:
    _, page = send(visitor, "/suggest", **SUGGESTION)
    reference = reference_in(page)
    assert state_of(engine, reference) is State.UNCONFIRMED
    (mail,) = read_mail()
    shown = visitor.text(address_in(mail))
    assert "Eye Health" in shown
    assert state_of(engine, reference) is State.UNCONFIRMED, "a GET changed something"
    assert visitor.client.post(address_in(mail)).status_code == 303
    assert visitor.client.post(address_in(mail)).status_code == 303
    assert state_of(engine, reference) is State.WAITING
    told = visitor.text(f"/sent/{reference}")
    assert "Waiting for a curator" in told
    assert ME not in told


def test_forms_need_no_cookie(made: Directory, visitor: Browser) -> None:
    made.add("Eyes")
    for path in ("/suggest", "/c/eyes/correct", "/c/eyes/claim"):
        assert "Set-Cookie" not in visitor.get(path).headers
    answer = visitor.client.post("/suggest", data=SUGGESTION)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("address", "nobody", "This is not a mail address."),
        ("address", "a@b.org\nBcc: x@y.org", "This is not a mail address."),
        ("url", "javascript:alert(1)", "A web address begins with"),
        ("name", "  ", "Something that we need is empty."),
        ("name", "x" * 201, "One of the texts is too long."),
    ],
)
def test_what_is_not_whole_is_said_and_what_was_typed_stays(
    field: str, value: str, told: str, visitor: Browser, read_mail: Mails
) -> None:
    code, page = send(visitor, "/suggest", **{**SUGGESTION, field: value})
    assert code == 422
    assert told in page
    if field != "url":
        assert SUGGESTION["url"] in page
    assert read_mail() == []


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(
    visitor: Browser, read_mail: Mails, engine: Engine
) -> None:
    code, page = send(visitor, "/suggest", **SUGGESTION, **{TRAP: "1"})
    assert code == 200
    assert "One more step" in page
    assert read_mail() == []


def test_an_address_and_a_place_may_send_so_much_a_day(visitor: Browser) -> None:
    codes = [send(visitor, "/suggest", **SUGGESTION)[0] for _ in range(PER_ADDRESS_A_DAY + 1)]
    assert codes == [200] * PER_ADDRESS_A_DAY + [429]
    others = range(PER_PLACE_A_DAY - PER_ADDRESS_A_DAY + 1)
    codes = [
        send(visitor, "/suggest", **{**SUGGESTION, "address": f"a{n}@example.org"})[0]
        for n in others
    ]
    assert codes[-2:] == [200, 429]


def test_behind_a_proxy_of_our_own_the_places_are_those_that_it_names(visitor: Browser) -> None:
    for number in range(PER_PLACE_A_DAY + 2):
        answer = visitor.client.post(
            "/suggest",
            data={**SUGGESTION, "address": f"a{number}@example.org"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
        assert answer.status_code == 200


def test_all_together_may_send_so_much_an_hour(visitor: Browser) -> None:
    codes = {
        visitor.client.post(
            "/suggest",
            data={**SUGGESTION, "address": f"a{n}@example.org"},
            headers={"X-Forwarded-For": f"2001:db8:{n:x}::1"},
        ).status_code
        for n in range(FROM_ALL_AN_HOUR + 1)
    }
    assert codes == {200, 429}


def test_a_curator_adds_a_suggestion_with_what_our_look_found(
    visitor: Browser, curator: Browser, read_mail: Mails, engine: Engine
) -> None:
    reference = confirmed(visitor, read_mail, "/suggest", **SUGGESTION)
    draft = {"platform": "pipermail", "watch_url": "https://lists.example.org/pipermail/eyes/"}
    with writing(engine) as s:
        (one,) = contributions.list_untried(s)
        contributions.note_draft(s, one.id, draft)
    page = curator.text("/contributions")
    assert draft["watch_url"] in page
    curator.send(
        f"/contributions/{reference}",
        page="/contributions",
        what="accept",
        answer="Thank you.",
        name="Eye Health",
        url=SUGGESTION["url"],
        description="Eye health workers.",
        watch_url=draft["watch_url"],
    )
    assert "Eye Health" in visitor.text("/?activity=all")
    with reading(engine) as s:
        (source,) = sources.list_sources(s)
    assert (source.url, source.name) == (draft["watch_url"], "eye-health")
    (mail,) = read_mail()
    assert "Thank you." in mail
    told = visitor.text(f"/sent/{reference}")
    assert "Accepted." in told
    assert "Thank you." in told
    with reading(engine) as s:
        kept = contributions.load_contribution(s, reference)
    assert kept is not None
    assert kept.address == ""


def test_what_is_known_already_is_not_added_twice(
    made: Directory, visitor: Browser, curator: Browser, read_mail: Mails, engine: Engine
) -> None:
    made.add("Eyes", url=SUGGESTION["url"])
    reference = confirmed(visitor, read_mail, "/suggest", **SUGGESTION)
    answer = curator.send(
        f"/contributions/{reference}", page="/contributions", what="accept", answer=""
    )
    assert answer.status_code == 422
    assert "Eyes has that address" in answer.get_data(as_text=True)
    assert state_of(engine, reference) is State.WAITING


def test_a_correction_changes_the_record_once_a_curator_accepts_it(
    made: Directory, visitor: Browser, curator: Browser, read_mail: Mails
) -> None:
    made.add("Eyes", url="https://old.example.org/")
    reference = confirmed(
        visitor,
        read_mail,
        "/c/eyes/correct",
        wrong="It has another address.",
        url="https://new.example.org/",
        address=ME,
    )
    assert "https://old.example.org/" in visitor.text("/c/eyes")
    curator.send(
        f"/contributions/{reference}",
        page="/contributions",
        what="accept",
        answer="",
        name="Eyes",
        url="https://new.example.org/",
        description="",
    )
    assert "https://new.example.org/" in visitor.text("/c/eyes")


def test_who_reads_the_published_address_shows_that_they_run_it(
    made: Directory, visitor: Browser, curator: Browser, read_mail: Mails, engine: Engine
) -> None:
    made.add("Eyes", owner_address="owners@example.org")
    code, page = send(visitor, "/c/eyes/claim", address=ME)
    assert code == 200
    reference = reference_in(page)
    owner = next(mail for mail in read_mail() if "/yours/" in mail)
    assert ME in owner
    path = address_in(owner)
    assert "Yes, they run it" in visitor.text(path)
    assert state_of(engine, reference) is State.UNCONFIRMED, "a GET changed something"
    visitor.client.post(f"{path}/prove")
    assert state_of(engine, reference) is State.ACCEPTED
    (mail,) = read_mail()
    own = address_in(mail)
    reply = visitor.client.post(f"{own}/reply", data={"reply": "We meet in <b>person</b> now."})
    assert "We meet in" not in visitor.text("/c/eyes"), "a reply was public before its time"
    waiting = reference_in(reply.headers["Location"])
    curator.send(f"/contributions/{waiting}", page="/contributions", what="accept", answer="")
    page = visitor.text("/c/eyes")
    assert "Its manager replied on 23 Nov 2026:" in page
    assert "We meet in &lt;b&gt;person&lt;/b&gt; now." in page


def test_without_a_published_address_a_word_on_the_page_is_the_proof(
    made: Directory, visitor: Browser, curator: Browser, read_mail: Mails
) -> None:
    made.add("Eyes", url="https://eyes.example.org/")
    reference = confirmed(visitor, read_mail, "/c/eyes/claim", address=ME)
    assert page_proof(SECRET, reference) in visitor.text(f"/sent/{reference}")
    curator.send(f"/contributions/{reference}", page="/contributions", what="accept", answer="")
    mails = read_mail()
    assert any("/yours/" in mail for mail in mails)


def test_a_forged_or_declined_link_opens_nothing(
    made: Directory, visitor: Browser, curator: Browser, read_mail: Mails
) -> None:
    made.add("Eyes", owner_address="owners@example.org")
    send(visitor, "/c/eyes/claim", address=ME)
    mails = read_mail()
    confirm = address_in(next(mail for mail in mails if "/confirm/" in mail))
    owned = address_in(next(mail for mail in mails if "/yours/" in mail))
    assert visitor.get(confirm[:-1]).status_code == 410
    assert (
        visitor.client.post(confirm.replace("/confirm/", "/yours/") + "/prove").status_code == 410
    )
    assert visitor.client.post(f"{owned}/reply", data={"reply": "x"}).status_code == 410
    visitor.client.post(confirm)
    reference = re.search(r"contributions/([0-9A-Z]{8})", curator.text("/contributions"))
    assert reference is not None
    curator.send(f"/contributions/{reference[1]}", page="/contributions", what="decline", answer="")
    assert visitor.client.post(f"{owned}/prove").status_code == 410


def test_a_managers_link_ends_and_says_how_to_get_another(
    made: Directory, visitor: Browser, read_mail: Mails, clock: Clock, engine: Engine
) -> None:
    made.add("Eyes", owner_address="owners@example.org")
    _, page = send(visitor, "/c/eyes/claim", address=ME)
    press = address_in(next(mail for mail in read_mail() if "/yours/" in mail))
    clock.now += PRESSED_WITHIN - timedelta(minutes=1)
    assert "Yes, they run it" in visitor.text(press)
    clock.now += timedelta(minutes=1)
    late = visitor.client.post(f"{press}/prove")
    assert (late.status_code, "This link has run out" in late.text) == (410, True)
    assert state_of(engine, reference_in(page)) is State.UNCONFIRMED
    clock.now = NOW
    visitor.client.post(f"{press}/prove")
    (mail,) = read_mail()
    assert "It works until 21 Feb 2027." in mail
    own = address_in(mail)
    assert "Your reply" in visitor.text(own)
    clock.now += OPEN_FOR
    for over in (visitor.get(own), visitor.client.post(f"{own}/reply", data={"reply": "x"})):
        assert over.status_code == 410
        assert 'href="/c/eyes/claim"' in over.text
    french = visitor.get(f"/fr{own}")
    assert (french.status_code, 'href="/fr/c/eyes/claim"' in french.text) == (410, True)
    assert "This link" not in french.text


def test_only_curators_see_what_waits(visitor: Browser) -> None:
    assert visitor.get("/contributions").status_code in (302, 303)
    assert visitor.client.post("/contributions/ABCD2345").status_code in (302, 303, 400)


def test_a_badge_says_what_to_copy_and_an_embed_may_stand_in_a_frame(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("Eyes")
    page = visitor.text("/c/eyes/badge")
    assert "&lt;img src=&#34;http://localhost/en/c/eyes/badge.svg&#34;" in page.replace(
        '"', "&#34;"
    )
    framed = visitor.get("/c/eyes/embed")
    assert "frame-ancestors *" in framed.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in visitor.get("/c/eyes").headers["Content-Security-Policy"]
    assert "Active" in framed.get_data(as_text=True)
