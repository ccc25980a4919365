"""What tells Groups.io's pages from others."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from crawler.formats.groupsio import find_signs

HELP = '<a href="https://groups.io/helpcenter">Help</a>'


@pytest.mark.parametrize(
    ("page", "signs"),
    [
        (f"<footer>Groups.io</footer>{HELP}", 1),
        (HELP, 0),
        ("<footer>Groups.io</footer>", 0),
        ("<p>We moved to Groups.io last year</p>" + HELP, 0),
    ],
    ids=["foot and help", "help alone", "foot alone", "named in a text"],
)
def test_a_foot_is_a_sign_only_with_the_way_to_the_help(page, signs):
    assert len(find_signs(BeautifulSoup(page, "lxml"))) == signs
