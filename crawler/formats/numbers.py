"""Which of an archive's numbered messages were read, as a short text to remember."""

from __future__ import annotations

import re
from collections.abc import Iterable

# No archive holds more messages than fifteen digits count.
_LONGEST_COUNT = 15
_RANGES = re.compile(r"\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*")


def read_digits(text: str) -> int | None:
    """The number that the digits of a text make; `None` for none, and for one beyond belief."""
    digits = "".join(letter for letter in text if letter.isdecimal())
    return int(digits) if 0 < len(digits) <= _LONGEST_COUNT else None


def write_numbers(numbers: Iterable[int]) -> str:
    """The numbers as ranges: `0-5,7`."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def read_numbers(text: str) -> set[int]:
    """The numbers that `write_numbers` wrote; none for any other text."""
    if not _RANGES.fullmatch(text):
        return set()
    numbers: set[int] = set()
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers
