"""Saved answers of every platform: what the adapters read of them is what people counted by hand.

`expected.json` holds, for each input, first the `facts` that were counted by hand, then all that
was read. A missing one is written, and the test fails, so that somebody reviews it.
"""

from __future__ import annotations

import json
import tomllib
from datetime import UTC
from pathlib import Path

import pytest

from domain.errors import SourceError
from tests.samples.shown import Sample, load_cases

SAMPLES = Path(__file__).parent / "samples"
CASES = sorted(path.parent for path in SAMPLES.glob("*/*/meta.toml"))


def show(case: Path) -> dict[str, dict]:
    """What the adapter reads of each input of a case, or the error that it raises."""
    meta = tomllib.loads((case / "meta.toml").read_text())
    readers = load_cases(case.parent.name).readers
    shown = {}
    for given in meta["inputs"]:
        sample = Sample(
            body=(case / given["file"]).read_bytes(),
            url=given["url"],
            status=given.get("status", 200),
            fetched_at=meta["fetched_at"].astimezone(UTC),
            meta=given,
        )
        try:
            shown[given["file"]] = readers[given["read"]](sample)
        except SourceError as error:
            shown[given["file"]] = {
                "facts": {"error": type(error).__name__, "outcome": error.outcome.value}
            }
    return shown


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_what_is_read_of_a_saved_answer_is_what_was_counted_by_hand(case: Path):
    shown = show(case)
    expected_file = case / "expected.json"
    if not expected_file.exists():
        expected_file.write_text(json.dumps(shown, indent=1, ensure_ascii=False) + "\n")
        pytest.fail(f"{expected_file} was written now: review it, the facts by hand")
    expected = json.loads(expected_file.read_text())
    for name, content in expected.items():
        assert shown[name]["facts"] == content["facts"], name
    assert shown == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_facts_stand_first_in_what_is_expected(case: Path):
    expected = json.loads((case / "expected.json").read_text())
    for content in expected.values():
        assert next(iter(content)) == "facts"
