"""Every public page is what it says: HTML without an error, and within the budgets."""

from __future__ import annotations

import gzip
import json
import re
from datetime import timedelta

import html5lib
import pytest

from tests.web.kit import NOW, Browser, Directory
from web.app import STATIC

PAGES = (
    "/",
    "/?q=nothing",
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
    "/c/eyes",
    "/c/eyes/why",
    "/c/eyes/2026",
    "/c/eyes/correct",
    "/c/eyes/claim",
    "/c/eyes/badge",
    "/c/eyes/compared",
    "/c/eyes/embed",
    "/nowhere",
)
LARGEST_PAGE = 10_000
LARGEST_STYLE = 4_000
LARGEST_VISIT = 14_000
# The strict parser knows the bars and the typed data of a page less well than browsers do.
UNKNOWN_TO_IT = re.compile(r"<svg.*?</svg>|<script.*?</script>", re.DOTALL)


@pytest.fixture(autouse=True)
def some(made: Directory) -> None:
    made.add_active("Eyes & Ears <i>", languages=["fr"], topics=["wash"], regions=["Africa"])
    source = made.add_active("Eyes", topics=["wash"], url="https://eyes.example.org/?a=1&b=2")
    made.post(source, NOW - timedelta(days=40), subject="A “question” & <answer>")
    made.add("Closed", observable="no")


@pytest.mark.parametrize("locale", ["en", "fr", "es", "pt"])
def test_no_page_has_an_error_of_markup(locale: str, visitor: Browser) -> None:
    for path in PAGES:
        page = visitor.get(f"/{locale}{path}").get_data(as_text=True)
        found = html5lib.HTMLParser(strict=True).parse(UNKNOWN_TO_IT.sub("", page))
        ids = [one.get("id") for one in found.iter() if one.get("id")]
        assert len(ids) == len(set(ids)), path
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids), path


def test_pages_and_a_first_visit_are_within_their_budgets(visitor: Browser) -> None:
    dress = len(gzip.compress((STATIC / "style.css").read_bytes()))
    assert dress <= LARGEST_STYLE
    for path in PAGES:
        page = visitor.get(path).get_data()
        packed = len(gzip.compress(page))
        assert packed <= LARGEST_PAGE, path
        assert packed + dress <= LARGEST_VISIT, path
        assert b"<script src" not in page, path


@pytest.mark.parametrize("path", ["/c/eyes", "/fr/c/eyes", "/data"])
def test_typed_data_parses_and_names_what_it_is(path: str, visitor: Browser) -> None:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', visitor.text(path))
    assert found is not None
    content = json.loads(found[1])
    assert content["@context"] == "https://schema.org"
    assert content["@type"] in ("Organization", "DataCatalog")
