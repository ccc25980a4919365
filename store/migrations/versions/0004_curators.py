"""What curators work with round their decisions: claims, questions to managers, accounts, records.

Written out so that later changes of the tables never change what this revision made.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_claims()
    _create_asks()
    _create_accounts()
    _create_records()


def _create_claims() -> None:
    """Who has a card open, and which decisions were made in one press."""
    _create(
        "review_claims",
        [
            sa.Column("review_id", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("until", MOMENT, nullable=False),
        ],
        key="review_id",
        refers={"review_id": "reviews", "user_id": "users"},
    )
    _create(
        "folded_decisions",
        [
            sa.Column("decision_id", sa.Integer(), nullable=False),
            sa.Column("first_id", sa.Integer(), nullable=False),
        ],
        key="decision_id",
        refers={"decision_id": "decisions", "first_id": "decisions"},
    )
    op.create_index(op.f("ix_folded_decisions_first_id"), "folded_decisions", ["first_id"])


def _create_asks() -> None:
    """Questions to those who run a community, and what came of them."""
    _create(
        "manager_asks",
        [
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("community_id", sa.Integer(), nullable=False),
            sa.Column("review_id", sa.Integer(), nullable=True),
            sa.Column("decision_id", sa.Integer(), nullable=True),
            sa.Column("user_id", sa.Integer(), nullable=True),
            sa.Column("asked_at", MOMENT, nullable=False),
            sa.Column("locale", sa.String(), nullable=False),
            sa.Column("answer", sa.String(), nullable=True),
            sa.Column("answered_at", MOMENT, nullable=True),
            sa.Column("new_url", sa.String(), nullable=True),
            sa.Column("attestation_id", sa.Integer(), nullable=True),
            sa.Column("unanswered_at", MOMENT, nullable=True),
            sa.Column("withdrawn_at", MOMENT, nullable=True),
        ],
        refers={
            "community_id": "communities",
            "review_id": "reviews",
            "decision_id": "decisions",
            "user_id": "users",
            "attestation_id": "attestations",
        },
    )
    op.create_index(op.f("ix_manager_asks_community_id_id"), "manager_asks", ["community_id", "id"])


def _create_accounts() -> None:
    """The browsers people signed in with, tries by network, and what belongs to an account."""
    _create(
        "devices",
        [
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("key_hash", sa.LargeBinary(32), nullable=False),
            sa.Column("label", sa.String(), nullable=False),
            sa.Column("signed_in_at", MOMENT, nullable=False),
            sa.Column("seen_at", MOMENT, nullable=False),
            sa.Column("expires_at", MOMENT, nullable=False),
            sa.Column("ended_at", MOMENT, nullable=True),
        ],
        refers={"user_id": "users"},
        unique="key_hash",
    )
    op.create_index(op.f("ix_devices_user_id"), "devices", ["user_id"])
    _create(
        "sign_in_tries",
        [
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("network", sa.LargeBinary(), nullable=False),
            sa.Column("at", MOMENT, nullable=False),
        ],
    )
    op.create_index(op.f("ix_sign_in_tries_network_at"), "sign_in_tries", ["network", "at"])
    _create(
        "user_choices",
        [
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("locale", sa.String(), nullable=False),
            sa.Column("invited_by", sa.Integer(), nullable=True),
            sa.Column("invited_at", MOMENT, nullable=True),
            sa.Column("joined_at", MOMENT, nullable=True),
            sa.Column("practised_at", MOMENT, nullable=True),
            sa.Column("keys", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        ],
        key="user_id",
        refers={"user_id": "users", "invited_by": "users"},
    )


def _create_records() -> None:
    """Records that are one community, answers to the criteria, sources of edits, rule trials."""
    _create(
        "merges",
        [
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("kind", sa.String(), nullable=False),
            sa.Column("community_id", sa.Integer(), nullable=False),
            sa.Column("into_id", sa.Integer(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("made_at", MOMENT, nullable=False),
            sa.Column("content", sa.JSON(), nullable=False),
            sa.Column("undone_at", MOMENT, nullable=True),
            sa.Column("undone_by", sa.Integer(), nullable=True),
        ],
        refers={
            "community_id": "communities",
            "into_id": "communities",
            "user_id": "users",
            "undone_by": "users",
        },
    )
    for column in ("community_id", "into_id"):
        op.create_index(op.f(f"ix_merges_{column}"), "merges", [column])
    _create(
        "criteria",
        [
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("community_id", sa.Integer(), nullable=False),
            sa.Column("criterion", sa.String(), nullable=False),
            sa.Column("answer", sa.String(), nullable=False),
            sa.Column("source", sa.String(), nullable=False),
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("made_at", MOMENT, nullable=False),
        ],
        refers={"community_id": "communities", "user_id": "users"},
    )
    op.create_index(op.f("ix_criteria_community_id_id"), "criteria", ["community_id", "id"])
    _create(
        "rule_trials",
        [
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("made_at", MOMENT, nullable=False),
            sa.Column("stands", sa.String(), nullable=False),
            sa.Column("other", sa.String(), nullable=False),
            sa.Column("content", sa.JSON(), nullable=False),
        ],
    )
    op.add_column(
        "record_edits",
        sa.Column("source", sa.String(), nullable=False, server_default=sa.text("''")),
    )


def _create(
    name: str,
    columns: Sequence[sa.Column[object]],
    *,
    key: str = "id",
    refers: dict[str, str] | None = None,
    unique: str = "",
) -> None:
    rules: list[sa.Constraint] = [
        sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{name}_{column}"))
        for column, table in (refers or {}).items()
    ]
    rules.append(sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")))
    if unique:
        rules.append(sa.UniqueConstraint(unique, name=op.f(f"uq_{name}_{unique}")))
    op.create_table(name, *columns, *rules)


def downgrade() -> None:
    op.drop_column("record_edits", "source")
    for table in (
        "rule_trials",
        "criteria",
        "merges",
        "user_choices",
        "sign_in_tries",
        "devices",
        "manager_asks",
        "folded_decisions",
        "review_claims",
    ):
        op.drop_table(table)
