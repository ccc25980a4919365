from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from domain.errors import ConfigError, StorageFailed
from store.engine import (
    SCHEMA,
    asking,
    check_schema,
    migrate,
    open_database,
    reading,
    schema_version,
    writing,
)
from store.tables import OptOutRow, SourceMoveRow

ROOT = Path(__file__).parents[2]
MOMENT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path, migrated_file: Path) -> Path:
    copy = tmp_path / "copy.db"
    shutil.copy(migrated_file, copy)
    return copy


def add_optout(engine: Engine, target: str, added_at: datetime = MOMENT) -> None:
    with writing(engine) as s:
        s.execute(insert(OptOutRow).values(target=target, added_at=added_at, note=""))


def list_targets(engine: Engine) -> list[str]:
    with reading(engine) as s:
        return list(s.scalars(select(OptOutRow.target).order_by(OptOutRow.target)))


# ---- whole transactions ----------------------------------------------------------------


def test_what_a_writing_block_did_is_there_afterwards(engine):
    add_optout(engine, "a.example.org")
    assert list_targets(engine) == ["a.example.org"]


def test_an_error_in_a_writing_block_leaves_nothing(engine):
    def fail_half_way() -> None:
        with writing(engine) as s:
            s.execute(insert(OptOutRow).values(target="a.example.org", added_at=MOMENT, note=""))
            raise LookupError

    with pytest.raises(LookupError):
        fail_half_way()
    assert list_targets(engine) == []


def test_a_reader_sees_one_moment_while_a_writer_commits(engine):
    add_optout(engine, "a.example.org")
    with reading(engine) as s:
        before = s.scalars(select(OptOutRow.target)).all()
        add_optout(engine, "b.example.org")
        assert s.scalars(select(OptOutRow.target)).all() == before
    assert list_targets(engine) == ["a.example.org", "b.example.org"]


def test_a_single_question_is_answered_and_its_connection_writes_again_afterwards(engine):
    add_optout(engine, "a.example.org")
    with asking(engine) as s:
        assert s.scalar(select(OptOutRow.target)) == "a.example.org"
    add_optout(engine, "b.example.org")
    with reading(engine) as s:
        before = s.scalars(select(OptOutRow.target)).all()
        add_optout(engine, "c.example.org")
        assert s.scalars(select(OptOutRow.target)).all() == before


def test_a_reading_session_refuses_to_write_and_calls_it_a_mistake(engine):
    def write() -> None:
        with reading(engine) as s:
            s.execute(insert(OptOutRow).values(target="a.example.org", added_at=MOMENT, note=""))

    with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        write()
    add_optout(engine, "b.example.org")
    assert list_targets(engine) == ["b.example.org"]


def test_writers_in_many_processes_wait_for_one_another(engine, race):
    def write_ten(own: Engine, number: int) -> int:
        for turn in range(10):
            add_optout(own, f"{number}-{turn}.example.org")
        return 10

    assert race(write_ten) == [10] * 4
    assert len(list_targets(engine)) == 40


def test_a_kill_in_the_middle_of_a_transaction_leaves_whole_ones_only(database_url, engine):
    script = f"""
import os, signal
from datetime import UTC, datetime
from sqlalchemy import insert
from store.engine import open_database, writing
from store.tables import OptOutRow
engine = open_database({database_url!r})
moment = datetime(2026, 1, 1, tzinfo=UTC)
for page in range(3):
    with writing(engine) as s:
        for part in range(200):
            row = {{"target": f"{{page}}-{{part}}", "added_at": moment, "note": "x" * 500}}
            s.execute(insert(OptOutRow).values(row))
            if page == 2 and part == 150:
                os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list_targets(engine)) == 400
    add_optout(engine, "after.example.org")
    assert len(list_targets(engine)) == 401


# ---- what the database is told -----------------------------------------------------------


def test_sqlite_is_set_up_for_readers_beside_a_writer(file):
    engine = open_database(f"sqlite:///{file}")
    with reading(engine) as s:
        found = {
            name: s.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_writers_take_the_write_lock_before_they_read(file):
    engine = open_database(f"sqlite:///{file}")
    said: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _u, statement, *_rest: said.append(statement)
    )
    with writing(engine):
        pass
    with reading(engine) as s:
        s.execute(text("SELECT 1"))
    assert [line for line in said if line.startswith("BEGIN")] == ["BEGIN IMMEDIATE", "BEGIN"]


def test_postgresql_lets_go_of_what_a_vanished_machine_had_locked(postgres):
    server = open_database(postgres.empty_database())
    asked = [text(f"SHOW tcp_keepalives_{name}") for name in ("idle", "interval", "count")]
    with server.connect() as connection:
        idle, interval, count = (int(connection.scalar(one)) for one in asked)
    server.dispose()
    assert idle + interval * count == 60


def test_rows_cannot_point_to_what_does_not_exist(engine):
    def move_nothing() -> None:
        with writing(engine) as s:
            s.execute(
                insert(SourceMoveRow).values(
                    source_id=77, old_url="a", new_url="b", moved_at=MOMENT
                )
            )

    with pytest.raises(IntegrityError):
        move_nothing()


# ---- time --------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=5, minutes=45))])
def test_a_moment_comes_back_as_the_same_moment_in_utc(engine, zone):
    add_optout(engine, "a.example.org", MOMENT.astimezone(zone))
    with reading(engine) as s:
        found = s.scalars(select(OptOutRow.added_at)).one()
    assert found == MOMENT
    assert found.tzinfo is UTC


def test_moments_of_different_zones_compare_in_the_database_as_moments(engine):
    early = datetime(2026, 3, 1, 23, 0, tzinfo=timezone(timedelta(hours=12)))
    late = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    add_optout(engine, "early", early)
    add_optout(engine, "late", late)
    with reading(engine) as s:
        found = s.scalars(select(OptOutRow.target).where(OptOutRow.added_at < late)).all()
    assert found == ["early"]


def test_a_moment_without_a_zone_is_refused(engine):
    with pytest.raises(StatementError, match="has no time zone"):
        add_optout(engine, "a.example.org", MOMENT.replace(tzinfo=None))


def test_the_zone_of_the_machine_does_not_matter(database_url, engine):
    script = f"""
