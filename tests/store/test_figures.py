"""Figures for monitoring, as both databases count them."""

from __future__ import annotations

from dataclasses import replace

from domain.alerts import AlertPolicy
from domain.outcome import Outcome
from domain.records import CrawlReport
from store.crawls import save_report
from store.engine import reading, writing
from store.figures import load_figures


def test_requests_are_counted_by_status_as_far_as_their_visits_told_it(engine, make_source, now):
    source = make_source()
    told = CrawlReport(
        source_id=source.id,
        started_at=now,
        finished_at=now,
        outcome=Outcome.READ,
        requests=4,
        evidence={"status": "200", "answers": "200 ×3, 404 ×1"},
    )
    alone = {"requests": 1, "evidence": {"status": "304"}}
    former = {"evidence": {"status": "200"}}
    silent = {"requests": 1, "evidence": {}, "outcome": Outcome.TIMEOUT}
    with writing(engine) as s:
        for other in ({}, {}, alone, former, silent, {"requests": 0}):
            save_report(s, replace(told, **other))
    with reading(engine) as s:
        figures = load_figures(s, AlertPolicy(), now)
    assert figures.codes == {"200": 6, "404": 2, "304": 1, "unknown": 4, "none": 1}
    assert figures.visits == {"read": 5, "timeout": 1}
