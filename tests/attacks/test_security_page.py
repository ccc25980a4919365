"""docs/security.md names a test for each guard; every one of them exists."""

from __future__ import annotations

import re
from pathlib import Path

TREE = Path(__file__).parents[2]
PAGE = (TREE / "docs" / "security.md").read_text()


def test_every_test_that_the_page_names_exists_and_every_guard_has_one():
    there = {
        name
        for file in (TREE / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - there == set()
    tables = PAGE.partition("## Addresses that strangers name")[2].partition("## Known and")[0]
    rows = [line for line in tables.splitlines() if line.startswith("| ")]
    guards = [line for line in rows if not line.startswith("| Attack")]
    assert [line for line in guards if "`test_" not in line] == []
