"""The weekly mail: its heads, its parts, its files, and one copy for each reader and week."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine

from domain.errors import StorageFailed
from domain.report import WeeklyReport
from presentation.digest import Edition
from reports.letters import Letter, build_letters, build_mail, queue_letters
from reports.mail import write_report_files
from reports.render import render_html
from store.engine import writing
from store.outbox import claim_mails

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SENDER = "rollcall@cops.example.org"
ONLINE = Edition(public_url="https://cops.example.org", title="Health CoPs")


def _build(report: WeeklyReport, recipient: str = "ada@example.org") -> EmailMessage:
    return build_mail(report, recipient=recipient, sender=SENDER, now=NOW, edition=ONLINE)


def _parse(content: bytes) -> EmailMessage:
    read = message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(read, EmailMessage)
    return read


def _queue(
    engine: Engine, report: WeeklyReport, *recipients: str, edition: Edition = ONLINE
) -> int:
    letters = [Letter(address=one, report=report, edition=edition) for one in recipients]
    with writing(engine) as session:
        return len(queue_letters(session, build_letters(letters, sender=SENDER, now=NOW), NOW))


# ---- building ------------------------------------------------------------------------------


def test_the_mail_says_who_it_is_from_and_that_no_person_wrote_it(
    full_report: WeeklyReport,
) -> None:
    mail = _parse(_build(full_report).as_bytes())
    assert str(mail["From"]) == "Health CoPs <rollcall@cops.example.org>"
    assert str(mail["To"]) == "ada@example.org"
    assert str(mail["Subject"]).startswith("Health CoPs, week 47 (16–22 Nov 2026): 72 posts")
    assert mail["Date"].datetime == NOW
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert mail["List-Id"] == "Health CoPs weekly <weekly.cops.example.org>"
    assert mail["Content-Language"] == "en"


def test_the_mail_holds_the_same_report_as_text_and_as_html(full_report: WeeklyReport) -> None:
    mail = _parse(_build(full_report).as_bytes())
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert "Réseau Exemple Santé" in text.get_content()
    assert html.get_content_type() == "text/html"
    assert html.get_content().split() == render_html(full_report, ONLINE).split()


def test_the_mail_passes_servers_that_only_take_short_seven_bit_lines(
    full_report: WeeklyReport,
) -> None:
    content = _build(full_report).as_bytes()
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def test_a_reader_and_week_have_one_message_id(full_report: WeeklyReport) -> None:
    first, second = _build(full_report), _build(full_report)
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()
    assert first["Message-ID"] != _build(full_report, "bob@example.org")["Message-ID"]
    assert "ada" not in str(first["Message-ID"])
    assert str(first["Message-ID"]).endswith("@cops.example.org>")


def test_another_week_has_another_message_id(make_report: Callable[..., WeeklyReport]) -> None:
    ids = {str(_build(make_report(week=week))["Message-ID"]) for week in ("2026-W46", "2026-W47")}
    assert len(ids) == 2


def test_a_way_to_stop_is_offered_only_where_somebody_reads_it(full_report: WeeklyReport) -> None:
    assert "List-Unsubscribe" not in _build(full_report)
    edition = Edition(title="CoPs", stop_address="stop@example.org")
    mail = build_mail(
        full_report, recipient="ada@example.org", sender=SENDER, now=NOW, edition=edition
    )
    assert mail["List-Unsubscribe"] == "<mailto:stop@example.org?subject=stop%20CoPs%20weekly>"
    assert "List-Unsubscribe-Post" not in mail
    (text, _) = _parse(mail.as_bytes()).iter_parts()
    assert "write to stop@example.org" in text.get_content()


def test_one_press_stops_it_where_the_site_is_safe(full_report: WeeklyReport) -> None:
    """RFC 8058: a POST address of its own for each reader, and the word that it takes a POST."""
    edition = replace(
        ONLINE,
        choices_url="https://cops.example.org/mail/t.1",
        stop_url="https://cops.example.org/stop/t.1",
        stop_address="stop@example.org",
    )
    letter = Letter(address="ada@example.org", report=full_report, edition=edition)
    ((_, content),) = build_letters([letter], sender=SENDER, now=NOW)
    mail = _parse(content)
    assert mail["List-Unsubscribe"] == (
        "<https://cops.example.org/stop/t.1>, "
        "<mailto:stop@example.org?subject=stop%20Health%20CoPs%20weekly>"
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in mail.iter_parts():
        assert "https://cops.example.org/mail/t.1" in part.get_content()
        assert "https://cops.example.org/stop/t.1" in part.get_content()


def test_readers_of_one_edition_get_their_own_links_and_nobody_elses(
    full_report: WeeklyReport,
) -> None:
    letters = [
        Letter(
            address=f"{name}@example.org",
            report=full_report,
            edition=replace(ONLINE, stop_url=f"http://localhost/stop/{name}", choices_url="x:y"),
        )
        for name in ("ada", "bob")
    ]
    for letter, content in build_letters(letters, sender=SENDER, now=NOW):
        own, other = ("ada", "bob") if "ada" in letter.address else ("bob", "ada")
        mail = _parse(content)
        assert "List-Unsubscribe-Post" not in mail
        texts = "".join(part.get_content() for part in mail.iter_parts())
        assert f"/stop/{own}" in texts
        assert f"/stop/{other}" not in texts
        assert ".invalid" not in texts
        assert (
            content
            == build_mail(
                full_report,
                recipient=letter.address,
                sender=SENDER,
                now=NOW,
                edition=letter.edition,
            ).as_bytes()
        )


# ---- queueing ------------------------------------------------------------------------------


def test_queueing_twice_queues_once(engine: Engine, full_report: WeeklyReport) -> None:
    assert _queue(engine, full_report, "ada@example.org", "bob@example.org") == 2
    assert _queue(engine, full_report, "ada@example.org", "bob@example.org") == 0
    with writing(engine) as session:
        mails = claim_mails(session, NOW, 10, timedelta(minutes=1))
    assert [mail.recipient for mail in mails] == ["ada@example.org", "bob@example.org"]


def test_a_reader_named_twice_in_other_letters_gets_one_mail(
    engine: Engine, full_report: WeeklyReport
) -> None:
    assert _queue(engine, full_report, "Ada@Example.org", "ada@example.org") == 1
    assert _queue(engine, full_report, "ADA@example.org") == 0


def test_a_reader_who_is_new_since_gets_the_week_as_well(
    engine: Engine, full_report: WeeklyReport
) -> None:
    _queue(engine, full_report, "ada@example.org")
    assert _queue(engine, full_report, "ada@example.org", "new@example.org") == 1


def test_the_next_week_is_queued_again(
    engine: Engine, make_report: Callable[..., WeeklyReport]
) -> None:
    assert _queue(engine, make_report(), "ada@example.org") == 1
    assert _queue(engine, make_report(week="2026-W48"), "ada@example.org") == 1


# ---- files ---------------------------------------------------------------------------------


def _write(folder: Path, report: WeeklyReport) -> list[Path]:
    files = write_report_files(
        folder, report, recipient="ada@example.org", sender=SENDER, now=NOW, edition=ONLINE
    )
    return [files.html, files.text, files.mail, files.json, files.csv]


def test_every_form_of_the_week_is_written(tmp_path: Path, full_report: WeeklyReport) -> None:
    html, text, mail, data, table = _write(tmp_path / "outbox", full_report)
    assert html.read_text().startswith("<!DOCTYPE html>")
    assert "WHAT CHANGED" in text.read_text()
    assert _parse(mail.read_bytes())["To"] == "ada@example.org"
    assert json.loads(data.read_text())["week"] == "2026-W47"
    assert len(list(csv.reader(table.read_text().splitlines()))) == 7
    assert {path.name for path in (tmp_path / "outbox").iterdir()} == {
        f"2026-W47.{ending}" for ending in ("html", "txt", "eml", "json", "csv")
    }


def test_writing_again_replaces_and_leaves_no_drafts(
    tmp_path: Path, full_report: WeeklyReport, make_report: Callable[..., WeeklyReport]
) -> None:
    _write(tmp_path, make_report())
    html, *_ = _write(tmp_path, full_report)
    assert "Malaria" in html.read_text()
    assert len(list(tmp_path.iterdir())) == 5


def test_a_folder_that_cannot_be_made_is_one_clear_error(
    tmp_path: Path, full_report: WeeklyReport
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(StorageFailed) as failure:
        _write(tmp_path / "taken", full_report)
    assert failure.value.exit_code == 75
    assert str(tmp_path / "taken") in failure.value.line


def test_a_file_that_cannot_be_replaced_leaves_no_draft_behind(
    tmp_path: Path, full_report: WeeklyReport
) -> None:
    (tmp_path / "2026-W47.html").mkdir()
    with pytest.raises(StorageFailed, match="cannot be written"):
        _write(tmp_path, full_report)
    assert [path.name for path in tmp_path.iterdir()] == ["2026-W47.html"]
