"""The rules as a value: entries, overrides, version."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from domain.errors import ConfigError
from scoring.default_rules import DEFAULT_RULES
from scoring.rules import TERMS, Season, Weights, override


def test_weights_stand_in_the_order_of_the_terms() -> None:
    assert tuple(field.name for field in fields(Weights)) == TERMS
    vector = DEFAULT_RULES.quiet.vector()
    assert vector[0] == DEFAULT_RULES.quiet.const
    assert vector[TERMS.index("people")] == DEFAULT_RULES.quiet.people


def test_every_number_is_an_entry() -> None:
    entries = DEFAULT_RULES.entries()
    assert entries["quiet.log_rec"] == DEFAULT_RULES.quiet.log_rec
    assert entries["inactive_after_days"] == 365
    assert "version" not in entries
    assert sum(name.startswith("fun.") for name in entries) == len(TERMS)


def test_an_override_changes_one_entry_and_the_version() -> None:
    rules = override(DEFAULT_RULES, {"p_quiet_dormant": 0.7, "quiet.log_rec": 2, "least_posts": 6})
    assert (rules.p_quiet_dormant, rules.quiet.log_rec, rules.least_posts) == (0.7, 2.0, 6)
    assert isinstance(rules.least_posts, int)
    assert rules.quiet.const == DEFAULT_RULES.quiet.const
    assert rules.version.startswith(f"{DEFAULT_RULES.version}+local.")
    again = override(DEFAULT_RULES, {"least_posts": 6, "quiet.log_rec": 2, "p_quiet_dormant": 0.7})
    assert again == rules


def test_an_override_by_the_same_value_changes_nothing() -> None:
    assert override(DEFAULT_RULES, {"least_posts": 5}) is DEFAULT_RULES


@pytest.mark.parametrize("name", ["least_post", "quiet.rec", "mood.const", "version", "quiet"])
def test_an_unknown_entry_is_refused(name) -> None:
    with pytest.raises(ConfigError, match=name):
        override(DEFAULT_RULES, {name: 1})


@pytest.mark.parametrize(
    ("season", "inside", "outside"),
    [
        (Season(first=715, last=905), [715, 801, 905], [714, 906, 101]),
        (Season(first=1210, last=110), [1210, 1231, 101, 110], [1209, 111, 715]),
    ],
)
def test_a_season_holds_its_days(season, inside, outside) -> None:
    assert season.holds(np.array(inside)).all()
    assert not season.holds(np.array(outside)).any()
