"""`make mutate`: changes single operators and numbers, and asks whether a test notices.

cosmic-ray (no dependency: `.venv/bin/pip install cosmic-ray`) lists what can be changed. A sample
drawn by a seed is tried in a copy of the tree, each change with the tests of its module and area.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
WORK = ROOT / "build" / "mutate"
LEFT_OUT = (".git", ".venv", "build", "dist", "__pycache__", ".*_cache", "rollcall-demo")
AREAS = ("scoring", "domain", "crawler/formats", "crawler/plan.py")
# Where the tests of a module may lie; the samples are the tests of what reads platforms.
TESTED_IN = ("tests/crawler", "tests/scoring", "tests/domain", "tests/attacks", "tests/store")
SAMPLES = "tests/test_samples.py"
# `|` stands in annotations, which nobody runs. What decorates is left as it is: how a dataclass is
# closed, and how much a cache keeps, changes no result.
NO_CHANGE = re.compile(r"core/(ReplaceBinaryOperator_BitOr_|RemoveDecorator)")
# What holds words and fitted numbers, but no step.
TABLES = re.compile(r"(_words|default_rules|__init__)\.py$")
PLUGINS = ("-p", "no:cacheprovider", "-p", "pytest_timeout")
SECONDS = 600


def list_changes(area: str) -> list[object]:
    """Everything that can be changed in an area, as cosmic-ray describes it."""
    init = import_module("cosmic_ray.commands.init")
    modules = import_module("cosmic_ray.modules")
    paths = sorted(str(path) for path in modules.find_modules([Path(area)]))
    items = init._all_work_items([one for one in paths if not TABLES.search(one)], {})
    changes = [change for item in items for change in item.mutations]
    lines = {one: ["", *Path(one).read_text(encoding="utf-8").splitlines()] for one in paths}
    return [
        change
        for change in changes
        if not NO_CHANGE.match(change.operator_name)
        and not lines[str(change.module_path)][change.start_pos[0]].lstrip().startswith("@")
    ]


def list_tests(module: Path) -> list[str]:
    """The words for pytest: first the tests of the module or all that name it, then its area's.

    Of what reads platforms these are their samples.
    """
    name = ".".join(module.with_suffix("").parts)
    package, _, last = name.rpartition(".")
    named = re.compile(rf"from {name} import|import {name}\b|from {package} import .*\b{last}\b")
    files = [path for folder in TESTED_IN for path in sorted(Path(folder).rglob("test_*.py"))]
    own = [str(path) for path in files if path.stem == f"test_{last}"]
    found = own or [str(path) for path in files if named.search(path.read_text(encoding="utf-8"))]
    if package != "crawler.formats":
        return found if package == "crawler" else [*found, f"tests/{package}"]
    if Path(f"tests/samples/{last}").is_dir():
        return [*found, SAMPLES, "-k", f"{last} or not test_samples"]
    return [*found, SAMPLES]


def try_change(change: object) -> bool:
    """True when a test noticed it; what nobody noticed is printed."""
    mutating = import_module("cosmic_ray.mutating")
    module = Path(str(change.module_path))
    words = [sys.executable, "-m", "pytest", "-qx", *PLUGINS, *list_tests(module)]
    result = mutating.mutate_and_test([change], shlex.join(words), SECONDS)
    killed = str(result.test_outcome).lower().endswith("killed")
    if not killed:
        click.echo(f"{module}, line {change.start_pos[0]}: {change.operator_name}")
        click.echo("\n".join(line for line in result.diff.splitlines() if line[:1] in "+-"))
    return killed


def try_area(area: str, number: int, seed: int) -> tuple[int, int]:
    """How many changes were noticed, of how many."""
    changes: Sequence[object] = list_changes(area)
    sample = random.Random(f"{seed} {area}").sample(changes, min(number, len(changes)))
    killed = sum([try_change(change) for change in sample])
    share = killed / len(sample)
    click.echo(f"| {area} | {len(changes):,} | {len(sample)} | {killed} | {share:.0%} |")
    return killed, len(sample)


def main() -> None:
    """Prints the table, and after it what all areas give together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("areas", nargs="*", default=AREAS)
    parser.add_argument("--changes", type=int, default=30, help="of each area")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(ROOT, WORK, ignore=shutil.ignore_patterns(*LEFT_OUT))
    os.chdir(WORK)
    # Of pytest's plugins the tests of these areas need one; the others take longer than the tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    click.echo("| area | possible changes | tried | noticed | share |\n|---|---|---|---|---|")
    done = [try_area(area, given.changes, given.seed) for area in given.areas]
    killed, tried = (sum(one) for one in zip(*done, strict=True))
    click.echo(f"{killed} of {tried} noticed: {killed / tried:.1%}")


if __name__ == "__main__":
    main()
