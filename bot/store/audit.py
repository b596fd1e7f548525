"""What an audit reads: everything counted again from the facts, beside what is kept. Sums by campaign and currency."""

from collections.abc import Container, Iterator
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import and_, case, func, literal, or_, select

from bot.model import RECEIVED, PledgeState
from bot.rates import worth
from bot.store.sql import Statement, Tx
from bot.store.tables import (
    balance_transactions,
    campaigns,
    disputes,
    donations,
    payments,
    pledges,
    progress,
    receipts,
    refunds,
    totals,
)

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
_BACK = _GONE + _LOST
# Money goes back from the gift first, and only beyond it from what the donor added for the fees.
_GIFT_BACK = case((donations.c.amount_minor > _BACK, _BACK), else_=donations.c.amount_minor)
_GIFT_LEFT = donations.c.amount_minor - _GIFT_BACK
_COVER_LEFT = donations.c.cover_minor - (_BACK - _GIFT_BACK)


_HELD = Statement(
    lambda: (
        select(
            campaigns.c.slug,
            payments.c.currency,
            func.sum(_GIFT_LEFT),
            func.sum(_COVER_LEFT),
            func.count(),
        )
        .select_from(_WITH_WHAT_WENT_BACK)
        .where(payments.c.is_matched == 1)
        .group_by(campaigns.c.slug, payments.c.currency)
    )
)
_KEPT = Statement(
    lambda: select(campaigns.c.slug, totals.c.currency, totals.c.received_minor, totals.c.gifts).select_from(
        totals.join(campaigns, campaigns.c.id == totals.c.campaign_id)
    )
)
# Most gifts are in the goal's own currency and count as they are: the database looks at those by itself.
_COUNTED = Statement(
    lambda: (
        select(
            donations.c.id,
            donations.c.currency,
            campaigns.c.currency.label("goal"),
            donations.c.rate,
            donations.c.counted_minor,
            _GIFT_LEFT.label("left_minor"),
        )
        .select_from(_WITH_WHAT_WENT_BACK)
        .where(
            payments.c.is_matched == 1,
            or_(
                donations.c.rate.is_(None),
                donations.c.currency != campaigns.c.currency,
                donations.c.rate != "1",
                donations.c.counted_minor != _GIFT_LEFT,
            ),
        )
    )
)
_GOALS = Statement(
    lambda: (
        select(
            campaigns.c.slug,
            progress.c.counted_minor,
            func.coalesce(func.sum(donations.c.counted_minor), 0),
            progress.c.donors,
            func.count(donations.c.donor_id.distinct()).filter(donations.c.settled_at.is_not(None)),
        )
        .select_from(
            campaigns.outerjoin(progress, progress.c.campaign_id == campaigns.c.id).outerjoin(
                donations, donations.c.campaign_id == campaigns.c.id
            )
        )
        .group_by(campaigns.c.id, progress.c.campaign_id)
        .order_by(campaigns.c.slug)
    )
)
_FEES = Statement(
    lambda: (
        select(
            campaigns.c.slug,
            balance_transactions.c.currency,
            func.sum(balance_transactions.c.fee_minor),
        )
        .select_from(
            balance_transactions.join(donations, donations.c.id == balance_transactions.c.donation_id).join(
                campaigns, campaigns.c.id == donations.c.campaign_id
            )
        )
        .group_by(campaigns.c.slug, balance_transactions.c.currency)
    )
)
_UNSEEN = {
    "payments": Statement(lambda: select(payments.c.payment_intent, payments.c.donation_id)),
    "refunds": Statement(lambda: select(refunds.c.id, refunds.c.donation_id)),
    "disputes": Statement(lambda: select(disputes.c.id, disputes.c.donation_id)),
    "balance transactions": Statement(
        lambda: select(balance_transactions.c.id, balance_transactions.c.donation_id)
    ),
}
_STATE = case(
    (_LOST > 0, "charged_back"),
    (func.coalesce(_DISPUTED.c.open, 0) > 0, "disputed"),
    (payments.c.amount_minor <= _GONE, "refunded"),
    (_GONE > 0, "partly_refunded"),
    else_="paid",
)
_WRONG_STATES = Statement(
    lambda: (
        select(donations.c.id, donations.c.state, _STATE)
        .select_from(_WITH_WHAT_WENT_BACK)
        .where(payments.c.is_matched == 1, donations.c.state != _STATE)
        .order_by(donations.c.id)
    )
)
_UNPAID = Statement(
    lambda: (
        select(donations.c.id, donations.c.state, literal("a state with a payment"))
        .select_from(
            donations.outerjoin(
                payments, and_(payments.c.donation_id == donations.c.id, payments.c.is_matched == 1)
            )
        )
        .where(donations.c.state.in_([str(one) for one in RECEIVED]), payments.c.subject.is_(None))
    )
)
_GAPS = Statement(
    lambda: (
        select(receipts.c.year, func.max(receipts.c.number) - func.count())
        .group_by(receipts.c.year)
        .having(func.max(receipts.c.number) != func.count())
        .order_by(receipts.c.year)
    )
)
_UNPAPERED = Statement(
    lambda: (
        select(payments.c.donation_id)
        .select_from(payments.outerjoin(receipts, receipts.c.subject == payments.c.subject))
        .where(payments.c.is_matched == 1, receipts.c.number.is_(None))
    )
)

