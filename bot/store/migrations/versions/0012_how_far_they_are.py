"""What every gift moves stands apart from the campaign's own words"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "progress",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("donors", Big, server_default="0", nullable=False),
        sa.Column("counted_minor", Big, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_progress_campaign_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_progress")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO progress (campaign_id, donors, counted_minor) SELECT id, donors, counted_minor FROM campaigns"
    )
    for column in ("donors", "counted_minor"):
        op.execute(f"ALTER TABLE campaigns DROP COLUMN {column}")
