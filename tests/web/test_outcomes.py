"""What visitors read after each outcome is what the table of outcomes promises."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crawler.plan import OUTCOME_RULES
from domain.outcome import SEEING, Outcome, Status
from domain.report import ChangeKind
from presentation.digest import Edition
from presentation.words import outcome_words
from reports.render import render_html, render_text
from reports.weekly import build_report
from store.engine import reading
from store.sources import load_source
from tests.web.kit import NOW, Browser, Clock, Directory

DAY = timedelta(days=1)
BLIND = [outcome for outcome in Outcome if not outcome.saw]
OURS = Outcome.OUR_NETWORK_DOWN
# The table's words, and what of them visitors really read.
SAID = {
    "the last good word, dated": "could be read only in part",
    "archive unreadable since": "archive unreadable since",
    "asks for a login": "asks for a login",
    "does not let robots in": "does not let programs in",
    "asks for proof of being human": "asks visitors to prove that they are human",
    "busy": "asked us to come back later",
    "the address says it is gone": "is gone, says its host",
    "not found": "is not at its address",
    "may have moved": "says that it moved",
    "the address belongs to somebody else": "has lost its address",
    "server fails": "answers with an error of its server",
    "no answer": ("did not answer in time", "cannot be reached"),
}


def lose(made: Directory, outcome: Outcome, *, days: int = 10) -> None:
    """An active community, read until `days` ago; since then each visit ended so."""
    source = made.add("Water Forum")
    last_seen = NOW - (days + 1) * DAY
    made.post(source, *[last_seen - i * DAY for i in range(1, 60)])
    made.see(source, NOW - 800 * DAY, last_seen)
    made.visit(source, Outcome.READ, ago=(days + 1) * DAY)
    for ago in (days, 1):
        made.visit(source, outcome, ago=ago * DAY)
    made.judge(source, Status.ACTIVE, last_post_at=last_seen, observed_until=last_seen)


def test_every_promise_of_the_table_is_looked_for():
    promised = {OUTCOME_RULES[outcome].public for outcome in BLIND if outcome is not OURS}
    assert promised == set(SAID)
    assert {OUTCOME_RULES[outcome].public for outcome in SEEING} == {"nothing special"}


@pytest.mark.parametrize("outcome", [o for o in BLIND if o is not OURS])
def test_the_last_good_word_stays_with_why_and_since_when(
    made: Directory, visitor: Browser, outcome: Outcome
) -> None:
    lose(made, outcome)
    page = visitor.text("/c/water-forum")
    assert '<strong class="word">Active</strong>' in page
    assert "The word is from 12 Nov 2026, when its archive was last seen whole." in page
    part = outcome is Outcome.PARTIAL
    assert f"archive {'read only in part' if part else 'unreadable'} since 13 Nov 2026" in page
    words = SAID[OUTCOME_RULES[outcome].public]
    assert any(said in page for said in ([words] if isinstance(words, str) else words))
    assert f"it {outcome_words(outcome)}. That is not silence." in page
    assert 'class="hatch"' in page
    listed = visitor.text("/")
    assert '<strong class="word">Active</strong>' in listed
    assert "since 13 Nov 2026" in listed


@pytest.mark.parametrize("outcome", [o for o in BLIND if o is not OURS])
def test_after_sixty_days_the_word_is_not_verified_and_still_no_worse(
    made: Directory, visitor: Browser, clock: Clock, outcome: Outcome
) -> None:
    lose(made, outcome)
    clock.now = NOW - 11 * DAY + 60 * DAY
    assert '<strong class="word">Active</strong>' in visitor.text("/c/water-forum")
    clock.now += timedelta(seconds=1)
    for path in ("/c/water-forum", "/"):
        page = visitor.text(path)
        assert "Not verified</strong> – since 12 Nov 2026 (then: Active)" in page
        assert '<strong class="word">Inactive' not in page


@pytest.mark.parametrize("outcome", BLIND)
def test_the_weekly_report_names_it_as_not_read_and_never_as_quiet(
    made: Directory, outcome: Outcome
) -> None:
    lose(made, outcome)
    with reading(made.engine) as s:
        report = build_report(s, week="2026-W47", now=NOW)
    (row,) = report.talk
    assert row.this_week is None
    assert {change.kind for change in report.changes} <= {ChangeKind.NEW}
    text = " ".join(render_text(report, Edition()).split())
    assert f"{outcome_words(outcome)} (since 13 Nov 2026)" in text
    assert "Water Forum" in render_html(report, Edition())


def test_an_outage_of_ours_changes_nothing_that_was_said(made: Directory, visitor: Browser) -> None:
    source = made.add_active("Water Forum")
    before = visitor.text("/c/water-forum")
    made.visit(source, OURS, ago=timedelta(minutes=5))
    assert visitor.text("/c/water-forum") == before


def test_an_outage_of_ours_does_not_hide_what_was_wrong_before(
    made: Directory, visitor: Browser
) -> None:
    lose(made, Outcome.LOGIN_WALL)
    before = visitor.text("/c/water-forum")
    made.visit(made_source(made), OURS, ago=timedelta(minutes=5))
    assert visitor.text("/c/water-forum") == before
    assert "archive unreadable since 13 Nov 2026: it asks for a login" in before


def test_the_date_is_the_start_of_the_trouble_whatever_it_was_called_since(
    made: Directory, visitor: Browser
) -> None:
    lose(made, Outcome.TIMEOUT)
    made.visit(made_source(made), Outcome.SERVER_ERROR)
    assert "archive unreadable since 13 Nov 2026: it answers with an error" in visitor.text(
        "/c/water-forum"
    )
    with reading(made.engine) as s:
        (entry,) = build_report(s, week="2026-W47", now=NOW).not_read
    assert entry.outcome is Outcome.SERVER_ERROR
    assert entry.since == NOW - 10 * DAY


def test_one_door_that_is_open_is_enough(made: Directory, visitor: Browser) -> None:
    lose(made, Outcome.TIMEOUT)
    made.visit(made_source(made), Outcome.READ)
    page = visitor.text("/c/water-forum")
    assert "unreadable" not in page
    assert "The word is from" not in page


def made_source(made: Directory):
    with reading(made.engine) as s:
        source = load_source(s, "water-forum")
    assert source is not None
    return source
