from __future__ import annotations

from datetime import timedelta

import pytest

from domain.outcome import Outcome
from domain.records import CrawlReport
from store.crawls import last_report, latest_reports, list_reports, outcome_since, save_report
from store.engine import reading, writing

HOUR = timedelta(hours=1)


@pytest.fixture
def report(engine, now):
    def report(source, outcome, hours, **facts):
        made = CrawlReport(
            source_id=source.id,
            started_at=now + hours * HOUR,
            finished_at=now + hours * HOUR + timedelta(minutes=2, microseconds=7),
            outcome=outcome,
            **facts,
        )
        with writing(engine) as s:
            save_report(s, made)
        return made

    return report


def test_a_report_comes_back_as_it_was_saved(engine, make_source, report, now):
    source = make_source()
    saved = report(
        source,
        Outcome.MOVED,
        0,
        detail="the list says it moved",
        to_do="rollcall sources show malaria-list",
        posts_total=12,
        posts_new=3,
        requests=4,
        robots_requests=1,
        bytes=70_000,
        new_url="https://new.example.org/",
        not_before=now + HOUR,
        evidence={"sentence": "We moved."},
    )
    with reading(engine) as s:
        assert last_report(s, source.id) == saved


def test_a_source_that_was_never_visited_has_no_report(engine, make_source):
    source = make_source()
    with reading(engine) as s:
        assert last_report(s, source.id) is None
        assert list_reports(s, source.id, 5) == []
        assert latest_reports(s) == {}
        assert outcome_since(s, source.id) is None


def test_reports_are_listed_newest_first_whenever_they_were_saved(engine, make_source, report):
    source = make_source()
    reports = {hours: report(source, Outcome.READ, hours) for hours in (2, 3, 1)}
    with reading(engine) as s:
        assert list_reports(s, source.id, 2) == [reports[3], reports[2]]


def test_every_source_has_its_own_latest_report(engine, make_source, report):
    one, two, silent = make_source("one"), make_source("two"), make_source("silent")
    report(one, Outcome.READ, 1)
    latest = {
        one.id: report(one, Outcome.TIMEOUT, 2),
        two.id: report(two, Outcome.READ, 1),
    }
    with reading(engine) as s:
        assert latest_reports(s) == latest
        assert latest_reports(s, only=[two.id, silent.id]) == {two.id: latest[two.id]}


def test_an_outcome_lasts_since_the_first_visit_of_its_run(engine, make_source, report):
    source = make_source()
    report(source, Outcome.TIMEOUT, 1)
    report(source, Outcome.READ, 2)
    first = report(source, Outcome.TIMEOUT, 3)
    report(source, Outcome.TIMEOUT, 4)
    with reading(engine) as s:
        assert outcome_since(s, source.id) == first.started_at


def test_an_outcome_that_never_changed_lasts_since_the_first_visit(engine, make_source, report):
    source, other = make_source("one"), make_source("two")
    first = report(source, Outcome.READ, 1)
    report(other, Outcome.REFUSED, 2)
    report(source, Outcome.READ, 3)
    with reading(engine) as s:
        assert outcome_since(s, source.id) == first.started_at
