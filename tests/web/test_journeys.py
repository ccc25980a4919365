"""What visitors do, in a real browser: with scripts and without, in four languages, on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import axe_playwright_python  # type: ignore[import-untyped]
import pytest
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from sqlalchemy import Engine

from domain.contribution import State
from presentation.i18n import LOCALES
from store import contributions
from store.engine import reading
from tests.chromium import run_chromium, serve
from tests.web.kit import Directory

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 640}
NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1280, "height": 900}
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# First visit: the page, its style sheet and nothing else.
MOST_REQUESTS = 3
MOST_BYTES = 14_000
PAGES = (
    "/",
    "/?q=nothing+fits",
    "/ended",
    "/outside",
    "/how",
    "/data",
    "/reports",
    "/subscribe",
    "/suggest",
    "/gaps",
    "/doubles",
    "/thriving",
    "/c/water-talk",
    "/c/water-talk/why",
    "/c/water-talk/2026",
    "/c/water-talk/correct",
    "/c/water-talk/claim",
    "/c/water-talk/badge",
    "/c/water-talk/compared",
    "/nowhere",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with run_chromium() as browser:
        yield browser


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve(app) as url:
        yield url


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(request: pytest.FixtureRequest, chromium: Chromium) -> Iterator[Page]:
    context = chromium.new_context(
        viewport=PHONE, java_script_enabled=request.param, locale="en-GB"
    )
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def some(made: Directory) -> None:
    here = {"regions": ["Africa"], "topics": ["wash"]}
    made.add_active(
        "Water Talk",
        languages=["en"],
        url="https://water.example.org/",
        owner_address="owners@example.org",
        **here,
    )
    made.add_silent("Réseau Eau", languages=["fr"], **here)
    made.add("Closed Circle", languages=["es"], topics=["nutrition"], observable="no")


def look(page: Page, url: str) -> None:
    page.goto(url, wait_until="load")


def path_in(mails: list[str], part: str) -> str:
    found = re.search(rf"http://localhost(/\S*{part}\S+)", "\n".join(mails))
    assert found is not None
    return found[1]


def test_find_filter_and_share(page: Page, address: str) -> None:
    look(page, address)
    page.get_by_label("Search").fill("water")
    page.locator('[name="language"]').select_option("en")
    page.get_by_role("button", name="Show").click()
    assert "q=water" in page.url
    assert page.locator(".entries h2").all_inner_texts() == ["Water Talk"]
    look(page, page.url)
    assert page.locator('[name="language"]').input_value() == "en"
    page.get_by_role("link", name="Water Talk").click()
    join = page.get_by_role("link", name="Join")
    assert join.get_attribute("href") == "https://water.example.org/"


def test_a_misspelt_word_finds_what_was_meant_and_nothing_found_leads_to_suggesting(
    page: Page, address: str
) -> None:
    look(page, address)
    page.get_by_label("Search").fill("nutrittion")
    page.get_by_role("button", name="Show").click()
    assert "This is what “nutrition” finds." in page.get_by_role("main").inner_text()
    assert page.locator(".entries h2").all_inner_texts() == ["Closed Circle"]
    page.get_by_label("Search").fill("saxophone")
    page.get_by_role("button", name="Show").click()
    assert page.locator(".entries h2").count() == 0
    page.get_by_role("main").get_by_role("link", name="Suggest a community").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Suggest a community"


def test_suggest_confirm_and_follow(
    page: Page, address: str, read_mail: Callable[[], list[str]], engine: Engine
) -> None:
    look(page, f"{address}/pt/suggest")
    page.locator('[name="url"]').fill("https://lists.example.org/eyes")
    page.locator('[name="name"]').fill("Olhos")
    page.locator('[name="address"]').fill("sara.lind@example.org")
    page.get_by_role("button", name="Enviar").click()
    reference = page.locator('main a[href*="/sent/"]').inner_text()
    look(page, address + path_in(read_mail(), "/confirm/"))
    page.get_by_role("main").get_by_role("button").click()
    assert page.url.endswith(f"/pt/sent/{reference}")
    assert page.context.cookies() == []
    with reading(engine) as s:
        kept = contributions.load_contribution(s, reference)
    assert kept is not None
    assert kept.state is State.WAITING


def test_correct_and_claim_start_on_the_page_itself(
    page: Page, address: str, read_mail: Callable[[], list[str]]
) -> None:
    look(page, f"{address}/c/water-talk")
    page.get_by_role("link", name="Something wrong? Tell us").click()
    page.locator('[name="wrong"]').fill("It is called Water Talks.")
    page.locator('[name="address"]').fill("sara.lind@example.org")
    page.get_by_role("button", name="Send it").click()
    assert page.locator('main a[href*="/sent/"]').count() == 1
    look(page, f"{address}/c/water-talk")
    page.get_by_role("link", name="I run this community").click()
    page.locator('[name="address"]').fill("sara.lind@example.org")
    page.get_by_role("button", name="Send it").click()
    look(page, address + path_in(read_mail(), "/yours/"))
    page.get_by_role("button", name="Yes, they run it").click()
    page.locator('[name="reply"]').fill("We meet every week.")
    page.get_by_role("button", name="Send it").click()
    assert "Waiting for a curator" in page.get_by_role("main").inner_text()


def test_a_badge_is_drawn_and_can_be_copied(page: Page, address: str) -> None:
    look(page, f"{address}/c/water-talk")
    page.get_by_role("link", name="Badge").click()
    assert "badge.svg" in page.locator("#html + pre").inner_text()


def test_the_language_of_the_browser_is_met_and_can_be_changed(
    chromium: Chromium, address: str
) -> None:
    context = chromium.new_context(viewport=PHONE, locale="fr-SN", java_script_enabled=False)
    page = context.new_page()
    look(page, address)
    assert page.locator("html").get_attribute("lang") == "fr"
    page.get_by_role("link", name="Español").click()
    page.get_by_role("link", name="Water Talk").click()
    assert "/es/c/water-talk" in page.url
    assert page.locator("html").get_attribute("lang") == "es"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", LOCALES)
def test_no_page_has_a_barrier_that_axe_finds(
    scheme: str, locale: str, chromium: Chromium, address: str
) -> None:
    for size in (PHONE, WIDE):
        context = chromium.new_context(viewport=size, color_scheme=scheme, bypass_csp=True)
        page = context.new_page()
        for path in PAGES:
            look(page, f"{address}/{locale}{path}")
            page.evaluate(AXE)
            found = page.evaluate(
                "rules => axe.run({runOnly: rules}).then(told => told.violations)", RULES
            )
            told = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
            assert told == [], (path, size)
        context.close()


def test_no_page_scrolls_sideways_with_long_words_large_letters_or_from_right_to_left(
    chromium: Chromium, address: str
) -> None:
    context = chromium.new_context(viewport=NARROW)
    page = context.new_page()
    for path in PAGES:
        for locale, change in (
            ("fr", ""),
            ("es", "document.documentElement.style.fontSize = '200%'"),
            ("pt", "document.documentElement.dir = 'rtl'"),
            ("en", LENGTHEN),
        ):
            look(page, f"{address}/{locale}{path}")
            page.evaluate(change or "0")
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, (path, locale, page.evaluate(WIDE_ONES))
    context.close()


# Every text two fifths longer, as another language may be.
LENGTHEN = """
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  const text = walk.currentNode;
  if (!text.parentElement.closest('pre, svg, script')) {
    text.data = text.data.replace(/[^\\s]{3,}/g, word => word + word.slice(0, word.length * 0.4));
  }
}
"""


def test_what_is_pressed_is_large_enough_for_a_thumb(chromium: Chromium, address: str) -> None:
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    for path in ("/", "/suggest", "/gaps"):
        look(page, address + path)
        heights = page.evaluate(
            "[...document.querySelectorAll('main button, main select, main .wide input')]"
            ".map(one => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44, (path, heights)
    context.close()


@pytest.mark.parametrize("path", ["/", "/c/water-talk", "/gaps"])
def test_a_first_visit_is_light(path: str, chromium: Chromium, address: str) -> None:
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    asked: list[str] = []
    received: list[float] = []
    page.on("request", lambda one: asked.append(one.url))
    wire.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    look(page, address + path)
    fetched = [url for url in asked if not url.startswith("data:")]
    assert len(fetched) <= MOST_REQUESTS
    assert all(url.startswith(address) for url in fetched)
    # The test's server does not compress; a real one sends less than half of it.
    assert sum(received) / 2 <= MOST_BYTES
    context.close()


# What reaches over the right edge, for the message of a test that fails.
WIDE_ONES = """
[...document.querySelectorAll('body *')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => `${one.tagName}.${one.className} ${one.textContent.slice(0, 20)}`)
"""
