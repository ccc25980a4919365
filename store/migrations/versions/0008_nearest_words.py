"""The words of the public list, to find the nearest to one that is misspelt.

Written out so that later changes of `store.searching` never change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# By a trigger, so that no program can forget one of the two.
SQLITE = (
    (
        "CREATE VIRTUAL TABLE listing_trigrams USING "
        "fts5(term, content='listing_terms', content_rowid='id', tokenize='trigram')"
    ),
    "CREATE VIRTUAL TABLE listing_vocabulary USING fts5vocab('listing_words', 'row')",
    (
        "CREATE TRIGGER listing_terms_added AFTER INSERT ON listing_terms BEGIN "
        "INSERT INTO listing_trigrams (rowid, term) VALUES (new.id, new.term); END"
    ),
    (
        "CREATE TRIGGER listing_terms_gone AFTER DELETE ON listing_terms BEGIN "
        "INSERT INTO listing_trigrams (listing_trigrams, rowid, term) "
        "VALUES ('delete', old.id, old.term); END"
    ),
)


def upgrade() -> None:
    op.create_table(
        "listing_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_terms")),
        sa.UniqueConstraint("term", name=op.f("uq_listing_terms_term")),
    )
    if op.get_bind().dialect.name != "postgresql":
        for statement in SQLITE:
            op.execute(statement)
    elif _allow_trigrams():
        op.execute(
            "CREATE INDEX ix_listing_terms_trigrams ON listing_terms USING gin (term gin_trgm_ops)"
        )
    # Every line is made again, with its words.
    op.execute("UPDATE listings SET good_until = '1970-01-01 00:00:00+00:00'")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.drop_table("listing_vocabulary")
        op.drop_table("listing_trigrams")
    op.drop_table("listing_terms")


def _allow_trigrams() -> bool:
    """True when the extension is there or may be created; search works without it."""
    try:
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:
        return False
    return True
