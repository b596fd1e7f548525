"""Which rows a list's own parameters ask for. A filter that is not emulated is refused, never ignored."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import Thing
from sandbox.stripe.errors import StripeRefusal

Wanted = dict[str, Any]
Fits = Callable[[Wanted], Callable[[Thing], bool]]

_FIELDS = (
    "charge",
    "currency",
    "customer",
    "email",
    "invoice",
    "payment_intent",
    "source",
    "status",
    "subscription",
    "type",
)


def fields_fit(wanted: Wanted) -> Callable[[Thing], bool]:
    """Each parameter is the value of a field of the same name."""
    for name in wanted:
        if name not in _FIELDS:
            raise StripeRefusal(f"The sandbox's lists do not filter by `{name}`.", param=name)
    return lambda row: all(row.get(name) == value for name, value in wanted.items())


def event_fits(wanted: Wanted) -> Callable[[Thing], bool]:
    if "delivery_success" in wanted:
        raise StripeRefusal("The sandbox does not filter events by their delivery.", param="delivery_success")
    types = wanted.get("types") or ([wanted["type"]] if "type" in wanted else None)
    return lambda row: types is None or row["type"] in types


def subscription_fits(wanted: Wanted) -> Callable[[Thing], bool]:
    """Without a status, those that are canceled are left out."""
    others = {name: value for name, value in wanted.items() if name != "status"}
    fits, status = fields_fit(others), wanted.get("status")
    statuses = {"ended": ("canceled", "incomplete_expired")}.get(status or "", (status,))

    def wants(row: Thing) -> bool:
        is_status = status == "all" or (row["status"] in statuses if status else row["status"] != "canceled")
        return is_status and fits(row)

    return wants


def invoice_fits(wanted: Wanted) -> Callable[[Thing], bool]:
    """An invoice keeps its subscription in its parent."""
    others = {name: value for name, value in wanted.items() if name != "subscription"}
    fits, subscription = fields_fit(others), wanted.get("subscription")
    return lambda row: subscription in (None, row["_subscription"]) and fits(row)


def invoice_payment_fits(wanted: Wanted) -> Callable[[Thing], bool]:
    others = {name: value for name, value in wanted.items() if name != "payment"}
    fits, payment = fields_fit(others), wanted.get("payment") or {}
    intent = payment.get("payment_intent")
    return lambda row: intent in (None, row["payment"]["payment_intent"]) and fits(row)
