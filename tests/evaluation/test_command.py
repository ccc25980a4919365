"""`rollcall backtest` and `fit.py` as people type them."""

from __future__ import annotations

import json

import fit
from cli import run_command
from scoring.default_rules import DEFAULT_RULES


def test_a_backtest_prints_its_table_and_writes_its_plot(data_folder, tmp_path, capsys) -> None:
    plot = tmp_path / "calibration.svg"
    assert run_command(["backtest", str(data_folder), "--plot", str(plot)]) == 0
    assert f"Rules {DEFAULT_RULES.version}, as they are; 24 communities" in capsys.readouterr().out
    assert plot.read_text(encoding="utf-8").startswith("<svg")
    assert run_command(["backtest", str(data_folder), "--json", "--out-of-fold"]) == 0
    assert json.loads(capsys.readouterr().out)["folds"] == 5


def test_a_folder_that_is_none_is_wrong_use(tmp_path, capsys) -> None:
    assert run_command(["backtest", str(tmp_path)]) == 2
    assert "communities.csv" in capsys.readouterr().err


def test_a_fit_writes_rules_that_python_reads(data_folder, tmp_path, monkeypatch, capsys) -> None:
    target = tmp_path / "default_rules.py"
    monkeypatch.setattr(fit, "TARGET", target)
    assert fit.main([str(data_folder)]) == 0
    written: dict[str, object] = {}
    exec(compile(target.read_text(encoding="utf-8"), str(target), "exec"), written)
    rules = written["DEFAULT_RULES"]
    assert rules.version.startswith("fit-")
    assert rules.quiet != DEFAULT_RULES.quiet
    assert rules.calm_seasons == DEFAULT_RULES.calm_seasons
    assert "quiet weeks caught at 1 % false-dead" in capsys.readouterr().out


def test_the_shipped_rules_are_as_the_fit_names_them() -> None:
    assert fit.name_rules(DEFAULT_RULES).version == DEFAULT_RULES.version
