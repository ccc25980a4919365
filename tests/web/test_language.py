"""Every public page in four languages: by its address, or by what the browser prefers."""

from __future__ import annotations

import re

import pytest

from domain.canary import Check, CheckResult, Said
from domain.outcome import Reason
from presentation.i18n import LOCALES
from tests.web.kit import Browser, Directory
from web.data import COLUMNS

PAGES = (
    "/",
    "/?q=nothing+fits",
    "/ended",
    "/outside",
    "/how",
    "/data",
    "/reports",
    "/subscribe",
    "/c/sante",
    "/c/sante/why",
    "/c/sante/2026",
    "/nowhere",
)
# Whole words that stand on English pages only.
ENGLISH_WORDS = frozenset(
    "the and with are this what when where which why how not since nobody posts seen show".split()  # noqa: SIM905
)


@pytest.fixture(autouse=True)
def some(made: Directory) -> None:
    facts = {"languages": ["fr"], "regions": ["Western Africa"], "topics": ["wash"]}
    source = made.add_silent("Sante", **facts)
    made.prove(source.community_id, (Check.OLD_POST, CheckResult.OK, Reason(code=Said.NONE_SHOWN)))


def read_text(page: str) -> str:
    """What a visitor reads, without what is English by nature: data, addresses, own words."""
    for hidden in ("script", "pre", "svg", "dt"):
        page = re.sub(rf"<{hidden}\b.*?</{hidden}>", " ", page, flags=re.DOTALL)
    for columns in COLUMNS.values():
        page = page.replace(", ".join(name for name, _, _ in columns), " ")
    return re.sub(r"<[^>]+>", " ", page).replace("Communities of practice", " ")


@pytest.mark.parametrize("locale", sorted(set(LOCALES) - {"en"}))
@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_everything_in_the_language_of_its_address(
    path: str, locale: str, visitor: Browser
) -> None:
    page = visitor.get(f"/{locale}{path}").get_data(as_text=True)
    assert f'<html lang="{locale}">' in page
    words = set(re.findall(r"[a-zà-ÿ]+", read_text(page).lower()))
    assert not words & ENGLISH_WORDS, (path, locale, words & ENGLISH_WORDS)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_itself_in_every_language(path: str, visitor: Browser) -> None:
    page = visitor.get(path).get_data(as_text=True)
    named = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', page))
    assert set(named) == {*LOCALES, "x-default"}
    for code in LOCALES:
        assert named[code].startswith(f"http://localhost/{code}/")


def test_every_address_of_a_page_keeps_its_language(visitor: Browser) -> None:
    page = visitor.text("/pt/")
    assert 'href="/pt/c/sante"' in page
    assert 'action="/pt/"' in page
    assert 'href="/pt/how"' in page


@pytest.mark.parametrize(
    ("preferred", "locale"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,pt-BR;q=0.5", "pt"),
        ("sw", "en"),
        ("en,fr;q=0.9", "en"),
    ],
)
def test_an_address_without_a_language_answers_in_what_the_browser_prefers(
    preferred: str, locale: str, visitor: Browser
) -> None:
    answer = visitor.get("/", headers={"Accept-Language": preferred})
    assert f'<html lang="{locale}">' in answer.get_data(as_text=True)
    assert "Accept-Language" in answer.headers["Vary"]


def test_what_the_visitor_chose_wins_over_the_browser(visitor: Browser) -> None:
    page = visitor.get("/en/", headers={"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="en">' in page


def test_the_listed_word_and_the_choices_are_told_too(visitor: Browser) -> None:
    page = visitor.text("/es/?activity=all")
    assert '<strong class="word">Callada</strong>' in page
    assert "África occidental (1)" in page
    assert "Agua, saneamiento e higiene" in page


def test_a_region_is_found_by_its_name_in_any_language(visitor: Browser) -> None:
    assert "/c/sante" in visitor.text("/?q=afrique+occidentale&activity=all")
    assert "/c/sante" in visitor.text("/?q=africa+occidental&activity=all")


def test_a_line_made_before_there_were_languages_is_told_in_english(
    made: Directory, visitor: Browser
) -> None:
    visitor.text("/?activity=all")
    made.keep_english_lines()
    assert '<strong class="word">Quiet</strong>' in visitor.text("/fr/?activity=all")


def test_rooms_of_curators_stay_as_they_are(curator: Browser) -> None:
    page = curator.get("/fr/review", follow_redirects=True).get_data(as_text=True)
    assert '<html lang="en">' in page
    assert 'hreflang="x-default"' not in page
