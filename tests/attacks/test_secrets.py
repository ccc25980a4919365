"""What opens doors, and where it must not stand: output, logs, backups, files that others read."""

from __future__ import annotations

import re
import sqlite3
import stat
import tomllib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from cli import run_command
from domain.errors import RollcallError
from domain.people import Role
from domain.records import Platform
from store.engine import open_database, reading, writing
from store.sources import add_community, add_source
from store.users import add_user, save_code, secret

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PASSWORD = "correct-horse-battery"
SETTINGS = """\
contact = "operator@example.org"
[mail]
host = "127.0.0.1"
port = 1
user = "rollcall"
password_file = "{file}"
[mailboxes.box]
kind = "imap"
address = "127.0.0.1:1"
user = "rollcall"
password_file = "{file}"
"""


@pytest.fixture
def folder(workshop, tmp_path):
    """A data folder with passwords in its settings."""
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o600)
    (workshop.folder / "rollcall.toml").write_text(SETTINGS.format(file=file))
    return workshop.folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_no_password_stands_in_what_is_printed(folder, capsys, monkeypatch):
    settings = config.load(folder, {})
    assert PASSWORD in (settings.mail.password, settings.mailboxes["box"].password)
    told = [repr(settings), str(settings)]
    for arguments in (["config", "show", "--origin"], ["config", "show", "--json"], ["doctor"]):
        run_command(["--data", str(folder), "--debug", *arguments])
        told += capsys.readouterr()
    url = f"postgresql://rollcall:{PASSWORD}@127.0.0.1:1/rollcall"
    with pytest.raises(RollcallError) as refused:
        open_database(url)
    told += [str(refused.value), repr(refused.value), refused.value.line]
    monkeypatch.setenv("ROLLCALL_DATABASE_URL", url)
    for arguments in (["config", "show"], ["status"], ["crawl"], ["doctor", "--json"]):
        run_command(["--data", str(folder), *arguments])
        told += capsys.readouterr()
    assert [one for one in told if PASSWORD in one] == []


def test_what_holds_keys_is_closed_to_others(folder, tmp_path, capsys, workshop):
    run = ["--data", str(folder)]
    assert run_command([*run, "backup", str(tmp_path / "kept.db")]) == 0
    assert run_command([*run, "export", "--complete", "--to", str(tmp_path / "all")]) == 0
    capsys.readouterr()
    assert mode(tmp_path / "kept.db") == 0o600
    assert mode(tmp_path / "all") == 0o700
    assert mode(folder / "rollcall.db") == 0o600


def test_an_ordinary_export_holds_no_key_and_a_backup_no_code(folder, tmp_path, capsys, workshop):
    with writing(workshop.engine) as s:
        user = add_user(s, name="Amina", address="amina@example.org", role=Role.LEAD, now=NOW)
        save_code(s, user.id, "123456", NOW)
        key = secret(s, "web")
        community = add_community(s, slug="x", name="X", now=NOW, owner_address="o@example.org")
        own = s.connection().exec_driver_sql("SELECT secret_key FROM communities").scalar_one()
    run = ["--data", str(folder)]
    assert run_command([*run, "export", "--to", str(tmp_path / "out")]) == 0
    assert run_command([*run, "backup", str(tmp_path / "kept.db")]) == 0
    capsys.readouterr()
    text = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    for closed in (key.hex(), own.hex(), "amina@example.org", "o@example.org", "Amina"):
        assert closed not in text, closed
    assert community.slug in text


def test_a_backup_holds_no_code(folder, tmp_path, capsys, workshop):
    with writing(workshop.engine) as s:
        user = add_user(s, name="Amina", address="amina@example.org", role=Role.LEAD, now=NOW)
        save_code(s, user.id, "123456", NOW)
    with reading(workshop.engine) as s:
        (stored,) = s.connection().exec_driver_sql("SELECT code_hash FROM sign_ins").scalars()
    assert b"123456" not in stored
    run_command(["--data", str(folder), "backup", str(tmp_path / "kept.db")])
    capsys.readouterr()
    with closing(sqlite3.connect(tmp_path / "kept.db")) as backup:
        assert backup.execute("SELECT count(*) FROM sign_ins").fetchone() == (0,)
    assert stored not in (tmp_path / "kept.db").read_bytes()


def test_no_file_is_named_after_what_a_stranger_wrote(workshop, archive_server, tmp_path, capsys):
    """Names with `../` go into a table, and no further."""
    name = "../../../../escaped"
    with writing(workshop.engine) as s:
        community = add_community(s, slug="../slug", name=name, now=NOW)
        for place in (name, "/etc/rollcall", "a/../../b", "a\x00b"[:1]):
            url = archive_server.put(f"/{len(place)}", lambda request: None)
            add_source(
                s, community_id=community.id, name=place, url=url, platform=Platform.FEED, now=NOW
            )
    before = {path for path in tmp_path.parent.rglob("*") if tmp_path not in path.parents}
    workshop.crawl()
    for arguments in (["export", "--to", str(tmp_path / "out")], ["report", "preview"]):
        run_command(["--data", str(workshop.folder), *arguments])
    capsys.readouterr()
    after = {path for path in tmp_path.parent.rglob("*") if tmp_path not in path.parents}
    assert after - before == set()
    assert not [path for path in tmp_path.rglob("*") if "escaped" in path.name]


def test_every_package_is_pinned_with_its_hashes():
    root = Path(__file__).parents[2]
    for name in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"\n(?=\S)", (root / name).read_text().replace("\\\n", " "))
        packages = [one for one in entries if one.strip() and not one.startswith("#")]
        assert len(packages) > 30
        for one in packages:
            assert re.match(r"[\w.-]+(?:\[[\w,-]+\])?==\S+", one), one[:80]
            assert "--hash=sha256:" in one, one[:80]
    wanted = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    assert not [one for one in wanted if "@" in one or "://" in one]
