"""Stripe's state: sessions, payments, events; what donors do on the page, and what time does."""

import asyncio
import copy
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Faults
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.webhooks import Outbox

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived. `status` 0: no answer was given."""

    method: str
    path: str
    params: dict[str, Any]
    key: str | None
    status: int
    message: str = ""


class StripeEmulator:
    """One account in test mode. `base` is this server's address; `webhook_url` where its events go, if anywhere."""

    def __init__(
        self,
        secret_key: str = "sk_test_sandbox",  # noqa: S107  opens nothing
        webhook_secret: str = "whsec_sandbox",  # noqa: S107
        base: str = "http://127.0.0.1:8090",
        pause: float = 2.0,
    ) -> None:
        self.secret_key, self.base = secret_key, base
        self.outbox = Outbox(webhook_secret, pause)
        self.faults = Faults()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.rejected: list[Call] = []
        self.on_change: list[Callable[[], None]] = []
        # Called with "before" or "after" the effect, and the method and path.
        self.spies: list[Callable[[str, str], None]] = []
        self.passed = 0
        self._born: dict[str, int] = {}

    async def start(self) -> None:
        await self.outbox.start()

    async def stop(self) -> None:
        await self.outbox.stop()

    @property
    def webhook_url(self) -> str | None:
        return self.outbox.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.outbox.url = url

    @property
    def charges(self) -> list[dict[str, Any]]:
        """Every payment that took money."""
        return [intent for intent in self.intents.values() if intent["status"] == "succeeded"]

    # The API.

    def create_session(self, params: dict[str, Any]) -> dict[str, Any]:
        session_id = "cs_test_" + secrets.token_hex(29)
        price = params["line_items"][0]["price_data"]
        total = int(price["unit_amount"]) * int(params["line_items"][0].get("quantity", 1))
        session = {
            "id": session_id,
            "object": "checkout.session",
            "amount_subtotal": total,
            "amount_total": total,
            "client_reference_id": params.get("client_reference_id"),
            "created": int(time.time()),
            "currency": price["currency"],
            "custom_text": params.get("custom_text"),
            "customer": None,
            "customer_details": None,
            "expires_at": int(params.get("expires_at", time.time() + 86400)),
            "livemode": False,
            "locale": params.get("locale"),
            "metadata": params.get("metadata") or {},
            "mode": params.get("mode", "payment"),
            "payment_intent": None,
            "payment_status": "unpaid",
            "status": "open",
            "submit_type": params.get("submit_type"),
            "success_url": params["success_url"],
            "cancel_url": params.get("cancel_url"),
            "ui_mode": params.get("ui_mode", "hosted_page"),
            "url": f"{self.base}/stripe/pay/{session_id}#sandbox",
        }
        self.sessions[session_id] = session
        self._born[session_id] = self.passed
        session["_product"] = price.get("product_data") or {}
        session["_intent"] = params.get("payment_intent_data") or {}
        self._tell()
        return session

    def shown(self, session: dict[str, Any], expand: list[str] | None = None) -> dict[str, Any]:
        """The session as the API gives it."""
        shown = {key: value for key, value in session.items() if not key.startswith("_")}
        intent = self.intents.get(session["payment_intent"] or "")
        if intent and any(path.split(".")[0] == "payment_intent" for path in expand or ()):
            shown["payment_intent"] = intent
        return copy.deepcopy(shown)

    def session(self, session_id: str) -> dict[str, Any]:
        try:
            return self.sessions[session_id]
        except KeyError:
            message = f"No such checkout.session: {session_id}"
            raise StripeRefusal(message, status=404, code="resource_missing", param="session") from None

    def expire_session(self, session_id: str) -> dict[str, Any]:
        session = self.session(session_id)
        if session["status"] != "open":
            raise StripeRefusal(
                f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of {session["status"]}.'
            )
        self.expire(session_id)
        return session

    # What donors do on the page, and banks later.

    def pay(self, session_id: str) -> None:
        self._finish(session_id, "paid", "succeeded")

    def pay_later(self, session_id: str) -> None:
        """A delayed method: the page is complete, the money is not there."""
        self._finish(session_id, "unpaid", "processing")

    def _finish(self, session_id: str, payment_status: str, intent_status: str) -> None:
        session = self._open(session_id)
        self._intent(session, intent_status)
        session |= {"status": "complete", "payment_status": payment_status, "url": None}
        self._event("checkout.session.completed", session)

    def settle_later(self, session_id: str) -> None:
        session = self._unpaid(session_id)
        self._intent(session, "succeeded")
        session["payment_status"] = "paid"
        self._event("checkout.session.async_payment_succeeded", session)

    def fail_later(self, session_id: str) -> None:
        session = self._unpaid(session_id)
        self._intent(session, "requires_payment_method", decline="insufficient_funds")
        self._event("checkout.session.async_payment_failed", session)

    def decline(self, session_id: str, code: str = "card_declined") -> None:
        """The bank says no; the page stays open."""
        self._intent(self._open(session_id), "requires_payment_method", decline=code)
        self._tell()

    def expire(self, session_id: str) -> None:
        session = self._open(session_id)
        session |= {"status": "expired", "url": None}
        self._event("checkout.session.expired", session)

    def forward(self, seconds: int) -> None:
        """Time passes for what exists; new objects and signatures keep the real time, which is also the bot's."""
        self.passed += seconds
        for session in [one for one in self.sessions.values() if one["status"] == "open"]:
            if session["expires_at"] <= time.time() + self.passed - self._born[session["id"]]:
                self.expire(session["id"])

    def _open(self, session_id: str) -> dict[str, Any]:
        session = self.session(session_id)
        if session["status"] != "open":
            raise StripeRefusal(f"This page is {session['status']}.")
        return session

    def _unpaid(self, session_id: str) -> dict[str, Any]:
        session = self.session(session_id)
        if (session["status"], session["payment_status"]) != ("complete", "unpaid"):
            raise StripeRefusal("No delayed payment is under way.")
        return session

    def _intent(self, session: dict[str, Any], status: str, decline: str | None = None) -> None:
        intent_id = session["payment_intent"] or "pi_" + secrets.token_hex(12)
        session["payment_intent"] = intent_id
        error = {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": decline,
            "message": "Your card was declined.",
        }
        self.intents[intent_id] = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": session["amount_total"],
            "amount_received": session["amount_total"] if status == "succeeded" else 0,
            "created": int(time.time()),
            "currency": session["currency"],
            "last_payment_error": error if decline else None,
            "latest_charge": None,
            "livemode": False,
            "metadata": session["_intent"].get("metadata") or {},
            "status": status,
        }

    # Events.

    def event(self, kind: str, subject: dict[str, Any], **over: Any) -> dict[str, Any]:
        """An event as Stripe words it, with the object as it is now."""
        event = {
            "id": "evt_" + secrets.token_hex(12),
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "data": {"object": self.shown(subject)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        return event | over

    def _event(self, kind: str, subject: dict[str, Any]) -> None:
        event = self.event(kind, subject)
        self.events.append(event)
        self.outbox.send(event)
        self._tell()

    async def deliver(self, event: dict[str, Any], times: int = 1) -> list[int]:
        """POST this event to the webhook, all copies at once; the answers' statuses."""
        return list(await asyncio.gather(*(self.outbox.post(event) for _ in range(times))))

    def sign(self, payload: bytes, secret: str | None = None, timestamp: int | None = None) -> str:
        return self.outbox.sign(payload, secret, timestamp)

    def _tell(self) -> None:
        for tell in self.on_change:
            tell()
