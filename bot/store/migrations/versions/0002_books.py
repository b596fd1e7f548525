"""The books: ledger, refunds, disputes, receipts; and the states that follow a refund"""

import sqlalchemy as sa
from alembic import op

from bot.ledger import GENESIS, Entry, EntryKind, chained
from bot.store.migrations.both import append_only, is_sqlite, partial
from bot.store.migrations.rebuilding import widened

revision = "0002"
down_revision = "0001"

_STATES = "('creating', 'awaiting', 'processing', 'paid', 'failed', 'expired', 'canceled', 'review'"
_KINDS = "('thanks', 'link', 'processing', 'expired', 'failed', 'canceled', 'review', 'reminder'"


def upgrade() -> None:
    states = f"{_STATES}, 'partly_refunded', 'refunded', 'disputed', 'charged_back')"
    widened("donations", f"{_STATES})", states, check="state", to=f"state IN {states}")
    kinds = f"{_KINDS}, 'refunded', 'alert')"
    widened("deliveries", f"{_KINDS}, 'alert')", kinds, check="kind", to=f"kind IN {kinds}")
    _new_tables()
    append_only("ledger", "the ledger is append-only")
    op.execute(
        "UPDATE payments SET is_matched = 0 WHERE session_id NOT IN "
        "(SELECT session_id FROM donations WHERE state = 'paid' AND session_id IS NOT NULL)"
    )
    # No book on PostgreSQL is older than the books.
    if is_sqlite():
        _book_what_came_before()


def _book_what_came_before() -> None:
    """Gifts that arrived before there were books are their first rows, in the order of their arrival, with receipts."""
    connection = op.get_bind()
    rows = connection.exec_driver_sql(
        "SELECT p.session_id, p.donation_id, p.amount_minor, p.currency, p.received_at, p.is_matched, c.slug, "
        "CAST(strftime('%Y', p.received_at, 'unixepoch') AS INTEGER) FROM payments p "
        "JOIN donations d ON d.id = p.donation_id JOIN campaigns c ON c.id = d.campaign_id "
        "ORDER BY p.received_at, p.session_id"
    ).all()
    prev, numbers = GENESIS, dict[int, int]()
    for seq, (session, donation, minor, currency, at, is_matched, slug, year) in enumerate(rows, 1):
        kind = EntryKind.GIFT if is_matched else EntryKind.UNMATCHED
        row = chained(Entry(kind, donation, slug, minor, currency, at), seq, prev)
        prev = row.hash
        connection.exec_driver_sql(
            "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, at, str(kind), donation, slug, minor, currency, row.prev, row.hash),
        )
        if is_matched:
            numbers[year] = numbers.get(year, 0) + 1
            connection.exec_driver_sql(
                "INSERT INTO receipts VALUES (?, ?, 'receipt', ?, ?, ?, ?, ?)",
                (year, numbers[year], session, donation, minor, currency, at),
            )


def _new_tables() -> None:
    op.create_table(
        "ledger",
        sa.Column(
            "seq",
            sa.Integer().with_variant(sa.BigInteger(), "postgresql"),
            nullable=False,
            autoincrement=False,
        ),
        sa.Column("at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("donation", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("prev", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('gift', 'refund', 'refund_failed', 'chargeback', 'chargeback_won', 'unmatched', 'unmatched_back')",
            name=op.f("ck_ledger_kind"),
        ),
        sa.CheckConstraint("amount_minor != 0", name=op.f("ck_ledger_amount")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_ledger_prev")),
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_donation", "ledger", ["donation"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_intent", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_by", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.Column("seen_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_disputes_amount")),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name=op.f("fk_disputes_donation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sqlite_strict=True,
    )
    op.create_index("ix_disputes_payment_intent", "disputes", ["payment_intent"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.CheckConstraint("kind IN ('receipt', 'credit')", name=op.f("ck_receipts_kind")),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name=op.f("fk_receipts_donation_id")),
        sa.PrimaryKeyConstraint("year", "number", name=op.f("pk_receipts")),
        sa.UniqueConstraint("subject", name=op.f("uq_receipts_subject")),
        sqlite_strict=True,
    )
    op.create_index("ix_receipts_donation_id", "receipts", ["donation_id"], unique=False)
    op.create_table(
        "refund_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("look_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'made', 'refused')", name=op.f("ck_refund_orders_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_orders_amount")),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name=op.f("fk_refund_orders_donation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_orders")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_refund_orders_asked",
        "refund_orders",
        ["donation_id"],
        unique=True,
        **partial("state = 'asked'"),
    )
    op.create_index("ix_refund_orders_look_at", "refund_orders", ["look_at"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_intent", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Integer().with_variant(sa.BigInteger(), "postgresql"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_amount")),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name=op.f("fk_refunds_donation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sqlite_strict=True,
    )
    op.create_index("ix_refunds_donation_id", "refunds", ["donation_id"], unique=False)
    op.create_index("ix_refunds_payment_intent", "refunds", ["payment_intent"], unique=False)
    op.add_column("payments", sa.Column("is_matched", sa.Integer(), server_default="1", nullable=False))
