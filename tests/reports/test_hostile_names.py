"""Names that would add a head to a mail, or an element to a page, if they were let."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from presentation.digest import Edition
from reports.letters import Letter, build_letters
from reports.render import render_html, render_text

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
ONLINE = Edition(
    public_url="https://cops.example.org",
    title="Health CoPs",
    stop_url="https://cops.example.org/stop/x",
)
HEADS = "A\r\nBcc: everybody@example.org\r\n\r\nX"
SPLITTERS = ("\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\0")
KNOWN = {
    "from", "to", "subject", "date", "message-id", "list-id", "list-unsubscribe", "mime-version",
    "list-unsubscribe-post", "auto-submitted", "precedence", "content-type", "content-language",
}  # fmt: skip


@pytest.mark.parametrize("splitter", SPLITTERS, ids=repr)
def test_no_name_adds_a_head_to_the_weekly_mail(full_report, splitter):
    name = (
        f"Malaria{splitter}Bcc: everybody@example.org{splitter}{splitter}<script>alert(1)</script>"
    )
    report = replace(
        full_report,
        changes=tuple(replace(change, name=name) for change in full_report.changes),
        talk=tuple(replace(row, name=name) for row in full_report.talk),
        not_read=tuple(replace(one, name=name) for one in full_report.not_read),
    )
    edition = replace(ONLINE, title=f"CoPs{splitter}Bcc: everybody@example.org")
    letter = Letter(address="ada@example.org", report=report, edition=edition)
    ((_, raw),) = build_letters([letter], sender="rollcall@cops.example.org", now=NOW)
    mail = message_from_bytes(raw, policy=policy.SMTP)
    assert {head.lower() for head in mail.keys()} <= KNOWN  # noqa: SIM118
    assert mail["To"] == "ada@example.org"


def test_no_name_becomes_markup_in_the_mail(full_report):
    name = '<img src=x onerror="alert(1)">'
    report = replace(full_report, talk=tuple(replace(r, name=name) for r in full_report.talk))
    assert "<img" not in render_html(report, ONLINE)
    assert "onerror" in render_text(report, ONLINE)
