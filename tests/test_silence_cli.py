"""What an operator sees of a silence that is not proved, and what can be done about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli import run_command
from demo.answer import Answer
from tests.jobs.archives import INDEX, ROW, Pipermail, write_talk


@pytest.fixture
def rollcall(capsys, monkeypatch, tmp_path):
    """Runs a command on a folder of its own: exit code, standard output, standard error."""
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    assert run("init", "--contact", "ada@example.org")[0] == 0
    settings = 'contact = "ada@example.org"\nallow_private = true\ndelay_seconds = 0\n'
    (tmp_path / "data" / "rollcall.toml").write_text(settings, encoding="utf-8")
    return run


def records(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def old_page(rows: str) -> Answer:
    return Answer(body=INDEX.format(rows=rows).encode())


@pytest.fixture
def redesigned(rollcall, archive_server):
    """A list that fell silent; the visit sees its old page, the look back after it a new one."""
    last = datetime.now(UTC) - timedelta(days=250)
    site = Pipermail(archive_server, "127.77.5.1", write_talk("nets", last))
    rows = "".join(ROW.format(name=name, size=f"{len(name)} KB") for name in site.months)
    skin = INDEX.replace("table", "section").format(rows=rows).encode()
    archive_server.put(
        "/nets/", lambda times: Answer(body=skin) if times else old_page(rows), host=site.host
    )
    rollcall("sources", "add", site.url, "--platform", "pipermail", "--name", "nets")
    return rollcall


def test_an_operator_is_told_looks_and_accepts(redesigned):
    rollcall = redesigned
    code, _, err = rollcall("crawl")
    assert code == 0
    assert "! nets: silence not proved: its page is built in another way" in err
    assert "0 of 1 silences proved" in err
    assert [r["status"] for r in records(rollcall("assess", "--json")[1])] == ["unverifiable"]
    code, out, _ = rollcall("status")
    assert code == 1
    assert "Silence    1 not proved, so not believed" in out
    assert "! nets: its page is built in another way" in out
    assert "rollcall sources show nets" in out.splitlines()[-1]
    told = json.loads(rollcall("status", "--json")[1])["silence_not_proved"]
    assert [(one["source"], one["check"]) for one in told] == [("nets", "layout")]
    check_shown(rollcall)
    assert rollcall("sources", "accept", "nts")[0] == 2
    assert rollcall("sources", "accept", "nets")[0] == 0
    assert [r["status"] for r in records(rollcall("assess", "--json")[1])] == ["dormant"]
    assert "Silence" not in rollcall("status")[1]


def check_shown(rollcall) -> None:
    """`sources show` tells each check, and which stretches of time were seen."""
    _, out, err = rollcall("sources", "show", "nets")
    assert "failed  layout" in out
    assert "ok      old_post" in out
    assert "complete" in out
    assert "rollcall sources accept nets" in err
    shown = records(rollcall("sources", "show", "nets", "--json")[1])
    assert {one["kind"] for one in shown} == {"visit", "canary", "coverage"}
    seen = [one for one in shown if one["kind"] == "coverage"]
    assert [one["seen"] for one in seen] == ["complete", "not"]
    assert seen[0]["end"] == seen[1]["start"]
