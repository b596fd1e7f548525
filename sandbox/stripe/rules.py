"""The rules of Checkout that its types do not tell: what a session needs, amounts, limits, and times."""

import re
from typing import Any
from urllib.parse import parse_qs, urlparse

from sandbox.stripe.currencies import CURRENCIES, LARGEST, LEAST, STEP
from sandbox.stripe.errors import StripeRefusal

_ONLY_PAYMENT = ("customer_creation", "invoice_creation", "payment_intent_data")
_ONLY_SUBSCRIPTION = ("payment_method_collection", "subscription_data")


def check_session(params: dict[str, Any], now: float) -> None:
    """`now` in Unix seconds. Raises StripeRefusal."""
    mode = params.get("mode", "payment")
    for name in _ONLY_SUBSCRIPTION if mode == "payment" else _ONLY_PAYMENT:
        if name in params:
            raise StripeRefusal(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    if not params.get("line_items"):
        raise StripeRefusal("You must specify line_items.", code="parameter_missing", param="line_items")
    if "success_url" not in params:
        raise StripeRefusal(
            "Missing required param: success_url.", code="parameter_missing", param="success_url"
        )
    _check_lines(params["line_items"], mode)
    _check_agreement(params.get("subscription_data") or {})
    _check_texts(params)
    _check_life(params.get("expires_at"), now)
    for name in ("success_url", "cancel_url"):
        _check_return(name, params.get(name))


def _check_lines(lines: list[dict[str, Any]], mode: str) -> None:
    prices = [line.get("price_data") or {} for line in lines]
    for price in prices:
        _check_amount(price)
        if ("recurring" in price) != (mode == "subscription"):
            wrong = "one-time prices only" if mode == "subscription" else "recurring prices"
            raise StripeRefusal(f"You specified `{mode}` mode but passed {wrong}.", param="mode")
    if len({price["currency"] for price in prices}) > 1:
        raise StripeRefusal("All prices of a session have one currency.", param="line_items")
    total = sum(
        int(price["unit_amount"]) * int(line.get("quantity", 1))
        for price, line in zip(prices, lines, strict=True)
    )
    _check_total(total, prices[0]["currency"])
    if mode == "subscription" and len(lines) > 1:
        raise StripeRefusal("The sandbox's subscriptions have one item.", param="line_items")


def _check_agreement(data: dict[str, Any]) -> None:
    for name in data:
        if name not in ("billing_mode", "description", "metadata"):
            raise StripeRefusal(
                f"The sandbox does not emulate subscription_data[{name}].", param="subscription_data"
            )
    check_metadata("subscription_data[metadata]", data.get("metadata") or {})
    _longest("subscription_data[description]", data.get("description", "-"), 500)


def check_price(price: dict[str, Any]) -> None:
    """Raises StripeRefusal."""
    _check_amount(price)
    _check_total(int(price["unit_amount"]), price["currency"])


def _check_amount(price: dict[str, Any]) -> None:
    currency, amount = price.get("currency", ""), int(price.get("unit_amount", -1))
    if currency not in CURRENCIES:
        raise StripeRefusal(f"Invalid currency: {currency}.", param="line_items[0][price_data][currency]")
    if amount <= 0:
        raise StripeRefusal("The Checkout Session's total amount is too small.", code="amount_too_small")
    if amount % STEP.get(currency, 1):
        raise StripeRefusal(
            "Invalid decimals for this currency.", code="invalid_charge_amount_no_decimal_compatible"
        )


def _check_total(amount: int, currency: str) -> None:
    """The least and the largest hold for what is charged, not for each of its lines."""
    if amount < LEAST.get(currency, 1):
        raise StripeRefusal("The Checkout Session's total amount is too small.", code="amount_too_small")
    if amount > LARGEST:
        raise StripeRefusal("The Checkout Session's total amount is too large.", code="amount_too_large")


def _check_texts(params: dict[str, Any]) -> None:
    intent = params.get("payment_intent_data") or {}
    for name, metadata in (
        ("metadata", params.get("metadata")),
        ("payment_intent_data[metadata]", intent.get("metadata")),
    ):
        check_metadata(name, metadata or {})
    _longest("client_reference_id", params.get("client_reference_id", "-"), 200)
    for name in ("submit", "after_submit"):
        message = ((params.get("custom_text") or {}).get(name) or {}).get("message", "-")
        _longest(f"custom_text[{name}][message]", message, 1200)
    suffix = intent.get("statement_descriptor_suffix")
    if (suffix is not None and not re.fullmatch(r"(?=.*[A-Za-z])[\x20-\x7e]{1,22}", suffix)) or re.search(
        r"[<>\\'\"*]", suffix or ""
    ):
        raise StripeRefusal(
            "Invalid statement descriptor suffix.", param="payment_intent_data[statement_descriptor_suffix]"
        )


def check_metadata(name: str, metadata: dict[str, str]) -> None:
    """Raises StripeRefusal."""
    if len(metadata) > 50:
        raise StripeRefusal("Metadata can have up to 50 keys.", param=name)
    for key, value in metadata.items():
        _longest(f"{name} key", key, 40)
        _longest(f"{name}[{key}]", value, 500, least=0)


def _longest(name: str, value: str, most: int, least: int = 1) -> None:
    if not least <= len(value) <= most:
        raise StripeRefusal(
            f"Invalid string: {name} must be at most {most} characters",
            code="parameter_invalid_string",
            param=name,
        )


def _check_life(expires_at: str | None, now: float) -> None:
    if expires_at is None:
        return
    life = int(expires_at) - now
    if not 29 * 60 <= life <= 24 * 3600 + 60:
        raise StripeRefusal(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", param="expires_at"
        )


def _check_return(name: str, url: str | None) -> None:
    if url is None:
        return
    _longest(name, url, 5000)
    parts = urlparse(url)
    if parts.scheme not in ("http", "https"):
        raise StripeRefusal("Not a valid URL", code="url_invalid", param=name)
    payload = parse_qs(parts.query).get("start", ["-"])[0]
    if parts.netloc == "t.me" and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload):
        raise StripeRefusal("Telegram would drop this start payload", code="url_invalid", param=name)
