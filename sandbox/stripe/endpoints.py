"""Each of Stripe's endpoints, and which part of the account answers it."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import Table, Thing, found
from sandbox.stripe.changes import check_change
from sandbox.stripe.emulator import StripeEmulator
from sandbox.stripe.filters import (
    Fits,
    event_fits,
    fields_fit,
    invoice_fits,
    invoice_payment_fits,
    subscription_fits,
)
from sandbox.stripe.lists import check_page, page
from sandbox.stripe.portal import check_portal
from sandbox.stripe.rules import check_session

Params = dict[str, Any]
Work = Callable[[str, Params], Thing]


def check_rules(endpoint: tuple[str, str], params: Params, now: float) -> None:
    """What Stripe refuses beyond its types. Raises StripeRefusal."""
    if endpoint == ("POST", "/v1/checkout/sessions"):
        check_session(params, now)
    if endpoint == ("POST", "/v1/subscriptions/{id}"):
        check_change(params)
    if endpoint == ("POST", "/v1/billing_portal/sessions"):
        check_portal(params)
    if endpoint[0] == "GET" and not endpoint[1].endswith("}"):
        check_page(params)


def endpoints(emulator: StripeEmulator) -> dict[tuple[str, str], Work]:
    """Takes the id of the path, if it has one, and the parameters; gives what is answered."""
    account = emulator.account

    def one(path: str, table: Table, kind: str) -> dict[tuple[str, str], Work]:
        return {("GET", f"/v1/{path}/{{id}}"): lambda id, _: found(table, id, kind)}

    def many(path: str, table: Table, fits: Fits = fields_fit) -> dict[tuple[str, str], Work]:
        def listed(_: str, params: Params) -> Thing:
            answer = page(table.values(), params, f"/v1/{path}", fits, emulator.shown)
            return emulator.view.expanded(answer, params.get("expand") or ())

        return {("GET", f"/v1/{path}"): listed}

    return _shown(emulator, {
        ("POST", "/v1/checkout/sessions"): lambda _, params: emulator.create_session(params),
        ("GET", "/v1/checkout/sessions/{id}"): lambda id, _: emulator.session(id),
        ("POST", "/v1/checkout/sessions/{id}/expire"): lambda id, _: emulator.expire_session(id),
        ("POST", "/v1/subscriptions/{id}"): emulator.changes.asked,
        ("DELETE", "/v1/subscriptions/{id}"): emulator.agreements.asked_to_cancel,
        ("POST", "/v1/billing_portal/sessions"): lambda _, params: emulator.portals.create(params, emulator.base),
        ("POST", "/v1/refunds"): lambda _, params: emulator.refunds.asked(params),
        **one("payment_intents", account.intents, "payment_intent"),
        **one("charges", account.charges, "charge"),
        **one("balance_transactions", account.transactions, "balance_transaction"),
        **one("refunds", account.refunds, "refund"),
        **one("disputes", account.disputes, "dispute"),
        **one("customers", account.customers, "customer"),
        **one("subscriptions", account.subscriptions, "subscription"),
        **one("invoices", account.invoices, "invoice"),
        **one("invoice_payments", account.invoice_payments, "invoice_payment"),
    }) | {
        **many("checkout/sessions", account.sessions),
        **many("payment_intents", account.intents),
        **many("charges", account.charges),
        **many("balance_transactions", account.transactions),
        **many("refunds", account.refunds),
        **many("disputes", account.disputes),
        **many("customers", account.customers),
        **many("subscriptions", account.subscriptions, subscription_fits),
        **many("invoices", account.invoices, invoice_fits),
        **many("invoice_payments", account.invoice_payments, invoice_payment_fits),
        ("GET", "/v1/events"): lambda _, params: _events(emulator, params),
        ("GET", "/v1/events/{id}"): lambda id, _: found(emulator.log.by_id, id, "event"),
        ("GET", "/v1/account"): lambda _, __: _ACCOUNT,
    }  # fmt: skip


_ACCOUNT = {"id": "acct_sandbox", "object": "account", "country": "FR", "default_currency": "eur"}


def _shown(emulator: StripeEmulator, works: dict[tuple[str, str], Work]) -> dict[tuple[str, str], Work]:
    """The same, each answer as the API gives it, with the paths that were asked for."""

    def around(work: Work) -> Work:
        return lambda id, params: emulator.shown(work(id, params), params.get("expand"))

    return {endpoint: around(work) for endpoint, work in works.items()}


def _events(emulator: StripeEmulator, params: Params) -> Thing:
    return page(emulator.events, params, "/v1/events", event_fits, lambda event: event)
