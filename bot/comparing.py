"""Our books beside Stripe's, both ways: sessions, charges, refunds, disputes, balance transactions. Reads only; mends nothing.

Stripe's lists come a page at a time, and each page is compared in one look at the database; only ids are remembered.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bot.model import BalanceTransaction, Dispute, Refund
from bot.payments import balance as stripe
from bot.payments.balance import Charge
from bot.payments.checkout import CheckoutSession
from bot.payments.subscriptions import Invoice
from bot.services import Services
from bot.store import audit, balance, donations, monthly, refunds
from bot.store.sql import Tx

T = TypeVar("T")


@dataclass
class Seen:
    """What Stripe's lists named so far; `differs` says what is wrong with which gift, each once, in order."""

    intents: set[str] = field(default_factory=set[str])
    # Charges, refunds and disputes of ours, each with its payment: what balance transactions name as their source.
    sources: dict[str, str] = field(default_factory=dict[str, str])
    transactions: set[str] = field(default_factory=set[str])
    differs: dict[str, None] = field(default_factory=dict[str, None])

    def note(self, donation_id: str, what: str) -> None:
        self.differs[f"gift {donation_id}: {what}"] = None


_UNKNOWN = (
    "Stripe has its money, and our books do not know it: it was begun after the backup that was restored"
)
_PAYMENT = "Stripe has a payment that differs from ours, or that we do not have"


async def audit_stripe(services: Services) -> list[str]:
    """What differs, a sentence each. Accounts that Stripe has not told yet are late, not wrong."""
    seen, lists = Seen(), services.payments
    await _each(services, stripe.sessions(lists), seen, _sessions)
    await _each(services, stripe.invoices(lists), seen, _invoices)
    await _each(services, stripe.charges(lists), seen, _charges)
    await _each(services, stripe.refunds(lists), seen, _refunds)
    await _each(services, stripe.disputes(lists), seen, _disputes)
    await _each(services, stripe.transactions(lists), seen, _transactions)
    await services.db.read(lambda tx: _ours(tx, seen))
    return list(seen.differs)


async def _each(
    services: Services,
    pages: AsyncIterator[list[T]],
    seen: Seen,
    compare: Callable[[Tx, Sequence[T], Seen], None],
) -> None:
    async for page in pages:
        await services.db.read(lambda tx: compare(tx, page, seen))  # noqa: B023  awaited at once


def _sessions(tx: Tx, page: Sequence[CheckoutSession], seen: Seen) -> None:
    """A page that was paid and names a gift of ours has its payment in the books."""
    for session in page:
        donation = donations.get(tx, session.reference or "")
        if donation is None and session.is_ours and session.payment_status == "paid":
            seen.note(session.reference or "", _UNKNOWN)
        if donation is None or session.payment_status != "paid" or session.mode != "payment":
            continue
        payment = donations.payment_of(tx, session.payment_intent or "")
        if payment is None or payment.money != session.total or payment.donation_id != donation.id:
            seen.note(donation.id, _PAYMENT)


def _invoices(tx: Tx, page: Sequence[Invoice], seen: Seen) -> None:
    """Each paid month of a monthly gift of ours has its payment in the books."""
    for invoice in page:
        gift = monthly.get(tx, invoice.monthly_id)
        if gift is None or not invoice.is_paid:
            continue
        payment = donations.payment_of(tx, invoice.payment_intent or "")
        if payment is None or payment.money != invoice.paid:
            seen.note(gift.id, _PAYMENT)


def _charges(tx: Tx, page: Sequence[Charge], seen: Seen) -> None:
    for charge in page:
        payment = donations.payment_of(tx, charge.payment_intent)
        if payment is None:
            continue
        seen.intents.add(charge.payment_intent)
        seen.sources[charge.id] = charge.payment_intent
        if payment.money != charge.money:
            seen.note(payment.donation_id, _PAYMENT)


def _refunds(tx: Tx, page: Sequence[tuple[str, Refund]], seen: Seen) -> None:
    _went_back(tx, page, seen, ("refunds", refunds.of_payment))


def _disputes(tx: Tx, page: Sequence[tuple[str, Dispute]], seen: Seen) -> None:
    _went_back(tx, page, seen, ("disputes", refunds.disputes_of))


Back = Refund | Dispute


def _went_back(
    tx: Tx,
    page: Sequence[tuple[str, Back]],
    seen: Seen,
    kind: tuple[str, Callable[[Tx, str], Iterable[Back]]],
) -> None:
    name, ours = kind
    for intent, theirs in page:
        payment = donations.payment_of(tx, intent)
        if payment is None:
            continue
        seen.sources[theirs.id] = intent
        if _facts(theirs) not in {_facts(one) for one in ours(tx, intent)}:
            seen.note(payment.donation_id, f"{name} differ")


def _facts(one: Back) -> tuple[str, int, str, str]:
    return one.id, one.money.minor, one.money.currency, one.status


def _transactions(tx: Tx, page: Sequence[BalanceTransaction], seen: Seen) -> None:
    """Each movement of the balance that a gift made is in the books to the unit, unless we still mean to ask for it."""
    for theirs in page:
        ours, intent = balance.get(tx, theirs.id), seen.sources.get(theirs.source)
        if ours is not None:
            seen.transactions.add(theirs.id)
        elif intent is None or balance.is_awaited(tx, intent):
            continue
        payment = donations.payment_of(tx, intent or "")
        if payment is not None and (ours is None or _sums(ours) != _sums(theirs)):
            seen.note(payment.donation_id, f"balance transaction {theirs.id} differs")


def _sums(one: BalanceTransaction) -> tuple[str, int, int, int, str]:
    return one.source, one.amount_minor, one.fee_minor, one.net_minor, one.currency


def _ours(tx: Tx, seen: Seen) -> None:
    """What we have and Stripe did not name."""
    for what, known in (
        ("payments", seen.intents),
        ("refunds", seen.sources),
        ("disputes", seen.sources),
        ("balance transactions", seen.transactions),
    ):
        for donation_id in audit.unseen(tx, what, known):
            seen.note(donation_id, f"Stripe does not know our {what}")
