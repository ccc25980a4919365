"""Visitors of the web pages, in a process of their own: `python -m tests.endurance.load URL RATE`.

Reads `stop` from its input, then prints what came of all requests as one JSON object.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from time import monotonic, sleep

PAGES = (
    "",
    "outside",
    "how",
    "reports",
    "c/list-{}",
    "c/list-{}/why",
    "data",
    "c/list-{}/badge.svg",
)
HOSTS = 6
VISITORS = 12
PATIENCE = 30


class Visitors:
    """So many requests a second, whether or not the ones before are answered."""

    def __init__(self, root: str, rate: float) -> None:
        self.root = root
        self.pause = VISITORS / rate
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.seconds: list[float] = []
        self.answers: Counter[str] = Counter()

    def visit(self, number: int) -> None:
        """Asks for one page after the other, at moments set beforehand."""
        planned = monotonic() + number * self.pause / VISITORS
        for turn, page in enumerate(cycle(PAGES)):
            sleep(max(0.0, planned - monotonic()))
            if self.over.is_set():
                return
            self._ask(self.root + page.format((turn + number) % HOSTS))
            planned = max(planned + self.pause, monotonic() - PATIENCE)

    def _ask(self, url: str) -> None:
        began = monotonic()
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                answer.read()
            said = "answered"
        except urllib.error.HTTPError as error:
            said = str(error.code)
        except (OSError, http.client.HTTPException):
            said = "away"
        with self.lock:
            self.answers[said] += 1
            if said == "answered":
                self.seconds.append(monotonic() - began)


def main(given: Sequence[str]) -> None:
    """Prints the figures."""
    visitors = Visitors(given[0], float(given[1]))
    threads = [threading.Thread(target=visitors.visit, args=(n,)) for n in range(VISITORS)]
    began = monotonic()
    for thread in threads:
        thread.start()
    sys.stdin.read()
    visitors.over.set()
    for thread in threads:
        thread.join()
    asked = sum(visitors.answers.values())
    took = sorted(visitors.seconds) or [0.0]
    figures = {
        "rate": asked / (monotonic() - began),
        "answers": visitors.answers,
        "median": took[len(took) // 2],
        "p95": took[len(took) * 95 // 100],
    }
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
