"""Commands of whoever keeps a server: doctor, backup, restore, upgrade, export and import."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

import config
from cli import run_command
from domain.people import Role
from domain.records import DateBasis, KeyedPage, KeyedPost, Platform
from folder import hold
from jobs import doctor_outside, doctor_place
from jobs.backups import drop_old_backups, list_backups
from jobs.doctor import Finding, Grade, Patient, examine
from store.engine import SCHEMA, open_database, reading, schema_version, writing
from store.hosts import claim_host
from store.posts import count_posts, save_page
from store.sources import add_community, add_source, list_sources, load_source
from store.transfer import list_tables
from store.users import add_user, list_users
from web.app import build_app
from web.site import EXTENSION

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
OLDEST = Path(__file__).parent / "store/kept/0001.sql"


@pytest.fixture(autouse=True)
def own_environment(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("ROLLCALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path / "data"))


@pytest.fixture
def rollcall(capsys):
    """Runs a command in this process: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def folder(tmp_path, rollcall):
    """A data folder with a community, posts and a curator."""
    assert rollcall("init", "--contact", "operator@example.org")[0] == 0
    fill(f"sqlite:///{tmp_path / 'data'}/rollcall.db")
    return tmp_path / "data"


def fill(url: str, slug: str = "nets") -> None:
    engine = open_database(url)
    with writing(engine) as s:
        own = add_community(s, slug=slug, name=slug.title(), now=NOW, owner_address="o@example.org")
        source = add_source(
            s,
            community_id=own.id,
            name=slug,
            url=f"https://lists.example.org/{slug}/",
            platform=Platform.PIPERMAIL,
            now=datetime.now(UTC) + timedelta(hours=1),
        )
        posts = tuple(
            KeyedPost(
                key=bytes([n] * 16),
                at=NOW - timedelta(days=n + 1),
                basis=DateBasis.SENT,
                author_key=bytes([n % 3] * 16),
            )
            for n in range(20)
        )
        save_page(s, source.id, KeyedPage(posts=posts, coverage=(), marks=()), now=NOW)
        add_user(s, name="Ada Obi", address=f"{slug}@example.org", role=Role.OPERATOR, now=NOW)
    engine.dispose()


def change_settings(folder: Path, more: str) -> None:
    text = f'contact = "operator@example.org"\n{more}\n'
    (folder / "rollcall.toml").write_text(text, encoding="utf-8")


def records(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def diagnose(rollcall, *arguments: str) -> dict[str, dict[str, object]]:
    """The findings by check; the last of each check."""
    return {
        str(found["check"]): found for found in records(rollcall("doctor", "--json", *arguments)[1])
    }


# ---- doctor -------------------------------------------------------------------------------


def test_a_sound_installation_needs_nobody(folder, rollcall):
    assert rollcall("backup")[0] == 0
    code, out, err = rollcall("doctor")
    assert code == 0, out
    assert "FAIL" not in out
    assert "0 failed" in err


def test_before_init_the_doctor_says_where_to_begin(rollcall):
    code, out, _ = rollcall("doctor")
    assert code == 1
    assert "rollcall init" in out


def test_wrong_settings_are_a_finding(folder, rollcall):
    change_settings(folder, "[web]\nprot = 1")
    code, out, _ = rollcall("doctor")
    assert code == 1
    assert "FAIL  settings" in out
    assert "did you mean 'web.port'" in out


def test_a_folder_that_others_may_read_is_closed_by_fix(folder, rollcall):
    folder.chmod(0o755)
    found = diagnose(rollcall)["folder"]
    assert (found["grade"], found["fixable"]) == ("warn", True)
    assert folder.stat().st_mode & 0o077
    assert diagnose(rollcall, "--fix")["folder"]["fixed"] is True
    assert not folder.stat().st_mode & 0o077


def test_raw_answers_above_their_room_are_thrown_away_by_fix(folder, rollcall):
    change_settings(folder, "raw_cap_mib = 1")
    raw = folder / "raw"
    raw.mkdir()
    for number in range(3):
        (raw / f"{number}-read.zip").write_bytes(b"x" * 1024 * 1024)
    assert diagnose(rollcall)["raw answers"]["grade"] == "warn"
    assert diagnose(rollcall, "--fix")["raw answers"]["fixed"] is True
    assert diagnose(rollcall)["raw answers"]["grade"] == "ok"


def harm_integrity(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "rollcall.db")) as live, live:
        live.execute("UPDATE posts SET community_id = 99")


def harm_schema(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "rollcall.db")) as live, live:
        live.execute("UPDATE alembic_version SET version_num = '0002'")


def miss_visits(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "rollcall.db")) as live, live:
        live.execute("UPDATE sources SET due_at = '2026-01-01 00:00:00'")


