"""The calls to Stripe, and its errors turned into ours; no decision about money is made here."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import stripe

from bot.errors import (
    BadWebhook,
    PaymentsBusy,
    PaymentsLocked,
    PaymentsRefused,
    PaymentsUnreachable,
    PaymentsUntrusted,
)
from bot.model import BalanceTransaction, Dispute, Refund, RefundOrder
from bot.payments.balance import Charge, read_charge, read_transaction
from bot.payments.checkout import API_VERSION, CheckoutSession, read_session
from bot.payments.money_back import read_dispute, read_refund
from bot.payments.subscriptions import Invoice, Subscription, read_invoice, read_subscription
from bot.payments.transport import AiohttpClient, NotTrusted
from bot.payments.webhooks import EVENTS, Event, read_event

T = TypeVar("T")
_PATIENT_TRIES = 2
_SESSIONS = "/v1/checkout/sessions"


class Payments:
    """Stripe, for one secret key. Every method raises PaymentsError subclasses only."""

    def __init__(self, key: str, api_url: str, *, read: float = 15, pause: float = 0.5) -> None:
        """`read`: seconds to wait for an answer; `pause`: the first wait when Stripe asks to slow down."""
        self._pause = pause
        # Telemetry would write a file at the first request; debug logs would hold donors' details.
        stripe.enable_telemetry = False
        logging.getLogger("stripe").setLevel(logging.WARNING)
        self._http = AiohttpClient(read=read)
        self._client = stripe.StripeClient(
            key,
            stripe_version=API_VERSION,
            http_client=self._http,
            max_network_retries=2,
            base_addresses={"api": api_url},
        )

    async def close(self) -> None:
        await self._http.close_async()

    async def open_checkout(self, params: str, key: str) -> CheckoutSession:
        """Make the session for frozen `params`; the same `key` and `params` give the same session."""
        return await self._session("post", _SESSIONS, json.loads(params), key)

    async def fetch(self, session_id: str) -> CheckoutSession:
        """The session as it is now, with its payment's state."""
        return await self._session(
            "get", f"{_SESSIONS}/{quote(session_id)}", {"expand": ["payment_intent", "invoice.payments"]}
        )

    async def expire(self, session_id: str) -> CheckoutSession:
        """Close the page. A session that is no longer open is PaymentsRefused: fetch it, it may be paid."""
        return await self._session("post", f"{_SESSIONS}/{quote(session_id)}/expire", {})

    async def refunds(self, payment_intent: str) -> list[Refund]:
        """Every refund of this payment, whoever made it."""
        return [
            read_refund(raw) async for raw in self._all("/v1/refunds", {"payment_intent": payment_intent})
        ]

    async def disputes(self, payment_intent: str) -> list[Dispute]:
        return [
            read_dispute(raw) async for raw in self._all("/v1/disputes", {"payment_intent": payment_intent})
        ]

    async def refund(self, payment_intent: str, order: RefundOrder) -> Refund:
        """Give money back; the same order and attempt give it back once. PaymentsRefused where Stripe says that it cannot be."""
        params = {
            "payment_intent": payment_intent,
            "amount": order.money.minor,
            "reason": "requested_by_customer",
            "metadata": {"donation_id": order.donation_id, "order": order.id},
        }
        return read_refund(await self._asked("post", "/v1/refunds", params, f"re-{order.id}-{order.attempt}"))

    async def paid_by(self, payment_intent: str) -> CheckoutSession | None:
        """The session that this payment came from; None for a payment of another application."""
        found = await self._asked("get", _SESSIONS, {"payment_intent": payment_intent, "limit": 1})
        return read_session(found["data"][0]) if found["data"] else None

    async def begun_by(self, subscription_id: str) -> CheckoutSession | None:
        """The session that this subscription came from."""
        found = await self._asked("get", _SESSIONS, {"subscription": subscription_id, "limit": 1})
        return read_session(found["data"][0]) if found["data"] else None

    async def subscription(self, subscription_id: str) -> Subscription:
        return read_subscription(await self._asked("get", _subscription(subscription_id), {}))

    async def change_subscription(self, subscription_id: str, params: dict[str, Any]) -> Subscription:
        """Set what `params` name; said twice it is done once, so no key is kept."""
        return read_subscription(await self._asked("post", _subscription(subscription_id), params))

    async def cancel_subscription(self, subscription_id: str) -> Subscription:
        """Nothing is charged from now on, also of what is open. One that is over already stays so."""
        try:
            return read_subscription(await self._asked("delete", _subscription(subscription_id), {}))
        except PaymentsRefused:
            return await self.subscription(subscription_id)

    async def invoices_of(self, subscription_id: str) -> list[Invoice]:
        """Every month of this subscription, newest first, with what paid it."""
        asked = {"subscription": subscription_id, "expand": ["data.payments"]}
        return [read_invoice(raw) async for raw in self._all("/v1/invoices", asked)]

    async def invoice(self, invoice_id: str) -> Invoice:
        """One month, with its last try's failure."""
        asked = {"expand": ["payments.data.payment.payment_intent"]}
        return read_invoice(await self._asked("get", f"/v1/invoices/{quote(invoice_id)}", asked))

    async def invoiced_by(self, payment_intent: str) -> Invoice | None:
        """The invoice that this payment was for; None where it was for none."""
        asked = {
            "payment": {"type": "payment_intent", "payment_intent": payment_intent},
            "limit": 1,
        }
        found = await self._asked("get", "/v1/invoice_payments", asked)
        return await self.invoice(found["data"][0]["invoice"]) if found["data"] else None

    async def subscriptions_since(self, since: datetime) -> list[Subscription]:
        """Those made since then that are still charged."""
        asked = {"created": {"gte": int(since.timestamp())}}
        return [read_subscription(raw) async for raw in self._all("/v1/subscriptions", asked)]

    async def portal(self, customer_id: str, locale: str, back: str) -> str:
        """The address of a page where this customer gives another card; short-lived, so made when it is asked for."""
        params = {
            "customer": customer_id,
            "locale": locale,
            "return_url": back,
            "flow_data": {"type": "payment_method_update"},
        }
        return (await self._asked("post", "/v1/billing_portal/sessions", params))["url"]

    async def charge(self, payment_intent: str) -> Charge | None:
        """The charge that took the money of this payment, with its balance transaction where Stripe knows it already."""
        wanted = {"expand": ["latest_charge.balance_transaction"]}
        intent = await self._asked("get", f"/v1/payment_intents/{quote(payment_intent)}", wanted)
        raw: dict[str, Any] | str | None = intent.get("latest_charge")
        return read_charge(raw) if isinstance(raw, dict) else None

    async def transactions(self, source: str) -> list[BalanceTransaction]:
        """What a refund or a dispute moved: out, and back again where it failed or was won."""
        return [
            read_transaction(raw) async for raw in self._all("/v1/balance_transactions", {"source": source})
        ]

    async def pages(self, path: str, wanted: dict[str, Any]) -> AsyncIterator[list[dict[str, Any]]]:
        """Every page of a list, newest first."""
        asked = {"limit": 100, **wanted}
        while True:
            page = await self._asked("get", path, asked)
            yield page["data"]
            if not page["has_more"]:
                return
            asked["starting_after"] = page["data"][-1]["id"]

    async def _all(self, path: str, wanted: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        async for page in self.pages(path, wanted):
            for raw in page:
                yield raw

    async def _session(
        self, method: str, path: str, params: dict[str, Any], key: str | None = None
    ) -> CheckoutSession:
        return read_session(await self._asked(method, path, params, key))

    async def _asked(
        self, method: str, path: str, params: dict[str, Any], key: str | None = None
    ) -> dict[str, Any]:
        """Asked in plain data: making the SDK's objects of eighty fields, to read eleven, takes longer than the rest, and of a
        page of a hundred three times its memory."""
        options = {"idempotency_key": key} if key else {}
        answer: Any = await self._unhurried(
            lambda: self._client.raw_request_async(method, path, **params, **options)  # pyright: ignore[reportUnknownMemberType]
        )
        return answer.data

    async def find(self, donation_id: str, since: datetime) -> CheckoutSession | None:
        """The session that carries our reference, among those made since; for when Stripe's answer was lost."""
        async for session in self._listed({"created": {"gte": int(since.timestamp())}}):
            if session.reference == donation_id:
                return session
        return None

    def completed(self, since: datetime) -> AsyncIterator[CheckoutSession]:
        """Sessions made since that donors finished."""
        return self._listed({"created": {"gte": int(since.timestamp())}, "status": "complete"})

    async def refunds_since(self, since: datetime) -> set[str]:
        """PaymentIntents of which money went back, or is contested, since then."""
        asked = {"created": {"gte": int(since.timestamp())}}
        refunds = [raw async for raw in self._all("/v1/refunds", asked)]
        disputes = [raw async for raw in self._all("/v1/disputes", asked)]
        intents = [raw.get("payment_intent") for raw in (*refunds, *disputes)]
        return {intent for intent in intents if isinstance(intent, str)}

    async def _listed(self, asked: dict[str, Any]) -> AsyncIterator[CheckoutSession]:
        async for raw in self._all(_SESSIONS, asked):
            yield read_session(raw)

    async def events(self, since: datetime) -> list[Event]:
        """Events of the kinds we work, newest first, as hints."""
        asked = {"types": list(EVENTS), "created": {"gte": int(since.timestamp())}}
        found = [_readable(raw) async for raw in self._all("/v1/events", asked)]
        return [event for event in found if event]

    async def account(self) -> str:
        """The id of the account that the key opens; the cheapest proof that it works."""
        with _our_errors():
            return (await self._client.v1.accounts.retrieve_current_async()).id

    async def _unhurried(self, call: Callable[[], Awaitable[T]]) -> T:
        """The SDK repeats lost connections and failures by itself, but never a 429: that is done here, with jitter."""
        for number in range(_PATIENT_TRIES):
            try:
                with _our_errors():
                    return await call()
            except PaymentsBusy:
                await asyncio.sleep(self._pause * 2**number * random.uniform(1, 1.5))  # noqa: S311  spreads retries
        with _our_errors():
            return await call()


def _subscription(subscription_id: str) -> str:
    return f"/v1/subscriptions/{quote(subscription_id)}"


def _readable(raw: dict[str, Any]) -> Event | None:
    try:
        return read_event(raw)
    except BadWebhook:
        logging.getLogger(__name__).warning("an event in Stripe's list has no object id: %s", raw.get("id"))
        return None


@contextmanager
def _our_errors() -> Generator[None]:
    try:
        yield
    except stripe.RateLimitError as error:
        raise PaymentsBusy("Stripe asks to slow down") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise PaymentsLocked(f"Stripe refuses the key: HTTP {error.http_status}") from error
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        raise PaymentsRefused(error.code or type(error).__name__) from error
    except NotTrusted as error:
        raise PaymentsUntrusted("its certificate is not trusted") from error
    except stripe.StripeError as error:
        raise PaymentsUnreachable(type(error).__name__, is_stored=(error.http_status or 0) >= 500) from error
