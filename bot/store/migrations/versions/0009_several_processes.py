"""Several processes on one database"""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import add_column, partial

revision = "0009"
down_revision = "0008"
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("token", Big, nullable=False),
        sa.Column("until", Big, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_leases_owner", "leases", ["owner"])
    add_column("updates", "chat INTEGER")
    add_column("inbox", "taken_until INTEGER")
    add_column("deliveries", "owner TEXT")
    # Whose they are was not kept: they are worked one after the other.
    op.execute("UPDATE updates SET chat = 0 WHERE raw IS NOT NULL")
    op.create_index("ix_updates_chat", "updates", ["chat", "update_id"], **partial("raw IS NOT NULL"))
