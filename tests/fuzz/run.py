"""The long run: `make fuzz` gives every reader so many spoilt answers, guided by what they reach.

Each target runs in a process of its own, with a cap on memory and on the time of one answer. Where
the guided fuzzer (atheris) is not installed, answers are spoilt at random.
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tests.fuzz.mutations import MOST_BYTES, spoil_at_random

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fuzz.targets import Target

HERE = Path(__file__).parent
FOUND = HERE / "found"
WORK = HERE.parents[1] / "build" / "fuzz"
# What one answer may take: the caps that a crawl has are far above them.
SECONDS, MEBIBYTES = 10, 1024
PACKAGES = ["crawler", "domain"]


def load_targets() -> Mapping[str, Target]:
    """All targets; loaded late, so that the guide sees what they import."""
    from tests.fuzz.targets import list_targets

    return list_targets()


def run_guided(name: str, inputs: int) -> None:
    """Runs one target in this process, which ends with it."""
    atheris = __import__("atheris")
    with atheris.instrument_imports(include=PACKAGES):
        target = load_targets()[name]
    seeds = WORK / name.replace("/", "-")
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / f"seed-{number}").write_bytes(seed[:MOST_BYTES])
    options = [
        f"-runs={inputs}",
        f"-timeout={SECONDS}",
        f"-rss_limit_mb={MEBIBYTES}",
        f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={seeds}-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(seeds)], target.try_on)
    atheris.Fuzz()


def run_at_random(name: str, inputs: int) -> None:
    """The same without a guide.

    Raises: whatever a reader should not.
    """
    resource.setrlimit(resource.RLIMIT_AS, (8 * MEBIBYTES << 20, -1))
    target = load_targets()[name]
    chance = random.Random(time.time_ns())
    for _ in range(inputs):
        data = spoil_at_random(chance, target.seeds)
        began = time.monotonic()
        try:
            target.try_on(data)
            assert time.monotonic() - began < SECONDS, "too slow"
        except BaseException:
            crash = WORK / f"{name.replace('/', '-')}-crash-{abs(hash(data)):x}"
            crash.parent.mkdir(parents=True, exist_ok=True)
            crash.write_bytes(data)
            raise


def run_all(names: list[str], inputs: int) -> int:
    """The exit code: 1 where a target found something; one line a target."""
    failed = 0
    for name in names:
        began = time.monotonic()
        command = [sys.executable, "-m", "tests.fuzz.run", name, "--inputs", str(inputs), "--one"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
        said = "fine" if done.returncode == 0 else "FOUND SOMETHING"
        click.echo(f"{name:30} {inputs:>9,} inputs {seconds:8.1f} s  {said}")
        if done.returncode:
            failed += 1
            click.echo(done.stderr[-2000:], err=True)
    place = FOUND.relative_to(Path.cwd()) if FOUND.is_relative_to(Path.cwd()) else FOUND
    if failed:
        click.echo(
            f"{failed} targets: mend them, and keep the answers of {WORK} in {place}/TARGET/"
        )
    return min(failed, 1)


def main() -> int:
    """The exit code of the run that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="only these; all where none is named")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for each target")
    parser.add_argument("--one", action="store_true", help="in this process")
    given = parser.parse_args()
    if not given.one:
        return run_all(given.targets or list(load_targets()), given.inputs)
    warnings.simplefilter("ignore")
    guided = importlib.util.find_spec("atheris") is not None
    for name in given.targets:
        (run_guided if guided else run_at_random)(name, given.inputs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
