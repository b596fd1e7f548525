"""Payment intents and their charges: what a bank says of one attempt."""

from typing import Any

from msgspec import Struct, field

from sandbox.stripe.account import Account, Thing, new_id
from sandbox.stripe.balance import Balance

_CARD = {
    "type": "card",
    "card": {"brand": "visa", "country": "MA", "exp_month": 12, "exp_year": 2034, "last4": "4242"},
}
_ACCEPTED = {
    "type": "authorized",
    "network_status": "approved_by_network",
    "seller_message": "Payment complete.",
}


class Ask(Struct, frozen=True):
    """What a donor is to be charged. `data` is Checkout's payment_intent_data, as it arrived."""

    amount: int
    currency: str
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    customer: str | None = None
    livemode: bool = False


class Payments:
    def __init__(self, account: Account, balance: Balance) -> None:
        self._account, self._balance = account, balance

    def attempt(self, intent_id: str | None, ask: Ask, status: str, decline: str | None = None) -> str:
        """One try, in a new intent or in the one there is; the intent's id. `decline` is the bank's code."""
        intent_id = intent_id or new_id("pi")
        is_paid = status == "succeeded"
        intent: Thing = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": ask.amount,
            "amount_capturable": 0,
            "amount_received": ask.amount if is_paid else 0,
            "capture_method": "automatic_async",
            "created": self._account.clock.wall(),
            "currency": ask.currency,
            "customer": ask.customer,
            "description": ask.data.get("description"),
            "last_payment_error": _declined(decline) if decline else None,
            "latest_charge": None,
            "livemode": ask.livemode,
            "metadata": ask.data.get("metadata") or {},
            "payment_method_types": ["card"],
            "statement_descriptor_suffix": ask.data.get("statement_descriptor_suffix"),
            "status": status,
        }
        self._account.intents[intent_id] = intent
        if is_paid:
            intent["latest_charge"] = self._charge(intent)
        return intent_id

    def _charge(self, intent: Thing) -> str:
        copied = ("amount", "currency", "customer", "description", "livemode", "statement_descriptor_suffix")
        charge: Thing = {name: intent[name] for name in copied} | {
            "id": new_id("ch"),
            "object": "charge",
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "balance_transaction": None,
            "billing_details": {"name": None, "email": None, "phone": None},
            "captured": True,
            "created": self._account.clock.wall(),
            "disputed": False,
            "failure_code": None,
            "failure_message": None,
            "metadata": dict(intent["metadata"]),
            "outcome": _ACCEPTED,
            "paid": True,
            "payment_intent": intent["id"],
            "payment_method_details": _CARD,
            "receipt_url": None,
            "refunded": False,
            "status": "succeeded",
            "_refunds": [],
        }
        self._account.charges[charge["id"]] = charge
        self._balance.expect(charge)
        return charge["id"]


# Codes that Stripe gives as such; every other one is a `card_declined` with a reason.
_MESSAGES = {
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "expired_card": "Your card has expired.",
    "insufficient_funds": "Your card has insufficient funds.",
}


def _declined(code: str) -> dict[str, Any]:
    is_own = code in ("authentication_required", "expired_card")
    return {
        "type": "card_error",
        "charge": new_id("ch"),
        "code": code if is_own else "card_declined",
        "decline_code": code,
        "message": _MESSAGES.get(code, "Your card was declined."),
    }
