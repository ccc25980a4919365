"""Writes `docs/fault-matrix.md` from a run of the matrix: `python -m tests.faults.document`."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import config
from domain.records import Platform
from store.engine import migrate, open_database
from tests import conftest
from tests.conftest import Workshop
from tests.faults.archives import ADAPTERS
from tests.faults.certificates import make_authority
from tests.faults.expected import PROPOSALS, find_expected
from tests.faults.faults import CONTROLS, SILENT, TROUBLES, Trouble
from tests.faults.matrix import SETTINGS, Matrix, Result, list_faults, why_not
from tests.faults.server import FaultServer

PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"
TRUST = "SSL_CERT_FILE"
HEAD = """\
# The fault matrix

Written by `python -m tests.faults.document` from a run of real crawls against the fault server of
the tests; do not edit it. The test suite runs the same cells, and fails when one of them is not
right or this page is out of date.

Each cell is a source on a host of its own, with one fault, read by one adapter: *new* before its
first success, *known* after a good history of two months, {unseen} days ago. Meanwhile the talk
went on, so whoever takes the fault for silence calls a living community dormant. The word is the
[outcome](outcomes.md) of the visit; where two stand, both are right.

Checked in every cell: the outcome; no post and no time that counted as seen is lost; nothing
counts as seen that was not stored; no status is worse than before, {later} days later; the visit
ends within its time; a wait that the host named is kept; the report says what was seen. And, beside
each known feed, that the next source on its host is read.

**No fault opens a card about silence.** Where the host itself says that a list has moved or ended
(`moved`, `gone`, `parked`), a card proposes that to a curator, marked with *.

{faults} faults, {cells} cells, {right} right, {wrong} wrong.
"""


def render_page(results: Sequence[Result], *, unseen: int, later: int) -> str:
    """The page that a run of all cells makes."""
    found = {(r.cell.trouble.name, r.cell.platform, r.cell.known): r for r in results}
    wrong = sum(bool(list_faults(result)) for result in results)
    notes: dict[str, int] = {}
    titles = [f"{platform}, {when}" for platform in ADAPTERS for when in ("new", "known")]
    lines = [_line(["Fault", *titles]), _line(["---"] * (len(titles) + 1))]
    for trouble in (*TROUBLES, *CONTROLS):
        cells = [
            _cell(found, trouble, platform, known=known, notes=notes)
            for platform in ADAPTERS
            for known in (False, True)
        ]
        lines.append(_line([trouble.name, *cells]))
    head = HEAD.format(
        unseen=unseen,
        later=later,
        faults=len(TROUBLES),
        cells=len(results),
        right=len(results) - wrong,
        wrong=wrong,
    )
    told = [f"{number}. {text}." for text, number in notes.items()]
    foot = (
        "The last two rows are no faults: talk that is seen, and silence that is one. "
        f"*{SILENT.name.capitalize()}* makes an active community dormant, or the other rows would "
        "prove nothing.\n\nCells that cannot be:\n"
    )
    return "\n".join([head, *lines, "", foot, *told, ""])


def _cell(
    found: Mapping[tuple[str, Platform, bool], Result],
    trouble: Trouble,
    platform: Platform,
    *,
    known: bool,
    notes: dict[str, int],
) -> str:
    why = why_not(trouble, platform, known=known)
    if why is not None:
        return f"n/a ({notes.setdefault(why, len(notes) + 1)})"
    result = found[trouble.name, platform, known]
    if list_faults(result):
        return f"**wrong: {result.report.outcome}**"
    words = sorted(find_expected(trouble.name, platform, known=known))
    return " or ".join(words) + ("*" if set(words) & set(PROPOSALS) else "")


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def run_matrix(folder: Path) -> tuple[FaultServer, list[Result]]:
    """A run of all cells in a new data folder, and the server with its log."""
    data = folder / "data"
    data.mkdir()
    text = conftest.SETTINGS.format(allow_private="true", delay_seconds=0.0, more=SETTINGS)
    (data / config.FILE_NAME).write_text(text, encoding="utf-8")
    settings = config.load(data, {})
    engine = open_database(settings.database_url)
    migrate(engine)
    authority = make_authority(folder)
    trusted = os.environ.get(TRUST)
    os.environ[TRUST] = str(authority.file)
    try:
        with FaultServer() as server:
            matrix = Matrix(server, Workshop(data, engine, settings), authority, datetime.now(UTC))
            return server, matrix.run()
    finally:
        os.environ.pop(TRUST)
        if trusted is not None:
            os.environ[TRUST] = trusted
        engine.dispose()


def main() -> None:
    """Runs the matrix and writes the page; says what is wrong."""
    from tests.faults.archives import UNSEEN
    from tests.faults.matrix import LATER

    with tempfile.TemporaryDirectory() as folder:
        _, results = run_matrix(Path(folder))
    for result in results:
        for what in list_faults(result):
            sys.stderr.write(f"{result.cell.name}: {what} ({result.report.detail})\n")
    PAGE.write_text(render_page(results, unseen=UNSEEN.days, later=LATER.days), encoding="utf-8")


if __name__ == "__main__":
    main()
