"""What is under way is counted as it changes, and what was counted of a broadcast is kept"""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import partial

revision = "0011"
down_revision = "0010"
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
# By no moment: only how many there are now.
_COUNTS = (
    (
        "INSERT INTO sums (key, at, count, minor) SELECT 'live|' || campaign_id, 0, count(*), 0 FROM monthly_gifts "
        "WHERE state IN ('active', 'past_due') AND stop IS NULL GROUP BY campaign_id"
    ),
    (
        "INSERT INTO sums (key, at, count, minor) SELECT 'waiting', 0, count(*), 0 FROM questions WHERE state = 'open' "
        "HAVING count(*) > 0"
    ),
)


def upgrade() -> None:
    for count in _COUNTS:
        op.execute(count)
    op.drop_index("ix_monthly_gifts_live", "monthly_gifts")
    open_ones = partial("open_key IS NOT NULL")
    op.create_index("ix_donations_open", "donations", ["donor_id", "created_at", "id"], **open_ones)
    contested = partial("status IN ('needs_response', 'under_review')")
    op.create_index("ix_disputes_open", "disputes", ["donation_id"], **contested)
    op.create_table(
        "broadcast_counts",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("meant", sa.Text(), nullable=False),
        sa.Column("asked_at", Big, nullable=True),
        sa.Column("counted_at", Big, nullable=True),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.CheckConstraint("what IN ('audience', 'outcome')", name=op.f("ck_broadcast_counts_what")),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcasts.id"], name=op.f("fk_broadcast_counts_broadcast_id")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "what", name=op.f("pk_broadcast_counts")),
        sqlite_strict=True,
    )
    asked = partial("asked_at IS NOT NULL")
    op.create_index("ix_broadcast_counts_asked_at", "broadcast_counts", ["asked_at"], **asked)
