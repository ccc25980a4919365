"""What communities are compared by: one row of numbers each.

Written out so that later changes of `store.tables` never change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vitals",
        sa.Column("community_id", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posts", sa.Double(), nullable=True),
        sa.Column("contributors", sa.Double(), nullable=True),
        sa.Column("newcomers", sa.Double(), nullable=True),
        sa.Column("answered_share", sa.Double(), nullable=True),
        sa.Column("first_answer_hours", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_vitals_community_id")
        ),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_vitals")),
    )


def downgrade() -> None:
    op.drop_table("vitals")
