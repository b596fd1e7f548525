"""Running sums, and indexes by which what staff look for is found at any size"""

from collections import Counter
from datetime import datetime, time
from functools import lru_cache

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import add_column, is_sqlite, partial
from bot.zones import zone

revision = "0010"
down_revision = "0009"
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
_ZONE = zone("Africa/Casablanca")
_GIFTS = "('gift', 'pledge')"
_OF_GIFTS = "('gift', 'pledge', 'refund', 'refund_failed', 'chargeback', 'chargeback_won', 'correction')"
_RECEIVED = "('paid', 'partly_refunded', 'refunded', 'disputed', 'charged_back')"
# Of each key, moment by moment, what had come by then.
_RUN = (
    "INSERT INTO sums (key, at, count, minor) SELECT key, at, "
    "CAST(sum(n) OVER (PARTITION BY key ORDER BY at) AS {big}), CAST(sum(m) OVER (PARTITION BY key ORDER BY at) AS {big}) "
    "FROM (SELECT key, at, count(*) AS n, sum(m) AS m FROM ({rows}) AS one GROUP BY key, at) AS summed"
)
_ROWS = (
    "SELECT 'ledger|' || kind || '|' || campaign || '|' || currency AS key, at, amount_minor AS m FROM ledger",
    (
        "SELECT 'source|' || d.source || '|' || l.campaign || '|' || l.currency || "
        f"CASE WHEN l.kind IN {_GIFTS} THEN '|gift' ELSE '|back' END AS key, l.at AS at, l.amount_minor AS m "  # nosec B608  constants of this file
        f"FROM ledger l JOIN donations d ON d.id = l.donation WHERE d.source IS NOT NULL AND l.kind IN {_OF_GIFTS}"
    ),
    "SELECT 'pledges|' || currency AS key, created_at AS at, amount_minor AS m FROM pledges",
    "SELECT 'donors' AS key, created_at AS at, 0 AS m FROM donors",
    "SELECT 'comers|' || source AS key, 0 AS at, 0 AS m FROM donors WHERE source IS NOT NULL",
)
_OPEN = (
    "UPDATE totals SET pledges = (SELECT count(*) FROM pledges p WHERE p.campaign_id = totals.campaign_id "
    "AND p.currency = totals.currency AND p.state IN ('promised', 'said_paid'))"
)
_PAGES = (
    "SELECT DISTINCT donor_id, created_at / 3600 AS hour FROM donations WHERE session_id IS NOT NULL "  # nosec B608  constants of this file
    f"AND state IN {_RECEIVED} ORDER BY donor_id, hour"
)


def upgrade() -> None:
    op.create_table(
        "sums",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", Big, nullable=False),
        sa.Column("count", Big, nullable=False),
        sa.Column("minor", Big, nullable=False),
        sa.PrimaryKeyConstraint("key", "at", name=op.f("pk_sums")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    _indexes()
    big = "INTEGER" if is_sqlite() else "BIGINT"
    for rows in _ROWS:
        op.execute(_RUN.format(big=big, rows=rows))
    add_column("totals", "pledges INTEGER NOT NULL DEFAULT '0'")
    op.execute(_OPEN)
    _paid()


def _indexes() -> None:
    op.create_index("ix_donations_amount", "donations", ["currency", "amount_minor", "created_at"])
    op.create_index(
        "ix_donations_covered",
        "donations",
        ["currency", sa.text("(amount_minor + cover_minor)"), "created_at"],
        **partial("cover_minor > 0"),
    )
    begun, ended = partial("anchor_at IS NOT NULL"), partial("ended_at IS NOT NULL")
    op.create_index("ix_monthly_gifts_anchor_at", "monthly_gifts", ["anchor_at", "state"], **begun)
    op.create_index("ix_monthly_gifts_ended_at", "monthly_gifts", ["ended_at"], **ended)
    op.create_index("ix_pledges_sum", "pledges", ["currency", "amount_minor", "created_at"])
    op.create_index("ix_pledges_state", "pledges", ["state", "created_at", "id"])
    live = partial("state IN ('active', 'past_due') AND stop IS NULL")
    op.create_index("ix_monthly_gifts_live", "monthly_gifts", ["campaign_id"], **live)
    unrated = partial("rate IS NULL AND settled_at IS NOT NULL")
    op.create_index("ix_donations_unrated", "donations", ["currency", "settled_at"], **unrated)
    op.create_index("ix_inbox_processed_at", "inbox", ["processed_at"], **partial("processed_at IS NOT NULL"))


def _paid() -> None:
    """Donors whose page was paid, each once a day, by the day's first second where the campaigns are."""
    days, last = Counter[int](), (0, 0)
    for donor, hour in op.get_bind().execute(sa.text(_PAGES)):
        day = _day_of(hour)
        if (donor, day) != last:
            days[day] += 1
        last = (donor, day)
    names, count = ("key", "at", "count", "minor"), 0
    table = sa.Table(
        "sums", sa.MetaData(), *(sa.Column(name, Big if name != "key" else sa.Text()) for name in names)
    )
    rows = list[dict[str, object]]()
    for day in sorted(days):
        count += days[day]
        rows.append({"key": "paid", "at": day, "count": count, "minor": 0})
    if rows:
        op.bulk_insert(table, rows)


@lru_cache(maxsize=4096)
def _day_of(hour: int) -> int:
    day = datetime.fromtimestamp(hour * 3600, _ZONE).date()
    return int(datetime.combine(day, time(), _ZONE).timestamp())
