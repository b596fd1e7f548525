"""All objects of one Stripe account, in tables by id; nothing is decided here."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.stripe.clock import Clock
from sandbox.stripe.errors import StateRefusal, StripeRefusal, missing

API_VERSION = "2026-10-28.endive"

# An object of Stripe's. Keys that begin with "_" are ours and never shown.
Thing = dict[str, Any]
Table = dict[str, Thing]


@dataclass
class Account:
    """`tell(kind, thing)` makes an event of a change."""

    clock: Clock
    tell: Callable[[str, Thing], None]
    sessions: Table = field(default_factory=dict[str, Thing])
    intents: Table = field(default_factory=dict[str, Thing])
    charges: Table = field(default_factory=dict[str, Thing])
    transactions: Table = field(default_factory=dict[str, Thing])
    refunds: Table = field(default_factory=dict[str, Thing])
    disputes: Table = field(default_factory=dict[str, Thing])
    customers: Table = field(default_factory=dict[str, Thing])
    subscriptions: Table = field(default_factory=dict[str, Thing])
    invoices: Table = field(default_factory=dict[str, Thing])
    invoice_payments: Table = field(default_factory=dict[str, Thing])
    portals: Table = field(default_factory=dict[str, Thing])

    def lookup(self, id: str) -> Thing | None:
        """The object, by its id's prefix. Raises LookupError where no object could have such an id."""
        return {
            "cs": self.sessions,
            "pi": self.intents,
            "ch": self.charges,
            "txn": self.transactions,
            "re": self.refunds,
            "dp": self.disputes,
            "cus": self.customers,
            "sub": self.subscriptions,
            "in": self.invoices,
            "inpay": self.invoice_payments,
        }[id.partition("_")[0]].get(id)

    def charge_of(self, id: str) -> Thing:
        """The charge behind a session, an intent, an invoice or a subscription's latest. Raises StripeRefusal."""
        try:
            thing = self.lookup(id)
        except LookupError:
            thing = None
        if thing is None:
            raise missing("charge", id)
        while thing["object"] != "charge":
            thing = self._towards_charge(thing)
        return thing

    def _towards_charge(self, thing: Thing) -> Thing:
        ways = {
            "checkout.session": ("payment_intent", "invoice"),
            "payment_intent": ("latest_charge",),
            "subscription": ("latest_invoice",),
        }
        steps: list[str | None] = [thing.get(name) for name in ways.get(thing["object"], ())]
        if thing["object"] == "invoice":
            steps = [self.invoice_payments[one]["payment"]["payment_intent"] for one in thing["_payments"]]
        for step in steps:
            if step and (found := self.lookup(step)):
                return found
        raise StateRefusal(f"This {thing['object']} ({thing['id']}) does not have a successful charge.")


def found(table: Table, id: str, kind: str, param: str = "id") -> Thing:
    """Raises StripeRefusal, 404."""
    try:
        return table[id]
    except KeyError:
        raise missing(kind, id, param) from None


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def whole(value: object, name: str) -> int:
    """A form's positive number. Raises StripeRefusal."""
    if not str(value).isdigit() or int(str(value)) == 0:
        raise StripeRefusal(f"Invalid positive integer: {name}", code="parameter_invalid_integer", param=name)
    return int(str(value))
