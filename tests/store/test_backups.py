"""A backup is one moment of the database, whatever is written meanwhile, and can be put back."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, inspect, select, text

from domain.errors import ConfigError, StorageFailed, UsageError
from domain.people import Role
from domain.records import DateBasis, KeyedPage, KeyedPost, Platform
from domain.window import Coverage, CoverageKind
from store.backups import open_scratch, read_card, write_backup
from store.columns import Base
from store.engine import SCHEMA, check_schema, migrate, open_database, reading, writing
from store.hosts import claim_host
from store.posts import count_posts, save_page
from store.restoring import put_in_place
from store.sources import add_community, add_source, claim_due, list_sources
from store.tables import OutboxRow, PostRow, SignInRow, SourceRow
from store.transfer import DERIVED, count_rows, list_tables
from store.users import add_user, list_users
from tests.store.conftest import NOW


@pytest.fixture
def filled(engine, make_source, make_post, now):
    """A database with posts, a user, mail that waits and mail that went out."""
    source = make_source()
    start = now - timedelta(days=60)
    page = KeyedPage(
        posts=tuple(make_post(n, start + timedelta(hours=n), author=n % 7) for n in range(900)),
        coverage=(Coverage(start=start, end=now, kind=CoverageKind.COMPLETE),),
        marks=(),
    )
    with writing(engine) as s:
        save_page(s, source.id, page, now=now)
        user = add_user(s, name="Ada", address="ada@example.org", role=Role.CURATOR, now=now)
        s.execute(insert(SignInRow).values(user_id=user.id, code_hash=b"code", expires_at=now))
        for sent in (None, now):
            s.execute(
                insert(OutboxRow).values(
                    dedupe_key=str(sent),
                    kind="weekly",
                    recipient="bo@example.org",
                    message=b"the text of a mail",
                    queued_at=now,
                    not_before=now,
                    sent_at=sent,
                )
            )
    return source


def rows_of(engine) -> dict[str, list]:
    """All rows but the numbers of claims, which grow with a restore, so that no old one is good."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(*columns_of(table))).all()))
            for table in list_tables(connection)
        }


def columns_of(table) -> list:
    return [column for column in table.columns if column.name != "claim"]


def test_a_backup_holds_every_row_but_codes_and_the_texts_of_sent_mails(
    engine, filled, tmp_path, now
):
    card = write_backup(engine, tmp_path / "b.db", now=now, program="1")
    assert (card.counts["posts"], card.counts["users"], card.schema) == (900, 1, SCHEMA)
    assert read_card(tmp_path / "b.db") == card
    with closing(sqlite3.connect(tmp_path / "b.db")) as copy:
        assert copy.execute("SELECT count(*) FROM posts").fetchone() == (900,)
        assert copy.execute("SELECT count(*) FROM sign_ins").fetchone() == (0,)
        texts = [bytes(row[0]) for row in copy.execute("SELECT message FROM outbox ORDER BY id")]
    assert texts == [b"the text of a mail", b""]
    assert (tmp_path / "b.db").read_bytes().count(b"the text of a mail") == 1
    assert (tmp_path / "b.db").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.glob("b.db*")) == ["b.db"]


def test_every_table_is_either_moved_or_made_again(engine):
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names()) - {"alembic_version"}
        moved = {table.name for table in list_tables(connection)}
    own = ("listing_words_", "listing_trigrams", "listing_vocabulary")
    shadows = {name for name in there if name.startswith(own)}
    assert there - shadows == moved | set(DERIVED)
    assert moved == set(Base.metadata.tables) - set(DERIVED)


def test_what_is_restored_equals_what_was_there(engine, database_url, filled, tmp_path, now):
    before = rows_of(engine)
    write_backup(engine, tmp_path / "b.db", now=now, program="1")
    with writing(engine) as s:
        add_community(s, slug="later", name="Later", now=now)
        s.execute(text("DELETE FROM posts"))
    with open_scratch(tmp_path / "b.db", tmp_path) as scratch:
        put_in_place(scratch, database_url, now)
    engine.dispose()
    after = rows_of(engine)
    for table in ("sign_ins", "outbox"):  # the codes and the text of the sent mail are gone
        assert before.pop(table) != after.pop(table)
    assert after == before
    with writing(engine) as s:
        assert add_community(s, slug="next", name="Next", now=now).id > 1


def test_nobody_holds_anything_after_a_restore(engine, database_url, filled, tmp_path, now):
    later = now + timedelta(days=1)
    with writing(engine) as s:
        claim_due(s, owner="a run", now=now, ttl=timedelta(hours=6))
        assert claim_host(s, "lists.example.org", "a run", now, timedelta(hours=6)) == 1
    write_backup(engine, tmp_path / "b.db", now=now, program="1")
    with open_scratch(tmp_path / "b.db", tmp_path) as scratch:
        put_in_place(scratch, database_url, later)
    engine.dispose()
    with writing(engine) as s:
        assert [source.due_at for source in list_sources(s)] == [later]
        assert s.scalars(select(SourceRow.claimed_by)).all() == [None]
        # Whoever still believes to hold the host has a token that is not the newest.
        assert claim_host(s, "lists.example.org", "another", now, timedelta(hours=1)) > 1


