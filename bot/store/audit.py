"""What an audit reads: everything counted again from the facts, beside what is kept. Sums by campaign and currency."""

from collections.abc import Iterator

from sqlalchemy import and_, case, func, literal, select

from bot.model import RECEIVED, PledgeState
from bot.store.sql import Statement, Tx
from bot.store.tables import campaigns, disputes, donations, payments, pledges, receipts, refunds, totals

_COUNTING = ("succeeded", "pending", "requires_action")
_REFUNDED = (
    select(refunds.c.payment_intent, func.sum(refunds.c.amount_minor).label("minor"))
    .where(refunds.c.status.in_(_COUNTING))
    .group_by(refunds.c.payment_intent)
    .subquery()
)
_DISPUTED = (
    select(
        disputes.c.payment_intent,
        func.sum(case((disputes.c.status == "lost", disputes.c.amount_minor), else_=0)).label("lost"),
        func.max(case((disputes.c.status.in_(("needs_response", "under_review")), 1), else_=0)).label("open"),
    )
    .group_by(disputes.c.payment_intent)
    .subquery()
)
_GONE = func.coalesce(_REFUNDED.c.minor, 0)
_LOST = func.coalesce(_DISPUTED.c.lost, 0)
_WITH_WHAT_WENT_BACK = (
    payments.join(donations, donations.c.id == payments.c.donation_id)
    .join(campaigns, campaigns.c.id == donations.c.campaign_id)
    .outerjoin(_REFUNDED, _REFUNDED.c.payment_intent == payments.c.payment_intent)
    .outerjoin(_DISPUTED, _DISPUTED.c.payment_intent == payments.c.payment_intent)
)
_HELD = Statement(
    select(campaigns.c.slug, payments.c.currency, func.sum(payments.c.amount_minor - _GONE - _LOST))
    .select_from(_WITH_WHAT_WENT_BACK)
    .where(payments.c.is_matched == 1)
    .group_by(campaigns.c.slug, payments.c.currency)
)
_KEPT = Statement(
    select(campaigns.c.slug, totals.c.currency, totals.c.received_minor).select_from(
        totals.join(campaigns, campaigns.c.id == totals.c.campaign_id)
    )
)
_STATE = case(
    (_LOST > 0, "charged_back"),
    (func.coalesce(_DISPUTED.c.open, 0) > 0, "disputed"),
    (payments.c.amount_minor <= _GONE, "refunded"),
    (_GONE > 0, "partly_refunded"),
    else_="paid",
)
_WRONG_STATES = Statement(
    select(donations.c.id, donations.c.state, _STATE)
    .select_from(_WITH_WHAT_WENT_BACK)
    .where(payments.c.is_matched == 1, donations.c.state != _STATE)
    .order_by(donations.c.id)
)
_UNPAID = Statement(
    select(donations.c.id, donations.c.state, literal("a state with a payment"))
    .select_from(
        donations.outerjoin(
            payments, and_(payments.c.donation_id == donations.c.id, payments.c.is_matched == 1)
        )
    )
    .where(donations.c.state.in_([str(one) for one in RECEIVED]), payments.c.subject.is_(None))
)
_GAPS = Statement(
    select(receipts.c.year, func.max(receipts.c.number) - func.count())
    .group_by(receipts.c.year)
    .having(func.max(receipts.c.number) != func.count())
)
_UNPAPERED = Statement(
    select(payments.c.donation_id)
    .select_from(payments.outerjoin(receipts, receipts.c.subject == payments.c.subject))
    .where(payments.c.is_matched == 1, receipts.c.number.is_(None))
)

_PROMISED = Statement(
    select(campaigns.c.slug, pledges.c.currency, func.sum(pledges.c.amount_minor))
    .select_from(pledges.join(campaigns, campaigns.c.id == pledges.c.campaign_id))
    .where(pledges.c.state.in_([str(one) for one in PledgeState if one.is_open]))
    .group_by(campaigns.c.slug, pledges.c.currency)
)
_KEPT_PROMISED = Statement(
    select(campaigns.c.slug, totals.c.currency, totals.c.promised_minor)
    .select_from(totals.join(campaigns, campaigns.c.id == totals.c.campaign_id))
    .where(totals.c.promised_minor != 0)
)
_IS_MATCHED = pledges.c.state == PledgeState.MATCHED.value
# A matched pledge has a gift with its money, and no other has one.
_ORPHANS = Statement(
    select(pledges.c.id, pledges.c.state)
    .select_from(
        pledges.outerjoin(
            payments, and_(payments.c.donation_id == pledges.c.donation_id, payments.c.is_matched == 1)
        )
    )
    .where(payments.c.subject.is_not(None) != _IS_MATCHED)
    .order_by(pledges.c.id)
)


def held(tx: Tx) -> dict[tuple[str, str], int]:
    """Payments less refunds and lost disputes, counted again."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_HELD)}


def kept(tx: Tx) -> dict[tuple[str, str], int]:
    """The totals that screens show."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_KEPT)}


def promised(tx: Tx) -> dict[tuple[str, str], int]:
    """Open pledges, counted again."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_PROMISED)}


def kept_promised(tx: Tx) -> dict[tuple[str, str], int]:
    """What screens show as promised."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_KEPT_PROMISED)}


def orphans(tx: Tx) -> list[tuple[str, str]]:
    """Pledges whose state and gift disagree."""
    return [(pledge, state) for pledge, state in tx.all(_ORPHANS)]


def wrong_states(tx: Tx) -> Iterator[tuple[str, str, str]]:
    """Gift, the state it has, the state its facts give."""
    yield from ((id, state, due) for id, state, due in (*tx.all(_WRONG_STATES), *tx.all(_UNPAID)))


def gaps(tx: Tx) -> list[tuple[int, int]]:
    """Years whose receipts have gaps, and how many numbers are missing."""
    return [(year, missing) for year, missing in tx.all(_GAPS)]


def unpapered(tx: Tx) -> list[str]:
    """Gifts that were paid and have no receipt."""
    return [row[0] for row in tx.all(_UNPAPERED)]