_PROMISED = Statement(
    lambda: (
        select(campaigns.c.slug, pledges.c.currency, func.sum(pledges.c.amount_minor))
        .select_from(pledges.join(campaigns, campaigns.c.id == pledges.c.campaign_id))
        .where(pledges.c.state.in_([str(one) for one in PledgeState if one.is_open]))
        .group_by(campaigns.c.slug, pledges.c.currency)
    )
)
# How many there are, where that is not what is kept beside them.
_PLEDGES = Statement(
    lambda: (
        select(campaigns.c.slug, totals.c.currency, totals.c.pledges, func.count(pledges.c.id))
        .select_from(
            totals.join(campaigns, campaigns.c.id == totals.c.campaign_id).outerjoin(
                pledges,
                and_(
                    pledges.c.campaign_id == totals.c.campaign_id,
                    pledges.c.currency == totals.c.currency,
                    pledges.c.state.in_([str(one) for one in PledgeState if one.is_open]),
                ),
            )
        )
        .group_by(campaigns.c.slug, totals.c.currency, totals.c.pledges)
        .having(totals.c.pledges != func.count(pledges.c.id))
        .order_by(campaigns.c.slug, totals.c.currency)
    )
)
_KEPT_PROMISED = Statement(
    lambda: (
        select(campaigns.c.slug, totals.c.currency, totals.c.promised_minor)
        .select_from(totals.join(campaigns, campaigns.c.id == totals.c.campaign_id))
        .where(totals.c.promised_minor != 0)
    )
)
_IS_MATCHED = pledges.c.state == PledgeState.MATCHED.value
# A matched pledge has a gift with its money, and no other has one.
_ORPHANS = Statement(
    lambda: (
        select(pledges.c.id, pledges.c.state)
        .select_from(
            pledges.outerjoin(
                payments, and_(payments.c.donation_id == pledges.c.donation_id, payments.c.is_matched == 1)
            )
        )
        .where(payments.c.subject.is_not(None) != _IS_MATCHED)
        .order_by(pledges.c.id)
    )
)


Sums = dict[tuple[str, str], int]


class Held(Struct, frozen=True):
    """By campaign and currency: what is left of the gifts and of what donors added for the fees, and how many came."""

    gifts: Sums
    covers: Sums
    count: Sums


def held(tx: Tx) -> Held:
    """Counted again from payments, refunds and disputes."""
    rows = [tuple(row) for row in tx.all(_HELD)]
    return Held(*({(row[0], row[1]): row[place] for row in rows} for place in (2, 3, 4)))


def kept(tx: Tx) -> tuple[Sums, Sums]:
    """The totals that screens show, and how many gifts they are made of."""
    rows = [tuple(row) for row in tx.all(_KEPT)]
    return {(row[0], row[1]): row[2] for row in rows}, {(row[0], row[1]): row[3] for row in rows}


def promised(tx: Tx) -> dict[tuple[str, str], int]:
    """Open pledges, counted again."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_PROMISED)}


def kept_promised(tx: Tx) -> dict[tuple[str, str], int]:
    """What screens show as promised."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_KEPT_PROMISED)}


def wrong_pledges(tx: Tx) -> list[tuple[str, str, int, int]]:
    """Campaign, currency, how many open pledges are kept, how many there are."""
    return [tuple(row) for row in tx.all(_PLEDGES)]


def orphans(tx: Tx) -> list[tuple[str, str]]:
    """Pledges whose state and gift disagree."""
    return [(pledge, state) for pledge, state in tx.all(_ORPHANS)]


def fees(tx: Tx) -> dict[tuple[str, str], int]:
    """What Stripe kept, by campaign and currency of settlement."""
    return {(slug, currency): minor for slug, currency, minor in tx.all(_FEES) if minor}


def unseen(tx: Tx, what: str, seen: Container[str]) -> Iterator[str]:
    """Gifts with payments, refunds, disputes or balance transactions whose id at Stripe is not among `seen`."""
    for id, donation_id in tx.each(_UNSEEN[what]):
        if id is not None and id not in seen:
            yield donation_id


def miscounted(tx: Tx) -> Iterator[tuple[str, int, int]]:
    """Gift, what it counts for its goal, what it should."""
    for id, currency, goal, rate, counted, left in tx.each(_COUNTED):
        due = 0 if rate is None else worth(left, currency, goal, Decimal(rate))
        if counted != due:
            yield id, counted, due


def goals(tx: Tx) -> list[tuple[str, int | None, int, int | None, int]]:
    """Campaign, what it counts and what its gifts count, how many donors it has and how many there are; None where the row that
    says so is gone.
    """
    return [tuple(row) for row in tx.all(_GOALS)]


def wrong_states(tx: Tx) -> Iterator[tuple[str, str, str]]:
    """Gift, the state it has, the state its facts give."""
    unpaid = sorted(tuple(row) for row in tx.all(_UNPAID))
    yield from ((id, state, due) for id, state, due in (*tx.all(_WRONG_STATES), *unpaid))


def gaps(tx: Tx) -> list[tuple[int, int]]:
    """Years whose receipts have gaps, and how many numbers are missing."""
    return [(year, missing) for year, missing in tx.all(_GAPS)]


def unpapered(tx: Tx) -> list[str]:
    """Gifts that were paid and have no receipt."""
    return sorted(row[0] for row in tx.all(_UNPAPERED))
