"""The answers that a visit got, counted by their HTTP status, in one short line of its report."""

from __future__ import annotations

from collections.abc import Mapping

NONE = "none"
"""What stands for a status where nobody answered, or not by HTTP."""
UNKNOWN = "unknown"
"""What stands for the further answers of visits of which only the first was noted."""


def write_answers(codes: Mapping[int, int], requests: int) -> str:
    """The line, as `200 ×3, 404 ×1`; empty where one request says all by itself."""
    if requests < 2:
        return ""
    counted = {str(code): count for code, count in sorted(codes.items())}
    silent = requests - sum(counted.values())
    if silent > 0:
        counted[NONE] = silent
    return ", ".join(f"{code} ×{count}" for code, count in counted.items())


def read_answers(line: str) -> dict[str, int]:
    """The counts of such a line, by status."""
    parts = (part.partition(" ×") for part in line.split(", ") if part)
    return {code: int(count) for code, _, count in parts}
