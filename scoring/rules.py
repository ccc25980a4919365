"""The scoring rules as a value: weights, thresholds and their version."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One weight per term of `scoring.activity.read_terms`, in the order of its columns."""

    const: float
    log_rec: float
    rec_vs_q90: float
    rec_vs_q90_pos: float
    rec_vs_q90_pos_x_year: float
    rec_over_max_pos: float
    tail: float
    typical_gap: float
    days365: float
    days730: float
    trend90: float
    quiet30_x_year: float
    authors_known: float
    contributors365: float
    multi_threads: float
    same_season: float

    def vector(self) -> NDArray[np.float64]:
        """The weights in the order of `TERMS`."""
        return np.array([getattr(self, name) for name in TERMS], dtype=np.float64)


TERMS: tuple[str, ...] = tuple(field.name for field in fields(Weights))


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """Days of the year, first and last included; one that ends before it starts spans New Year.

    Shape: `first` and `last` are month * 100 + day.
    """

    first: int
    last: int

    def holds(self, days: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the days (month * 100 + day) are in the season."""
        if self.first <= self.last:
            return (days >= self.first) & (days <= self.last)
        return (days >= self.first) | (days <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Weights of the four scores, thresholds of the states and of the markers.

    Units: `p_…` probabilities, `…_share` 0 to 1, `steps_…` weekly steps in a row.
    """

    version: str
    quiet: Weights
    alive: Weights
    fun: Weights
    alive90: Weights
    least_posts: int
    least_active_days: int
    inactive_after_days: float
    p_quiet_dormant: float
    p_quiet_stay: float
    fresh_days: float
    p_fun_active: float
    p_fun_return: float
    steps_active_slowing: int
    steps_other: int
    calm_seasons: tuple[Season, ...]
    blind_days: float
    medium_posts: int
    high_posts: int
    marker_threads: int
    marker_answered_share: float
    marker_known_share: float
    spam_one_time_share: float
    voice_authors: int
    voice_share: float
    rewritten_followed_share: float
    busy_active_days: int
    sudden_days: float
    sudden_times: float
    post_again_share: float

    def entries(self) -> dict[str, float]:
        """Every number that a setting may override, by its name (`quiet.log_rec`)."""
        found: dict[str, float] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Weights):
                found |= {f"{field.name}.{term}": getattr(value, term) for term in TERMS}
            elif isinstance(value, int | float):
                found[field.name] = value
        return found


def override(rules: Rules, entries: Mapping[str, float]) -> Rules:
    """The rules with some entries replaced; the version says so, and which set it is.

    Raises: ConfigError for a name that is no entry.
    """
    known = rules.entries()
    changed = {name: value for name, value in entries.items() if known.get(name) != value}
    if not changed:
        return rules
    for name, value in changed.items():
        if name not in known:
            raise ConfigError(f"no scoring rule {name!r}", to_do="see `rollcall config rules`")
        rules = _replaced(rules, name, value)
    digest = zlib.crc32(repr(sorted(changed.items())).encode())
    return replace(rules, version=f"{rules.version}+local.{digest:08x}")


def _replaced(rules: Rules, name: str, value: float) -> Rules:
    if name in {field.name for field in fields(rules)}:
        kind = type(getattr(rules, name))
        return replace(rules, **{name: kind(value)})
    score, term = name.split(".")
    weights: Weights = getattr(rules, score)
    changed = replace(weights, **{term: float(value)})
    return replace(rules, **{score: changed})  # type: ignore[arg-type]
