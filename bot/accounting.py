"""What Stripe really kept and really paid out, learned later: a gift is paid long before its accounts are known.

Keyed on payments, so that a gift, a renewal and money that matches nothing are all accounted for; pledges are no
payments of Stripe's and never asked about. Each balance transaction is kept once, and its fee booked once with it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from bot.ledger import EntryKind
from bot.model import BalanceTransaction, Dispute, Payment, Refund
from bot.services import Services
from bot.settling import book
from bot.store import balance, donations, inbox, refunds
from bot.store.inbox import Hint
from bot.store.sql import Tx

_LOOKS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
_DAILY, _UNTIL = timedelta(days=1), timedelta(days=30)


def next_look(since: datetime, now: datetime) -> datetime | None:
    """When to ask again after `now`, of money that last moved at `since`; None: never again, an audit will say so."""
    soon = next((since + pause for pause in _LOOKS if since + pause > now), None)
    return soon or (now + _DAILY if now < since + _UNTIL else None)


async def due(services: Services, limit: int = 20) -> list[str]:
    """PaymentIntents to ask about, each put off to its next look first, so that a failed look is repeated and not lost."""

    def take(tx: Tx) -> list[str]:
        now = services.clock()
        taken = balance.due(tx, now, limit)
        for intent, since in taken:
            balance.look_at(tx, [intent], next_look(since, now))
        return [intent for intent, _ in taken]

    return await services.db.write(take)


class Gone(Struct, frozen=True):
    """What we know went back of a payment, or is contested."""

    refunds: Sequence[Refund]
    disputes: Sequence[Dispute]

    @property
    def sources(self) -> list[str]:
        return [one.id for one in (*self.refunds, *self.disputes)]


async def learn(services: Services, payment_intent: str, *, event_id: str | None = None) -> None:
    """Ask Stripe what it settled of this payment, and keep what is new. Raises PaymentsError: the next look stays."""
    payment = await services.db.read(lambda tx: donations.payment_of(tx, payment_intent))
    if payment is None:
        # Of another application, or not heard of yet: a payment is asked about once it is in the books.
        if event_id:
            await services.db.write(lambda tx: inbox.done(tx, event_id, "ignored", services.clock()))
        return
    async with services.gift(payment.donation_id):
        gone = await services.db.read(lambda tx: _gone(tx, payment_intent))
        charge = await services.payments.charge(payment_intent)
        found = [charge.transaction] if charge and charge.transaction else []
        for source in gone.sources:
            found += await services.payments.transactions(source)
        whole = bool(charge and charge.transaction) and _are_whole(gone, found)
        now = services.clock()
        await services.db.write(lambda tx: _keep(tx, payment, found, now, is_whole=whole, event_id=event_id))


def _gone(tx: Tx, payment_intent: str) -> Gone:
    return Gone(refunds.of_payment(tx, payment_intent), refunds.disputes_of(tx, payment_intent))


def _are_whole(gone: Gone, found: Sequence[BalanceTransaction]) -> bool:
    """Whether Stripe has told every movement that these refunds and disputes must have made."""
    known = Counter(one.source for one in found)
    refunded = all(_moved(known[one.id], one) for one in gone.refunds)
    return refunded and all(known[one.id] >= _moves(one) for one in gone.disputes)


def _moved(times: int, refund: Refund) -> bool:
    """A refund goes out once, and one that failed comes back as well; one that never went out needs neither."""
    if refund.status in ("failed", "canceled"):
        return times != 1
    return times >= 1 or refund.status != "succeeded"


def _moves(dispute: Dispute) -> int:
    """A bank takes the money while it looks, and gives it back where we win; an inquiry takes nothing."""
    return 2 if dispute.status == "won" else 1 if dispute.is_open or dispute.is_lost else 0


def _keep(
    tx: Tx,
    payment: Payment,
    found: Sequence[BalanceTransaction],
    now: datetime,
    *,
    is_whole: bool,
    event_id: str | None,
) -> None:
    donation = donations.get(tx, payment.donation_id)
    if donation is None:
        raise LookupError(payment.donation_id)
    for one in found:
        if balance.add(tx, payment.payment_intent, donation.id, one, now) and one.fee_minor:
            book(tx, donation, EntryKind.FEE, -one.fee_minor, one.currency, now)
    if is_whole:
        balance.look_at(tx, [payment.payment_intent], None)
    if event_id:
        inbox.done(tx, event_id, "accounted", now)


async def work(services: Services, hint: Hint) -> None:
    """Work one hint about a PaymentIntent. Raises PaymentsError when Stripe cannot be asked: the hint stays."""
    await learn(services, hint.object_id, event_id=hint.event_id)
