"""The long run: `make fuzz` gives every kind of reader so many spoilt answers, and counts.

A kind's inputs are shared among its readers, which begin from small answers (`tests.fuzz.seeds`).
Where the guided fuzzer (atheris) is installed it makes a part of them, and what it found new ways
with is spoilt further at random; without it all are made at random. Each kind runs in processes
of its own, with a cap on memory and on the time of one answer.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from tests.fuzz.mutations import spoil_at_random

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

HERE = Path(__file__).parent
FOUND = HERE / "found"
WORK = HERE.parents[1] / "build" / "fuzz"
# What one answer may take, of the processor: the caps that a crawl has are far above them. A guide
# can only count seconds that pass, however many of them others had.
SECONDS, MEBIBYTES = 10, 1024
GUIDE_SECONDS = 120
MOST_BYTES = 4096
PACKAGES = ["crawler", "domain"]
# A guide takes some times as long as chance does, and finds its ways early.
GUIDED = 0.05
MOST_FINDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a process that tried answers."""

    fine: bool
    seconds: float
    mebibytes: int


def load_kind(kind: str) -> list[Target]:
    """The readers of a kind; loaded late, so that the guide sees what they import."""
    from tests.fuzz.targets import list_targets

    return [one for one in list_targets().values() if kind in (one.kind, one.name)]


def list_kinds() -> Mapping[str, int]:
    """Every kind, with the number of its readers."""
    from tests.fuzz.targets import Kind

    return {kind.value: len(load_kind(kind)) for kind in Kind}


# ---- the answers --------------------------------------------------------------------------


def prepare(kind: str, _inputs: int) -> None:
    """Writes small seeds: the first byte of each says which reader it is for."""
    from tests.fuzz.seeds import shrink_all

    folder = WORK / kind.replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    for number, target in enumerate(load_kind(kind)):
        for place, seed in enumerate(shrink_all(target.try_on, target.seeds)):
            (folder / f"seed-{number}-{place}").write_bytes(bytes((number,)) + seed)


def run_guided(kind: str, inputs: int) -> None:
    """Runs a kind in this process, which ends with it."""
    atheris = __import__("atheris")
    with atheris.instrument_imports(include=PACKAGES):
        targets = load_kind(kind)
    folder = WORK / kind.replace("/", "-")

    def try_on(data: bytes) -> None:
        targets[data[0] % len(targets) if data else 0].try_on(data[1:])

    options = [
        f"-runs={inputs}",
        f"-timeout={GUIDE_SECONDS}",
        f"-rss_limit_mb={MEBIBYTES}",
        f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={folder}-",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], try_on)
    atheris.Fuzz()


def run_at_random(kind: str, inputs: int) -> None:
    """The same without a guide; what a reader falls over stays in a file, as what ends us does.

    Raises: SystemExit where something was found.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MEBIBYTES << 20, -1))
    targets = load_kind(kind)
    seeds = _load_seeds(kind, len(targets))
    last = os.open(WORK / f"{kind.replace('/', '-')}-last", os.O_CREAT | os.O_WRONLY)
    chance = random.Random(kind)
    found = 0
    for number in range(inputs):
        own = number % len(targets)
        data = spoil_at_random(chance, seeds[own])
        os.ftruncate(last, 0)
        os.pwrite(last, bytes((own,)) + data, 0)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            targets[own].try_on(data)
        except Exception:  # noqa: BLE001 - whatever it is, it is written down, and we go on
            found += 1
            (WORK / f"{targets[own].name.replace('/', '-')}-found-{found}").write_bytes(data)
            traceback.print_exc()
        if found == MOST_FINDS:
            break
    signal.setitimer(signal.ITIMER_PROF, 0)
    sys.exit(min(found, 1))


def _load_seeds(kind: str, readers: int) -> Sequence[Sequence[bytes]]:
    seeds: list[list[bytes]] = [[] for _ in range(readers)]
    for path in sorted((WORK / kind.replace("/", "-")).iterdir()):
        seed = path.read_bytes()
        if seed:
            seeds[seed[0] % readers].append(seed[1:])
    return seeds


# ---- the run ------------------------------------------------------------------------------


def run_kind(kind: str, inputs: int) -> bool:
    """False where a reader of this kind fell; a line of the table is printed."""
    guided = round(inputs * GUIDED) if importlib.util.find_spec("atheris") else 0
    ran = [_run_apart("prepare", kind, 0)]
    if guided:
        ran.append(_run_apart("guided", kind, guided))
    if inputs - guided:
        ran.append(_run_apart("random", kind, inputs - guided))
    fell = sum(not one.fine for one in ran)
    seconds = sum(one.seconds for one in ran)
    most = max(one.mebibytes for one in ran)
    click.echo(
        f"| {kind} | {len(load_kind(kind))} | {inputs:,} | {guided:,} | {seconds:,.0f} |"
        f" {fell} | {most} |"
    )
    return not fell


def _run_apart(way: str, kind: str, inputs: int) -> Ran:
    command = [sys.executable, "-m", "tests.fuzz.run", kind, "--inputs", str(inputs)]
    log = WORK / f"{kind.replace('/', '-')}-{way}.log"
    with log.open("wb") as out:
        moves = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)]
        number = os.posix_spawn(
            sys.executable, [*command, "--way", way], os.environ, file_actions=moves
        )
        _, status, used = os.wait4(number, 0)
    fine = os.waitstatus_to_exitcode(status) == 0
    if not fine:
        click.echo(log.read_text(errors="replace")[-2000:], err=True)
    return Ran(fine=fine, seconds=used.ru_utime + used.ru_stime, mebibytes=used.ru_maxrss >> 10)


def main() -> int:
    """The exit code of the run that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", help="only these kinds or readers; else all")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for each kind")
    parser.add_argument("--way", choices=["prepare", "guided", "random"], help="in this process")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.way:
        ways = {"prepare": prepare, "guided": run_guided, "random": run_at_random}
        ways[given.way](given.kinds[0], given.inputs)
        return 0
    WORK.mkdir(parents=True, exist_ok=True)
    began = monotonic()
    click.echo("| kind | readers | inputs | of them guided | CPU seconds | finds | peak MiB |")
    click.echo("|---|---|---|---|---|---|---|")
    fine = [run_kind(kind, given.inputs) for kind in given.kinds or list_kinds()]
    click.echo(f"{monotonic() - began:,.0f} s in all")
    if all(fine):
        return 0
    place = FOUND.relative_to(Path.cwd()) if FOUND.is_relative_to(Path.cwd()) else FOUND
    click.echo(f"Mend them, and keep the answers of {WORK} (without the first byte) in {place}.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
