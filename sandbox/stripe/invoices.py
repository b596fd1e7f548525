"""Invoices of subscriptions, in endive's shape: what one month asks for, and how it was paid."""

from collections.abc import Callable

from sandbox.stripe.account import Account, Thing, new_id
from sandbox.stripe.payments import Ask, Payments


class Invoices:
    """Tells nothing: whoever asks for the money tells what became of it. `base` is this server's address."""

    def __init__(self, account: Account, payments: Payments, base: Callable[[], str]) -> None:
        self._account, self._payments, self._base = account, payments, base

    def make(self, subscription: Thing, reason: str, status: str = "open") -> Thing:
        """For the period that the subscription is in. With another status than "open" nothing will be charged."""
        item, clock = subscription["items"]["data"][0], self._account.clock
        amount = item["price"]["unit_amount"] * item["quantity"]
        period = {
            "start": clock.told(item["current_period_start"]),
            "end": clock.told(item["current_period_end"]),
        }
        invoice_id, now, is_open = new_id("in"), clock.wall(), status == "open"
        invoice: Thing = {
            "id": invoice_id,
            "object": "invoice",
            "amount_due": amount,
            "amount_overpaid": 0,
            "amount_paid": 0,
            "amount_remaining": amount,
            "attempt_count": 0,
            "attempted": False,
            "auto_advance": is_open,
            "billing_reason": reason,
            "collection_method": "charge_automatically",
            "created": now,
            "currency": subscription["currency"],
            "customer": subscription["customer"],
            "description": subscription["description"],
            "hosted_invoice_url": f"{self._base()}/stripe/invoice/{invoice_id}",
            "lines": _lines(subscription, invoice_id, amount, period),
            "livemode": subscription["livemode"],
            "metadata": {},
            "next_payment_attempt": None,
            "number": f"ENTRAIDE-{len(self._account.invoices) + 1:04}",
            "parent": _parent(subscription),
            "period_end": now,
            "period_start": now,
            "status": status,
            "status_transitions": {
                "finalized_at": now if status != "draft" else None,
                "marked_uncollectible_at": now if status == "uncollectible" else None,
                "paid_at": None,
                "voided_at": now if status == "void" else None,
            },
            "subtotal": amount,
            "total": amount,
            "_subscription": subscription["id"],
            "_payments": [],
        }  # fmt: skip
        self._account.invoices[invoice_id] = invoice
        subscription["latest_invoice"] = invoice_id
        subscription["_invoices"].append(invoice_id)
        if is_open:
            invoice["_payments"] = [self._payment(invoice)]
        return invoice

    def preview(self, subscription: Thing) -> Thing:
        """What the next period will ask for; kept nowhere."""
        item, clock = subscription["items"]["data"][0], self._account.clock
        amount, moment = (
            item["price"]["unit_amount"] * item["quantity"],
            clock.told(item["current_period_end"]),
        )
        return {
            "object": "invoice",
            "amount_due": amount,
            "amount_remaining": amount,
            "billing_reason": "upcoming",
            "created": moment,
            "currency": subscription["currency"],
            "customer": subscription["customer"],
            "livemode": subscription["livemode"],
            "next_payment_attempt": item["current_period_end"],
            "parent": _parent(subscription),
            "status": "draft",
            "total": amount,
        }

    def _payment(self, invoice: Thing) -> str:
        payment: Thing = {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": invoice["created"],
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": invoice["livemode"],
            "payment": {"type": "payment_intent", "payment_intent": None},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
        self._account.invoice_payments[payment["id"]] = payment
        return payment["id"]

    def collect(self, invoice: Thing, status: str = "succeeded", decline: str | None = None) -> None:
        """One attempt at the donor's card."""
        payment = self._account.invoice_payments[invoice["_payments"][0]]
        ask = Ask(
            invoice["amount_due"],
            invoice["currency"],
            {"description": invoice["billing_reason"].replace("_", " ").capitalize()},
            invoice["customer"],
            invoice["livemode"],
        )
        way = payment["payment"]
        way["payment_intent"] = self._payments.attempt(way["payment_intent"], ask, status, decline)
        invoice["attempt_count"] += 1
        invoice["attempted"] = True
        if status == "succeeded":
            self._paid(invoice, payment)

    def _paid(self, invoice: Thing, payment: Thing) -> None:
        now, amount = self._account.clock.wall(), invoice["amount_due"]
        invoice |= {"status": "paid", "amount_paid": amount, "amount_remaining": 0}
        invoice |= {"next_payment_attempt": None, "auto_advance": False}
        invoice["status_transitions"]["paid_at"] = now
        payment |= {"status": "paid", "amount_paid": amount}
        payment["status_transitions"]["paid_at"] = now

    def give_up(self, subscription: Thing) -> None:
        """No open invoice of this subscription will be tried again."""
        for invoice in map(self._account.invoices.__getitem__, subscription["_invoices"]):
            if invoice["status"] == "open":
                invoice |= {"next_payment_attempt": None, "auto_advance": False}

    def tell(self, plain: Thing) -> None:
        """The next attempt is a moment to come."""
        if plain["next_payment_attempt"] is not None:
            plain["next_payment_attempt"] = self._account.clock.told(plain["next_payment_attempt"])


def _parent(subscription: Thing) -> Thing:
    details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
    return {"type": "subscription_details", "quote_details": None, "subscription_details": details}


def _lines(subscription: Thing, invoice_id: str, amount: int, period: dict[str, int]) -> Thing:
    item = subscription["items"]["data"][0]
    parent = {
        "type": "subscription_item_details",
        "subscription_item_details": {"subscription": subscription["id"], "subscription_item": item["id"]},
    }
    line = {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": subscription["currency"],
        "description": subscription["_product_name"],
        "invoice": invoice_id,
        "parent": parent,
        "period": period,
        "quantity": item["quantity"],
    }
    return {"object": "list", "url": f"/v1/invoices/{invoice_id}/lines", "data": [line], "has_more": False}
