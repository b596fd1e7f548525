"""Checkout sessions: the page's life, from open to complete or expired."""

import secrets
from typing import Any

from sandbox.stripe.account import Account, Thing
from sandbox.stripe.errors import StateRefusal, StripeRefusal
from sandbox.stripe.payments import Ask, Payments
from sandbox.stripe.renewals import Renewals
from sandbox.stripe.subscriptions import Subscriptions

_DAY = 86400


class Sessions:
    def __init__(
        self, account: Account, payments: Payments, subscriptions: Subscriptions, renewals: Renewals
    ) -> None:
        self._account, self._payments = account, payments
        self._subscriptions, self._renewals = subscriptions, renewals

    def create(self, params: dict[str, Any], base: str) -> Thing:
        """`base` is this server's address."""
        session_id = "cs_test_" + secrets.token_hex(29)
        lines, clock = params["line_items"], self._account.clock
        price = lines[0]["price_data"]
        total = sum(int(one["price_data"]["unit_amount"]) * int(one.get("quantity", 1)) for one in lines)
        session: Thing = {
            "id": session_id,
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "client_reference_id": params.get("client_reference_id"),
            "created": clock.wall(),
            "currency": price["currency"],
            "custom_text": params.get("custom_text"),
            "customer": None,
            "customer_details": None,
            "expires_at": int(params.get("expires_at", clock.wall() + _DAY)),
            "invoice": None,
            "livemode": False,
            "locale": params.get("locale"),
            "metadata": params.get("metadata") or {},
            "mode": params.get("mode", "payment"),
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "submit_type": params.get("submit_type"),
            "subscription": None,
            "success_url": params["success_url"],
            "cancel_url": params.get("cancel_url"),
            "ui_mode": params.get("ui_mode", "hosted_page"),
            "url": f"{base}/stripe/pay/{session_id}#sandbox",
            "_product": price.get("product_data") or {},
            "_lines": [
                (one["price_data"]["product_data"]["name"], int(one["price_data"]["unit_amount"]))
                for one in lines
            ],
            "_intent": params.get("payment_intent_data") or {},
            "_recurring": price.get("recurring"),
            "_subscription": params.get("subscription_data") or {},
        }
        self._account.sessions[session_id] = session
        clock.at(clock.heard(session["expires_at"]), lambda: self._time_is_over(session_id))
        return session

    def get(self, session_id: str) -> Thing:
        try:
            return self._account.sessions[session_id]
        except KeyError:
            message = f"No such checkout.session: {session_id}"
            raise StripeRefusal(message, status=404, code="resource_missing", param="session") from None

    def asked_to_expire(self, session_id: str) -> Thing:
        """POST /v1/checkout/sessions/{id}/expire."""
        session = self.get(session_id)
        if session["status"] != "open":
            raise StateRefusal(
                f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of {session["status"]}.'
            )
        self.expire(session_id)
        return session

    def pay(self, session_id: str) -> None:
        self._finish(session_id, "paid", "succeeded")

    def pay_later(self, session_id: str) -> None:
        self._finish(session_id, "unpaid", "processing")

    def _finish(self, session_id: str, payment_status: str, intent_status: str) -> None:
        session = self._open(session_id)
        begun = None
        if session["_recurring"]:
            begun = self._subscriptions.begin(session, intent_status)
        else:
            self._attempt(session, intent_status)
        session |= {"status": "complete", "payment_status": payment_status, "url": None}
        self._account.tell("checkout.session.completed", session)
        if begun:
            self._renewals.announce(begun, is_paid=payment_status == "paid")

    def settle(self, session_id: str) -> None:
        session = self._unpaid(session_id)
        if not session["subscription"]:
            self._attempt(session, "succeeded")
        session["payment_status"] = "paid"
        self._account.tell("checkout.session.async_payment_succeeded", session)
        if session["subscription"]:
            self._renewals.first_payment(self._account.subscriptions[session["subscription"]])

    def fail(self, session_id: str) -> None:
        session = self._unpaid(session_id)
        if not session["subscription"]:
            self._attempt(session, "requires_payment_method", decline="insufficient_funds")
        self._account.tell("checkout.session.async_payment_failed", session)
        if session["subscription"]:
            subscription = self._account.subscriptions[session["subscription"]]
            self._renewals.first_payment(subscription, "insufficient_funds")

    def decline(self, session_id: str, code: str) -> None:
        """A subscription's session shows no intent, so nothing of a decline is seen there."""
        session = self._open(session_id)
        if not session["_recurring"]:
            self._attempt(session, "requires_payment_method", decline=code)

    def expire(self, session_id: str) -> None:
        session = self._open(session_id)
        session |= {"status": "expired", "url": None}
        self._account.tell("checkout.session.expired", session)

    def _time_is_over(self, session_id: str) -> None:
        if self._account.sessions[session_id]["status"] == "open":
            self.expire(session_id)

    def _open(self, session_id: str) -> Thing:
        session = self.get(session_id)
        if session["status"] != "open":
            raise StateRefusal(f"This page is {session['status']}.")
        return session

    def _unpaid(self, session_id: str) -> Thing:
        session = self.get(session_id)
        if (session["status"], session["payment_status"]) != ("complete", "unpaid"):
            raise StateRefusal("No delayed payment is under way.")
        return session

    def _attempt(self, session: Thing, status: str, decline: str | None = None) -> None:
        ask = Ask(session["amount_total"], session["currency"], session["_intent"], None, session["livemode"])
        session["payment_intent"] = self._payments.attempt(session["payment_intent"], ask, status, decline)
