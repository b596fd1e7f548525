"""The rules of Checkout that its types do not tell: what a session needs, amounts, limits, and times."""

import re
import time
from typing import Any
from urllib.parse import parse_qs, urlparse

from sandbox.stripe.errors import StripeRefusal

LARGEST = 99_999_999
_ZERO = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
_STEP = dict.fromkeys(["bhd", "jod", "kwd", "omr", "tnd"], 10) | dict.fromkeys(["isk", "ugx"], 100)
_LEAST = dict.fromkeys(
    ["eur", "usd", "cad", "chf", "aud", "nzd", "sgd", "brl", "inr", "jpy"], 50
) | dict.fromkeys(["aed", "pln", "ron", "myr"], 200)
_LEAST |= {
    "gbp": 30,
    "sek": 300,
    "nok": 300,
    "dkk": 250,
    "hkd": 400,
    "mxn": 1000,
    "thb": 1000,
    "czk": 1500,
    "huf": 17500,
}
CURRENCIES = (
    frozenset(["mad", "sar", "qar", "egp", "dzd", "bgn", "try", "zar"]) | _ZERO | set(_STEP) | set(_LEAST)
)
_ONLY_PAYMENT = ("customer_creation", "invoice_creation", "payment_intent_data")
_ONLY_SUBSCRIPTION = ("payment_method_collection", "subscription_data")


def check_session(params: dict[str, Any]) -> None:
    """Raises StripeRefusal."""
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
    for item in params["line_items"]:
        _check_price(item.get("price_data") or {})
    _check_texts(params)
    _check_life(params.get("expires_at"))
    for name in ("success_url", "cancel_url"):
        _check_return(name, params.get(name))


def _check_price(price: dict[str, Any]) -> None:
    currency, amount = price.get("currency", ""), int(price.get("unit_amount", -1))
    if currency not in CURRENCIES:
        raise StripeRefusal(f"Invalid currency: {currency}.", param="line_items[0][price_data][currency]")
    if amount <= 0 or amount < _LEAST.get(currency, 1):
        raise StripeRefusal("The Checkout Session's total amount is too small.", code="amount_too_small")
    if amount > LARGEST:
        raise StripeRefusal("The Checkout Session's total amount is too large.", code="amount_too_large")
    if amount % _STEP.get(currency, 1):
        raise StripeRefusal(
            "Invalid decimals for this currency.", code="invalid_charge_amount_no_decimal_compatible"
        )


def _check_texts(params: dict[str, Any]) -> None:
    intent = params.get("payment_intent_data") or {}
    for name, metadata in (
        ("metadata", params.get("metadata")),
        ("payment_intent_data[metadata]", intent.get("metadata")),
    ):
        _check_metadata(name, metadata or {})
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


def _check_metadata(name: str, metadata: dict[str, str]) -> None:
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


def _check_life(expires_at: str | None) -> None:
    if expires_at is None:
        return
    life = int(expires_at) - time.time()
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
