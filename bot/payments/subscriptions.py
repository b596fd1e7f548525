"""Stripe's JSON about monthly gifts as our nouns: the subscription, and the invoice of each month.

Source: Stripe API reference, version 2026-10-28.endive: an invoice names its subscription in its parent and its payments in a
list; the period belongs to the subscription's item.
"""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from bot.money import Money


class Subscription(Struct, frozen=True):
    """As fetched. `is_stopping`: no charge after this period, said in Stripe's portal or dashboard."""

    id: str
    status: str
    customer: str
    anchor: datetime
    period_end: datetime
    cancel_at: datetime | None
    is_stopping: bool
    ended_at: datetime | None
    why: str | None
    is_paused: bool
    resumes_at: datetime | None
    total: Money
    item: str
    product: str
    monthly_id: str
    donation_id: str

    @property
    def is_over(self) -> bool:
        return self.status in ("canceled", "incomplete_expired")


class Invoice(Struct, frozen=True):
    """What one month asks for. `payment_intent` is set once a charge was tried; `decline` only where it was expanded."""

    id: str
    status: str
    is_first: bool
    paid: Money
    created: datetime
    attempts: int
    next_try: datetime | None
    url: str | None
    subscription: str | None
    monthly_id: str
    payment_intent: str | None
    decline: str | None

    @property
    def is_paid(self) -> bool:
        return self.status == "paid" and self.paid.minor > 0


def read_subscription(data: dict[str, Any]) -> Subscription:
    item: dict[str, Any] = data["items"]["data"][0]
    pause: dict[str, Any] | None = data.get("pause_collection")
    metadata: dict[str, Any] = data.get("metadata") or {}
    details: dict[str, Any] = data.get("cancellation_details") or {}
    price = item["price"]
    return Subscription(
        id=data["id"],
        status=str(data.get("status")),
        customer=_id(data.get("customer")) or "",
        anchor=datetime.fromtimestamp(data["billing_cycle_anchor"], UTC),
        period_end=datetime.fromtimestamp(item["current_period_end"], UTC),
        cancel_at=_moment(data.get("cancel_at")),
        is_stopping=bool(data.get("cancel_at_period_end")),
        ended_at=_moment(data.get("ended_at")),
        why=details.get("reason"),
        is_paused=pause is not None,
        resumes_at=_moment(pause.get("resumes_at")) if pause else None,
        total=Money(price["unit_amount"] * item.get("quantity", 1), price["currency"].upper()),
        item=item["id"],
        product=_id(price["product"]) or "",
        monthly_id=str(metadata.get("monthly_id", "")),
        donation_id=str(metadata.get("donation_id", "")),
    )


def read_invoice(data: dict[str, Any]) -> Invoice:
    origin: dict[str, Any] = data.get("parent") or {}
    parent: dict[str, Any] = origin.get("subscription_details") or {}
    metadata: dict[str, Any] = parent.get("metadata") or {}
    intent, decline = _payment(data)
    return Invoice(
        id=data["id"],
        status=str(data.get("status")),
        is_first=data.get("billing_reason") == "subscription_create",
        paid=Money(data.get("amount_paid") or 0, data["currency"].upper()),
        created=datetime.fromtimestamp(data["created"], UTC),
        attempts=data.get("attempt_count") or 0,
        next_try=_moment(data.get("next_payment_attempt")),
        url=data.get("hosted_invoice_url"),
        subscription=_id(parent.get("subscription")),
        monthly_id=str(metadata.get("monthly_id", "")),
        payment_intent=intent,
        decline=decline,
    )


def payment_intent_of(invoice: dict[str, Any]) -> str | None:
    """The PaymentIntent, `pi_...`, that an invoice with its payments expanded was paid by, or tried with."""
    return _payment(invoice)[0]


def _payment(invoice: dict[str, Any]) -> tuple[str | None, str | None]:
    listed: dict[str, Any] = invoice.get("payments") or {}
    payments: list[dict[str, Any]] = listed.get("data") or []
    # A paid one outweighs those that were given up.
    for payment in sorted(payments, key=lambda one: one.get("status") != "paid"):
        way: dict[str, Any] = payment.get("payment") or {}
        intent: dict[str, Any] | str | None = way.get("payment_intent")
        if isinstance(intent, dict):
            error: dict[str, Any] = intent.get("last_payment_error") or {}
            return intent.get("id"), error.get("decline_code") or error.get("code")
        if intent:
            return intent, None
    return None, None


def _id(value: dict[str, Any] | str | None) -> str | None:
    return value.get("id") if isinstance(value, dict) else value


def _moment(value: object) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else None
