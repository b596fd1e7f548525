"""Refunds: made by the bot or in the dashboard, at once or slowly; those that fail give the money back."""

from typing import Any

from sandbox.stripe.account import Account, Thing, found, new_id, whole
from sandbox.stripe.balance import Balance
from sandbox.stripe.currencies import written
from sandbox.stripe.errors import StateRefusal, StripeRefusal

_WAYS = {
    "pending": ("requires_action", "succeeded", "failed", "canceled"),
    "requires_action": ("pending", "succeeded", "failed", "canceled"),
    "succeeded": ("failed",),
}
_LOST = ("failed", "canceled")


class Refunds:
    """`next_status` is that of the refunds to come: "succeeded", "pending" or "requires_action"."""

    def __init__(self, account: Account, balance: Balance) -> None:
        self._account, self._balance = account, balance
        self.next_status = "succeeded"

    def asked(self, params: dict[str, Any]) -> Thing:
        """POST /v1/refunds."""
        charge = self._charge(params)
        amount = whole(params["amount"], "amount") if "amount" in params else None
        return self.make(charge, amount, params.get("reason"), params.get("metadata") or {})

    def _charge(self, params: dict[str, Any]) -> Thing:
        if "payment_intent" in params:
            intent = found(
                self._account.intents, params["payment_intent"], "payment_intent", "payment_intent"
            )
            return self._account.charge_of(intent["id"])
        if "charge" in params:
            return found(self._account.charges, params["charge"], "charge", "charge")
        raise StripeRefusal(
            "One of the following params should be provided for this request: payment_intent or charge."
        )

    def make(
        self, charge: Thing, amount: int | None, reason: str | None = None, metadata: Thing | None = None
    ) -> Thing:
        """`amount` None: all that is left. Raises StateRefusal where Stripe would not give it."""
        left = charge["amount"] - charge["amount_refunded"]
        self._check(charge, left, left if amount is None else amount)
        refund: Thing = {
            "id": new_id("re"),
            "object": "refund",
            "amount": left if amount is None else amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": self._account.clock.wall(),
            "currency": charge["currency"],
            "customer": charge["customer"],
            "destination_details": {"type": "card", "card": {"type": "refund"}},
            "metadata": dict(metadata or {}),
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "receipt_number": None,
            "status": self.next_status,
        }
        self._account.refunds[refund["id"]] = refund
        charge["_refunds"].insert(0, refund["id"])
        refund["balance_transaction"] = self._balance.book("refund", refund, -refund["amount"])["id"]
        self._given(charge, refund["amount"])
        self._account.tell("refund.created", refund)
        self._account.tell("charge.refunded", charge)
        return refund

    def _check(self, charge: Thing, left: int, amount: int) -> None:
        disputes = [one for one in self._account.disputes.values() if one["charge"] == charge["id"]]
        if any(not one["is_charge_refundable"] for one in disputes):
            raise StateRefusal(
                f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
            )
        if left == 0:
            raise StateRefusal(
                f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
            )
        if amount > left:
            asked, rest = written(amount, charge["currency"]), written(left, charge["currency"])
            # Stripe gives this one no code.
            raise StateRefusal(
                f"Refund amount ({asked}) is greater than unrefunded amount on charge ({rest})",
                param="amount",
            )

    def move(self, refund_id: str, status: str) -> Thing:
        """What the bank made of it later. Raises StripeRefusal for a way that no refund goes."""
        refund = found(self._account.refunds, refund_id, "refund")
        if status not in _WAYS.get(refund["status"], ()):
            raise StateRefusal(f"A refund that is {refund['status']} does not become {status}.")
        refund["status"] = status
        if status in _LOST:
            self._taken_back(refund, status)
        self._account.tell("refund.updated", refund)
        if status == "failed":
            self._account.tell("refund.failed", refund)
        return refund

    def _taken_back(self, refund: Thing, status: str) -> None:
        back = self._balance.book("refund_failure", refund, refund["amount"])
        refund["failure_balance_transaction"] = back["id"]
        if status == "failed":
            refund["failure_reason"] = "expired_or_canceled_card"
        self._given(self._account.charges[refund["charge"]], -refund["amount"])

    def _given(self, charge: Thing, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
