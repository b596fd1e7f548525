"""What is asked of Stripe for one gift: built once, kept with the Donation, repeated to the letter by every try.

Source: Stripe API reference, "Create a Checkout Session", version 2026-10-28.endive.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from bot.money import Money
from bot.payments.subscriptions import payment_intent_of

API_VERSION = "2026-10-28.endive"
_NAME = 250


class SessionStatus(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"
    OTHER = "other"


class PaymentStatus(StrEnum):
    PAID = "paid"
    UNPAID = "unpaid"
    FREE = "no_payment_required"
    OTHER = "other"


class CheckoutSession(Struct, frozen=True):
    """Stripe's page for one gift, as fetched; `total` is None where Stripe named a currency or amount we cannot hold."""

    id: str
    url: str | None
    status: SessionStatus
    payment_status: PaymentStatus
    mode: str
    total: Money | None
    live: bool
    reference: str | None
    payment_intent: str | None
    intent_status: str | None
    decline: str | None
    # The try that was refused: its charge, where Stripe names it.
    attempt: str | None = None
    subscription: str | None = None
    customer: str | None = None
    # Made by this project, whether our books know it or not.
    is_ours: bool = False


class Order(Struct, frozen=True):
    """What a CheckoutSession is made from. `language` is the donor's; texts are in it; `back` is `https://t.me/<bot>`.

    `monthly_id` is the MonthlyGift that the payment begins, if any. `cover` is what the donor adds for the fees: a line of its
    own, named `cover_title`.
    """

    donation_id: str
    money: Money
    campaign: str
    title: str
    description: str
    message: str
    statement: str
    language: str
    back: str
    expires_at: datetime
    monthly_id: str | None = None
    cover: Money | None = None
    cover_title: str = ""


def freeze(order: Order) -> str:
    """The create parameters as JSON: the same bytes go out at every try."""
    return json.dumps(_params(order), ensure_ascii=False, sort_keys=True)


def _params(order: Order) -> dict[str, Any]:
    ours = {"donation_id": order.donation_id, "campaign": order.campaign}
    if order.monthly_id:
        ours["monthly_id"] = order.monthly_id
    return {
        "ui_mode": "hosted_page",
        "submit_type": "donate",
        # Checkout speaks no Arabic: French is the second language of most who read it here.
        "locale": stripe_language(order.language),
        "client_reference_id": order.donation_id,
        "metadata": ours | {"v": "1"},
        "line_items": _lines(order),
        "custom_text": {"submit": {"message": order.message[:1200]}},
        "billing_address_collection": "auto",
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False},
        "tax_id_collection": {"enabled": False},
        "allow_promotion_codes": False,
        "phone_number_collection": {"enabled": False},
        "excluded_payment_method_types": ["customer_balance"],
        "expires_at": int(order.expires_at.timestamp()),
        "success_url": f"{order.back}?start=r_{order.donation_id}",
        "cancel_url": f"{order.back}?start=x_{order.donation_id}",
        **(_monthly(order, ours) if order.monthly_id else _once(order, ours)),
    }


def stripe_language(language: str) -> str:
    """The nearest language that Stripe's pages speak."""
    return "en" if language == "en" else "fr"


def _once(order: Order, ours: dict[str, str]) -> dict[str, Any]:
    intent: dict[str, Any] = {"description": f"{order.donation_id} {order.campaign}", "metadata": ours}
    if order.statement:
        intent["statement_descriptor_suffix"] = order.statement
    return {
        "mode": "payment",
        "payment_intent_data": intent,
        "customer_creation": "if_required",
        "after_expiration": {"recovery": {"enabled": False}},
        "invoice_creation": {"enabled": False},
    }


def _monthly(order: Order, ours: dict[str, str]) -> dict[str, Any]:
    """Checkout takes no end date: it is set on the subscription as soon as there is one."""
    return {
        "mode": "subscription",
        "payment_method_collection": "always",
        "subscription_data": {
            "description": f"{order.monthly_id} {order.campaign}",
            "metadata": ours,
            "billing_mode": {"type": "flexible"},
        },
    }


def _lines(order: Order) -> list[dict[str, Any]]:
    gift = _line(order, order.money, {"name": order.title[:_NAME], "description": order.description[:_NAME]})
    return [gift, _line(order, order.cover, {"name": order.cover_title[:_NAME]})] if order.cover else [gift]


def _line(order: Order, money: Money, product: dict[str, Any]) -> dict[str, Any]:
    price: dict[str, Any] = {
        "currency": money.currency.lower(),
        "unit_amount": money.minor,
        "product_data": {**product, "metadata": {"campaign": order.campaign}},
    }
    if order.monthly_id:
        price["recurring"] = {"interval": "month", "interval_count": 1}
    return {"quantity": 1, "price_data": price}


def read_session(data: dict[str, Any]) -> CheckoutSession:
    """Stripe's JSON as our noun; values that we do not know become OTHER, never a crash."""
    intent: dict[str, Any] | str | None = data.get("payment_intent")
    details = intent if isinstance(intent, dict) else {}
    failure: dict[str, Any] = details.get("last_payment_error") or {}
    metadata: dict[str, Any] = data.get("metadata") or {}
    return CheckoutSession(
        id=data["id"],
        url=data.get("url"),
        status=_known(SessionStatus, data.get("status")),
        payment_status=_known(PaymentStatus, data.get("payment_status")),
        mode=str(data.get("mode")),
        total=_total(data.get("amount_total"), data.get("currency")),
        live=bool(data.get("livemode")),
        reference=data.get("client_reference_id"),
        payment_intent=_intent(data),
        intent_status=details.get("status"),
        decline=failure.get("decline_code") or failure.get("code"),
        attempt=failure.get("charge") or details.get("latest_charge") or details.get("id"),
        subscription=_id(data.get("subscription")),
        customer=_id(data.get("customer")),
        is_ours=metadata.get("donation_id") is not None
        and metadata["donation_id"] == data.get("client_reference_id"),
    )


def _intent(data: dict[str, Any]) -> str | None:
    """A session that began a subscription was paid by its invoice."""
    invoice: dict[str, Any] | str | None = data.get("invoice")
    if isinstance(invoice, dict):
        return payment_intent_of(invoice)
    return _id(data.get("payment_intent"))


def _id(value: dict[str, Any] | str | None) -> str | None:
    return value.get("id") if isinstance(value, dict) else value


def _known(kind: Any, value: object) -> Any:
    return kind(value) if value in set(kind) else kind.OTHER


def _total(amount: object, currency: object) -> Money | None:
    if not isinstance(amount, int) or not isinstance(currency, str):
        return None
    try:
        return Money(amount, currency.upper())
    except ValueError:
        return None
