"""The matrix: whatever goes wrong, nothing is lost and nobody is called silent."""

from __future__ import annotations

import pytest

from tests.faults.archives import UNSEEN
from tests.faults.document import PAGE, render_page, run_matrix
from tests.faults.expected import ROWS
from tests.faults.faults import BAIT, CONTROLS, HANGING, TROUBLES
from tests.faults.matrix import LATER, list_cells, list_faults

# Four crawls of all cells; the fixture is the longest part of the first test.
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The server with its log, and what came of every cell."""
    return run_matrix(tmp_path_factory.mktemp("matrix"))


def test_every_cell_comes_to_what_is_right(run):
    _, results = run
    assert len(results) == len(list_cells()) > 280
    wrong = {
        result.cell.name: (faults, result.report.detail)
        for result in results
        if (faults := list_faults(result))
    }
    assert wrong == {}


def test_the_page_of_the_matrix_is_what_the_run_shows(run):
    _, results = run
    page = render_page(results, unseen=UNSEEN.days, later=LATER.days)
    assert PAGE.read_text(encoding="utf-8") == page, "python -m tests.faults.document"


def test_no_host_was_ever_asked_two_things_at_once(run):
    server, _ = run
    patient = {cell.host for cell in list_cells() if cell.known is not None} - {
        cell.host for cell in list_cells() if cell.trouble.name in HANGING
    }
    asked = [entry for entry in server.log if entry.host in patient]
    assert len(asked) > 1_000
    assert max(entry.in_flight for entry in asked) == 1


def test_nobody_fetched_what_an_external_entity_names(run):
    server, _ = run
    assert [entry for entry in server.log if entry.path == BAIT] == []


def test_a_visit_that_failed_says_what_was_seen(run):
    _, results = run
    found = {r.cell.trouble.name: r.report.evidence for r in results if r.cell.known}
    assert found["403"]["status"] == "403"
    assert found["410"]["content_type"] == "text/html; charset=utf-8"
    assert " → " in found["redirect to another domain"]["redirects"]
    assert found["never answers"]["error"] == "DownloadTimeoutError"
    assert "Anubis" in found["bot challenge with 200"]["seen"]
    assert "sentence" in found["notice: this list has moved"]
    assert found["older posts vanished"]["lost"]
    assert "certificate" in next(
        r.report.detail for r in results if r.cell.trouble.name == "TLS certificate expired"
    )


def test_each_fault_has_its_row_and_each_row_its_fault():
    assert {trouble.name for trouble in (*TROUBLES, *CONTROLS)} == set(ROWS)
