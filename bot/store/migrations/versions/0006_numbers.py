"""How far donors come in a day, as counts; what a day's figures are found by"""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import add_column

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    add_column("donors", "reached INTEGER NOT NULL DEFAULT '0'")
    op.create_index("ix_donors_created_at", "donors", ["created_at"])
    op.create_index("ix_ledger_at", "ledger", ["at"])
    op.create_table(
        "steps",
        sa.Column("day", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "step", "source", name=op.f("pk_steps")),
        sa.CheckConstraint("step IN ('start', 'campaign', 'amount', 'page')", name=op.f("ck_steps_step")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
