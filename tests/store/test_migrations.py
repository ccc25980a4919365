from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from store.alerts import list_open_alerts
from store.columns import Base
from store.engine import MIGRATIONS, SCHEMA, migrate, reading, schema_version, writing
from store.jobs import list_jobs
from store.moves import list_moves, undo_address_change
from store.reader_tables import ReaderRow
from store.tables import SecretRow
from store.witness_tables import AttestationRow, MailboxListRow

WORDS = ("listing_words", "listing_terms", "listing_trigrams", "listing_vocabulary")

pytestmark = pytest.mark.own_database


def is_no_index_of_words(name, kind, _parents):
    """Each database keeps it in tables of its own kind, which no model describes."""
    return kind != "table" or not str(name).startswith(WORDS)


def test_the_migrations_make_the_schema_that_the_tables_describe(engine):
    with engine.connect() as connection:
        options = {"compare_server_default": True, "include_name": is_no_index_of_words}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    assert {row.__tablename__ for row in (AttestationRow, MailboxListRow, ReaderRow)} < set(
        Base.metadata.tables
    )


def test_the_newest_revision_is_the_one_the_program_asks_for():
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [SCHEMA]


def test_revisions_are_numbered_in_their_order():
    scripts = ScriptDirectory(str(MIGRATIONS))
    found = [script.revision for script in scripts.walk_revisions()]
    assert found == sorted(found, reverse=True)
    assert all(len(revision) == 4 and revision.isdecimal() for revision in found)


def test_the_first_revision_can_be_taken_back_whole(engine):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_a_database_of_the_first_schema_keeps_its_rows(engine, now):
    """Taken back to 0001, filled as that release would have, and brought up again."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.execute(
            text("INSERT INTO jobs (name, due_at, last_error) VALUES ('assess', :at, 'no space')"),
            {"at": now},
        )
        connection.execute(
            text("INSERT INTO secrets (name, value) VALUES ('web', :value)"), {"value": b"key"}
        )
    assert schema_version(engine) == "0001"
    migrate(engine)
    assert schema_version(engine) == SCHEMA
    with reading(engine) as s:
        (job,) = list_jobs(s)
        assert (job.name, job.last_error, job.owed_since) == ("assess", "no space", None)
        assert list_open_alerts(s) == []
        assert s.scalars(select(SecretRow.value)).all() == [b"key"]


def test_moves_of_the_first_schema_stay_known(engine, make_source, now):
    source = make_source()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO source_moves (source_id, old_url, new_url, moved_at)"
                " VALUES (:source, 'https://old.example.org/', :url, :at)"
            ),
            {"source": source.id, "url": source.url, "at": now},
        )
    migrate(engine)
    with writing(engine) as s:
        assert [(move.old_url, move.decided) for move in list_moves(s, source.id)] == [
            ("https://old.example.org/", False)
        ]
        assert undo_address_change(s, source.id, now).url == "https://old.example.org/"
