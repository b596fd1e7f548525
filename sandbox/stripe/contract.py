"""Is this a request that Stripe would take? Checked against stripe-python's own parameter types, tightened.

Closed to unknown names, `Literal[...] | str` cut down to the literals, and values as they travel in a form body.
"""

import importlib
import re
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, cast

from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

from sandbox.stripe.errors import StripeRefusal

Check = Callable[[str, Any], None]

# (method, path) to the module and the name of the parameters' type. A path that is missing here is a 404.
ENDPOINTS: dict[tuple[str, str], str] = {
    ("POST", "/v1/checkout/sessions"): "checkout._session_create_params.SessionCreateParams",
    ("GET", "/v1/checkout/sessions"): "checkout._session_list_params.SessionListParams",
    ("GET", "/v1/checkout/sessions/{id}"): "checkout._session_retrieve_params.SessionRetrieveParams",
    ("POST", "/v1/checkout/sessions/{id}/expire"): "checkout._session_expire_params.SessionExpireParams",
    ("POST", "/v1/billing_portal/sessions"): "billing_portal._session_create_params.SessionCreateParams",
    ("GET", "/v1/customers"): "_customer_list_params.CustomerListParams",
    ("GET", "/v1/customers/{id}"): "_customer_retrieve_params.CustomerRetrieveParams",
    ("GET", "/v1/invoices"): "_invoice_list_params.InvoiceListParams",
    ("GET", "/v1/invoices/{id}"): "_invoice_retrieve_params.InvoiceRetrieveParams",
    ("GET", "/v1/invoice_payments"): "_invoice_payment_list_params.InvoicePaymentListParams",
    ("GET", "/v1/invoice_payments/{id}"): "_invoice_payment_retrieve_params.InvoicePaymentRetrieveParams",
    ("GET", "/v1/subscriptions"): "_subscription_list_params.SubscriptionListParams",
    ("GET", "/v1/subscriptions/{id}"): "_subscription_retrieve_params.SubscriptionRetrieveParams",
    ("POST", "/v1/subscriptions/{id}"): "_subscription_update_params.SubscriptionUpdateParams",
    ("DELETE", "/v1/subscriptions/{id}"): "_subscription_cancel_params.SubscriptionCancelParams",
    ("GET", "/v1/balance_transactions"): "_balance_transaction_list_params.BalanceTransactionListParams",
    ("GET", "/v1/balance_transactions/{id}"): (
        "_balance_transaction_retrieve_params.BalanceTransactionRetrieveParams"
    ),
    ("GET", "/v1/charges"): "_charge_list_params.ChargeListParams",
    ("GET", "/v1/charges/{id}"): "_charge_retrieve_params.ChargeRetrieveParams",
    ("GET", "/v1/disputes"): "_dispute_list_params.DisputeListParams",
    ("GET", "/v1/disputes/{id}"): "_dispute_retrieve_params.DisputeRetrieveParams",
    ("GET", "/v1/events"): "_event_list_params.EventListParams",
    ("GET", "/v1/events/{id}"): "_event_retrieve_params.EventRetrieveParams",
    ("GET", "/v1/payment_intents"): "_payment_intent_list_params.PaymentIntentListParams",
    ("GET", "/v1/payment_intents/{id}"): "_payment_intent_retrieve_params.PaymentIntentRetrieveParams",
    ("POST", "/v1/refunds"): "_refund_create_params.RefundCreateParams",
    ("GET", "/v1/refunds"): "_refund_list_params.RefundListParams",
    ("GET", "/v1/refunds/{id}"): "_refund_retrieve_params.RefundRetrieveParams",
    ("GET", "/v1/account"): "_account_retrieve_current_params.AccountRetrieveCurrentParams",
}


def check(endpoint: tuple[str, str], values: dict[str, Any]) -> None:
    """Raises StripeRefusal naming the parameter that Stripe would refuse."""
    _checker(ENDPOINTS[endpoint])(values)


@cache
def _checker(path: str) -> Callable[[dict[str, Any]], None]:
    module_name, _, name = path.rpartition(".")
    module = importlib.import_module(f"stripe.params.{module_name}")
    checked = _typed_dict(getattr(module, name))
    return lambda values: checked("", values)


