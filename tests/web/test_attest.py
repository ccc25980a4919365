from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine

from domain.attestation import Attestation
from domain.outcome import Outcome
from store import attestations
from store.engine import reading
from tests.web.kit import NOW, Browser, Clock, Directory

PATH = "/attest/hidden-circle"
FIELDS = {"seen_on": "2026-11-01", "link": "https://example.org/circle"}


@pytest.fixture
def hidden(made: Directory) -> int:
    source = made.add("Hidden Circle")
    made.visit(source, Outcome.LOGIN_WALL)
    return source.community_id


def on_record(engine: Engine, community_id: int) -> list[Attestation]:
    with reading(engine) as s:
        return attestations.list_attestations(s, community_id)


def test_a_curator_records_a_word_and_the_public_page_tells_of_it(
    engine: Engine, hidden: int, curator: Browser
) -> None:
    answer = curator.send(PATH, page=PATH, **FIELDS, note="Twelve posts this week.")
    assert answer.status_code == 303
    (word,) = on_record(engine, hidden)
    assert (word.seen_on, word.link) == (date(2026, 11, 1), FIELDS["link"])
    assert word.by != ""
    page = curator.text("/c/hidden-circle")
    assert "Cannot see inside" in page
    assert "Last seen active on 1 Nov 2026 by a person who looked." in page
    assert '<a href="https://example.org/circle"' in page
    assert "Twelve posts" not in page
    assert word.by not in page.partition("<main")[2]


def test_an_old_word_says_so_in_public(hidden: int, curator: Browser, clock: Clock) -> None:
    curator.send(PATH, page=PATH, **FIELDS)
    clock.now = NOW + timedelta(days=200)
    page = curator.text("/c/hidden-circle")
    assert "too long ago to count on" in page
    assert "does not count any more" in curator.text(PATH)


def test_a_word_is_taken_back_by_another_row(engine: Engine, hidden: int, curator: Browser) -> None:
    curator.send(PATH, page=PATH, **FIELDS)
    assert curator.send(f"{PATH}/undo", page=PATH).status_code == 303
    assert on_record(engine, hidden) == []
    assert "Last seen active" not in curator.text("/c/hidden-circle")
    assert curator.send(f"{PATH}/undo", page=PATH).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"seen_on": ""}, "The day is missing"),
        ({"seen_on": "2027-01-01"}, "Nobody can have seen it on that day"),
        ({"link": "ask me"}, "Is not the address of a web page"),
    ],
)
def test_a_word_that_lacks_something_comes_back_with_what_was_written(
    engine: Engine, hidden: int, curator: Browser, wrong: dict[str, str], said: str
) -> None:
    answer = curator.send(PATH, page=PATH, **(FIELDS | {"by": "Ana Diallo"} | wrong))
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert said in text
    assert 'value="Ana Diallo"' in text
    assert on_record(engine, hidden) == []


def test_strangers_sign_in_first_and_a_form_without_its_cookie_is_refused(
    engine: Engine, hidden: int, visitor: Browser, curator: Browser
) -> None:
    assert "/login" in visitor.get(PATH).location
    assert curator.client.post(PATH, data=FIELDS).status_code == 400
    assert on_record(engine, hidden) == []


def test_a_community_that_is_not_there_is_not_found(curator: Browser) -> None:
    assert curator.get("/attest/nowhere").status_code == 404
