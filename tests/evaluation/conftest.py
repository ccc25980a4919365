"""A folder of made-up histories in the documented format."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest

DAY = 86_400
START = 1_500_000_000


def write_folder(folder: Path, *, communities: int = 24, seed: int = 1) -> Path:
    """Communities of two origins that talk at rhythms of their own; every third one ends."""
    rng = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "communities.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["community_id", "origin", "obs_end", "note"])
        for number in range(communities):
            until = START + 1600 * DAY
            writer.writerow([f"c{number:02d}", "lists" if number % 2 else "boards", until, "-"])
    with (folder / "events.csv").open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["community_id", "ts", "author_hash", "thread_hash"])
        for number in range(communities):
            gap, day = 2.0 + number % 7 * 4, rng.uniform(0, 20)
            ends = 500 + 20 * number if number % 3 == 0 else 1600
            while day < ends:
                writer.writerow(
                    [
                        f"c{number:02d}",
                        int(START + day * DAY),
                        f"p{rng.randrange(6)}",
                        f"t{int(day)}",
                    ]
                )
                day += gap * rng.uniform(0.1, 1.9)
    return folder


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("histories"))