def fail_duty(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "rollcall.db")) as live, live:
        live.execute(
            "INSERT INTO jobs (name, due_at, last_error) VALUES ('assess', ?, 'no space left')",
            (f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",),
        )


def forget_contact(folder: Path) -> None:
    (folder / "rollcall.toml").write_text("")


def age_backup(folder: Path) -> None:
    (folder / "backups").mkdir(mode=0o700)
    (folder / "backups" / "rollcall-20250101T000000Z.db").write_bytes(b"")


def name_silent_mail_server(folder: Path) -> None:
    change_settings(folder, '[mail]\nhost = "127.0.0.1"\nport = 1\ntls = "none"')


def name_missing_mailbox(folder: Path) -> None:
    change_settings(folder, '[mailboxes.lists]\nkind = "maildir"\npath = "/nowhere/at/all"')


@pytest.mark.parametrize(
    ("harm", "check", "to_do"),
    [
        (forget_contact, "contact", "contact ="),
        (harm_integrity, "integrity", "rollcall restore"),
        (harm_schema, "schema", "rollcall upgrade"),
        (miss_visits, "timetable", "rollcall run"),
        (fail_duty, "duties", "tried again"),
        (age_backup, "backup", "rollcall backup"),
        (name_silent_mail_server, "mail", "mail.host"),
        (name_missing_mailbox, "mailbox lists", "path"),
    ],
)
def test_what_a_person_must_do_is_said_and_ends_with_1(folder, rollcall, harm, check, to_do):
    harm(folder)
    code, out, _ = rollcall("doctor", "--json")
    found = {str(one["check"]): one for one in records(out)}
    assert (code, found[check]["grade"]) == (1, "fail"), found
    assert to_do in str(found[check]["to_do"])


def test_a_full_disk_is_said(folder, rollcall, monkeypatch):
    monkeypatch.setattr(doctor_place, "LEAST_FREE_MIB", 10**9)
    monkeypatch.setattr(doctor_place, "LITTLE_FREE_MIB", 10**9)
    assert diagnose(rollcall)["disk"]["grade"] == "fail"


def far_ahead(folder: Path) -> Patient:
    """An installation on which something ran while the clock stood two years ahead."""
    settings = config.load(folder, {})
    engine = open_database(settings.database_url)
    ahead = datetime.now(UTC) + timedelta(days=700)
    with writing(engine) as s:
        s.execute(text("UPDATE sources SET due_at = '2028-12-01 00:00:00'"))
        claim_host(s, "lists.example.org", "a run", ahead, timedelta(minutes=2))
    return Patient(settings=settings, now=datetime.now(UTC), engine=engine)


def test_what_a_wrong_clock_left_is_repaired_once_the_clock_is_right(folder, monkeypatch):
    patient = far_ahead(folder)
    try:
        for kept, fixed in ((False, False), (True, True)):
            # Were our own clock the wrong one, the repair would throw away what was seen.
            monkeypatch.setattr("jobs.doctor_store.read_clock_state", lambda kept=kept: kept)
            claims = {one.check: one for one in examine(patient, fix=True)}["claims"]
            assert (claims.fixed, claims.grade) == (fixed, Grade.FAIL)
            assert "1 visits" in claims.said
            assert "1 leases of hosts" in claims.said
        with reading(patient.engine) as s:
            source = load_source(s, "nets")
            assert source is not None
            assert source.due_at == patient.now
    finally:
        patient.engine.dispose()


def test_a_check_that_fails_stops_no_other(folder, monkeypatch):
    from domain.errors import StorageFailed

    def check_luck(_patient):
        raise StorageFailed("no luck", to_do="wait")

    monkeypatch.setattr(doctor_outside, "OUTSIDE_CHECKS", (check_luck,))
    gone = StorageFailed("no server", to_do="start it")
    patient = Patient(settings=config.load(folder, {}), now=NOW, engine=None, trouble=gone)
    *_, last = examine(patient, fix=False)
    assert last == Finding(check="luck", grade=Grade.FAIL, said="no luck", to_do="wait")


# ---- backup and restore -------------------------------------------------------------------


def test_a_backup_checks_and_brings_everything_back(folder, rollcall, tmp_path):
    file = tmp_path / "b.db"
    code, _, err = rollcall("backup", str(file))
    assert code == 0
    assert "Left out: raw answers, passwords" in err
    fill(f"sqlite:///{folder}/rollcall.db", "later")
    code, out, err = rollcall("restore", str(file), "--check")
    assert (code, "Nothing was changed" in err) == (0, True)
    assert [line.split() for line in out.splitlines() if line.startswith("posts")] == [
        ["posts", "20", "20", "40"]
    ]
    code, out, _ = rollcall("restore", str(file), "--json")
    (done,) = records(out)
    assert (code, done["rows"]["posts"], done["rows_before"]["posts"]) == (0, 20, 40)
    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    with reading(engine) as s:
        assert [source.name for source in list_sources(s)] == ["nets"]
    engine.dispose()
    assert len(list(folder.glob("rollcall.db.before-*"))) == 1


def test_a_run_that_holds_the_folder_is_not_overrun(folder, rollcall, tmp_path):
    file = tmp_path / "b.db"
    assert rollcall("backup", str(file))[0] == 0
    with hold(folder):
        assert rollcall("restore", str(file))[0] == 5
        assert rollcall("backup", str(tmp_path / "c.db"))[0] == 0


def test_a_database_whose_pages_are_served_is_not_replaced(folder, rollcall, tmp_path):
    file = tmp_path / "b.db"
    assert rollcall("backup", str(file))[0] == 0
    app = build_app(config.load(folder, {}))
    assert app.test_client().get("/").status_code == 200
    code, _, err = rollcall("restore", str(file))
    assert (code, "stop `rollcall run` and `rollcall serve`" in err) == (75, True)
    app.extensions[EXTENSION].engine.dispose()
    assert rollcall("restore", str(file))[0] == 0


def test_a_database_beyond_repair_is_replaced(folder, rollcall, tmp_path):
    file = tmp_path / "b.db"
    assert rollcall("backup", str(file))[0] == 0
    for path in folder.glob("rollcall.db*"):
        path.unlink()
    (folder / "rollcall.db").write_bytes(b"not a database" * 1000)
    assert rollcall("restore", str(file))[0] == 0
    assert rollcall("doctor")[0] == 0


@pytest.mark.parametrize("text", ["", "no database at all"])
def test_a_file_that_is_no_backup_is_refused(folder, rollcall, tmp_path, text):
    file = tmp_path / "b.db"
    file.write_text(text)
    code, _, err = rollcall("restore", str(file))
    assert (code, "is no backup of Rollcall" in err) == (2, True)
    assert rollcall("restore", str(tmp_path / "missing.db"))[0] == 2


def test_so_many_backups_are_kept_and_no_file_of_somebody_else_goes(folder):
    change_settings(folder, "[backup]\nkeep = 2")
    settings = config.load(folder, {})
    settings.backup_folder.mkdir()
    for day in (1, 2, 3, 4):
        (settings.backup_folder / f"rollcall-2026110{day}T000000Z.db").touch()
    (settings.backup_folder / "rollcall-mine.db").touch()
    assert [file.name[9:17] for file in drop_old_backups(settings)] == ["20261102", "20261101"]
    assert [one.made_at.day for one in list_backups(settings)] == [4, 3]
    assert (settings.backup_folder / "rollcall-mine.db").exists()


# ---- upgrade ------------------------------------------------------------------------------


@pytest.fixture
def oldest(tmp_path):
    """A data folder with the oldest database that is kept: a community, a source and posts."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "rollcall.toml").write_text('contact = "operator@example.org"\n')
    soon = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%d %H:%M:%S.%f}"
    with closing(sqlite3.connect(folder / "rollcall.db")) as live, live:
        live.executescript(OLDEST.read_text(encoding="utf-8"))
        live.execute("UPDATE sources SET due_at = ?", [soon])
    return folder


def test_the_oldest_database_comes_to_todays_schema_with_all_it_holds(oldest, rollcall):
    code, _, err = rollcall("status")
    assert (code, "rollcall upgrade" in err) == (3, True)
    code, out, err = rollcall("upgrade")
    assert code == 0, out
    assert f"0001 → {SCHEMA}" in err
    engine = open_database(f"sqlite:///{oldest}/rollcall.db")
    assert schema_version(engine) == SCHEMA
    with reading(engine) as s:
        assert [source.name for source in list_sources(s)] == ["nets"]
        assert count_posts(s, 1) == 2
        assert [user.name for user in list_users(s)] == ["Ada"]
    engine.dispose()
    (kept,) = (oldest / "backups").iterdir()
    assert str(kept) in err
    assert rollcall("restore", str(kept), "--check")[0] == 0
    assert "nothing had to change" in rollcall("upgrade")[2]


def test_a_backup_is_checked_where_there_is_no_folder_yet_and_makes_none(
    folder, rollcall, tmp_path
):
    file, elsewhere = tmp_path / "b.db", tmp_path / "new" / "data"
    assert rollcall("backup", str(file))[0] == 0
    code, _, err = rollcall("--data", str(elsewhere), "restore", str(file), "--check")
    assert (code, "The backup is whole" in err) == (0, True)
    assert not elsewhere.parent.exists()
    assert rollcall("--data", str(elsewhere), "restore", str(file))[0] == 0
    assert (elsewhere / "rollcall.db").exists()


def test_a_newer_schema_is_refused_and_left_alone(folder, rollcall):
    with closing(sqlite3.connect(folder / "rollcall.db")) as live, live:
        live.execute("UPDATE alembic_version SET version_num = '9999'")
    before = (folder / "rollcall.db").read_bytes()
    code, _, err = rollcall("upgrade")
    assert (code, "newer than this program" in err) == (3, True)
    assert (folder / "rollcall.db").read_bytes() == before
    assert not (folder / "backups").exists()


# ---- export and import --------------------------------------------------------------------


def all_rows(folder: Path) -> dict[str, list[str]]:
    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    with engine.connect() as connection:
        found = {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in list_tables(connection)
        }
    engine.dispose()
    return found


def test_a_complete_export_read_in_elsewhere_is_the_same_in_every_row(folder, rollcall, tmp_path):
    out = tmp_path / "out"
    assert rollcall("export", "--to", str(out), "--complete")[0] == 0
    other = tmp_path / "other"
    new = ("--data", str(other))
    assert rollcall(*new, "init", "--contact", "operator@example.org")[0] == 0
    assert rollcall(*new, "import", "export", str(out))[0] == 0
    assert all_rows(other) == all_rows(folder)
    assert out.stat().st_mode & 0o077 == 0
    fill(f"sqlite:///{other}/rollcall.db", "next")
    assert rollcall(*new, "import", "export", str(out))[0] == 2


def test_an_export_for_others_holds_no_key_name_or_address_of_a_person(folder, rollcall, tmp_path):
    with closing(sqlite3.connect(folder / "rollcall.db")) as live:
        (key,) = live.execute("SELECT secret_key FROM communities").fetchone()
    for form in ("json", "csv"):
        out = tmp_path / form
        assert rollcall("export", "--to", str(out), "--format", form)[0] == 0
        whole = "".join(path.read_text(encoding="utf-8") for path in out.iterdir())
        for closed in ("Ada", "@example.org", key.hex(), key.hex().upper()):
            assert closed not in whole
        assert "https://lists.example.org/nets/" in whole
        assert bytes([7] * 16).hex() in whole  # a keyed hash, which means nothing without its key
        code, _, err = rollcall("--data", str(folder), "import", "export", str(out))
        assert (code, "complete export" in err) == (2, True)


def test_csv_has_a_heading_and_a_row_for_each_row(folder, rollcall, tmp_path):
    import csv

    rollcall("export", "--to", str(tmp_path / "out"), "--format", "csv")
    with (tmp_path / "out" / "posts.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 20
    assert rows[0]["at"].endswith("+00:00")


def test_opml_lists_the_sources(folder, rollcall):
    from xml.etree import ElementTree as ET

    code, out, _ = rollcall("export", "--format", "opml")
    assert code == 0
    (outline,) = ET.fromstring(out).iter("outline").__next__()
    assert outline.attrib["url"] == "https://lists.example.org/nets/"


@pytest.mark.parametrize("harm", ["cut", "garbled", "missing"])
def test_a_harmed_export_leaves_the_database_empty(folder, rollcall, tmp_path, harm):
    out = tmp_path / "out"
    rollcall("export", "--to", str(out), "--complete")
    file = out / "posts.jsonl"
    if harm == "missing":
        file.unlink()
    else:
        lines = file.read_text().splitlines()
        file.write_text("\n".join(lines[:-1]) if harm == "cut" else "{}\n")
    new = ("--data", str(tmp_path / "other"))
    rollcall(*new, "init", "--contact", "operator@example.org")
    assert rollcall(*new, "import", "export", str(out))[0] == 2
    assert not any(all_rows(tmp_path / "other").values())


def test_more_rows_than_one_portion_go_out_and_come_in(folder, rollcall, tmp_path):
    engine = open_database(f"sqlite:///{folder}/rollcall.db")
    with engine.begin() as connection:
        one = "INSERT INTO marks (source_id, name) VALUES (1, :name)"
        connection.execute(text(one), [{"name": str(n)} for n in range(4_500)])
    engine.dispose()
    assert rollcall("export", "--to", str(tmp_path / "out"), "--complete")[0] == 0
    new = ("--data", str(tmp_path / "other"))
    rollcall(*new, "init", "--contact", "operator@example.org")
    assert rollcall(*new, "import", "export", str(tmp_path / "out"))[0] == 0
    assert len(all_rows(tmp_path / "other")["marks"]) == 4_500
