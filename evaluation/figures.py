"""Figures of merit: log loss, ranking, calibration, and their error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.activity import Floats, Ints

Mask = NDArray[np.bool_]
BINS = 15
RESAMPLES = 200
FALSE_SHARE = 0.01
LEAST = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and the interval that holds it in 95 of 100 resamplings of the communities."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Forecasts that lie together: their mean, the share that came true, how many they are."""

    forecast: float
    observed: float
    rows: int


def log_loss(chance: Floats, truth: Floats, weight: Floats) -> float:
    """The mean of -ln(chance given to what happened)."""
    bounded = np.clip(chance, LEAST, 1 - LEAST)
    loss = -(truth * np.log(bounded) + (1 - truth) * np.log(1 - bounded))
    return float(np.average(loss, weights=weight))


def auc(chance: Floats, truth: Floats, weight: Floats) -> float:
    """The chance that of one true and one false row the true one is ranked higher."""
    _, place = np.unique(chance, return_inverse=True)
    true = np.bincount(place, weight * truth)
    false = np.bincount(place, weight * (1 - truth))
    below = np.cumsum(false) - false / 2
    total = true.sum() * false.sum()
    return float((true * below).sum() / total) if total else float("nan")


def calibrate(chance: Floats, truth: Floats, weight: Floats) -> tuple[Bin, ...]:
    """Fifteen bins of equal width, empty ones left out."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    found = []
    for number in np.unique(place):
        here = place == number
        found.append(
            Bin(
                forecast=float(np.average(chance[here], weights=weight[here])),
                observed=float(np.average(truth[here], weights=weight[here])),
                rows=int(here.sum()),
            )
        )
    return tuple(found)


def calibration_error(chance: Floats, truth: Floats, weight: Floats) -> float:
    """How far forecast and observed share differ, averaged over the rows by bin."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    gaps = np.abs(np.bincount(place, weight * (chance - truth), minlength=BINS))
    return float(gaps.sum() / weight.sum())


def catch(score: Floats, quiet: Floats, weight: Floats) -> float:
    """The share of quiet rows that score higher than all but 1 % of the living ones.

    Of rows that score exactly the bound, so many count as bring the living ones to 1 %.
    Shape: `quiet` is 1 for quiet rows, 0 for living ones.
    """
    bound = catch_bound(score, quiet, weight)

    def share(of: float, which: Mask) -> float:
        return float(weight[(quiet == of) & which].sum() / weight[quiet == of].sum())

    tied = share(0, score == bound)
    part = min(max(FALSE_SHARE - share(0, score > bound), 0) / tied, 1) if tied else 0
    return share(1, score > bound) + part * share(1, score == bound)


def catch_bound(score: Floats, quiet: Floats, weight: Floats) -> float:
    """The score that 1 % of the living rows exceed."""
    living = quiet == 0
    order = np.argsort(-score[living], kind="stable")
    share = np.cumsum(weight[living][order]) / weight[living].sum()
    place = min(int(np.searchsorted(share, FALSE_SHARE)), len(order) - 1)
    return float(score[living][order][place])


def estimate(
    figure: Callable[[Floats], float], community: Ints, origin: Ints, weight: Floats, *, seed: int
) -> Estimate:
    """A figure of weighted rows with its interval, by bootstrap over communities in each origin.

    `figure` takes the rows' weights.
    """
    rng = np.random.default_rng(seed)
    groups = [np.unique(community[origin == one]) for one in np.unique(origin)]
    found: list[float] = []
    for _ in range(RESAMPLES):
        times = np.zeros(int(community.max()) + 1)
        for group in groups:
            times += np.bincount(rng.choice(group, size=len(group)), minlength=len(times))
        drawn = times[community] * weight
        for one in np.unique(origin):
            share = weight[origin == one].sum() / max(drawn[origin == one].sum(), LEAST)
            drawn[origin == one] *= share
        found.append(figure(drawn))
    low, high = np.nanquantile(found, (0.025, 0.975)).tolist()
    return Estimate(value=figure(weight), low=low, high=high)


def draw_folds(origins: Sequence[str], folds: int, *, seed: int) -> Ints:
    """A fold for each community, drawn within its origin."""
    rng = np.random.default_rng(seed)
    names = np.array(origins)
    found = np.zeros(len(names), dtype=np.int64)
    offset = 0
    for origin in sorted(set(origins)):
        members = rng.permutation(np.flatnonzero(names == origin))
        found[members] = (np.arange(len(members)) + offset) % folds
        offset += len(members)
    return found
