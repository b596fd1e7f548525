"""The tables. Money is whole minor units; moments are whole seconds UTC; every state is checked by the database too."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex

from bot.broadcasts import BroadcastState, Count, SendState
from bot.figures import Step
from bot.ledger import EntryKind
from bot.letters import LetterKind, LetterState, QuestionState
from bot.model import (
    CampaignState,
    DeliveryKind,
    DeliveryState,
    DonationState,
    DonorState,
    MonthlyState,
    OrderState,
    PledgeState,
    ReceiptKind,
)
from bot.staff import Role

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# How many people, by what became of a broadcast for them; kept in the transaction that decides it.
TALLY = ("total", "sent", "failed", "blocked", "doubt", "skipped", "held")
Big = Integer().with_variant(BigInteger(), "postgresql")


@compiles(Text, "postgresql")
def _text(text_type: Text, compiler: Any, **how: Any) -> str:
    """Columns of text compare by their bytes, as SQLite's do: ranges of references and the order of lists rely on it."""
    made = compiler.visit_text(text_type, **how)
    return f'{made} COLLATE "C"' if isinstance(how.get("type_expression"), Column) else made


def _where(condition: str) -> dict[str, Any]:
    """For an index over the rows that are so, on either engine."""
    return {"sqlite_where": text(condition)}


@compiles(CreateIndex, "postgresql")
def _index(create: CreateIndex, compiler: Any, **how: Any) -> str:
    """An index that names PostgreSQL loads all of SQLAlchemy's side of it: it is told when it is written there."""
    options = create.element.dialect_options
    if (condition := options["sqlite"]["where"]) is not None:
        options["postgresql"]["where"] = condition
    return compiler.visit_create_index(create, **how)


def _one_of(column: str, states: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(state)) for state in states)})", name=column)


