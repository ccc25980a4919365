"""`rollcall backtest DATA`: what the rules would have said of real histories, and how right."""

from __future__ import annotations

from pathlib import Path

from evaluation.folder import read_folder
from evaluation.trial import Trial, build_ground, try_rules
from scoring.rules import Rules


def run_backtest(folder: Path, rules: Rules, *, out_of_fold: bool) -> Trial:
    """The figures of the rules on a folder of histories; `evaluation.folder` tells its format.

    `out_of_fold` fits the weights anew, five times, and judges each community by those that were
    fitted without it: the honest figure for a folder that the rules themselves were fitted on.
    Raises: UsageError when the folder cannot be read.
    """
    return try_rules(build_ground(read_folder(folder)), rules, out_of_fold=out_of_fold)
