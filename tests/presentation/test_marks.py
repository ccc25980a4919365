"""Seven marks, each with a sign and a word of its own; every outcome has one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import Gone, Refused, Unparseable, Unreachable
from domain.outcome import SEEING, Outcome
from domain.records import CrawlReport, Platform, Source
from presentation.marks import MARKS, RunMark, mark_source, mark_visit

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def source(**facts: object) -> Source:
    values: dict[str, object] = {"platform": Platform.PIPERMAIL, **facts}
    return Source(id=1, community_id=1, name="m", url="https://x.example.org/", **values)  # type: ignore[arg-type]


def report(outcome: Outcome, posts_new: int = 0) -> CrawlReport:
    return CrawlReport(
        source_id=1, started_at=NOW, finished_at=NOW, outcome=outcome, posts_new=posts_new
    )


def test_there_are_seven_marks_with_seven_signs_and_seven_words():
    assert len({mark.sign for mark in RunMark}) == len(RunMark) == 7
    assert len({mark.word for mark in RunMark}) == 7
    assert all(mark.meaning for mark in RunMark)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_mark_and_only_seeing_is_no_trouble(outcome):
    assert MARKS[outcome].is_trouble is not outcome.saw
    assert mark_visit(outcome).is_trouble is not outcome.saw
    assert mark_visit(outcome, posts_new=3).is_trouble is not outcome.saw


@pytest.mark.parametrize(
    ("outcomes", "mark"),
    [
        (SEEING, RunMark.NOTHING_NEW),
        (Unparseable.allowed | Gone.allowed, RunMark.CANNOT_READ),
        (Refused.allowed, RunMark.REFUSED),
        (Unreachable.allowed - {Outcome.OUR_NETWORK_DOWN}, RunMark.NOT_REACHED),
        ({Outcome.PARTIAL, Outcome.OUR_NETWORK_DOWN}, RunMark.UNKNOWN),
    ],
    ids=["seen", "answers-otherwise", "refused", "no-answer", "nothing-concluded"],
)
def test_each_family_of_outcomes_has_one_mark(outcomes, mark):
    assert {outcome for outcome in Outcome if MARKS[outcome] is mark} == set(outcomes)


def test_new_posts_make_new_talk_only_where_the_visit_saw():
    assert mark_visit(Outcome.READ, 1) is RunMark.NEW_TALK
    assert mark_visit(Outcome.READ, 0) is RunMark.NOTHING_NEW
    assert mark_visit(Outcome.PARTIAL, 5) is RunMark.UNKNOWN


def test_nothing_is_due_of_a_paused_or_imported_source():
    down = report(Outcome.TIMEOUT)
    assert mark_source(source(paused=True), down) is RunMark.NOT_DUE
    assert mark_source(source(platform=Platform.MBOX), None) is RunMark.NOT_DUE
    assert mark_source(source(), None) is RunMark.UNKNOWN
    assert mark_source(source(), down) is RunMark.NOT_REACHED


@pytest.mark.parametrize("mark", list(RunMark))
def test_each_mark_stands_in_the_glossary_with_its_word_and_meaning(mark):
    assert f"| {mark.sign} | {mark.word} | {mark.meaning} |" in GLOSSARY.read_text(encoding="utf-8")
