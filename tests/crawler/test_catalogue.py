"""What the adapters say of themselves, as the page and the command show it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.catalogue import FACTS, build_adapter, list_adapters, load_docstring, render_page
from domain.records import Platform

PAGE = Path(__file__).parents[2] / "docs" / "platforms.md"
DOCSTRING = """\
Postcards: pictures with a few words.

In short
    History: everything, by
        drawer.
    Idle visit: one look.
    Never seen: what fell behind the drawer.

Recognise
    A stamp.

Read
    The back.
    Then the front.

Samples
    normal.
"""


def test_a_docstring_gives_its_facts_and_its_sections():
    adapter = build_adapter(Platform.FEED, DOCSTRING)
    assert adapter.title == "Postcards: pictures with a few words."
    assert adapter.history == "everything, by drawer."
    assert adapter.idle_visit == "one look."
    assert adapter.never_seen == "what fell behind the drawer."
    assert dict(adapter.sections)["Read"] == "The back. Then the front."


@pytest.mark.parametrize("fact", FACTS)
def test_a_fact_that_is_missing_is_told(fact):
    with pytest.raises(ValueError, match=fact):
        build_adapter(Platform.FEED, DOCSTRING.replace(f"{fact}:", "Other:"))


@pytest.mark.parametrize("platform", list(Platform))
def test_each_platform_says_its_facts_in_short(platform):
    adapter = build_adapter(platform, load_docstring(platform))
    for text in (adapter.history, adapter.idle_visit, adapter.never_seen):
        assert text.endswith(".")
        assert len(text) <= 200


def test_the_page_is_what_the_docstrings_make_of_it():
    told = "run `python -m crawler.catalogue > docs/platforms.md`"
    assert PAGE.read_text(encoding="utf-8") == render_page(list_adapters()), told


def test_the_page_holds_each_platform_and_none_of_the_samples():
    page = render_page([build_adapter(Platform.FEED, DOCSTRING)])
    assert "| [`feed`](#feed) | everything, by drawer. | one look. |" in page
    assert "\n**Read.** The back. Then the front.\n" in page
    assert "Samples" not in page


def test_the_catalogue_does_not_bring_the_crawl_engine():
    code = "import sys, crawler.catalogue as c; c.list_adapters(); print('scrapy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout == "False\n"
