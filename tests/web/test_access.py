"""Who may open what: every route by every role, and every form without its token.

A new route fails here until somebody has written down who may use it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.routing import Rule

from domain.outcome import FlagKind
from domain.people import Role, User
from store import accounts
from store.engine import writing
from tests.web.kit import SECRET, Browser, Clock, Directory
from web.app import create_app


class Who(StrEnum):
    """For whom a route is."""

    EVERYBODY = "everybody"
    # Everybody who has the address from a mail of ours.
    HOLDER = "whoever holds a signed address"
    CURATORS = "curators, leads and operators"
    LEADS = "leads and operators"
    # By where the question comes from, not by who asks.
    NEIGHBOURS = "machines of our own network"


ACCESS = {
    "account.choose_language": Who.CURATORS,
    "account.end_device": Who.CURATORS,
    "account.invite": Who.LEADS,
    "account.let_rules_go": Who.LEADS,
    "account.own": Who.CURATORS,
    "account.rules": Who.LEADS,
    "account.team": Who.LEADS,
    "answering.answer": Who.CURATORS,
    "answering.answer_all": Who.CURATORS,
    "answering.switch_keys": Who.CURATORS,
    "answering.undo": Who.CURATORS,
    "api.activity": Who.EVERYBODY,
    "api.communities": Who.EVERYBODY,
    "api.community": Who.EVERYBODY,
    "api.description": Who.EVERYBODY,
    "api.history": Who.EVERYBODY,
    "api.index": Who.EVERYBODY,
    "api.list_languages": Who.EVERYBODY,
    "api.list_platforms": Who.EVERYBODY,
    "api.list_regions": Who.EVERYBODY,
    "api.list_topics": Who.EVERYBODY,
    "api.nothing": Who.EVERYBODY,
    "api.statistics": Who.EVERYBODY,
    "attest.add": Who.CURATORS,
    "attest.form": Who.CURATORS,
    "attest.undo": Who.CURATORS,
    "auth.accept": Who.HOLDER,
    "auth.ask_code": Who.EVERYBODY,
    "auth.code": Who.EVERYBODY,
    "auth.enter_code": Who.EVERYBODY,
    "auth.invitation": Who.HOLDER,
    "auth.link": Who.HOLDER,
    "auth.login": Who.EVERYBODY,
    "auth.sign_out": Who.EVERYBODY,
    "auth.use_link": Who.HOLDER,
    "data.about": Who.EVERYBODY,
    "data.badge_json": Who.EVERYBODY,
    "data.badge_page": Who.EVERYBODY,
    "data.badge_shields": Who.EVERYBODY,
    "data.badge_svg": Who.EVERYBODY,
    "data.communities": Who.EVERYBODY,
    "data.dump": Who.EVERYBODY,
    "data.embed": Who.EVERYBODY,
    "data.feeds": Who.EVERYBODY,
    "data.package": Who.EVERYBODY,
    "data.table": Who.EVERYBODY,
    "directory.community": Who.EVERYBODY,
    "directory.ended": Who.EVERYBODY,
    "directory.how": Who.EVERYBODY,
    "directory.index": Who.EVERYBODY,
    "directory.outside": Who.EVERYBODY,
    "directory.why": Who.EVERYBODY,
    "manager.answer": Who.HOLDER,
    "manager.form": Who.HOLDER,
    "manager.thanks": Who.HOLDER,
    "metrics.healthz": Who.NEIGHBOURS,
    "metrics.metrics": Who.NEIGHBOURS,
    "moderation.decide": Who.CURATORS,
    "moderation.queue": Who.CURATORS,
    "practice.card": Who.CURATORS,
    "practice.done": Who.CURATORS,
    "questions.compared": Who.EVERYBODY,
    "questions.doubles": Who.EVERYBODY,
    "questions.gaps": Who.EVERYBODY,
    "questions.thriving": Who.EVERYBODY,
    "readers.ask": Who.EVERYBODY,
    "readers.asked": Who.EVERYBODY,
    "readers.choose": Who.HOLDER,
    "readers.confirm": Who.HOLDER,
    "readers.confirm_page": Who.HOLDER,
    "readers.forget": Who.HOLDER,
    "readers.form": Who.EVERYBODY,
    "readers.own_page": Who.HOLDER,
    "readers.stop": Who.HOLDER,
    "readers.stop_page": Who.HOLDER,
    "record.check": Who.CURATORS,
    "record.edit": Who.CURATORS,
    "record.form": Who.CURATORS,
    "record.merge": Who.LEADS,
    "record.split": Who.LEADS,
    "record.undo_merge": Who.LEADS,
    "review.card": Who.CURATORS,
    "review.next_card": Who.CURATORS,
    "review.preview": Who.CURATORS,
    "review.queue": Who.CURATORS,
    "runs.grid": Who.LEADS,
    "runs.source": Who.LEADS,
    "runs.test_again": Who.LEADS,
    "taking_part.claim": Who.EVERYBODY,
    "taking_part.confirm": Who.HOLDER,
    "taking_part.confirm_page": Who.HOLDER,
    "taking_part.correct": Who.EVERYBODY,
    "owners.prove": Who.HOLDER,
    "owners.reply": Who.HOLDER,
    "owners.runs_it": Who.HOLDER,
    "taking_part.send_claim": Who.EVERYBODY,
    "taking_part.send_correction": Who.EVERYBODY,
    "taking_part.send_suggestion": Who.EVERYBODY,
    "taking_part.sent": Who.EVERYBODY,
    "taking_part.suggest": Who.EVERYBODY,
    "weekly.changes": Who.EVERYBODY,
    "weekly.index": Who.EVERYBODY,
    "weekly.week_csv": Who.EVERYBODY,
    "weekly.week_json": Who.EVERYBODY,
    "weekly.week_page": Who.EVERYBODY,
    "weekly.year_page": Who.EVERYBODY,
}
# Forms of people without a session, so that no cookie could be ridden on: a program of the
# reader's own sends the first, the others act for nobody but whoever holds the signed address.
WITHOUT_TOKEN = {"readers.stop"} | {
    name for name in ACCESS if name.startswith(("taking_part.", "owners."))
}
VALUES = {
    "slug": "eye-health",
    "name": "eye-health",
    "week": "2026-W47",
    "year": 2026,
    "token": "forged.token",
    "reference": "nothing",
    "review_id": 1,
    "decision_id": 1,
    "device_id": 1,
    "merge_id": 1,
    "number": 1,
    "word": "active",
    "_rest": "nothing",
}
YEAR = timedelta(days=365)
ROLES: tuple[Role | None, ...] = (None, *Role)
SIGN_IN, SHUT, GONE, OPEN = "sign in first", "forbidden", "gone", "open"


@pytest.fixture
def bare(engine: Engine, clock: Clock) -> Flask:
    """The application without tokens in its forms, so that only the role decides."""
    app = create_app(engine, public_url="http://localhost", clock=clock, secret=SECRET)
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def open_as(
    bare: Flask, engine: Engine, clock: Clock, make_user: Callable[..., User]
) -> Callable[[Role | None], FlaskClient]:
    people = {role: make_user(f"Amina {role.value}", role) for role in Role}

    def open_(role: Role | None) -> FlaskClient:
        client = bare.test_client()
        if role is not None:
            with writing(engine) as s:
                key = accounts.add_device(s, people[role].id, "Firefox", clock() + YEAR)
            with client.session_transaction() as session:
                session["device"] = key
        return client

    return open_


def fill(rule: Rule) -> str:
    path = rule.rule
    for name in rule.arguments:
        for kind in ("", "int:", "path:"):
            path = path.replace(f"<{kind}{name}>", str(VALUES[name]))
    return path


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every route as its endpoint, a method and a path."""
    return [
        (rule.endpoint, method, fill(rule))
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def open_route(client: FlaskClient, method: str, path: str) -> str:
    answer = client.open(path, method=method)
    assert answer.status_code < 500, (method, path)
    if answer.status_code == 303 and answer.location.startswith("/login"):
        return SIGN_IN
    return {403: SHUT, 410: GONE}.get(answer.status_code, OPEN)


def expect(who: Who, role: Role | None) -> str:
    if who is Who.HOLDER:
        return GONE
    if who in (Who.CURATORS, Who.LEADS) and role is None:
        return SIGN_IN
    return SHUT if who is Who.LEADS and role is Role.CURATOR else OPEN


def test_every_route_says_for_whom_it_is(bare):
    assert {endpoint for endpoint, _, _ in routes(bare)} == set(ACCESS)


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value if role else "stranger")
def test_a_route_opens_only_to_those_it_is_for(bare, open_as, made: Directory, role):
    source = made.add_active("Eye Health")
    made.flag(source, FlagKind.WENT_QUIET)
    found, expected = {}, {}
    for endpoint, method, path in routes(bare):
        # Their own doors lead on by themselves to the form that asks for an address.
        if endpoint in ("auth.code", "auth.enter_code"):
            continue
        found[endpoint, method] = open_route(open_as(role), method, path)
        expected[endpoint, method] = expect(ACCESS[endpoint], role)
    assert found == expected


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.value if role else "stranger")
def test_no_form_is_taken_without_its_token(app, sign_in, visitor, made, role):
    made.flag(made.add_active("Eye Health"), FlagKind.WENT_QUIET)
    browser: Browser = visitor if role is None else sign_in(role=role)
    for endpoint, method, path in routes(app):
        if method == "GET":
            continue
        answer = browser.client.open(path, method=method, data={"answer": "still_active"})
        # Whose session ran out signs in first, and finds the form as it was filled in.
        kept_back = (answer.location or "").partition("?")[0] == "/login"
        taken = answer.status_code != 400 and not kept_back
        assert taken == (endpoint in WITHOUT_TOKEN), (endpoint, answer.status_code)


def test_nothing_is_changed_by_a_get(bare):
    """Programs that scan mail, and pictures in pages of others, open addresses."""
    verbs = ("add", "undo", "forget", "sign_out", "answer", "choose", "ask_code", "test_again")
    methods = {endpoint: method for endpoint, method, _ in routes(bare)}
    changing = [name for name in methods if name.partition(".")[2].startswith(verbs)]
    assert changing
    assert {methods[name] for name in changing} == {"POST"}


def test_figures_are_for_neighbours_only(visitor):
    for path in ("/metrics", "/healthz"):
        assert visitor.get(path).status_code == 200
        assert visitor.get(path, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
        outside = {"REMOTE_ADDR": "93.184.215.14"}
        assert visitor.get(path, environ_overrides=outside).status_code == 404
