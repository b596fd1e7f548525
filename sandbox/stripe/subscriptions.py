"""Subscriptions: what a donor agreed to, and what the bot, the portal or the dashboard change in it."""

from typing import Any

from sandbox.stripe.account import Account, Thing, found, new_id
from sandbox.stripe.errors import StateRefusal, StripeRefusal, missing
from sandbox.stripe.invoices import Invoices
from sandbox.stripe.months import step

_OVER = ("canceled", "incomplete_expired")


class Subscriptions:
    """In here the times to come are moments of the account's clock; `tell` turns them into the bot's."""

    def __init__(self, account: Account, invoices: Invoices) -> None:
        self._account, self._invoices = account, invoices

    def begin(self, session: Thing, status: str) -> Thing:
        """The customer, the subscription and its first invoice of a Checkout session; tells nothing yet."""
        now = self._account.clock.wall()
        customer = self._customer(session, now)
        subscription = self._made(session, customer["id"], now)
        self._account.subscriptions[subscription["id"]] = subscription
        invoice = self._invoices.make(subscription, "subscription_create")
        self._invoices.collect(invoice, status)
        session |= {"customer": customer["id"], "subscription": subscription["id"], "invoice": invoice["id"]}
        session["customer_details"] = {"email": customer["email"], "name": None, "phone": None}
        return subscription

    def _customer(self, session: Thing, now: int) -> Thing:
        customer: Thing = {
            "id": new_id("cus"),
            "object": "customer",
            "created": now,
            "currency": session["currency"],
            "delinquent": False,
            "email": "donor@example.com",
            "invoice_settings": {"default_payment_method": None},
            "livemode": session["livemode"],
            "metadata": {},
            "name": None,
            "preferred_locales": [session["locale"]] if session["locale"] else [],
        }
        self._account.customers[customer["id"]] = customer
        return customer

    def _made(self, session: Thing, customer_id: str, now: int) -> Thing:
        data, anchor = session["_subscription"], self._account.clock.now()
        subscription_id = new_id("sub")
        return {
            "id": subscription_id,
            "object": "subscription",
            "billing_cycle_anchor": anchor,
            "billing_mode": data.get("billing_mode") or {"type": "classic"},
            "cancel_at": None,
            "cancel_at_period_end": False,
            "canceled_at": None,
            "cancellation_details": {"comment": None, "feedback": None, "reason": None},
            "collection_method": "charge_automatically",
            "created": now,
            "currency": session["currency"],
            "customer": customer_id,
            "default_payment_method": None,
            "description": data.get("description"),
            "ended_at": None,
            "items": _items(session, subscription_id, self._account.clock.passed, now),
            "latest_invoice": None,
            "livemode": session["livemode"],
            "metadata": dict(data.get("metadata") or {}),
            "pause_collection": None,
            "start_date": now,
            "status": "active",
            "_anchor": now,
            "_aged": self._account.clock.passed,
            "_number": 0,
            "_declines": [],
            "_invoices": [],
            "_product_name": session["_product"].get("name", ""),
        }

    def get(self, subscription_id: str, *, alive: bool = True) -> Thing:
        """Raises StripeRefusal, also for one that is over if it must be alive."""
        subscription = found(self._account.subscriptions, subscription_id, "subscription")
        if alive and self.is_over(subscription):
            raise missing("subscription", subscription_id)
        return subscription

    def is_over(self, subscription: Thing) -> bool:
        return subscription["status"] in _OVER

    def asked_to_cancel(self, subscription_id: str, params: dict[str, Any]) -> Thing:
        """DELETE /v1/subscriptions/{id}: at once."""
        if "true" in (params.get("invoice_now"), params.get("prorate")):
            raise StripeRefusal("The sandbox neither prorates nor invoices at the end.", param="prorate")
        subscription = self.get(subscription_id)
        subscription["cancellation_details"] |= params.get("cancellation_details") or {}
        return self.end(subscription, "cancellation_requested")

    def end(self, subscription: Thing, reason: str) -> Thing:
        """Nothing is charged any more, whatever was still open."""
        now = self._account.clock.wall()
        subscription |= {"status": "canceled", "ended_at": now, "pause_collection": None}
        subscription["canceled_at"] = subscription["canceled_at"] or now
        subscription["cancellation_details"]["reason"] = reason
        self._invoices.give_up(subscription)
        self._account.tell("customer.subscription.deleted", subscription)
        return subscription

    def stop_at_period_end(self, subscription: Thing, *, stops: bool) -> None:
        end = subscription["items"]["data"][0]["current_period_end"]
        self.stop_at(subscription, end if stops else None)
        subscription["cancel_at_period_end"] = stops

    def stop_at(self, subscription: Thing, moment: int | None) -> None:
        """None: it goes on. Raises StateRefusal for the past."""
        if moment is not None and moment <= self._account.clock.now():
            raise StateRefusal("`cancel_at` must be a timestamp in the future.", param="cancel_at")
        subscription |= {"cancel_at": moment, "cancel_at_period_end": False}
        subscription["canceled_at"] = None if moment is None else self._account.clock.wall()
        reason = None if moment is None else "cancellation_requested"
        subscription["cancellation_details"]["reason"] = reason
        if moment is not None:
            self._account.clock.at(moment, lambda: self._stop_comes(subscription, moment))

    def _stop_comes(self, subscription: Thing, moment: int) -> None:
        if subscription["cancel_at"] == moment and not self.is_over(subscription):
            self.end(subscription, "cancellation_requested")

    def tell(self, plain: Thing) -> None:
        told, item = self._account.clock.told, plain["items"]["data"][0]
        plain["billing_cycle_anchor"] = told(plain["billing_cycle_anchor"])
        item["current_period_start"] = told(item["current_period_start"])
        item["current_period_end"] = told(item["current_period_end"])
        if plain["cancel_at"] is not None:
            plain["cancel_at"] = told(plain["cancel_at"])
        if (pause := plain["pause_collection"]) and pause["resumes_at"] is not None:
            pause["resumes_at"] = told(pause["resumes_at"])


def _items(session: Thing, subscription_id: str, aged: int, now: int) -> Thing:
    """`aged`: how far the account's clock is before the bot's, by whose calendar the months are counted."""
    recurring = session["_recurring"]
    interval, count = recurring["interval"], int(recurring.get("interval_count", 1))
    item = {
        "id": new_id("si"),
        "object": "subscription_item",
        "created": now,
        "current_period_end": step(now, interval, count) + aged,
        "current_period_start": now + aged,
        "metadata": {},
        "price": price(session["currency"], session["amount_total"], interval, count, new_id("prod")),
        "quantity": 1,
        "subscription": subscription_id,
    }
    url = f"/v1/subscription_items?subscription={subscription_id}"
    return {"object": "list", "url": url, "data": [item], "has_more": False}


def price(currency: str, amount: int, interval: str, count: int, product: str) -> Thing:
    return {
        "id": new_id("price"),
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "currency": currency,
        "product": product,
        "recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"},
        "type": "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
