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
EVENTS = OF_PAGES + OF_MONEY + OF_ACCOUNTS


@dataclass(frozen=True, slots=True)
class Event:
    """Stripe's hint that something happened; `object_id` is what must be fetched: a CheckoutSession, or, where money
    went back, is contested or was accounted for, the PaymentIntent that it belongs to."""

    id: str
    type: str
    object_id: str
    live: bool

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
        case {
            "object": "event",
            "id": str(id),
            "type": str(kind),
            "data": {"object": {"id": str(object_id)}},
        }:
            event = cast("dict[str, Any]", data)
            intent = event["data"]["object"].get("payment_intent") if kind in OF_MONEY + OF_ACCOUNTS else None
            live = bool(event.get("livemode"))
            return Event(id, kind, intent if isinstance(intent, str) else object_id, live)
        case _:
            raise BadWebhook("not a snapshot event: the endpoint may be set up for thin events")


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
