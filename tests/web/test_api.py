"""The interface for programs keeps to its own description."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from domain.outcome import Status
from domain.records import Membership
from tests.web.kit import NOW, Browser, Directory

ROOT = "/api/v1"


def ask(visitor: Browser, path: str) -> Any:
    return json.loads(visitor.text(f"{ROOT}{path}"))


@pytest.fixture
def filled(made: Directory) -> Directory:
    made.add_active("One", topics=["wash"], languages=["en"], regions=["Africa"])
    made.add("Two", topics=["wash"], languages=["fr"])
    old = made.add_silent("Three", days=500)
    made.judge(old, Status.INACTIVE, last_post_at=NOW - timedelta(days=500))
    made.add("Club", membership=Membership.PAID)
    return made


def test_every_address_answers_as_the_description_says(filled: Directory, visitor: Browser) -> None:
    described = ask(visitor, "/openapi.json")
    assert described["openapi"] == "3.1.0"
    for path, methods in described["paths"].items():
        answer = visitor.get(ROOT + path.replace("{id}", "one"))
        assert answer.status_code == 200, path
        schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": described["components"]}
        Draft202012Validator(whole).validate(answer.get_json())
        assert answer.headers["ETag"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_every_address_is_described(visitor: Browser) -> None:
    described = set(ask(visitor, "/openapi.json")["paths"])
    known = {
        str(rule).removeprefix(ROOT).replace("<slug>", "{id}")
        for rule in visitor.client.application.url_map.iter_rules()
        if str(rule).startswith(ROOT) and "path:" not in str(rule)
    }
    assert described == known


def test_a_cursor_leads_through_all_once_even_when_some_are_added(
    made: Directory, visitor: Browser
) -> None:
    for number in range(5):
        made.add(f"List {number}")
    first = ask(visitor, "/communities?limit=2")
    made.add("Added later")
    seen = [one["id"] for one in first["communities"]]
    following = first["next"]
    while following:
        found = json.loads(visitor.text(following.removeprefix("http://localhost")))
        seen += [one["id"] for one in found["communities"]]
        following = found["next"]
    assert seen == [*(f"list-{number}" for number in range(5)), "added-later"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["one", "two", "three"]),
        ("?activity=active", ["one"]),
        ("?activity=inactive", ["three"]),
        ("?language=fr", ["two"]),
        ("?topic=wash&region=Africa", ["one"]),
        ("?q=saneamiento", ["one", "two"]),
        ("?q=nothing", []),
    ],
)
def test_a_question_finds_what_the_pages_would(
    filled: Directory, visitor: Browser, question: str, found: list[str]
) -> None:
    answer = ask(visitor, f"/communities{question}")
    assert [one["id"] for one in answer["communities"]] == found
    assert (answer["total"], answer["next"]) == (len(found), None)


def test_what_stays_outside_is_not_listed_but_can_be_read(
    filled: Directory, visitor: Browser
) -> None:
    assert ask(visitor, "/communities/club")["listed"] is False
    assert ask(visitor, "/statistics")["communities"] == 3


def test_an_answer_is_asked_for_again_by_its_mark(filled: Directory, visitor: Browser) -> None:
    mark = visitor.get(f"{ROOT}/communities").headers["ETag"]
    again = visitor.get(f"{ROOT}/communities", headers={"If-None-Match": mark})
    assert (again.status_code, again.get_data()) == (304, b"")


@pytest.mark.parametrize(
    "question",
    ["limit=0", "limit=101", "limit=x", "limit=²", "cursor=-1", "activity=dead", "colour=red"],
)
def test_a_wrong_question_is_told_why(visitor: Browser, question: str) -> None:
    answer = visitor.get(f"{ROOT}/communities?{question}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"]


@pytest.mark.parametrize("path", ["/communities/nobody", "/communities/nobody/activity", "/x/y"])
def test_what_is_not_there_is_told_as_a_problem(visitor: Browser, path: str) -> None:
    answer = visitor.get(ROOT + path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


def test_nobody_may_write(visitor: Browser) -> None:
    assert visitor.client.delete(f"{ROOT}/communities").status_code in (400, 405)


def test_the_history_names_no_curator(filled: Directory, visitor: Browser) -> None:
    history = ask(visitor, "/communities/one/history")["history"]
    assert [line["by"] for line in history] == ["the rules, set 7"]
