"""Staff and their acts; broadcasts, their sends and taps; who wants none; photos and changed goals of campaigns"""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import add_column, append_only, partial
from bot.store.migrations.rebuilding import widened

revision = "0004"
down_revision = "0003"

_DELIVERIES = (
    "'thanks', 'link', 'processing', 'expired', 'failed', 'canceled', 'review', 'reminder', 'refunded', 'alert', "
    "'monthly_offer', 'monthly_stopped', 'monthly_ended', 'renewal_failed', 'upcoming', 'pledge_reminder', 'evidence'"
)
_NEW_DELIVERIES = "'approval', 'broadcast_report', 'digest', 'answer', 'closed'"
_ROLES = "role IN ('owner', 'finance', 'messages', 'reader')"
_BROADCAST_STATES = "'draft', 'waiting', 'scheduled', 'running', 'paused', 'canceled', 'done'"
_SEND_STATES = "'owed', 'sending', 'sent', 'failed', 'blocked', 'doubt', 'skipped', 'held'"
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    widened(
        "deliveries",
        "'pledge_reminder', 'evidence')",
        f"'pledge_reminder', 'evidence', {_NEW_DELIVERIES})",
        check="kind",
        to=f"kind IN ({_DELIVERIES}, {_NEW_DELIVERIES})",
    )
    for table, column in (
        ("donors", "muted_at INTEGER"),
        ("campaigns", "photo TEXT"),
        ("campaigns", "goal_was_minor INTEGER"),
        ("campaigns", "goal_changed_at INTEGER"),
    ):
        add_column(table, column)
    _staff()
    _broadcasts()
    _sends()


def _text(name: str, **more: object) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, **more)  # type: ignore[arg-type]


def _big(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, Big, nullable=nullable)


def _count(name: str, start: str = "0") -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=start, nullable=False)


def _donor(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["donors.id"], name=op.f(f"fk_{table}_{column}"))


def _broadcast(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["broadcast_id"], ["broadcasts.id"], name=op.f(f"fk_{table}_broadcast_id"))


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("telegram_id", Big, nullable=False, autoincrement=False),
        _text("role"),
        _text("by"),
        _big("since"),
        sa.PrimaryKeyConstraint("telegram_id", name=op.f("pk_staff")),
        sa.CheckConstraint(_ROLES, name=op.f("ck_staff_role")),
        sqlite_strict=True,
    )
    op.create_table(
        "invitations",
        _text("code"),
        _text("role"),
        _text("by"),
        _big("expires_at"),
        _big("used_at", nullable=True),
        sa.Column("used_by", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_invitations")),
        _donor("invitations", "used_by"),
        sa.CheckConstraint(_ROLES, name=op.f("ck_invitations_role")),
        sqlite_strict=True,
    )
    op.create_table(
        "acts",
        _big("id"),
        _big("at"),
        *(_text(name) for name in ("by", "act", "subject", "before", "after")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acts")),
        sqlite_strict=True,
    )
    op.create_index("ix_acts_subject", "acts", ["subject"])
    append_only("acts", "what was done stays written")


def _broadcasts() -> None:
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("state"),
        _count("version", "1"),
        sa.Column("by", sa.Integer(), nullable=False),
        _text("audience"),
        _text("buttons", server_default="[]"),
        _text("fallbacks", server_default="{}"),
        _count("holdout"),
        _count("is_paid"),
        _big("created_at"),
        *(_big(name, nullable=True) for name in ("due_at", "started_at", "ended_at")),
        sa.Column("approved_by", sa.Integer(), nullable=True),
        _big("card_id", nullable=True),
        *(_count(name) for name in ("reached", "is_fanned")),
        *(_count(name) for name in ("total", "sent", "failed", "blocked", "doubt", "skipped", "held")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
        sa.CheckConstraint(f"state IN ({_BROADCAST_STATES})", name=op.f("ck_broadcasts_state")),
        sa.CheckConstraint("holdout BETWEEN 0 AND 50", name=op.f("ck_broadcasts_holdout")),
        _donor("broadcasts", "by"),
        _donor("broadcasts", "approved_by"),
        sqlite_strict=True,
    )
    op.create_index("ix_broadcasts_state", "broadcasts", ["state"])
    op.create_table(
        "broadcast_parts",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        _text("language"),
        _text("content"),
        sa.PrimaryKeyConstraint("broadcast_id", "language", name=op.f("pk_broadcast_parts")),
        _broadcast("broadcast_parts"),
        sqlite_strict=True,
    )


def _sends() -> None:
    op.create_table(
        "broadcast_sends",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        *(_text(name) for name in ("language", "zone", "state")),
        _count("attempts"),
        *(_big(name, nullable=True) for name in ("taken_until", "sent_at", "message_id")),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("broadcast_id", "donor_id", name=op.f("pk_broadcast_sends")),
        sa.CheckConstraint(f"state IN ({_SEND_STATES})", name=op.f("ck_broadcast_sends_state")),
        _broadcast("broadcast_sends"),
        _donor("broadcast_sends", "donor_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for name, columns, where in (
        ("owed", ["broadcast_id", "zone", "donor_id"], "state = 'owed'"),
        ("sending", ["taken_until"], "state = 'sending'"),
        ("sent", ["donor_id", "sent_at"], "sent_at IS NOT NULL"),
    ):
        op.create_index(f"ix_broadcast_sends_{name}", "broadcast_sends", columns, **partial(where))
    op.create_table(
        "broadcast_taps",
        sa.Column("broadcast_id", sa.Integer(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        _text("button"),
        _big("at"),
        sa.PrimaryKeyConstraint("broadcast_id", "donor_id", "button", name=op.f("pk_broadcast_taps")),
        _broadcast("broadcast_taps"),
        _donor("broadcast_taps", "donor_id"),
        sqlite_strict=True,
    )
