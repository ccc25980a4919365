"""What proves that a reading saw: alerts of what broke, and since when a duty is owed.

Written out so that later changes of `store.tables` never change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_alerts()
    _create_canaries()
    _create_proposals()


def _create_alerts() -> None:
    """Changes of state that operators are told of, and duties that failed at their time."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recovery_notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_alerts_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    # Of one thing there is at most one open alert, whoever looks and however often.
    op.create_index(
        op.f("ix_alerts_kind_name"),
        "alerts",
        ["kind", "name"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.add_column("jobs", sa.Column("owed_since", sa.DateTime(timezone=True), nullable=True))


def _create_canaries() -> None:
    """What each check of a source found when its silence had to prove itself."""
    op.create_table(
        "canaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("check", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_canaries_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canaries")),
    )
    op.create_index(
        op.f("ix_canaries_source_id_checked_at"), "canaries", ["source_id", "checked_at"]
    )


def _create_proposals() -> None:
    """Moves and ends that a visit found and a person must confirm; why an address changed."""
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("new_url", sa.String(), nullable=True),
        sa.Column("sentence", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_proposals_source_id")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_proposals_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_source_id_kind"), "proposals", ["source_id", "kind"])
    with op.batch_alter_table("source_moves") as moves:
        moves.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
        moves.add_column(sa.Column("old_platform", sa.String(), nullable=True))
        moves.create_foreign_key(
            op.f("fk_source_moves_decision_id"), "decisions", ["decision_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("source_moves") as moves:
        moves.drop_constraint(op.f("fk_source_moves_decision_id"), type_="foreignkey")
        moves.drop_column("old_platform")
        moves.drop_column("decision_id")
    op.drop_table("proposals")
    op.drop_table("canaries")
    op.drop_column("jobs", "owed_since")
    op.drop_table("alerts")