from sqlalchemy import select
from store.engine import open_database, reading
from store.tables import OptOutRow
with reading(open_database({database_url!r})) as s:
    print(s.scalars(select(OptOutRow.added_at)).one().isoformat())
"""
    add_optout(engine, "a.example.org")
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "TZ": "Pacific/Auckland"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == MOMENT.isoformat()


# ---- storage that fails ------------------------------------------------------------------


def test_a_read_only_database_is_a_storage_failure_and_can_still_be_read(file):
    open_database(f"sqlite:///{file}").dispose()
    engine = open_database(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(StorageFailed) as failed:
        add_optout(engine, "a.example.org")
    assert failed.value.what == "attempt to write a readonly database"
    assert "writable" in failed.value.to_do
    assert str(file) in failed.value.where
    assert list_targets(engine) == []


def test_a_full_disk_is_a_storage_failure_and_loses_nothing(file):
    engine = open_database(f"sqlite:///{file}")
    add_optout(engine, "a.example.org")

    def fill() -> None:
        with writing(engine) as s:
            pages = s.execute(text("PRAGMA page_count")).scalar_one()
            s.execute(text(f"PRAGMA max_page_count = {pages}"))
            for number in range(100):
                s.execute(
                    insert(OptOutRow).values(target=f"{number}", added_at=MOMENT, note="x" * 4096)
                )

    with pytest.raises(StorageFailed, match="database or disk is full → free some space"):
        fill()
    assert list_targets(engine) == ["a.example.org"]


def test_a_folder_that_does_not_exist_is_a_storage_failure(tmp_path):
    with pytest.raises(StorageFailed, match="unable to open database file"):
        open_database(f"sqlite:///{tmp_path}/nowhere/rollcall.db")


def test_a_file_that_is_no_database_is_a_storage_failure(tmp_path):
    (tmp_path / "letter.db").write_text("Dear reader, this is not a database. " * 50)
    with pytest.raises(StorageFailed, match="not a database"):
        open_database(f"sqlite:///{tmp_path}/letter.db")


def test_a_mistake_of_ours_is_not_called_a_storage_failure(engine):
    def ask_nonsense() -> None:
        with writing(engine) as s:
            s.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises(DBAPIError):
        ask_nonsense()


@pytest.mark.parametrize("url", ["not an address", "mysql://example.org/rollcall"])
def test_an_address_that_cannot_be_used_is_a_matter_of_settings(url):
    with pytest.raises(ConfigError):
        open_database(url)


# ---- the schema --------------------------------------------------------------------------


def test_a_migrated_database_fits(engine):
    assert schema_version(engine) == SCHEMA
    check_schema(engine)


def test_migrating_again_changes_nothing(engine):
    add_optout(engine, "a.example.org")
    migrate(engine)
    assert list_targets(engine) == ["a.example.org"]
    check_schema(engine)


def test_an_empty_database_is_told_how_to_begin(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/new.db")
    assert schema_version(engine) is None
    with pytest.raises(ConfigError, match="rollcall init"):
        check_schema(engine)


@pytest.mark.own_database
@pytest.mark.parametrize("version", ["9999", "0000"])
def test_another_schema_is_refused_at_the_start(engine, version):
    with writing(engine) as s:
        s.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
    with pytest.raises(ConfigError, match=version):
        check_schema(engine)


@pytest.mark.own_database
def test_a_newer_schema_is_never_migrated(engine):
    with writing(engine) as s:
        s.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="newer than this program"):
        migrate(engine)
    assert schema_version(engine) == "9999"


def test_a_migration_that_fails_leaves_no_half_schema(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path}/new.db")
    with writing(engine) as s:
        s.execute(text("CREATE TABLE jobs (name TEXT)"))
    with pytest.raises(DBAPIError, match="already exists"):
        migrate(engine)
    with reading(engine) as s:
        tables = s.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
    assert tables == ["jobs"]


def test_two_processes_may_migrate_at_once(tmp_path, race):
    url = f"sqlite:///{tmp_path}/new.db"

    def open_and_migrate(_engine: Engine, _number: int) -> str | None:
        engine = open_database(url)
        migrate(engine)
        return schema_version(engine)

    assert race(open_and_migrate) == [SCHEMA] * 4