def test_a_backup_taken_while_pages_are_stored_is_whole(
    engine, make_source, make_post, tmp_path, now
):
    source = make_source()
    enough = threading.Event()
    stored: list[int] = []

    def store_pages() -> None:
        other = open_database(engine.url.render_as_string(hide_password=False))
        while not enough.is_set():
            page = len(stored)
            posts = tuple(
                make_post((page, n), now - timedelta(hours=n), author=n) for n in range(20)
            )
            with writing(other) as s:
                save_page(s, source.id, KeyedPage(posts=posts, coverage=(), marks=()), now=now)
            stored.append(page)
        other.dispose()

    crawl = threading.Thread(target=store_pages)
    crawl.start()
    try:
        for number in range(2):
            file = tmp_path / f"{number}.db"
            write_backup(engine, file, now=now, program="1")
            with open_scratch(file, tmp_path) as scratch, reading(scratch) as s:
                posts = count_posts(s, source.id)
                counted = s.scalar(select(func.count()).select_from(PostRow))
            assert posts == counted == read_card(file).counts["posts"]
            assert posts % 20 == 0  # whole pages only
    finally:
        enough.set()
        crawl.join()
    assert stored


def test_a_backup_can_be_put_into_a_database_of_the_other_kind(
    engine, filled, tmp_path, now, postgres
):
    before = rows_of(engine)
    write_backup(engine, tmp_path / "b.db", now=now, program="1")
    with postgres.own_database() as address:
        other = f"sqlite:///{tmp_path}/other.db"
        if engine.dialect.name == "sqlite":
            other = address
        with open_scratch(tmp_path / "b.db", tmp_path) as scratch:
            put_in_place(scratch, other, now)
        found = open_database(other)
        check_schema(found)
        after = rows_of(found)
        found.dispose()
    for table in ("sign_ins", "outbox"):
        del before[table], after[table]
    assert after == before


def damage(file) -> None:
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        stream.write(b"\xff" * 4096)


def lose_a_row(file) -> None:
    with closing(sqlite3.connect(file)) as copy, copy:
        copy.execute("DELETE FROM posts WHERE rowid = 1")


def cut(file) -> None:
    file.write_bytes(file.read_bytes()[:-8192])


def be_another(file) -> None:
    file.unlink()
    sqlite3.connect(file).close()


@pytest.fixture(scope="module")
def sound(migrated_file, tmp_path_factory):
    """A backup of a small SQLite database; every backup is such a file."""
    folder = tmp_path_factory.mktemp("sound")
    shutil.copy(migrated_file, folder / "live.db")
    engine = open_database(f"sqlite:///{folder}/live.db")
    with writing(engine) as s:
        community = add_community(s, slug="nets", name="Nets", now=NOW)
        source = add_source(
            s,
            community_id=community.id,
            name="nets",
            url="https://lists.example.org/nets/",
            platform=Platform.PIPERMAIL,
            now=NOW,
        )
        posts = tuple(
            KeyedPost(key=bytes([n] * 16), at=NOW - timedelta(days=n + 1), basis=DateBasis.SENT)
            for n in range(200)
        )
        save_page(s, source.id, KeyedPage(posts=posts, coverage=(), marks=()), now=NOW)
    write_backup(engine, folder / "b.db", now=NOW, program="1")
    engine.dispose()
    return folder / "b.db"


@pytest.mark.parametrize("harm", [damage, lose_a_row, cut, be_another])
def test_a_harmed_backup_is_refused(sound, tmp_path, harm):
    shutil.copy(sound, tmp_path / "b.db")
    harm(tmp_path / "b.db")
    with pytest.raises(UsageError), open_scratch(tmp_path / "b.db", tmp_path):
        pass
    assert not list(tmp_path.glob("scratch*"))


def test_a_backup_of_a_newer_program_is_refused(sound, tmp_path):
    shutil.copy(sound, tmp_path / "b.db")
    with closing(sqlite3.connect(tmp_path / "b.db")) as copy, copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="newer"), open_scratch(tmp_path / "b.db", tmp_path):
        pass


def test_no_file_is_overwritten(engine, tmp_path, now):
    (tmp_path / "b.db").write_text("somebody's own")
    with pytest.raises(UsageError, match="already"):
        write_backup(engine, tmp_path / "b.db", now=now, program="1")
    assert (tmp_path / "b.db").read_text() == "somebody's own"


def test_a_backup_without_room_leaves_nothing(engine, tmp_path, now):
    with pytest.raises(StorageFailed):
        write_backup(engine, tmp_path / "missing" / "b.db", now=now, program="1")
    assert not (tmp_path / "missing").exists()


def test_a_database_that_somebody_uses_is_not_replaced(tmp_path, migrated_file, now):
    live = tmp_path / "live.db"
    shutil.copy(migrated_file, live)
    engine = open_database(f"sqlite:///{live}")
    write_backup(engine, tmp_path / "b.db", now=now, program="1")
    with writing(engine) as s, open_scratch(tmp_path / "b.db", tmp_path) as scratch:
        add_user(s, name="Ada", address="ada@example.org", role=Role.CURATOR, now=now)
        with pytest.raises(StorageFailed, match="somebody else"):
            put_in_place(scratch, f"sqlite:///{live}", now)
    with reading(engine) as s:
        assert len(list_users(s)) == 1


@pytest.mark.own_database
def test_a_backup_of_the_first_schema_comes_back_in_todays(tmp_path, now, postgres):
    with postgres.own_database() as address:
        for number, url in enumerate((address, f"sqlite:///{tmp_path}/first.db")):
            first = open_database(url)
            migrate(first, to="0001")
            with first.begin() as connection:
                statement = "INSERT INTO jobs (name, due_at, last_error) VALUES ('assess', :at, '')"
                connection.execute(text(statement), {"at": now})
            file = tmp_path / f"{number}.db"
            assert write_backup(first, file, now=now, program="0").schema == "0001"
            first.dispose()
            with open_scratch(file, tmp_path) as scratch:
                check_schema(scratch)
                with scratch.connect() as connection:
                    assert count_rows(connection)["jobs"] == 1
