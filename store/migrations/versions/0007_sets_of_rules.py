"""Rules that wait for a go, sources with a key of their own, and what checks found as codes.

Written out so that later changes of `store.tables` never change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rule_sets_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sets")),
    )
    op.add_column("canaries", sa.Column("reason", sa.JSON(), nullable=True))
    op.add_column("sources", sa.Column("own_key", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("sources", "own_key")
    op.drop_column("canaries", "reason")
    op.drop_table("rule_sets")
