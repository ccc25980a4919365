"""The alert mail: what changed in the subject, what to do in the text, the same bytes each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.alerts import OUR_NETWORK, VISITS, Alert, AlertKind
from domain.outcome import Outcome
from domain.records import CrawlReport
from reports.alert import AlertMail, Told, build_alert_mail, dedupe_key, write_subject, write_text

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(
    name: str = "nets",
    *,
    kind: AlertKind = AlertKind.SOURCE,
    over: bool = False,
    outcome: Outcome = Outcome.TIMEOUT,
    number: int = 1,
    **facts,
) -> Told:
    alert = Alert(
        id=number,
        kind=kind,
        name=name,
        source_id=1 if kind is AlertKind.SOURCE else None,
        since=NOW - 5 * HOUR,
        opened_at=NOW - 4 * HOUR,
        failures=2,
        closed_at=NOW if over else None,
    )
    if kind is not AlertKind.SOURCE:
        return Told(alert=alert)
    report = CrawlReport(
        source_id=1,
        started_at=NOW,
        finished_at=NOW,
        outcome=Outcome.READ if over else outcome,
        **facts,
    )
    return Told(
        alert=alert,
        community="Bed nets",
        url=f"https://a.example.org/{name}/",
        host="a.example.org",
        report=report,
        page=f"https://cops.example.org/runs/{name}",
    )


def mail(*news: Told, recipient: str = "ola@example.org") -> AlertMail:
    return AlertMail(recipient=recipient, sender="rollcall@example.org", now=NOW, news=news)


@pytest.mark.parametrize("outcome", [o for o in Outcome if not o.saw])
def test_every_outcome_has_a_subject_a_reason_and_something_to_do(outcome):
    news = told(outcome=outcome)
    assert write_subject([news]).endswith(" since 23 Nov 2026, 01:00 UTC")
    text = write_text([news])
    assert "  Why        its archive " in text
    assert "  To do      " in text
    assert "  Page       https://cops.example.org/runs/nets\n" in text


@pytest.mark.parametrize(
    ("news", "subject"),
    [
        (told(over=True), "nets is read again, after 5 hours"),
        (
            told(OUR_NETWORK, kind=AlertKind.NETWORK),
            "our own network has been down since 23 Nov 2026, 01:00 UTC",
        ),
        (
            told(OUR_NETWORK, kind=AlertKind.NETWORK, over=True),
            "our own network works again, after 5 hours",
        ),
        (
            told("assess", kind=AlertKind.LATE),
            "the daily scoring is late: it was due 23 Nov 2026, 01:00 UTC",
        ),
        (told("assess", kind=AlertKind.LATE, over=True), "the daily scoring is done, 5 hours late"),
        (
            told(VISITS, kind=AlertKind.LATE),
            "2 sources are late: due since 23 Nov 2026, 01:00 UTC, not visited",
        ),
        (told(VISITS, kind=AlertKind.LATE, over=True), "sources are visited again, after 5 hours"),
    ],
)
def test_one_change_is_named_in_the_subject(news, subject):
    assert write_subject([news]) == subject
    assert "rollcall " in write_text([news])


def test_what_broke_stands_before_what_is_mended():
    text = write_text([told("mended", over=True), told("broken")])
    assert text.index("sources show broken") < text.index("sources show mended")


def test_a_name_is_quoted_so_that_the_command_can_be_typed():
    assert "rollcall sources show 'a list; of ours'" in write_text([told("a list; of ours")])


def test_evidence_is_one_short_line():
    evidence = {"url": "https://a.example.org/", "body": "x" * 1000}
    text = write_text([told(detail="two\nlines", evidence=evidence)])
    (line,) = [line for line in text.splitlines() if "Evidence" in line]
    assert line.startswith("  Evidence   two lines. url: https://a.example.org/; body: xxx")
    assert line.endswith("x…")
    assert len(line) < 320


def test_a_visit_that_saw_meanwhile_is_no_evidence():
    text = write_text([told(outcome=Outcome.READ)])
    assert text.startswith("nets is not seen since")
    assert "Evidence" not in text


def test_the_same_changes_make_the_same_mail():
    one, two = build_alert_mail(mail(told())), build_alert_mail(mail(told()))
    assert one.as_bytes() == two.as_bytes()
    assert one["Auto-Submitted"] == "auto-generated"
    assert str(one["Message-ID"]).endswith("@example.org>")


def test_the_key_names_source_change_and_reader():
    assert dedupe_key(mail(told())) == "alert:source:nets:1:open:ola@example.org"
    assert dedupe_key(mail(told(over=True))) == "alert:source:nets:1:closed:ola@example.org"
    keys = {
        dedupe_key(mail(told(), told("water", number=2))),
        dedupe_key(mail(told(), told("water", number=3))),
        dedupe_key(mail(told(), told("water", number=2), recipient="uma@example.org")),
    }
    assert len(keys) == 3
    swapped = dedupe_key(mail(told("water", number=2), told()))
    assert swapped in keys
