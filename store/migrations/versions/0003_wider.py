"""Wider ways of seeing, the public list made ahead of its readers, and what readers send in.

Written out so that later changes of the tables never change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_mailbox_lists()
    _create_attestations()
    _add_recipes()
    _add_facts()
    _create_listings()
    _create_contributions()
    _create_readers()


def _create_mailbox_lists() -> None:
    """Which mailbox a source's mail comes into, and what came into each from which list."""
    op.add_column(
        "sources", sa.Column("mailbox", sa.String(), nullable=False, server_default=sa.text("''"))
    )
    op.create_table(
        "mailbox_lists",
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("first_received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_received", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "list_id", name=op.f("pk_mailbox_lists")),
    )


def _create_attestations() -> None:
    """Who saw a community alive, and when; a row that takes one back names it."""
    op.create_table(
        "attestations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_attestations_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["attestations.id"], name=op.f("fk_attestations_undoes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attestations")),
    )
    op.create_index(op.f("ix_attestations_community_id_id"), "attestations", ["community_id", "id"])


def _add_recipes() -> None:
    """Which recipe says how to read a source."""
    op.add_column(
        "sources", sa.Column("recipe", sa.String(), nullable=False, server_default=sa.text("''"))
    )


def _add_facts() -> None:
    """Who runs a community, since when, how it can be seen, and what shows it."""
    empty = sa.text("''")
    for name in ("host", "scope", "follows", "followed_by"):
        op.add_column(
            "communities", sa.Column(name, sa.String(), nullable=False, server_default=empty)
        )
    op.add_column("communities", sa.Column("founded", sa.Integer(), nullable=True))
    op.add_column(
        "communities",
        sa.Column("observable", sa.String(), nullable=False, server_default=sa.text("'unknown'")),
    )
    op.add_column(
        "communities",
        sa.Column("evidence", sa.JSON(), nullable=True),
    )


def _create_listings() -> None:
    """The lines of the public list, up to where they are made, and the index of their words."""
    op.create_table(
        "listings",
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("word_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("line", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_listings_community_id")
        ),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_listings")),
    )
    op.create_index(op.f("ix_listings_revision"), "listings", ["revision"])
    op.create_index(op.f("ix_listings_good_until"), "listings", ["good_until"])
    op.create_index(op.f("ix_listings_word_until"), "listings", ["word_until"])
    op.create_table(
        "listing_marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_listing_marks")),
    )
    # Each database searches text in its own way; the texts come folded, without accents.
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE listing_words (community_id integer NOT NULL PRIMARY KEY, "
            "words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_listing_words_words ON listing_words USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE listing_words USING fts5(words, detail=none, "
            "tokenize='unicode61 remove_diacritics 2', prefix='2 3 4')"
        )


def _create_contributions() -> None:
    """What people without an account send in, and each change of a record with what it was."""
    empty = sa.text("''")
    op.create_table(
        "contributions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(), nullable=False, server_default=empty),
        sa.Column("sender", sa.String(), nullable=False, server_default=empty),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False, server_default=empty),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_contributions_community_id")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["users.id"], name=op.f("fk_contributions_answered_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributions")),
        sa.UniqueConstraint("reference", name=op.f("uq_contributions_reference")),
    )
    op.create_index(op.f("ix_contributions_state_id"), "contributions", ["state", "id"])
    op.create_index(op.f("ix_contributions_made_at"), "contributions", ["made_at"])
    op.create_index(op.f("ix_contributions_community_id"), "contributions", ["community_id"])
    op.create_table(
        "record_edits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("contribution_id", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_record_edits_community_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_record_edits_user_id")),
        sa.ForeignKeyConstraint(
            ["contribution_id"], ["contributions.id"], name=op.f("fk_record_edits_contribution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_edits")),
    )
    op.create_index(op.f("ix_record_edits_community_id_id"), "record_edits", ["community_id", "id"])


def _create_readers() -> None:
    """Who gets the weekly report, how often and in which language, and what came back."""
    op.create_table(
        "readers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("rhythm", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("regions", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed", sa.String(), nullable=False),
        sa.Column("bounced", sa.String(), nullable=False),
        sa.Column("bounces", sa.Integer(), nullable=False),
        sa.Column("rests_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readers")),
        sa.UniqueConstraint("address", name=op.f("uq_readers_address")),
    )


def downgrade() -> None:
    op.drop_table("readers")
    for table in ("record_edits", "contributions", "listing_words", "listing_marks", "listings"):
        op.drop_table(table)
    for name in ("evidence", "observable", "founded", "followed_by", "follows", "scope", "host"):
        op.drop_column("communities", name)
    op.drop_column("sources", "recipe")
    op.drop_table("attestations")
    op.drop_table("mailbox_lists")
    op.drop_column("sources", "mailbox")
