"""Rules on trial: forecasts and weekly operations of a folder of histories, with their error."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation import figures
from evaluation.figures import Bin, Estimate
from evaluation.fitting import SCORES, Sample, fit_logistic, fit_rules
from evaluation.folder import Subject
from evaluation.rows import VIEWS, Rows, build_forecasts, build_view, build_weeks
from scoring.activity import DAY, Floats, Ints
from scoring.rules import Rules
from scoring.scores import LEAST, Scores, weigh_terms
from scoring.states import DORMANT, INACTIVE, read_calm, replay

Mask = NDArray[np.bool_]
FOLDS = 5
SEED = 20
WEEKS_A_YEAR = 365.25 / 7
BASELINES = ("days since the last post", "posts in 90 days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How good one score is; `views` its log loss when only so many items are visible.

    `baselines` are the log losses of logistic curves over one term alone, out of fold.
    """

    name: str
    rows: int
    base_share: float
    log_loss: Estimate
    auc: Estimate
    calibration_error: Estimate
    bins: tuple[Bin, ...]
    views: Mapping[int, float]
    by_origin: Mapping[str, float]
    baselines: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What the states do, week by week.

    Units: shares 0 to 1; `cards` entries into dormant per 100 communities and week; `changes` of
    status per community and year; `delay_days` the median from a last post to the call, for the
    score at 1 % false-dead and for the states. `catch_by` are the same catches by other scores.
    """

    weeks: int
    catch: Estimate
    delay_days: float
    called_living: Estimate
    called_quiet: Estimate
    state_delay_days: float
    living_inactive: int
    cards: Estimate
    changes: Estimate
    catch_by: Mapping[str, float]
    by_origin: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All that is known of some rules on some histories.

    `folds` is 0 when the rules were taken as they are, else how many parts were fitted without.
    """

    version: str
    communities: int
    posts: int
    folds: int
    forecasts: tuple[Forecast, ...]
    operations: Operations


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ground:
    """Histories with their rows; built once, whatever is tried on it."""

    subjects: Sequence[Subject]
    sample: Sample
    weeks: Rows

    @property
    def origins(self) -> list[str]:
        return [subject.origin for subject in self.subjects]


def build_ground(subjects: Sequence[Subject]) -> Ground:
    """The rows of forecasts, full and windowed, and of weekly operations."""
    forecasts = build_forecasts(subjects)
    views = {items: build_view(subjects, forecasts, items) for items in VIEWS}
    return Ground(
        subjects=subjects,
        sample=Sample(rows=forecasts, views=views),
        weeks=build_weeks(subjects),
    )


def try_rules(ground: Ground, rules: Rules, *, out_of_fold: bool) -> Trial:
    """The figures of the rules; `out_of_fold`: of weights fitted without the community judged."""
    folds = figures.draw_folds(ground.origins, FOLDS, seed=SEED)
    judges = _fit_folds(ground.sample, rules, folds) if out_of_fold else [rules]
    part = folds if out_of_fold else np.zeros_like(folds)
    rows = ground.sample.rows
    scores = _score(rows, rows.terms, judges, part)
    seen = {
        items: _score(rows, table, judges, part) for items, table in ground.sample.views.items()
    }
    forecasts = tuple(
        _judge_forecast(ground, score, outcome, scores=scores, seen=seen, folds=folds)
        for score, outcome in SCORES.items()
    )
    return Trial(
        version=rules.version,
        communities=len(ground.subjects),
        posts=sum(len(subject.posts) for subject in ground.subjects),
        folds=FOLDS if out_of_fold else 0,
        forecasts=forecasts,
        operations=_judge_weeks(ground, judges, part, folds),
    )


def _fit_folds(sample: Sample, rules: Rules, folds: Ints) -> list[Rules]:
    return [fit_rules(sample, folds[sample.rows.community] != one, rules) for one in range(FOLDS)]


def _score(rows: Rows, terms: Floats, judges: Sequence[Rules], part: Ints) -> Scores:
    """The scores of rows, each by the judge of its community's part."""
    own = part[rows.community]
    columns = {name: np.empty(len(rows)) for name in ("quiet", "alive", "fun", "alive90")}
    for number, judge in enumerate(judges):
        here = own == number
        found = weigh_terms(terms[here], rows.silent_days[here], judge)
        for name, column in columns.items():
            column[here] = getattr(found, name)
    return Scores(silent_days=rows.silent_days, **columns)


def _judge_forecast(
    ground: Ground,
    score: str,
    outcome: str,
    *,
    scores: Scores,
    seen: Mapping[int, Scores],
    folds: Ints,
) -> Forecast:
    rows = ground.sample.rows
    truth: Floats = getattr(rows, outcome)
    used = ~np.isnan(truth)
    truth, weight = truth[used], rows.weights(used)
    community, origin = rows.community[used], rows.origin[used]
    chance: Floats = getattr(scores, score)[used]

    def judged(figure: Callable[[Floats, Floats, Floats], float]) -> Estimate:
        return figures.estimate(
            lambda drawn: figure(chance, truth, drawn), community, origin, weight, seed=SEED
        )

    names = sorted(set(ground.origins))
    return Forecast(
        name=outcome,
        rows=len(truth),
        base_share=float(np.average(truth, weights=weight)),
        log_loss=judged(figures.log_loss),
        auc=judged(figures.auc),
        calibration_error=judged(figures.calibration_error),
        bins=figures.calibrate(chance, truth, weight),
        views={
            items: figures.log_loss(getattr(shown, score)[used], truth, weight)
            for items, shown in seen.items()
        },
        by_origin={
            names[one]: figures.log_loss(
                chance[origin == one], truth[origin == one], weight[origin == one]
            )
            for one in np.unique(origin)
        },
        baselines={
            name: figures.log_loss(
                _forecast_plainly(term[used], truth, weight, folds[community]), truth, weight
            )
            for name, term in zip(
                BASELINES, (np.log1p(rows.silent_days), np.log1p(rows.posts_90)), strict=True
            )
        },
    )


