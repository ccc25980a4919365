"""The programs we are compared with, each in an environment of its own under `build/peers`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import TREE, Cost, run

PINNED = {
    "perceval": ("perceval==1.6.1", "setuptools<81"),
    "feedparser": ("feedparser==6.0.14",),
    "scrapy": ("scrapy==2.19.0",),
}
THEIRS = Path(__file__).parent / "theirs"


def peer_python(name: str) -> Path:
    """The interpreter of the peer's environment, which is made where it is missing."""
    place = TREE / "build" / "peers" / name
    python = place / "bin" / "python"
    if not (place / "ready").is_file():
        print(f"installing {' '.join(PINNED[name])} into {place} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
        subprocess.run(
            [python, "-m", "pip", "--disable-pip-version-check", "install", "-q", *PINNED[name]],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        (place / "ready").touch()
    return python


def peer_name(name: str) -> str:
    """The peer with its version."""
    return PINNED[name][0].replace("==", " ")


def run_peer(name: str, script: str, *words: str | Path) -> Cost:
    """What the peer's script in `theirs/` cost."""
    return run([peer_python(name), THEIRS / script, *words])
