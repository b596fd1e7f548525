"""Balance transactions: what the account really gains and loses, in its own currency; and the sum of it all."""

from typing import Any

from msgspec import Struct

from sandbox.stripe.account import Account, Thing, new_id
from sandbox.stripe.currencies import SETTLEMENT, rate, settled

DISPUTE_FEE = 1500
_DAYS_TO_PAYOUT = 7


class Sums(Struct, frozen=True):
    """Of one currency, in minor units: the first four as donors were charged, the last two as the account settles.

    `refunded` counts what is pending as well; a refund that failed is not counted any more.
    """

    charged: int = 0
    refunded: int = 0
    disputed_withdrawn: int = 0
    reinstated: int = 0
    fees: int = 0
    net: int = 0


class Balance:
    """Stripe captures asynchronously: a charge's transaction is there a moment after its payment, never at once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._awaited: dict[str, Thing] = {}

    def expect(self, charge: Thing) -> None:
        self._awaited[charge["id"]] = charge
        clock = self._account.clock
        clock.at(clock.now() + 1, lambda: self.arrive(charge["id"]))

    def arrive(self, charge_id: str | None = None) -> None:
        """The transaction of one charge, or of all that wait, is known now."""
        for id in [charge_id] if charge_id else list(self._awaited):
            if charge := self._awaited.pop(id, None):
                fee = (settled(charge["amount"], charge["currency"]) * 29 + 500) // 1000 + 25
                transaction = self.book("charge", charge, charge["amount"], fee)
                charge["balance_transaction"] = transaction["id"]
                self._account.tell("charge.updated", charge)

    def book(self, kind: str, source: Thing, amount: int, fee: int = 0, category: str = "") -> Thing:
        """A new transaction. `amount` is signed and in the source's currency, `fee` in the account's."""
        gross, now = settled(abs(amount), source["currency"]), self._account.clock.wall()
        gross = gross if amount > 0 else -gross
        is_converted = source["currency"] != SETTLEMENT
        transaction: Thing = {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": gross,
            "available_on": now + _DAYS_TO_PAYOUT * 86400,
            "balance_type": "payments",
            "created": now,
            "currency": SETTLEMENT,
            "description": source.get("description"),
            "exchange_rate": float(rate(source["currency"])) if is_converted else None,
            "fee": fee,
            "fee_details": _details(fee, "Dispute fee" if category else "Stripe processing fees"),
            "net": gross - fee,
            "reporting_category": category or kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
        self._account.transactions[transaction["id"]] = transaction
        return transaction

    def tell(self, plain: Thing) -> None:
        """A transaction's status follows from the day."""
        if plain["available_on"] <= self._account.clock.now():
            plain["status"] = "available"

    def sums(self) -> dict[str, Sums]:
        """Per currency; one that nothing happened in is missing."""
        counted: dict[str, dict[str, int]] = {}

        def add(currency: str, **amounts: int) -> None:
            into = counted.setdefault(currency, {})
            for name, amount in amounts.items():
                into[name] = into.get(name, 0) + amount

        for charge in self._account.charges.values():
            add(charge["currency"], charged=charge["amount"], refunded=charge["amount_refunded"])
        for dispute in self._account.disputes.values():
            add(
                dispute["currency"],
                disputed_withdrawn=dispute["_withdrawn"],
                reinstated=dispute["_reinstated"],
            )
        for transaction in self._account.transactions.values():
            add(transaction["currency"], fees=transaction["fee"], net=transaction["net"])
        return {currency: Sums(**amounts) for currency, amounts in counted.items()}


def _details(fee: int, description: str) -> list[dict[str, Any]]:
    detail = {
        "amount": fee,
        "application": None,
        "currency": SETTLEMENT,
        "description": description,
        "type": "stripe_fee",
    }
    return [detail] if fee else []
