"""What second admins were asked about"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "broadcast_reviews",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("broadcast_id", sa.Integer(), sa.ForeignKey("broadcasts.id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", Big, nullable=False),
        sa.Column("pieces", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_broadcast_reviews_broadcast", "broadcast_reviews", ["broadcast_id"])
