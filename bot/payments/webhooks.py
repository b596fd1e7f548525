"""Stripe's webhooks: prove who sent the bytes before reading them, and keep nothing but the hint.

Source: Stripe, "Verify webhook signatures manually". The scheme is checked here and not in the SDK, because the SDK
accepts timestamps from the future and raises five kinds of error for bad input.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any, cast

from msgspec import Struct

from bot.errors import BadWebhook, NotProven

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
_ID = re.compile(r"\w{1,255}", re.ASCII)


class Event(Struct, frozen=True):
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

    Raises BadWebhook, whose text says what was wrong and holds nothing of the body; NotProven where a stranger may have
    sent it. The time comes last: what is signed too late is Stripe's, and no stranger's.
    """
    stamp, signatures = _read_header(header)
    signed = f"{stamp}.".encode() + body
    if not any(_matches(signed, secret, signatures) for secret in secrets):
        raise NotProven("no signature matches: check STRIPE_WEBHOOK_SECRET")
    if abs(now - int(stamp)) > TOLERANCE:
        raise BadWebhook("signed too long ago or in the future: check this machine's clock")
    return read_event(_read_json(body))


def read_event(data: object) -> Event:
    """An event as webhooks and the events list carry it. Raises BadWebhook."""
    match data:
        case {"object": "event", "id": str(id), "type": str(kind), "data": {"object": dict()}}:
            event = cast("dict[str, Any]", data)
            # What does not concern us need not be about anything: a balance, for one, has no id.
            about = _named(_about(kind, event["data"]["object"])) if kind in EVENTS else ""
            if about is not None and _ID.fullmatch(id):
                return Event(id, kind, about, event.get("livemode") is True, _created(event))
        case _:
            pass
    raise BadWebhook("not a snapshot event: the endpoint may be set up for thin events")


def _named(about: object) -> str | None:
    return about if isinstance(about, str) and _ID.fullmatch(about) else None


def _created(event: dict[str, Any]) -> int:
    """When, in Unix seconds; 0 where it is no time that can be."""
    made = event.get("created")
    return made if isinstance(made, int) and 0 <= made < 1 << 40 else 0


def _about(kind: str, subject: dict[str, Any]) -> object:
    """The id of what must be fetched; an invoice to come has none of its own."""
    if kind in OF_MONEY + OF_ACCOUNTS and isinstance(subject.get("payment_intent"), str):
        return subject["payment_intent"]
    if kind in OF_MONTHS and kind.startswith("invoice."):
        match subject:
            case {"parent": {"subscription_details": {"subscription": str(subscription)}}} if subscription:
                return subscription
            case _:
                pass
    return subject.get("id")


def _read_header(header: str) -> tuple[str, list[str]]:
    """The time as it was signed, and the signatures."""
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for key, _, value in pairs if key == "t" and value.isascii() and value.isdigit()]
    signatures = [value for key, _, value in pairs if key == "v1" and value.isascii()]
    if len(stamps) != 1 or len(stamps[0]) > 12 or not signatures:
        raise NotProven("the Stripe-Signature header is missing or unreadable")
    return stamps[0], signatures


def _matches(signed: bytes, secret: str, signatures: list[str]) -> bool:
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, signature) for signature in signatures)


def _read_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadWebhook("the body is not JSON") from error
