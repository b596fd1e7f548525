"""Monthly gifts, pledges, rates, balance transactions; what donors add for the fees; what a gift counts for its goal"""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import add_column, partial
from bot.store.migrations.rebuilding import widened

revision = "0003"
down_revision = "0002"

_LEDGER = "'refund', 'refund_failed', 'chargeback', 'chargeback_won', 'unmatched', 'unmatched_back')"
_NEW_ENTRIES = "'pledge', 'cover', 'cover_back', 'fee', 'correction', 'disbursement'"
_DELIVERIES = "'thanks', 'link', 'processing', 'expired', 'failed', 'canceled', 'review', 'reminder', 'refunded', 'alert'"
_NEW_DELIVERIES = "'monthly_offer', 'monthly_stopped', 'monthly_ended', 'renewal_failed', 'upcoming', 'pledge_reminder', 'evidence'"


def upgrade() -> None:
    entries = f"('gift', {_NEW_ENTRIES}, {_LEDGER}"
    widened("ledger", f"('gift', {_LEDGER}", entries, check="kind", to=f"kind IN {entries}")
    widened(
        "deliveries",
        "'refunded', 'alert')",
        f"'refunded', 'alert', {_NEW_DELIVERIES})",
        check="kind",
        to=f"kind IN ({_DELIVERIES}, {_NEW_DELIVERIES})",
    )
    _new_tables()
    _new_columns()
    _count_what_came_before()


def _new_columns() -> None:
    for table, column in (
        ("appeals", "rhythms TEXT DEFAULT '[]' NOT NULL"),
        ("campaigns", "counted_minor INTEGER DEFAULT '0' NOT NULL"),
        ("campaigns", "ways TEXT DEFAULT '{}' NOT NULL"),
        ("totals", "promised_minor INTEGER DEFAULT '0' NOT NULL"),
        ("deliveries", "subject TEXT"),
        ("donations", "cover_minor INTEGER DEFAULT '0' NOT NULL"),
        ("donations", "monthly_id TEXT CONSTRAINT fk_donations_monthly_id REFERENCES monthly_gifts (id)"),
        ("donations", "counted_minor INTEGER DEFAULT '0' NOT NULL"),
        ("donations", "rate TEXT"),
        ("donations", "rate_at INTEGER"),
        ("payments", "look_at INTEGER"),
    ):
        add_column(table, column)
    op.execute("ALTER TABLE payments RENAME COLUMN session_id TO subject")
    op.create_index("ix_donations_created_at", "donations", ["created_at"])
    for table, column in (("donations", "monthly_id"), ("payments", "look_at")):
        op.create_index(f"ix_{table}_{column}", table, [column], **partial(f"{column} IS NOT NULL"))


def _count_what_came_before() -> None:
    """Gifts in the goal's own currency count as what is left of them; others wait for a rate."""
    op.execute(
        "UPDATE donations SET rate = '1', rate_at = settled_at, counted_minor = ("
        "  SELECT COALESCE(SUM(l.amount_minor), 0) FROM ledger l WHERE l.donation = donations.id"
        "  AND l.kind IN ('gift', 'refund', 'refund_failed', 'chargeback', 'chargeback_won')) "
        "WHERE EXISTS (SELECT 1 FROM payments p WHERE p.donation_id = donations.id AND p.is_matched = 1) "
        "AND donations.currency = (SELECT c.currency FROM campaigns c WHERE c.id = donations.campaign_id)"
    )
    op.execute(
        "UPDATE campaigns SET counted_minor = (SELECT COALESCE(SUM(d.counted_minor), 0) "
        "FROM donations d WHERE d.campaign_id = campaigns.id)"
    )


def _new_tables() -> None:
    op.create_table(
        "rates",
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "counter", "at", name=op.f("pk_rates")),
        sqlite_strict=True,
    )
    op.create_table(
        "monthly_gifts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column(
            "cover_minor",
            sa.Integer().with_variant(sa.BigInteger(), "postgresql"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("ends_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("anchor_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("next_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("paused_until", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("stop", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("wanted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("look_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'active', 'past_due', 'ended')", name=op.f("ck_monthly_gifts_state")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 AND amount_minor <= 99999999", name=op.f("ck_monthly_gifts_amount")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_monthly_gifts_campaign_id")),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name=op.f("fk_monthly_gifts_donor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monthly_gifts")),
        sa.UniqueConstraint("subscription_id", name=op.f("uq_monthly_gifts_subscription_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_monthly_gifts_donor_id", "monthly_gifts", ["donor_id"], unique=False)
    op.create_index(
        "ix_monthly_gifts_look_at",
        "monthly_gifts",
        ["look_at"],
        unique=False,
        **partial("look_at IS NOT NULL"),
    )
    op.create_table(
        "balance_transactions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_intent", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("fee_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("net_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=True),
        sa.Column("available_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("seen_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.CheckConstraint("net_minor = amount_minor - fee_minor", name=op.f("ck_balance_transactions_net")),
        sa.ForeignKeyConstraint(
            ["donation_id"], ["donations.id"], name=op.f("fk_balance_transactions_donation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance_transactions")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_balance_transactions_payment_intent", "balance_transactions", ["payment_intent"], unique=False
    )
    op.create_table(
        "declines",
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("donation_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name=op.f("fk_declines_donation_id")),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name=op.f("fk_declines_donor_id")),
        sa.PrimaryKeyConstraint("attempt", name=op.f("pk_declines")),
        sqlite_strict=True,
    )
    op.create_index("ix_declines_donor_id", "declines", ["donor_id", "at"], unique=False)
    op.create_index("ix_declines_at", "declines", ["at"], unique=False)
    op.create_table(
        "pledges",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("donation_id", sa.Text(), nullable=True),
        sa.Column("matched_by", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.CheckConstraint(
            "state IN ('promised', 'said_paid', 'matched', 'canceled')", name=op.f("ck_pledges_state")
        ),
        sa.CheckConstraint("amount_minor > 0 AND amount_minor <= 99999999", name=op.f("ck_pledges_amount")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_pledges_campaign_id")),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name=op.f("fk_pledges_donation_id")),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name=op.f("fk_pledges_donor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledges")),
        sa.UniqueConstraint("donation_id", name=op.f("uq_pledges_donation_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledges_amount", "pledges", ["state", "currency", "amount_minor"], unique=False)
    op.create_index("ix_pledges_donor_id", "pledges", ["donor_id", "created_at"], unique=False)
