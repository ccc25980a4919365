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
    """One weight per term of `scoring.terms.read_terms`, in the order of its columns.

    Logarithms are natural, `pos` is what is above 0. `rec` is days since the last post, own pauses
    are the latest 30 between active days. `busy` is ln(1 + active days in the 365 days up to the
    last post): how busy it was when it talked, which a silence does not change.
    """

    const: float
    """Always 1."""
    log_rec: float
    """ln(1 + rec): how long the silence is."""
    beyond_usual: float
    """pos(ln(1 + rec) - ln(1 + the pause that 90 % of its own stay below))."""
    beyond_nine_months: float
    """pos(ln(1 + rec) - ln(1 + 270))."""
    beyond_longest_x_busy: float
    """pos(ln(1 + rec) - ln(1 + its own longest pause)), at most 4, times `busy`: a record silence
    says more of a busy community."""
    typical_pause: float
    """The mean of ln(own pause)."""
    typical_pause_x_busy: float
    """`typical_pause` times `busy`."""
    pace: float
    """ln((own pauses + 0.5) / (days they last together + 1)): active days per day when it talks."""
    pace_x_silence: float
    """`pace` times ln(1 + rec)."""
    pace_x_unknown: float
    """`pace` times ln(366 / (1 + days since the first post that is known)), 0 from a year on: what
    the pace says where a window or a short life shows less than a year."""
    people: float
    """ln(1 + people who wrote in the 365 days before the moment), 0 where nobody is known."""
    people_x_silence: float
    """`people` times ln(1 + rec)."""

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


SEASONS = "calm_seasons"
SEASON_ENDS = ("first", "last")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Weights of the four scores, thresholds of the states and of the markers.

    Units: `p_…` probabilities, `…_share` 0 to 1, `steps_…` weekly steps in a row, `…_days` days.
    Source: "fitted" entries are written by `make fit`; "chosen on the histories" ones were picked
    by hand on the weekly operations of the same communities, out of fold; the others are decisions.
    """

    version: str
    """Made of all numbers below."""
    quiet: Weights
    """Fitted: the present silence lasts a year or longer."""
    alive: Weights
    """Fitted: another post within 180 days."""
    fun: Weights
    """Fitted: three posts by two people within 180 days."""
    alive90: Weights
    """Fitted: another post within 90 days."""
    least_posts: int
    """Posts; with fewer, 40 % post again within 180 days whatever the pattern."""
    least_active_days: int
    """Days with a post; as `least_posts`."""
    inactive_after_days: float
    """Seen silent days; no living week of the histories is as silent."""
    p_quiet_dormant: float
    """Dormant from here. Chosen on the histories: about two in three cards then are right."""
    p_quiet_stay: float
    """Stays dormant above it while no post is fresh. Chosen on the histories."""
    fresh_days: float
    """A post is fresh so long: nothing becomes worse, dormant and inactive end. One weekly step."""
    p_fun_active: float
    """Slowing below it: less likely than not to be functional."""
    p_fun_return: float
    """Active again from here. Chosen on the histories against wavering."""
    steps_to_slowing: int
    """Weeks from active to slowing. Chosen on the histories against wavering."""
    steps_to_active: int
    """Weeks from slowing to active. Chosen on the histories against wavering."""
    steps_other: int
    """Weeks to dormant. Chosen on the histories."""
    calm_seasons: tuple[Season, ...]
    """No entry to slowing: December runs 12 to 23 % low almost everywhere, August up to 14 %."""
    hiding_days: float
    """An unseen stretch as long may hide a sign of life. A decision: twice the weekly rhythm in
    which sources are visited at least, so that late visits do not stop the clock."""
    blind_days: float
    """Days that nobody saw since the last post; from here on nothing can be said."""
    medium_posts: int
    """Posts for medium confidence: with fewer the log loss is about .6."""
    high_posts: int
    """Posts for high confidence: with as many the log loss is about .2."""
    marker_threads: int
    """Threads in a year; a marker needs as many. Working rule."""
    marker_answered_share: float
    """Of threads; one voice below it. Working rule."""
    spam_answered_share: float
    """Of threads in which a regular took part; spam below it. Working rule; between a list overrun
    by forged senders (up to .15) and open boards of questions (from .3 on)."""
    marker_known_share: float
    """Of posts; a marker needs as many known authors. Working rule."""
    spam_one_time_share: float
    """Of posts; spam from here on. Working rule."""
    voice_authors: int
    """So many people are one voice. Working rule."""
    voice_share: float
    """Of posts by them; announcements from here on. Working rule."""
    voice_posts: int
    """Posts in a year; with fewer nobody is called a robot. Working rule."""
    voice_regular_share: float
    """Of an author's posts: at regular dates, or at once after another's, is a robot's. Working
    rule."""
    voice_reply_minutes: float
    """An answer as quick as this is an auto-reply's, if nearly all are. Working rule."""
    notices_answered_share: float
    """Of threads; where so many are answered, one who never is writes notices. Working rule."""
    rewritten_followed_share: float
    """Of threads with several posts; from here on the server probably rewrites senders. It stands
    between a robot (up to .34) and lists whose server does (from .35 on)."""
    busy_active_days: int
    """Active days in a year of a busy community. Working rule."""
    sudden_days: float
    """Silent days of a busy community that ask for a look at its source. Working rule."""
    sudden_times: float
    """… and so many times its longest recent pause. Working rule."""
    post_again_share: float
    """Of communities silent for a year: post again within the next. Counted on the histories."""

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


def write_numbers(rules: Rules) -> dict[str, float]:
    """All that tells these rules from others, to be kept: entries, and the calm seasons."""
    seasons = {
        f"{SEASONS}.{place}.{end}": getattr(season, end)
        for place, season in enumerate(rules.calm_seasons)
        for end in SEASON_ENDS
    }
    return rules.entries() | seasons


def read_numbers(numbers: Mapping[str, float], version: str, base: Rules) -> Rules:
    """The rules that were kept as `numbers`; what those do not tell is as in `base`."""
    rules = base
    for name in base.entries().keys() & numbers.keys():
        rules = _replaced(rules, name, numbers[name])
    ends = sorted(
        (int(place), end, int(number))
        for name, number in numbers.items()
        if name.startswith(f"{SEASONS}.")
        for _, place, end in (name.split("."),)
    )
    pairs = zip(ends[::2], ends[1::2], strict=True)
    seasons = tuple(Season(first=first[2], last=last[2]) for first, last in pairs)
    return replace(rules, version=version, calm_seasons=seasons or base.calm_seasons)


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
