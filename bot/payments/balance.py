"""Stripe's JSON about charges and balance transactions as our nouns, and its whole lists, a page at a time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, Protocol

from msgspec import Struct

from bot.model import BalanceTransaction, Dispute, Refund
from bot.money import Money
from bot.payments.checkout import CheckoutSession, read_session
from bot.payments.money_back import read_dispute, read_refund
from bot.payments.subscriptions import Invoice, read_invoice

Raw = dict[str, Any]


class Charge(Struct, frozen=True):
    """Money taken. `transaction` is None until Stripe has captured it, which is a little after the payment."""

    id: str
    payment_intent: str
    money: Money
    transaction: BalanceTransaction | None = None


class Lists(Protocol):
    """What the whole lists need of `Payments`."""

    def pages(self, path: str, wanted: Raw) -> AsyncIterator[list[Raw]]:
        """Every page of a list, newest first."""
        ...


def read_charge(raw: Raw) -> Charge:
    transaction: Raw | str | None = raw.get("balance_transaction")
    return Charge(
        raw["id"],
        str(raw.get("payment_intent") or ""),
        Money(raw["amount"], raw["currency"].upper()),
        read_transaction(transaction) if isinstance(transaction, dict) else None,
    )


def read_transaction(raw: Raw) -> BalanceTransaction:
    """Integers are kept as they are; the rate is for show only, and travels as text so that no float is worked with."""
    rate, available = raw.get("exchange_rate"), raw.get("available_on")
    return BalanceTransaction(
        id=raw["id"],
        source=str(raw.get("source") or ""),
        kind=str(raw.get("reporting_category") or raw.get("type")),
        amount_minor=raw["amount"],
        fee_minor=raw["fee"],
        net_minor=raw["net"],
        currency=str(raw["currency"]).upper(),
        rate=None if rate is None else str(rate),
        available_at=datetime.fromtimestamp(available, UTC) if isinstance(available, int) else None,
    )


async def sessions(stripe: Lists) -> AsyncIterator[list[CheckoutSession]]:
    """Every session that a donor ever finished."""
    async for page in stripe.pages("/v1/checkout/sessions", {"status": "complete"}):
        yield [read_session(raw) for raw in page]


async def invoices(stripe: Lists) -> AsyncIterator[list[Invoice]]:
    """Every month of a subscription that was paid, with its payment."""
    async for page in stripe.pages("/v1/invoices", {"status": "paid", "expand": ["data.payments"]}):
        yield [read_invoice(raw) for raw in page]


async def charges(stripe: Lists) -> AsyncIterator[list[Charge]]:
    """Every charge that took money."""
    async for page in stripe.pages("/v1/charges", {}):
        yield [read_charge(raw) for raw in page if raw.get("paid") and raw.get("payment_intent")]


async def refunds(stripe: Lists) -> AsyncIterator[list[tuple[str, Refund]]]:
    """Every refund, each behind the PaymentIntent that it belongs to."""
    async for page in stripe.pages("/v1/refunds", {}):
        yield [(str(raw.get("payment_intent")), read_refund(raw)) for raw in page]


async def disputes(stripe: Lists) -> AsyncIterator[list[tuple[str, Dispute]]]:
    """Every dispute, each behind the PaymentIntent that it belongs to."""
    async for page in stripe.pages("/v1/disputes", {}):
        yield [(str(raw.get("payment_intent")), read_dispute(raw)) for raw in page]


async def transactions(stripe: Lists) -> AsyncIterator[list[BalanceTransaction]]:
    """Every movement of the account's balance, of other applications too."""
    async for page in stripe.pages("/v1/balance_transactions", {}):
        yield [read_transaction(raw) for raw in page]
