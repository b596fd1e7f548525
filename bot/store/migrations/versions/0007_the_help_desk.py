"""The help desk: conversations of donors with the staff's group, and the messages between them; who came by which link"""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.both import partial
from bot.store.migrations.rebuilding import widened

revision = "0007"
down_revision = "0006"

_DELIVERIES = (
    "'thanks', 'link', 'processing', 'expired', 'failed', 'canceled', 'review', 'reminder', 'refunded', 'alert', "
    "'monthly_offer', 'monthly_stopped', 'monthly_ended', 'renewal_failed', 'upcoming', 'pledge_reminder', 'evidence', "
    "'approval', 'broadcast_report', 'digest', 'answer', 'closed'"
)
_KINDS = (
    "'question', 'reopened', 'answer', 'closed', 'shut', 'solved', 'blocked', 'edited', 'unsent', 'erased'"
)
Big = sa.Integer().with_variant(sa.BigInteger(), "postgresql")


def upgrade() -> None:
    widened(
        "deliveries",
        "'answer', 'closed'",
        "'answer', 'closed', 'question'",
        check="kind",
        to=f"kind IN ({_DELIVERIES}, 'question')",
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", Big, nullable=False),
        *(sa.Column(name, Big, nullable=True) for name in ("waiting_since", "chat_id", "topic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("donor_id", name=op.f("uq_questions_donor_id")),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name=op.f("fk_questions_donor_id")),
        sa.CheckConstraint("state IN ('open', 'closed', 'erased')", name=op.f("ck_questions_state")),
        sqlite_strict=True,
    )
    op.create_index("ix_questions_state", "questions", ["state", "opened_at"])
    op.create_index("ix_questions_topic", "questions", ["chat_id", "topic_id"])
    _letters()
    for table in ("donors", "donations"):
        op.create_index(f"ix_{table}_source", table, ["source"], **partial("source IS NOT NULL"))


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("id", Big, nullable=False),
        sa.Column("donor_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "key")),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", Big, nullable=False),
        *(sa.Column(name, Big, nullable=True) for name in ("chat_id", "message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("key", name=op.f("uq_letters_key")),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name=op.f("fk_letters_donor_id")),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_letters_kind")),
        sa.CheckConstraint("state IN ('owed', 'sent', 'failed')", name=op.f("ck_letters_state")),
        sqlite_strict=True,
    )
    op.create_index("ix_letters_donor_id", "letters", ["donor_id", "at"])
    op.create_index("ix_letters_message", "letters", ["chat_id", "message_id"])
