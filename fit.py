"""Fits the weights of the scores on a folder of histories and writes `scoring/default_rules.py`.

`python fit.py FOLDER`, or `make fit DATA=FOLDER`. The thresholds stay as they are. What is printed
is measured out of fold: each community by weights that were fitted without it.
"""

from __future__ import annotations

import sys
import zlib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from domain.errors import RollcallError
from evaluation.figures import Estimate
from evaluation.fitting import SCORES, fit_rules
from evaluation.folder import read_folder
from evaluation.trial import Trial, build_ground, try_rules
from scoring.default_rules import DEFAULT_RULES
from scoring.rules import TERMS, Rules, Season, Weights

TARGET = Path(__file__).parent / "scoring" / "default_rules.py"
WRONG_USE = 2


def main(arguments: list[str]) -> int:
    """0 once the rules are written; 2 when the folder cannot be read."""
    if len(arguments) != 1:
        print("python fit.py FOLDER: which folder of histories?", file=sys.stderr)
        return WRONG_USE
    try:
        subjects = read_folder(Path(arguments[0]))
    except RollcallError as error:
        print(f"fit: {error.line}", file=sys.stderr)
        return WRONG_USE
    ground = build_ground(subjects)
    everything = np.ones(len(ground.sample.rows), dtype=np.bool_)
    fitted = name_rules(fit_rules(ground.sample, everything, DEFAULT_RULES))
    trial = try_rules(ground, fitted, out_of_fold=True)
    TARGET.write_text(write_module(fitted, trial), encoding="utf-8")
    print("\n".join(list_figures(trial)))
    print(f"Written: {TARGET.name}, version {fitted.version}")
    return 0


def name_rules(rules: Rules) -> Rules:
    """The rules with a version that is made of all their numbers."""
    digest = zlib.crc32(repr((sorted(rules.entries().items()), rules.calm_seasons)).encode())
    return replace(rules, version=f"fit-{digest:08x}")


def list_figures(trial: Trial) -> list[str]:
    """What was reached, a line a figure."""
    week = trial.operations
    named = [(f"{one.name} log loss", one.log_loss) for one in trial.forecasts]
    named += [(f"{one.name} calibration error", one.calibration_error) for one in trial.forecasts]
    named += [
        ("quiet weeks caught at 1 % false-dead", week.catch),
        ("living weeks in dormant or inactive", week.called_living),
        ("quiet weeks in dormant or inactive", week.called_quiet),
        ("cards per 100 communities and week", week.cards),
        ("status changes per community and year", week.changes),
    ]
    views = [
        f"{one.name} log loss with {items} items visible: {loss:.4f}"
        for one in trial.forecasts
        for items, loss in one.views.items()
    ]
    return [f"{name}: {_told(figure)}" for name, figure in named] + views


def _told(figure: Estimate) -> str:
    return f"{figure.value:.4f} ({figure.low:.4f} to {figure.high:.4f})"


def write_module(rules: Rules, trial: Trial) -> str:
    """The text of `scoring/default_rules.py`."""
    loss = {one.name: one.log_loss.value for one in trial.forecasts}
    lines = [
        '"""The rules in force unless a setting overrides an entry. Written by `make fit`.',
        "",
        "What each entry means, its unit and where it comes from is told in `scoring.rules`.",
        f"Source of the weights: {trial.posts:,} posts of {trial.communities} public communities,",
        "every origin weighing the same, full histories and windows of 10, 30 and 50 items.",
        f"Log loss out of {trial.folds} folds by community: {loss['any_180']:.4f} for any post in",
        f"180 days, {loss['quiet']:.4f} for a silence that becomes a year, and",
        f"{loss['fun_180']:.4f} for functional in 180 days. docs/scoring.md has the rest.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from scoring.rules import Rules, Season, Weights",
        "",
    ]
    for score in SCORES:
        weights = getattr(rules, score)
        lines += [f"{score.upper()} = Weights("]
        lines += [f"    {term}={getattr(weights, term)!r}," for term in TERMS]
        lines += [")", ""]
    lines.append("DEFAULT_RULES = Rules(")
    lines += [
        f"    {one.name}={_write_value(one.name, getattr(rules, one.name))},"
        for one in fields(rules)
    ]
    lines += [")", ""]
    return "\n".join(lines)


def _write_value(name: str, value: object) -> str:
    if isinstance(value, Weights):
        return name.upper()
    if isinstance(value, tuple):
        return f"({', '.join(_write_value(name, one) for one in value)})"
    if isinstance(value, Season):
        return f"Season(first={value.first}, last={value.last})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