def _forecast_plainly(term: Floats, truth: Floats, weight: Floats, fold: Ints) -> Floats:
    """What a logistic curve over one term forecasts, each fold by a curve fitted without it."""
    table = np.column_stack((np.ones(len(term)), term))
    found = np.empty(len(term))
    for one in range(FOLDS):
        others = fold != one
        weights = fit_logistic(table[others], truth[others], weight[others])
        found[~others] = 1 / (1 + np.exp(-(table[~others] @ weights)))
    return np.clip(found, LEAST, 1 - LEAST)


def _judge_weeks(ground: Ground, judges: Sequence[Rules], part: Ints, folds: Ints) -> Operations:
    weeks = ground.weeks
    scores = _score(weeks, weeks.terms, judges, part)
    rungs, changed = _replay_all(weeks, scores, judges, part)
    weight = weeks.weights(np.ones(len(weeks), dtype=np.bool_))
    living, quiet = weeks.living == 1, weeks.spell == 1
    called = rungs >= DORMANT
    entered = changed & (rungs == DORMANT)
    judged = living | quiet
    truth = np.where(quiet, 1.0, 0.0)[judged]

    def caught(by: Floats, drawn: Floats) -> float:
        return figures.catch(by[judged], truth, drawn[judged])

    def estimated(figure: Callable[[Floats], float]) -> Estimate:
        return figures.estimate(figure, weeks.community, weeks.origin, weight, seed=SEED)

    bound = figures.catch_bound(scores.quiet[judged], truth, weight[judged])
    names = sorted(set(ground.origins))
    return Operations(
        weeks=len(weeks),
        catch=estimated(lambda drawn: caught(scores.quiet, drawn)),
        delay_days=_read_delay(weeks, quiet & (scores.quiet > bound), weight),
        called_living=estimated(lambda drawn: _share(called, living, drawn)),
        called_quiet=estimated(lambda drawn: _share(called, quiet, drawn)),
        state_delay_days=_read_delay(weeks, quiet & called, weight),
        living_inactive=int((living & (rungs == INACTIVE)).sum()),
        cards=estimated(lambda drawn: 100 * _share(entered, None, drawn)),
        changes=estimated(lambda drawn: WEEKS_A_YEAR * _share(changed, None, drawn)),
        catch_by={
            BASELINES[0]: caught(weeks.silent_days, weight),
            BASELINES[1]: caught(-weeks.posts_90, weight),
        },
        by_origin={
            names[one]: (
                _share(called, quiet & (weeks.origin == one), weight),
                _share(called, living & (weeks.origin == one), weight),
            )
            for one in np.unique(weeks.origin)
        },
    )


def _share(what: Mask, among: Mask | None, weight: Floats) -> float:
    of = weight if among is None else weight * among
    total = float(of.sum())
    return float((of * what).sum()) / total if total else float("nan")


def _replay_all(
    weeks: Rows, scores: Scores, judges: Sequence[Rules], part: Ints
) -> tuple[Ints, Mask]:
    """The rung of each week by one replay per community, and whether it is another than before."""
    rungs = np.empty(len(weeks), dtype=np.int64)
    changed = np.zeros(len(weeks), dtype=np.bool_)
    ends = np.flatnonzero(np.diff(weeks.community, append=-1)) + 1
    start = 0
    for end in ends.tolist():
        rules = judges[int(part[weeks.community[start]])]
        calm = read_calm(weeks.cutoff[start:end], rules)
        own = Scores(
            silent_days=scores.silent_days[start:end],
            quiet=scores.quiet[start:end],
            alive=scores.alive[start:end],
            fun=scores.fun[start:end],
            alive90=scores.alive90[start:end],
        )
        states = replay(own, rules, standing=[False] * (end - start), calm=calm)
        rungs[start:end] = [state.rung for state in states]
        changed[start + 1 : end] = rungs[start + 1 : end] != rungs[start : end - 1]
        start = end
    return rungs, changed


def _read_delay(weeks: Rows, called: Mask, weight: Floats) -> float:
    """The median, over last posts that a silent year followed, of the days until the call."""
    last = np.round(weeks.cutoff - weeks.silent_days * DAY)
    quiet = weeks.spell == 1
    key = np.stack((weeks.community[quiet].astype(np.float64), last[quiet]), axis=1)
    _, first, spell = np.unique(key, axis=0, return_index=True, return_inverse=True)
    days = np.full(len(first), np.inf)
    np.minimum.at(days, spell.ravel(), np.where(called, weeks.silent_days, np.inf)[quiet])
    heavy = weight[quiet][first]
    order = np.argsort(days)
    share = np.cumsum(heavy[order]) / heavy.sum()
    return float(days[order][np.searchsorted(share, 0.5)])
