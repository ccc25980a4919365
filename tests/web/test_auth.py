"""Nobody signs in without a code or a link that was sent to them, and strangers learn nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, update

from domain.people import Role, User
from presentation.links import SignInLink, sign_in_token
from store.engine import writing
from store.tables import UserRow
from tests.web.kit import NOW, SECRET, Browser, Clock
from web.app import create_app
from web.auth import CODES_PER_HOUR, local_path

ReadMail = Callable[[], list[str]]


def ask(browser: Browser, address: str = "amina.okello@example.org", back: str = "") -> None:
    where = f"/login?next={back}" if back else "/login"
    response = browser.send("/login", page=where, address=address)
    assert (response.status_code, response.location) == (303, "/login/code")


def enter(browser: Browser, code: str) -> int:
    return browser.send("/login/code", page="/login/code", code=code).status_code


def code_in(mail: str) -> str:
    found = re.search(r"^(\d{6}) is your sign-in code", mail)
    assert found
    return found[1]


def link_in(mail: str) -> str:
    found = re.search(r"http://localhost(/login/link/\S+)", mail)
    assert found
    return found[1]


@pytest.fixture
def amina(make_user: Callable[..., User]) -> User:
    return make_user("Amina Okello", Role.CURATOR)


def test_a_code_by_mail_signs_in_and_leads_back(
    amina: User, visitor: Browser, read_mail: ReadMail
) -> None:
    ask(visitor, " Amina.Okello@Example.org ", back="/review/3")
    [mail] = read_mail()
    spaced = f"{code_in(mail)[:3]} {code_in(mail)[3:]}"
    response = visitor.send("/login/code", page="/login/code", code=spaced)
    assert (response.status_code, response.location) == (303, "/review/3")
    assert visitor.get("/review/next").status_code == 200


def test_an_unknown_address_gets_the_same_answer_and_no_mail(
    amina: User, app: Flask, read_mail: ReadMail
) -> None:
    pages = []
    for address in (amina.address, "stranger@example.org"):
        browser = Browser(app.test_client())
        ask(browser, address)
        page = browser.text("/login/code").replace(address, "ADDRESS")
        pages.append(re.sub(r'csrf_token" value="[^"]+"', "", page))
    assert pages[0] == pages[1]
    assert len(read_mail()) == 1


def test_a_code_works_once(amina: User, app: Flask, visitor: Browser, read_mail: ReadMail) -> None:
    ask(visitor)
    code = code_in(read_mail()[0])
    assert enter(visitor, code) == 303
    other = Browser(app.test_client())
    ask(other)
    read_mail()
    assert enter(other, code) == 422


def test_five_wrong_tries_end_a_code(amina: User, visitor: Browser, read_mail: ReadMail) -> None:
    ask(visitor)
    code = code_in(read_mail()[0])
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert [enter(visitor, wrong) for _ in range(5)] == [422] * 5
    assert enter(visitor, code) == 422


def test_a_code_ends_after_fifteen_minutes(
    amina: User, visitor: Browser, read_mail: ReadMail, clock: Clock
) -> None:
    ask(visitor)
    code = code_in(read_mail()[0])
    clock.now = NOW + timedelta(minutes=15)
    assert enter(visitor, code) == 422


def test_five_codes_an_hour_are_enough(
    amina: User, visitor: Browser, read_mail: ReadMail, clock: Clock
) -> None:
    for _ in range(CODES_PER_HOUR + 3):
        ask(visitor)
    assert len(read_mail()) == CODES_PER_HOUR
    clock.now = NOW + timedelta(hours=1, seconds=1)
    ask(visitor)
    assert len(read_mail()) == 1


def test_opening_a_link_signs_nobody_in_but_its_button_does_once(
    amina: User, app: Flask, visitor: Browser, read_mail: ReadMail
) -> None:
    ask(visitor)
    link = link_in(read_mail()[0])
    phone = Browser(app.test_client())
    assert phone.get(link).status_code == 200
    assert phone.get("/review/next").status_code == 303
    assert phone.send(link, page=link).status_code == 303
    assert phone.get("/review/next").status_code == 200
    scanner = Browser(app.test_client())
    assert scanner.send(link, page=link).status_code == 410


def test_a_link_without_a_code_works_until_it_ends(
    amina: User, visitor: Browser, clock: Clock
) -> None:
    promise = SignInLink(user_id=amina.id, expires_at=NOW + timedelta(days=1))
    link = f"/login/link/{sign_in_token(SECRET, promise)}"
    assert visitor.send(link, page=link).status_code == 303
    clock.now = NOW + timedelta(days=1)
    assert visitor.get(link).status_code == 410


def test_a_forged_link_is_refused(amina: User, visitor: Browser) -> None:
    promise = SignInLink(user_id=amina.id, expires_at=NOW + timedelta(days=1))
    link = f"/login/link/{sign_in_token(b'another secret', promise)}"
    assert visitor.get(link).status_code == 410
    assert visitor.send(link, page="/login").status_code == 410


def test_every_form_wants_its_token(curator: Browser, visitor: Browser) -> None:
    for path in ("/login", "/login/code", "/login/link/x", "/logout", "/invitation/x"):
        response = visitor.client.post(path, data={"address": "amina.okello@example.org"})
        assert response.status_code == 400, path
    assert curator.client.post("/review/undo/1").status_code == 400
    assert curator.get("/review/next").status_code == 200


def test_sign_out_needs_the_button_and_ends_the_session(curator: Browser) -> None:
    assert curator.get("/logout").status_code == 405
    assert curator.send("/logout", page="/review/next").status_code == 303
    assert curator.get("/review/next").status_code == 303


def test_a_copied_cookie_is_dead_once_its_browser_signed_out(curator: Browser) -> None:
    cookie = curator.client.get_cookie("rollcall")
    assert cookie is not None
    thief = Browser(curator.client.application.test_client())
    thief.client.set_cookie("rollcall", cookie.value)
    assert thief.get("/review/next").status_code == 200
    curator.send("/logout", page="/review/next")
    thief.client.set_cookie("rollcall", cookie.value)
    assert thief.get("/review/next").status_code == 303


def test_a_removed_user_is_signed_out_at_once(curator: Browser, engine: Engine) -> None:
    with writing(engine) as s:
        s.execute(update(UserRow).values(removed_at=NOW))
    assert curator.get("/review/next").status_code == 303


def test_the_curators_room_leads_strangers_to_the_door_and_back(visitor: Browser) -> None:
    response = visitor.get("/review/7?x=1")
    assert (response.status_code, response.location) == (303, "/login?next=/review/7?x%3D1")


@pytest.mark.parametrize(
    "path",
    ["https://evil.example.org/", "//evil.example.org", "/\\evil", "\\/evil", "javascript:x", "a"],
)
def test_nobody_is_led_to_another_site(path: str) -> None:
    assert local_path(path) == ""


def test_the_session_cookie_is_closed_to_scripts_and_sites_and_lasts_90_days(
    amina: User, visitor: Browser, read_mail: ReadMail
) -> None:
    ask(visitor)
    response = visitor.send("/login/code", page="/login/code", code=code_in(read_mail()[0]))
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    stored = visitor.client.get_cookie("rollcall")
    assert stored is not None
    assert stored.expires is not None
    assert (stored.expires - datetime.now(UTC)).days in (89, 90)


def test_over_https_the_cookie_is_secure(engine: Engine, clock: Clock) -> None:
    app = create_app(engine, public_url="https://cops.example.org/", clock=clock, secret=SECRET)
    response = app.test_client().get("/login", base_url="https://cops.example.org")
    assert "Secure" in response.headers["Set-Cookie"]
    assert response.headers["Set-Cookie"].startswith("__Host-rollcall=")


def test_a_mail_says_who_it_is_for_and_is_marked_automatic(
    amina: User, visitor: Browser, read_mail: ReadMail
) -> None:
    ask(visitor)
    [mail] = read_mail()
    assert "Hello Amina Okello," in mail
    assert "It works once, for 15 minutes." in mail
