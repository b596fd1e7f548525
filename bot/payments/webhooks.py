"""Stripe's webhooks: prove who sent the bytes before reading them, and keep nothing but the hint.

Source: Stripe, "Verify webhook signatures manually". The scheme is checked here and not in the SDK, because the SDK
accepts timestamps from the future and raises five kinds of error for bad input.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from bot.errors import BadWebhook

TOLERANCE = 300
OF_PAGES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
OF_MONEY = (
    "charge.refunded",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
OF_ACCOUNTS = ("charge.updated",)
OF_MONTHS = (
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.upcoming",
    "customer.subscription.updated",
    "customer.subscription.deleted",
)
EVENTS = OF_PAGES + OF_MONEY + OF_ACCOUNTS + OF_MONTHS


@dataclass(frozen=True, slots=True)
class Event:
    """Stripe's hint that something happened; `object_id` is what must be fetched: a CheckoutSession, where money went back,
    is contested or was accounted for the PaymentIntent that it belongs to, and of monthly gifts the subscription."""

    id: str
    type: str
    object_id: str
    live: bool
    # When Stripe made it, in Unix seconds.
    created: int = 0

    @property
    def concerns_us(self) -> bool:
        return self.type in EVENTS


def verify(body: bytes, header: str, secrets: Iterable[str], now: float) -> Event:
    """The event in a webhook's body, signed with any of `secrets` within five minutes of `now` (Unix seconds).

    Raises BadWebhook, whose text says what was wrong and holds nothing of the body.
    """
    stamp, signatures = _read_header(header)
    if abs(now - stamp) > TOLERANCE:
        raise BadWebhook("signed too long ago or in the future: check this machine's clock")
    signed = f"{stamp}.".encode() + body
    if not any(_matches(signed, secret, signatures) for secret in secrets):
        raise BadWebhook("no signature matches: check STRIPE_WEBHOOK_SECRET")
    return read_event(_read_json(body))


def read_event(data: object) -> Event:
    """An event as webhooks and the events list carry it. Raises BadWebhook."""
    match data:
        case {"object": "event", "id": str(id), "type": str(kind), "data": {"object": dict()}}:
            event = cast("dict[str, Any]", data)
            about = _about(kind, event["data"]["object"])
            if isinstance(about, str):
                return Event(id, kind, about, bool(event.get("livemode")), int(event.get("created") or 0))
        case _:
            pass
    raise BadWebhook("not a snapshot event: the endpoint may be set up for thin events")


def _about(kind: str, subject: dict[str, Any]) -> object:
    """The id of what must be fetched; an invoice to come has none of its own."""
    if kind in OF_MONEY + OF_ACCOUNTS and isinstance(subject.get("payment_intent"), str):
        return subject["payment_intent"]
    if kind in OF_MONTHS and kind.startswith("invoice."):
        parent: dict[str, Any] = subject.get("parent") or {}
        details: dict[str, Any] = parent.get("subscription_details") or {}
        return details.get("subscription") or subject.get("id")
    return subject.get("id")


def _read_header(header: str) -> tuple[int, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for key, _, value in pairs if key == "t" and value.isascii() and value.isdigit()]
    signatures = [value for key, _, value in pairs if key == "v1" and value.isascii()]
    if len(stamps) != 1 or len(stamps[0]) > 12 or not signatures:
        raise BadWebhook("the Stripe-Signature header is missing or unreadable")
    return int(stamps[0]), signatures


def _matches(signed: bytes, secret: str, signatures: list[str]) -> bool:
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, signature) for signature in signatures)


def _read_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError as error:
        raise BadWebhook("the body is not JSON") from error
