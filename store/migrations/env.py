"""Runs the revisions on the connection that `store.engine.migrate` hands over."""

from __future__ import annotations

from alembic import context

import store.curator_tables
import store.listing_tables
import store.reader_tables
import store.tables  # noqa: F401 - fills the metadata
from store.columns import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite changes schemas inside a transaction too, now that `store.engine` begins it itself.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