@cache
def _typed_dict(kind: type) -> Check:
    """Fields are resolved at first use, since some types hold themselves."""
    fields: dict[str, Check] = {}
    required: list[str] = []

    def prepare() -> None:
        own = {
            name: hint
            for name, hint in kind.__annotations__.items()
            if name not in RequestOptions.__annotations__
        }
        namespace = vars(importlib.import_module(kind.__module__))
        resolved = typing.get_type_hints(
            types.SimpleNamespace(__annotations__=own), namespace, include_extras=True
        )
        for name, hint in resolved.items():
            fields[name] = _of(typing.get_args(hint)[0] if _is_optional(hint) else hint)
            if not _is_optional(hint):
                required.append(name)

    def checked(name: str, value: Any) -> None:
        if not fields:
            prepare()
        _shape(name, value, fields, required)

    return checked


def _shape(name: str, value: Any, fields: dict[str, Check], required: list[str]) -> None:
    if not isinstance(value, dict):
        raise StripeRefusal(f"Invalid object: {name}", param=name)
    inner = cast("dict[str, Any]", value)
    for key, one in inner.items():
        whole = f"{name}[{key}]" if name else key
        if key not in fields:
            raise StripeRefusal(f"Received unknown parameter: {whole}", code="parameter_unknown", param=whole)
        fields[key](whole, one)
    for key in required:
        if key not in inner:
            whole = f"{name}[{key}]" if name else key
            raise StripeRefusal(f"Missing required param: {whole}.", code="parameter_missing", param=whole)


def _is_optional(hint: Any) -> bool:
    return getattr(typing.get_origin(hint), "__name__", str(typing.get_origin(hint))).endswith("NotRequired")


def _of(hint: Any) -> Check:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _any_of(
            [one for one in typing.get_args(hint) if typing.get_origin(one) is not UntypedStripeObject]
        )
    if origin is list:
        return _list_of(_of(typing.get_args(hint)[0]))
    if origin is dict:
        return _map_of(_of(typing.get_args(hint)[1]))
    if str(origin).endswith("Literal"):
        return _literal(typing.get_args(hint))
    return _typed_dict(hint) if is_typeddict(hint) else _plain(hint)


def _any_of(hints: list[Any]) -> Check:
    if any(
        str(typing.get_origin(one)).endswith("Literal") and "" not in typing.get_args(one) for one in hints
    ):
        hints = [one for one in hints if one is not str]
    checks = [_of(one) for one in hints if one is not type(None)]

    def checked(name: str, value: Any) -> None:
        refusals: list[StripeRefusal] = []
        for one in checks:
            try:
                one(name, value)
            except StripeRefusal as refusal:
                refusals.append(refusal)
            else:
                return
        raise refusals[-1]

    return checked


def _list_of(inner: Check) -> Check:
    def checked(name: str, value: Any) -> None:
        if not isinstance(value, list):
            raise StripeRefusal(f"Invalid array: {name}", param=name)
        for index, one in enumerate(cast("list[Any]", value)):
            inner(f"{name}[{index}]", one)

    return checked


def _map_of(inner: Check) -> Check:
    def checked(name: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise StripeRefusal(f"Invalid object: {name}", param=name)
        for key, one in cast("dict[str, Any]", value).items():
            inner(f"{name}[{key}]", one)

    return checked


def _literal(allowed: tuple[Any, ...]) -> Check:
    def checked(name: str, value: Any) -> None:
        if value not in allowed:
            raise StripeRefusal(
                f"Invalid {name}: must be one of {', '.join(map(str, allowed[:12]))}", param=name
            )

    return checked


_PATTERNS = {
    int: ("integer", r"-?\d+"),
    bool: ("boolean", r"true|false"),
    float: ("number", r"-?\d+(\.\d+)?"),
}


def _plain(kind: Any) -> Check:
    word, pattern = _PATTERNS.get(kind, ("string", r"[\s\S]*"))

    def checked(name: str, value: Any) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise StripeRefusal(f"Invalid {word}: {value}", code=f"parameter_invalid_{word}", param=name)

    return checked
