"""A curator's session in a real browser: by keyboard, without scripts, on a slow phone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Engine

from domain.outcome import Answer, FlagKind, Outcome, Reason
from domain.people import Role, User
from presentation.i18n import LOCALES
from presentation.links import MANAGER_PURPOSE, SignInLink, sign_in_token, timed_token
from store import accounts, asking, reviews
from store.engine import reading, writing
from store.sources import list_communities
from tests.chromium import run_chromium, serve
from tests.web.kit import NOW, SECRET, Directory, silence

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 640}
WIDE = {"width": 1280, "height": 900}
# 50 kbit/s and 800 ms there and back.
SLOW = {"offline": False, "latency": 800, "downloadThroughput": 6250, "uploadThroughput": 6250}
LARGEST_SESSION = 60_000
MOST_TABS = 60
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Look at every page that was tested: ROLLCALL_SCREENSHOTS=FOLDER.
SCREENSHOTS = os.environ.get("ROLLCALL_SCREENSHOTS", "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve(app) as url:
        yield url


@pytest.fixture
def lead(make_user: Callable[..., User], engine: Engine) -> User:
    user = make_user("Lea Diallo", Role.LEAD)
    with writing(engine) as s:
        accounts.save_choices(s, user.id, practised_at=NOW)
    return user


def fill(made: Directory, number: int = 10) -> None:
    """Ten cards of all kinds, each of a community whose manager can be asked."""
    kinds = [FlagKind.WENT_QUIET, FlagKind.SPAM, FlagKind.WENT_QUIET, FlagKind.ANNOUNCEMENTS_ONLY]
    for one in range(number):
        source = made.add_silent(
            f"Malaria Practice Group {one}",
            owner_address=f"owner{one}@list.example.org",
            url="https://malaria.example.org/",
        )
        made.flag(source, kinds[one % 4], (silence(280, NOW - timedelta(days=280)),))


def sign_in(context: BrowserContext, address: str, user: User) -> Page:
    promise = SignInLink(user_id=user.id, expires_at=NOW + timedelta(hours=1))
    page = context.new_page()
    page.goto(f"{address}/login/link/{sign_in_token(SECRET, promise)}")
    press(page, "form button")
    return page


def press(page: Page, selector: str) -> None:
    """Moves with the Tab key to the element, and presses Enter."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab never came to {selector} on {page.url}")


def decisions(engine: Engine) -> list[Answer]:
    with reading(engine) as s:
        return [
            decision.answer
            for community in list_communities(s)
            for decision in reviews.list_decisions(s, community.id)
        ]


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_ten_cards_by_keyboard_without_scripts_on_a_slow_phone(
    chromium: Chromium, address: str, made: Directory, lead: User, engine: Engine
) -> None:
    fill(made)
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = sign_in(context, address, lead)
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", SLOW)
    received: list[float] = []
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(f"{address}/review/next")
    for answer in ["ask", "inactive", "closed", "not_sure", "alive:low"] * 2:
        assert not scrolls_sideways(page), page.url
        press(page, f'button[value="{answer}"]')
        assert page.locator(".note button").is_visible()
    assert page.url == f"{address}/review/next"
    made_ones = decisions(engine)
    assert sorted(made_ones) == sorted(["ask", "inactive", "closed", "not_sure", "alive"] * 2)
    assert sum(received) <= LARGEST_SESSION
    context.close()


def test_back_button_double_press_and_a_second_tab_store_each_decision_once(
    chromium: Chromium, address: str, made: Directory, lead: User, engine: Engine
) -> None:
    fill(made, 2)
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = sign_in(context, address, lead)
    page.goto(f"{address}/review/1")
    other = context.new_page()
    other.goto(f"{address}/review/1")
    press(page, 'button[value="inactive"]')
    page.goto(f"{address}/review/1?alone=1")
    page.go_back()
    page.go_back()
    press(other, 'button[value="inactive"]')
    assert decisions(engine) == [Answer.INACTIVE]
    third = context.new_page()
    third.goto(f"{address}/review/2")
    press(third, 'button[value="closed"]')
    assert sorted(decisions(engine)) == ["closed", "inactive"]
    context.close()


def test_a_session_that_ran_out_in_the_middle_loses_nothing(
    chromium: Chromium, address: str, made: Directory, lead: User, engine: Engine
) -> None:
    fill(made, 1)
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = sign_in(context, address, lead)
    page.goto(f"{address}/review/1")
    page.fill("textarea[name=note]", "Seen at the congress.")
    context.clear_cookies()
    page.click('button[value="inactive"]')
    assert page.url.startswith(f"{address}/login")
    assert decisions(engine) == []
    promise = SignInLink(user_id=lead.id, expires_at=NOW + timedelta(hours=1))
    page.goto(f"{address}/login/link/{sign_in_token(SECRET, promise)}")
    press(page, "form button")
    assert page.url == f"{address}/review/1"
    assert page.input_value("textarea[name=note]") == "Seen at the congress."
    press(page, 'button[value="inactive"]')
    assert decisions(engine) == [Answer.INACTIVE]
    context.close()


@pytest.mark.parametrize("locale", LOCALES)
def test_axe_finds_nothing_on_any_page_in_light_and_dark_narrow_and_wide(
    locale: str, chromium: Chromium, address: str, made: Directory, lead: User, engine: Engine
) -> None:
    token = fill_every_kind(made, lead, engine, locale)
    pages = [
        "/review", "/review/1", "/review/2?alone=1", "/review/3", "/review/1/mail", "/me", "/team",
        "/team/rules", "/review/practice/1", "/review/practice/2?try=moved",
        "/attest/hidden-circle", "/record/hidden-circle", f"/manager/{token}/active",
        f"/manager/{token}/moved", "/login", "/review/next",
    ]  # fmt: skip
    context = chromium.new_context(viewport=PHONE, locale=locale)
    page = sign_in(context, address, lead)
    found = []
    for path in pages:
        page.goto(address + path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for size in (PHONE, WIDE):
                page.set_viewport_size(size)
                found += [f"{path} {scheme} {size['width']}: {one}" for one in look(page)]
                if SCREENSHOTS:
                    name = f"{locale}{path.replace('/', '-')[:30]}-{scheme}-{size['width']}.png"
                    page.screenshot(path=f"{SCREENSHOTS}/{name}", full_page=True)
    assert found == []
    context.close()


def look(page: Page) -> list[str]:
    """What axe finds, and whether the page scrolls sideways."""
    # Not as a script of the page, which our own content policy refuses.
    page.evaluate(AXE)
    report = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
    found = [
        f"{one['id']} {[node['target'] for node in one['nodes'][:2]]}"
        for one in report["violations"]
    ]
    return [*found, "scrolls sideways"] if scrolls_sideways(page) else found


def fill_every_kind(made: Directory, lead: User, engine: Engine, locale: str) -> str:
    """A plain card, a folded pair and a card about what cannot be seen; a token of a question."""
    fill(made, 1)
    gone = (Reason(code="not_seeing", values={"outcome": str(Outcome.GONE)}),)
    for name in ("Old Midwives", "Old Nurses"):
        made.flag(made.add_silent(name), FlagKind.MAYBE_CLOSED, gone)
    hidden = made.add("Hidden Circle", owner_address="owner@hidden.example.org")
    made.flag(hidden, FlagKind.CONFIRM)
    with writing(engine) as s:
        accounts.save_choices(s, lead.id, locale=locale, keys=True)
        ask = asking.add_ask(s, hidden.community_id, locale=locale, now=NOW)
    assert ask is not None
    return timed_token(SECRET, MANAGER_PURPOSE, ask.id, NOW + timedelta(days=1))
