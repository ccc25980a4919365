"""The commands around the weekly report, as people and programs use them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

import config
from cli import run_command
from domain.readers import Choices, Rhythm
from store import readers
from store.engine import open_database, writing

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture
def rollcall(capsys, tmp_path, monkeypatch):
    """Runs a command on a fresh folder: code, output, messages."""
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    assert run("init", "--contact", "ada@example.org")[0] == 0
    return run


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "week 47"), ("fr", "semaine 47"), ("es", "semana 47"), ("pt", "semana 47")],
)
def test_a_week_is_printed_in_the_language_asked_for(rollcall, language, told):
    options = ("--week", "2026-W47", "--format", "html", "--language", language)
    code, out, _ = rollcall("report", "preview", *options)
    assert code == 0
    assert f'<html lang="{language}">' in out
    assert told in out


def test_readers_are_listed_with_what_they_chose_and_how_they_stand(rollcall, tmp_path):
    assert "subscribe on the web" in rollcall("report", "readers")[2]
    engine = open_database(config.load(tmp_path, {}).database_url)
    with writing(engine) as s:
        readers.ask(s, "asked@example.org", Choices(topics=("wash",)), NOW)
        resting = readers.ask(s, "rests@example.org", Choices(rhythm=Rhythm.CHANGES), NOW)
        readers.confirm(s, resting.id, NOW)
        for week in ("2026-W45", "2026-W46", "2026-W47"):
            readers.note_mailed(s, ["rests@example.org"], week)
            readers.count_bounce(s, "rests@example.org", week, NOW)
        readers.vouch(s, ["fine@example.org"], NOW)
    engine.dispose()
    code, out, _ = rollcall("report", "readers", "--json")
    rows = {row.pop("address"): row for row in map(json.loads, out.splitlines())}
    assert code == 0
    assert {name: row["state"] for name, row in rows.items()} == {
        "asked@example.org": "asked",
        "fine@example.org": "gets it",
        "rests@example.org": "rests",
    }
    assert rows["asked@example.org"]["topics"] == ["wash"]
    assert (rows["rests@example.org"]["rhythm"], rows["rests@example.org"]["bounces"]) == (
        "changes",
        3,
    )
    assert "rests@example.org" in rollcall("report", "readers")[1]


def test_a_report_of_an_empty_folder_can_be_previewed_in_each_form(rollcall):
    for form in ("text", "html", "json", "csv"):
        code, out, err = rollcall("report", "preview", "--week", "2026-W40", "--format", form)
        assert (code, err) == (0, "")
        assert out.strip()
    assert rollcall("report", "preview", "--week", "2026-W99")[0] == 2
    assert rollcall("report", "show", "2026-W40")[0] == 2


def test_sending_without_a_mail_server_keeps_the_mail_and_is_exit_code_3(rollcall):
    rollcall("users", "invite", "Ada", "ada@example.org")
    code, _, err = rollcall("report", "send", "--week", "2026-W40")
    assert code == 3
    assert "1 mails queued" in err
    assert json.loads(rollcall("status", "--json")[1])["mails_waiting"] == 1
    assert rollcall("report", "show", "2026-W40")[0] == 0
