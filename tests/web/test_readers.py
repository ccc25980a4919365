"""Readers ask, confirm, choose and stop by themselves; looking at a page never does anything."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from domain.readers import Choices, Rhythm
from presentation.links import CONFIRM_PURPOSE, reader_token
from store import readers
from store.engine import reading, writing
from tests.web.kit import NOW, SECRET, Browser

ADA = "ada@example.org"


@pytest.fixture
def find(engine):
    def run(address: str = ADA):
        with reading(engine) as s:
            return readers.find_reader(s, address)

    return run


@pytest.fixture
def reader(engine):
    """Ada, who confirmed."""
    with writing(engine) as s:
        asked = readers.ask(s, ADA, Choices(), NOW)
        return readers.confirm(s, asked.id, NOW)


def _ask(visitor: Browser, address: str = ADA, **fields: str):
    return visitor.send("/subscribe", page="/subscribe", address=address, **fields)


def _path(text: str, kind: str) -> str:
    found = re.search(rf"http://localhost(/{kind}/\S+)", text)
    assert found is not None, text
    return found[1]


def test_asking_makes_nobody_a_reader_and_sends_one_mail(visitor, find, read_mail):
    response = _ask(visitor, rhythm="monthly", language="fr")
    assert response.status_code == 303
    reader = find()
    assert (reader.confirmed_at, reader.gets_mail) == (None, False)
    assert reader.choices == Choices(rhythm=Rhythm.MONTHLY, locale="fr")
    assert len(read_mail()) == 1


def test_only_the_button_of_the_mailed_page_confirms(visitor, find, read_mail):
    _ask(visitor)
    path = _path(read_mail()[0], "subscribe")
    for _ in range(2):
        assert visitor.get(path).status_code == 200
    assert not find().gets_mail
    response = visitor.send(path, page=path)
    assert (response.status_code, find().confirmed_at) == (303, NOW)
    assert "You get the report from now on" in visitor.text(response.headers["Location"])


def test_a_stranger_cannot_change_what_a_reader_chose(visitor, reader, find, read_mail):
    _ask(visitor, rhythm="never")
    assert find().choices.rhythm is Rhythm.WEEKLY
    (mail,) = read_mail()
    assert "known already" in mail
    assert visitor.get(_path(mail, "mail")).status_code == 200


def test_an_address_gets_three_mails_a_day_however_often_somebody_asks(visitor, read_mail):
    for _ in range(5):
        assert _ask(visitor).status_code == 303
    assert len(read_mail()) == 3


def test_the_answer_is_the_same_for_a_known_and_an_unknown_address(visitor, reader):
    known, unknown = _ask(visitor), _ask(visitor, "bob@example.org")
    assert known.headers["Location"] == unknown.headers["Location"]


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@example.org\nBcc: x@y.z"]
)
def test_what_is_no_address_is_said_and_nothing_is_kept(visitor, address, engine):
    response = _ask(visitor, address)
    assert response.status_code == 422
    assert "not a mail address" in response.get_data(as_text=True)
    with reading(engine) as s:
        assert readers.list_readers(s) == []


def test_a_crowd_of_strangers_is_turned_away_for_an_hour(visitor, engine, clock):
    with writing(engine) as s:
        for number in range(200):
            readers.ask(s, f"x{number}@example.org", Choices(), NOW)
    assert _ask(visitor).status_code == 429
    clock.now += timedelta(hours=2)
    assert _ask(visitor).status_code == 303


def test_a_reader_changes_their_mind_on_their_own_page(visitor, reader, find, made):
    made.add("Water", topics=["wash"], regions=["Africa"])
    path = f"/mail/{reader_token(SECRET, reader)}"
    fields = {"rhythm": "changes", "language": "pt", "topic": "wash", "region": "Africa"}
    response = visitor.send(path, page=path, **fields)
    assert response.status_code == 303
    assert find().choices == Choices(
        rhythm=Rhythm.CHANGES, locale="pt", topics=("wash",), regions=("Africa",)
    )
    page = visitor.text(path)
    assert 'lang="pt"' in page
    assert re.search(r'value="changes"\s+checked', page)


def test_what_a_form_invents_is_left_out(visitor, reader, find):
    path = f"/mail/{reader_token(SECRET, reader)}"
    visitor.send(path, page=path, rhythm="hourly", language="xx", topic="nothing", region="Mars")
    assert find().choices == Choices()


def test_looking_at_the_stop_page_stops_nothing_and_one_post_does(visitor, reader, find):
    """RFC 8058: no cookie, no hidden field, nothing but the one word."""
    path = f"/stop/{reader_token(SECRET, reader)}"
    visitor.get(path)
    assert find().gets_mail
    response = visitor.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not find().gets_mail
    assert visitor.client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_every_other_form_wants_its_token(visitor, reader, find):
    path = f"/mail/{reader_token(SECRET, reader)}"
    assert visitor.client.post(path, data={"rhythm": "never"}).status_code == 400
    assert visitor.client.post(f"{path}/forget").status_code == 400
    assert visitor.client.post("/subscribe", data={"address": "x@example.org"}).status_code == 400
    assert find().gets_mail
    assert find("x@example.org") is None


def test_an_address_can_be_forgotten_and_its_links_die_with_it(visitor, reader, find):
    path = f"/mail/{reader_token(SECRET, reader)}"
    assert visitor.send(f"{path}/forget", page=path).status_code == 200
    assert find() is None
    for dead in (path, path.replace("/mail/", "/stop/")):
        assert visitor.get(dead).status_code == 410
    assert visitor.client.post(path.replace("/mail/", "/stop/")).status_code == 410
    assert _ask(visitor).status_code == 303
    assert not find().gets_mail


def test_a_link_does_not_pass_on_to_who_gets_the_same_number(visitor, engine, find):
    """A database uses the numbers of removed rows again."""
    with writing(engine) as s:
        asked = readers.ask(s, ADA, Choices(), NOW)
    token = reader_token(SECRET, asked, CONFIRM_PURPOSE)
    with writing(engine) as s:
        readers.forget_unconfirmed(s, NOW + timedelta(days=8))
        other = readers.ask(s, "bob@example.org", Choices(), NOW)
    assert other.id == asked.id
    assert visitor.send(f"/subscribe/{token}", page="/subscribe").status_code == 410
    assert not find("bob@example.org").gets_mail


@pytest.mark.parametrize("room", ["mail", "stop", "subscribe"])
def test_a_forged_or_strange_link_opens_nothing(visitor, reader, room):
    token = reader_token(SECRET, reader)
    forged = reader_token(b"another secret", reader)
    other = token if room == "subscribe" else reader_token(SECRET, reader, CONFIRM_PURPOSE)
    for wrong in (forged, other, token[:-1], "x"):
        assert visitor.get(f"/{room}/{wrong}").status_code == 410


def test_choosing_again_ends_the_rest_of_an_address(visitor, reader, find, engine):
    with writing(engine) as s:
        for week in ("2026-W45", "2026-W46", "2026-W47"):
            readers.note_mailed(s, [ADA], week)
            assert readers.count_bounce(s, ADA, week, NOW)
            assert not readers.count_bounce(s, ADA, week, NOW)
    assert not find().gets_mail
    path = f"/mail/{reader_token(SECRET, reader)}"
    assert "it rests" in visitor.text(path)
    visitor.send(path, page=path, rhythm="weekly", language="en")
    assert (find().gets_mail, find().bounces) == (True, 0)


def test_pages_of_a_reader_are_in_their_language_and_kept_by_nobody(visitor, engine):
    with writing(engine) as s:
        asked = readers.ask(s, ADA, Choices(locale="es"), NOW)
    response = visitor.get(f"/subscribe/{reader_token(SECRET, asked, CONFIRM_PURPOSE)}")
    assert 'lang="es"' in response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