appeals = Table(
    "appeals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("titles", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("contact", Text, nullable=False),
    # Ends that monthly gifts are offered by name, as JSON.
    Column("rhythms", Text, nullable=False, server_default="[]"),
    sqlite_strict=True,
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("appeal_id", Integer, ForeignKey("appeals.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("goal_minor", Big, nullable=False),
    Column("texts", Text, nullable=False),
    Column("presets", Text, nullable=False),
    Column("limits", Text, nullable=False),
    Column("starts_at", Big),
    Column("ends_at", Big),
    Column("authorisation", Text, nullable=False),
    Column("statement", Text, nullable=False),
    # How to pay outside Stripe: one text per language, as JSON; "{}" where it is not offered.
    Column("ways", Text, nullable=False, server_default="{}"),
    # Telegram's file_id of the one photo.
    Column("photo", Text),
    # What the goal was before it was changed, in the same currency, and when: donors are shown it as such.
    Column("goal_was_minor", Big),
    Column("goal_changed_at", Big),
    _one_of("state", CampaignState),
    # A draft may have no goal yet: 0.
    CheckConstraint("goal_minor > 0 OR (goal_minor = 0 AND state = 'draft')", name="goal"),
    sqlite_strict=True,
)

# What every gift moves, apart from the campaign's own words: PostgreSQL writes a row anew as a whole at each change, and until
# somebody cleans up behind it every reader passes what the row was before.
progress = Table(
    "progress",
    metadata,
    Column("campaign_id", Integer, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    # How many have given.
    Column("donors", Big, nullable=False, server_default="0"),
    # What the gifts in all currencies count towards the goal, in its currency, each at the rate fixed on it.
    Column("counted_minor", Big, nullable=False, server_default="0"),
    sqlite_strict=True,
)

totals = Table(
    "totals",
    metadata,
    Column("campaign_id", Integer, ForeignKey("campaigns.id"), primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("received_minor", Big, nullable=False),
    Column("gifts", Integer, nullable=False),
    Column("promised_minor", Big, nullable=False, server_default="0"),
    # How many open pledges that is.
    Column("pledges", Big, nullable=False, server_default="0"),
    CheckConstraint("received_minor >= 0 AND gifts >= 0", name="whole"),
    sqlite_strict=True,
)

donors = Table(
    "donors",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("telegram_id", Big, unique=True),
    Column("language", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("awaiting", Text),
    Column("message_id", Big),
    Column("source", Text),
    Column("created_at", Big, nullable=False),
    # Since when they want no broadcasts; what they are owed for a gift comes all the same.
    Column("muted_at", Big),
    # How far they came on the last day that they were here, as `walking.packed` writes it: each step counts once a day.
    Column("reached", Big, nullable=False, server_default="0"),
    _one_of("state", DonorState),
    Index("ix_donors_created_at", "created_at"),
    Index("ix_donors_source", "source", **_where("source IS NOT NULL")),
    sqlite_strict=True,
)

donations = Table(
    "donations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaigns.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    # Set while the gift may still be paid: the unique index is what makes fifty taps one session.
    Column("open_key", Text, unique=True),
    Column("attempt", Integer, nullable=False),
    Column("params", Text, nullable=False),
    Column("source", Text),
    Column("created_at", Big, nullable=False),
    Column("expires_at", Big, nullable=False),
    Column("session_id", Text, unique=True),
    Column("url", Text),
    Column("cancel_asked", Integer, nullable=False, server_default="0"),
    Column("look_at", Big),
    Column("settled_at", Big),
    Column("cover_minor", Big, nullable=False, server_default="0"),
    Column("monthly_id", Text, ForeignKey("monthly_gifts.id")),
    # What it counts towards the goal now, in the currency of the goal, at this rate of that day.
    Column("counted_minor", Big, nullable=False, server_default="0"),
    Column("rate", Text),
    Column("rate_at", Big),
    _one_of("state", DonationState),
    CheckConstraint("amount_minor > 0 AND amount_minor <= 99999999", name="amount"),
    Index("ix_donations_created_at", "created_at"),
    Index("ix_donations_source", "source", **_where("source IS NOT NULL")),
    Index("ix_donations_monthly_id", "monthly_id", **_where("monthly_id IS NOT NULL")),
    Index("ix_donations_look_at", "look_at"),
    Index("ix_donations_donor_id", "donor_id", "created_at"),
    Index("ix_donations_campaign_id_donor_id", "campaign_id", "donor_id"),
    Index(
        "ix_donations_unrated",
        "currency",
        "settled_at",
        **_where("rate IS NULL AND settled_at IS NOT NULL"),
    ),
    Index("ix_donations_amount", "currency", "amount_minor", "created_at"),
    Index("ix_donations_open", "donor_id", "created_at", "id", **_where("open_key IS NOT NULL")),
    Index(
        "ix_donations_covered",
        "currency",
        text("(amount_minor + cover_minor)"),
        "created_at",
        **_where("cover_minor > 0"),
    ),
    sqlite_strict=True,
)

payments = Table(
    "payments",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("payment_intent", Text, unique=True),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("received_at", Big, nullable=False),
    # 1: the gift's own money; 0: money that a person must sort out, which counts for no campaign.
    Column("is_matched", Integer, nullable=False, server_default="1"),
    # When to ask for its balance transactions next; NULL when they are all known, or there is none to come.
    Column("look_at", Big),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_payments_donation_id", "donation_id"),
    Index("ix_payments_look_at", "look_at", **_where("look_at IS NOT NULL")),
    sqlite_strict=True,
)

balance_transactions = Table(
    "balance_transactions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_intent", Text, nullable=False),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    # The charge, refund or dispute that moved Stripe's balance.
    Column("source", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("fee_minor", Big, nullable=False),
    Column("net_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    # Stripe's rate from the donor's currency to the account's, for show only: the integers are the money.
    Column("rate", Text),
    Column("available_at", Big),
    Column("seen_at", Big, nullable=False),
    CheckConstraint("net_minor = amount_minor - fee_minor", name="net"),
    Index("ix_balance_transactions_payment_intent", "payment_intent"),
    sqlite_strict=True,
)

rates = Table(
    "rates",
    metadata,
    # One unit of `currency` is worth `rate` units of `counter` from `at` on; kept for ever.
    Column("currency", Text, primary_key=True),
    Column("counter", Text, primary_key=True),
    Column("at", Big, primary_key=True),
    Column("rate", Text, nullable=False),
    Column("source", Text, nullable=False),
    sqlite_strict=True,
)

monthly_gifts = Table(
    "monthly_gifts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaigns.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("cover_minor", Big, nullable=False, server_default="0"),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("source", Text),
    # How long the donor said: so many months, or until a day, or neither: until they stop.
    Column("months", Integer),
    Column("ends_at", Big),
    Column("subscription_id", Text, unique=True),
    Column("customer_id", Text),
    Column("anchor_at", Big),
    # When Stripe charges next, as it last said.
    Column("next_at", Big),
    Column("paused_until", Big),
    # Why there will be no more charges, from the moment that the donor, staff or the bank say so.
    Column("stop", Text),
    Column("ended_at", Big),
    # How many wishes of the donor Stripe has not been told of.
    Column("wanted", Integer, nullable=False, server_default="0"),
    # When Stripe must be looked at, because something is to be done there or is due.
    Column("look_at", Big),
    _one_of("state", MonthlyState),
    CheckConstraint("amount_minor > 0 AND amount_minor <= 99999999", name="amount"),
    Index("ix_monthly_gifts_donor_id", "donor_id"),
    Index("ix_monthly_gifts_look_at", "look_at", **_where("look_at IS NOT NULL")),
    Index("ix_monthly_gifts_anchor_at", "anchor_at", "state", **_where("anchor_at IS NOT NULL")),
    Index("ix_monthly_gifts_ended_at", "ended_at", **_where("ended_at IS NOT NULL")),
    sqlite_strict=True,
)

pledges = Table(
    "pledges",
    metadata,
    # The reference that the donor writes on their transfer.
    Column("id", Text, primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), nullable=False),
    Column("campaign_id", Integer, ForeignKey("campaigns.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("source", Text),
    # The gift that it became, and who of the staff said so.
    Column("donation_id", Text, ForeignKey("donations.id"), unique=True),
    Column("matched_by", Text),
    Column("settled_at", Big),
    _one_of("state", PledgeState),
    CheckConstraint("amount_minor > 0 AND amount_minor <= 99999999", name="amount"),
    Index("ix_pledges_donor_id", "donor_id", "created_at"),
    Index("ix_pledges_amount", "state", "currency", "amount_minor"),
    Index("ix_pledges_sum", "currency", "amount_minor", "created_at"),
    Index("ix_pledges_state", "state", "created_at", "id"),
    sqlite_strict=True,
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_intent", Text, nullable=False),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("seen_at", Big, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_refunds_payment_intent", "payment_intent"),
    Index("ix_refunds_donation_id", "donation_id"),
    sqlite_strict=True,
)

refund_orders = Table(
    "refund_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="1"),
    Column("state", Text, nullable=False),
    Column("created_at", Big, nullable=False),
    Column("look_at", Big),
    _one_of("state", OrderState),
    CheckConstraint("amount_minor > 0", name="amount"),
    # Ten taps on "give it back" are one refund.
    Index("ix_refund_orders_asked", "donation_id", unique=True, **_where("state = 'asked'")),
    Index("ix_refund_orders_look_at", "look_at"),
    sqlite_strict=True,
)

disputes = Table(
    "disputes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_intent", Text, nullable=False),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("due_by", Big),
    Column("seen_at", Big, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_disputes_payment_intent", "payment_intent"),
    Index("ix_disputes_open", "donation_id", **_where("status IN ('needs_response', 'under_review')")),
    sqlite_strict=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Big, primary_key=True, autoincrement=False),
    Column("at", Big, nullable=False),
    Column("kind", Text, nullable=False),
    Column("donation", Text, nullable=False),
    Column("campaign", Text, nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("prev", Text, nullable=False, unique=True),
    Column("hash", Text, nullable=False, unique=True),
    _one_of("kind", EntryKind),
    CheckConstraint("amount_minor != 0", name="amount"),
    Index("ix_ledger_donation", "donation"),
    Index("ix_ledger_at", "at"),
    sqlite_strict=True,
)

receipts = Table(
    "receipts",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    # The CheckoutSession that was paid, or the refund that was made: each has one paper.
    Column("subject", Text, nullable=False, unique=True),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    Column("amount_minor", Big, nullable=False),
    Column("currency", Text, nullable=False),
    Column("made_at", Big, nullable=False),
    _one_of("kind", ReceiptKind),
    Index("ix_receipts_donation_id", "donation_id"),
    sqlite_strict=True,
)

# Refused cards of the last days, by Stripe's id of the try: how card testing is told from bad luck.
declines = Table(
    "declines",
    metadata,
    Column("attempt", Text, primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), nullable=False),
    Column("donation_id", Text, ForeignKey("donations.id"), nullable=False),
    Column("at", Big, nullable=False),
    Index("ix_declines_donor_id", "donor_id", "at"),
    Index("ix_declines_at", "at"),
    sqlite_strict=True,
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("received_at", Big, nullable=False),
    Column("processed_at", Big),
    Column("outcome", Text),
    # Until when a worker among several is at it.
    Column("taken_until", Big),
    Index("ix_inbox_waiting", "received_at", **_where("processed_at IS NULL")),
    Index("ix_inbox_processed_at", "processed_at", **_where("processed_at IS NOT NULL")),
    sqlite_strict=True,
)

updates = Table(
    "updates",
    metadata,
    Column("update_id", Big, primary_key=True, autoincrement=False),
    # Kept only until the end of its turn; a webhook's update is kept by Telegram instead, where one process does all.
    Column("raw", Text),
    Column("received_at", Big, nullable=False),
    Column("done_at", Big),
    # Whose order it stands in.
    Column("chat", Big),
    Index("ix_updates_received_at", "received_at"),
    Index("ix_updates_chat", "chat", "update_id", **_where("raw IS NOT NULL")),
    sqlite_strict=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Big, primary_key=True),
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("chat_id", Big),
    Column("donor_id", Integer, ForeignKey("donors.id")),
    Column("donation_id", Text, ForeignKey("donations.id")),
    Column("payload", Text),
    # The MonthlyGift or Pledge that it is about, where that is no Donation.
    Column("subject", Text),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Big, nullable=False),
    Column("leased_until", Big),
    Column("sent_at", Big),
    Column("message_id", Big),
    Column("error", Text),
    # The process that sent it last; none where one process does all.
    Column("owner", Text),
    _one_of("kind", DeliveryKind),
    _one_of("state", DeliveryState),
    Index("ix_deliveries_due", "state", "priority", "due_at"),
    Index("ix_deliveries_donor_id", "donor_id"),
    sqlite_strict=True,
)

# See bot/store/sums.py.
sums = Table(
    "sums",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Big, primary_key=True),
    Column("count", Big, nullable=False),
    Column("minor", Big, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

marks = Table(
    "marks",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_strict=True,
)

# What one process among several holds, until when by the database's clock: see bot/store/leases.py.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("token", Big, nullable=False),
    Column("until", Big, nullable=False),
    Index("ix_leases_owner", "owner"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

staff = Table(
    "staff",
    metadata,
    Column("telegram_id", Big, primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("since", Big, nullable=False),
    _one_of("role", Role),
    sqlite_strict=True,
)

# How many donors took a step on a day (20261127), by where they came from, "" where they named nothing: counts only.
steps = Table(
    "steps",
    metadata,
    Column("day", Big, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("n", Integer, nullable=False),
    _one_of("step", Step),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Links that make a person staff, once and for a while; only the hash of the secret in the link is kept.
invitations = Table(
    "invitations",
    metadata,
    Column("code", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("expires_at", Big, nullable=False),
    Column("used_at", Big),
    Column("used_by", Integer, ForeignKey("donors.id")),
    _one_of("role", Role),
    sqlite_strict=True,
)

# What staff did, each act one row, never changed; `by` is a code, "before" and "after" are JSON without names.
acts = Table(
    "acts",
    metadata,
    Column("id", Big, primary_key=True),
    Column("at", Big, nullable=False),
    Column("by", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("ix_acts_subject", "subject"),
    sqlite_strict=True,
)

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    # Grows with every edit: an approval holds for one version.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("by", Integer, ForeignKey("donors.id"), nullable=False),
    Column("audience", Text, nullable=False),
    Column("buttons", Text, nullable=False, server_default="[]"),
    Column("fallbacks", Text, nullable=False, server_default="{}"),
    # Per cent of those meant who get nothing, so that the others can be compared with them.
    Column("holdout", Integer, nullable=False, server_default="0"),
    Column("is_paid", Integer, nullable=False, server_default="0"),
    Column("created_at", Big, nullable=False),
    Column("due_at", Big),
    Column("started_at", Big),
    Column("ended_at", Big),
    Column("approved_by", Integer, ForeignKey("donors.id")),
    Column("card_id", Big),
    # The donor that the fan-out has reached, and whether it is through.
    Column("reached", Integer, nullable=False, server_default="0"),
    Column("is_fanned", Integer, nullable=False, server_default="0"),
    *(Column(name, Integer, nullable=False, server_default="0") for name in TALLY),
    _one_of("state", BroadcastState),
    CheckConstraint("holdout BETWEEN 0 AND 50", name="holdout"),
    Index("ix_broadcasts_state", "state"),
    sqlite_strict=True,
)

broadcast_reviews = Table(
    "broadcast_reviews",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("broadcast_id", Integer, ForeignKey("broadcasts.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("asked_at", Big, nullable=False),
    # Hashes of what the second admins saw, so that the next request can say what is another.
    Column("pieces", Text, nullable=False),
    Index("ix_broadcast_reviews_broadcast", "broadcast_id"),
    sqlite_strict=True,
)

broadcast_parts = Table(
    "broadcast_parts",
    metadata,
    Column("broadcast_id", Integer, ForeignKey("broadcasts.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("content", Text, nullable=False),
    sqlite_strict=True,
)

# One broadcast owed to one donor: the key is what makes it one at most.
broadcast_sends = Table(
    "broadcast_sends",
    metadata,
    Column("broadcast_id", Integer, ForeignKey("broadcasts.id"), primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), primary_key=True),
    # The language of the part that they get, and whose night they must not be woken in.
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # While it is being sent: when its sender must be dead. While it is owed: not before this moment.
    Column("taken_until", Big),
    Column("sent_at", Big),
    Column("message_id", Big),
    Column("error", Text),
    _one_of("state", SendState),
    Index(
        "ix_broadcast_sends_owed",
        "broadcast_id",
        "zone",
        "donor_id",
        **_where("state = 'owed'"),
    ),
    Index("ix_broadcast_sends_sending", "taken_until", **_where("state = 'sending'")),
    Index("ix_broadcast_sends_sent", "donor_id", "sent_at", **_where("sent_at IS NOT NULL")),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What a long look counted, of the audience of a draft or of what came of a broadcast: see bot/store/counts.py.
broadcast_counts = Table(
    "broadcast_counts",
    metadata,
    Column("broadcast_id", Integer, ForeignKey("broadcasts.id"), primary_key=True),
    Column("what", Text, primary_key=True),
    # What it depends on: another audience has another count.
    Column("meant", Text, nullable=False),
    # Since when somebody waits for it; NULL: nobody does.
    Column("asked_at", Big),
    Column("counted_at", Big),
    Column("facts", Text),
    _one_of("what", Count),
    Index("ix_broadcast_counts_asked_at", "asked_at", **_where("asked_at IS NOT NULL")),
    sqlite_strict=True,
)

# What recipients tapped below a broadcast, each button once a person: "give0", "stop".
broadcast_taps = Table(
    "broadcast_taps",
    metadata,
    Column("broadcast_id", Integer, ForeignKey("broadcasts.id"), primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), primary_key=True),
    Column("button", Text, primary_key=True),
    Column("at", Big, nullable=False),
    sqlite_strict=True,
)

# The conversation of a donor with the staff's group: one a donor, opened again by the next question.
questions = Table(
    "questions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("opened_at", Big, nullable=False),
    Column("waiting_since", Big),
    Column("chat_id", Big),
    Column("topic_id", Big),
    _one_of("state", QuestionState),
    Index("ix_questions_state", "state", "opened_at"),
    Index("ix_questions_topic", "chat_id", "topic_id"),
    sqlite_strict=True,
)

# What goes between them, each once by its key; the content is kept only until it was sent.
letters = Table(
    "letters",
    metadata,
    Column("id", Big, primary_key=True),
    Column("donor_id", Integer, ForeignKey("donors.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("content", Text),
    Column("state", Text, nullable=False),
    Column("at", Big, nullable=False),
    # Where it stands in the group, so that a reply to it finds the donor.
    Column("chat_id", Big),
    Column("message_id", Big),
    _one_of("kind", LetterKind),
    _one_of("state", LetterState),
    Index("ix_letters_donor_id", "donor_id", "at"),
    Index("ix_letters_message", "chat_id", "message_id"),
    sqlite_strict=True,
)
