"""The commands about who may sign in."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cli import run_command
from config import load
from web.app import build_app


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


def test_a_curator_signs_in_by_a_printed_page_while_no_mail_goes_out(rollcall, tmp_path):
    code, first, err = rollcall("users", "invite", "Ada", "ada@example.org")
    assert code == 0
    assert "rollcall users link ada@example.org" in err
    assert sign_in_by(tmp_path, first) == 303
    assert sign_in_by(tmp_path, first) == 410
    code, second, _ = rollcall("users", "link", "ada@example.org")
    assert code == 0
    assert sign_in_by(tmp_path, second) == 303
    assert rollcall("users", "link", "nobody@example.org")[0] == 2
    assert json.loads(rollcall("users", "list", "--json")[1]) == {
        "name": "Ada",
        "address": "ada@example.org",
        "role": "curator",
    }
    assert rollcall("users", "invite", "Ada", "ada@example.org")[0] == 2
    assert rollcall("users", "invite", "Ada", "nobody")[0] == 2


def test_a_curator_who_gets_mail_is_told_where_to_sign_in(rollcall, tmp_path):
    (tmp_path / "rollcall.toml").write_text('[mail]\nhost = "mail.example.org"\n')
    code, out, err = rollcall("users", "invite", "Ada", "ada@example.org")
    assert (code, out) == (0, "")
    assert "/login with ada@example.org" in err


def sign_in_by(folder: Path, printed: str) -> int:
    """The status of the answer to the button of that page."""
    app = build_app(load(folder, {}, flags={}))
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client().post(urlsplit(printed.strip()).path).status_code
