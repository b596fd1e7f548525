"""What the drawer shows of the account: payments, monthly gifts, time and Stripe's books, in one language."""

from typing import Any

from sandbox.drawer.times import span
from sandbox.drawer.words import money
from sandbox.stripe import StripeEmulator
from sandbox.stripe.account import Thing
from sandbox.stripe.balance import Sums
from sandbox.stripe.currencies import SETTLEMENT

_MOST = 30
Row = dict[str, Any]


def shown(stripe: StripeEmulator, lang: str) -> Row:
    """Amounts are written out; dates are Unix seconds on the bot's clock, as the chat tells them."""
    return {
        "payments": _payments(stripe, lang),
        "monthly": _monthly(stripe, lang),
        "next_refunds": stripe.next_refunds,
        "now": stripe.clock.wall(),
        "aged": span(stripe.passed, lang) if stripe.passed else None,
        "books": [_book(currency, sums, lang) for currency, sums in stripe.books().items()],
    }


def _payments(stripe: StripeEmulator, lang: str) -> list[Row]:
    names = _names(stripe)
    newest = list(reversed(stripe.account.charges.values()))[:_MOST]
    return [_payment(stripe, charge, names.get(charge["payment_intent"], ""), lang) for charge in newest]


def _names(stripe: StripeEmulator) -> dict[str | None, str]:
    """What each intent was for."""
    names = {one["payment_intent"]: one["_product"].get("name", "") for one in stripe.sessions.values()}
    for payment in stripe.account.invoice_payments.values():
        gift = stripe.subscriptions[stripe.invoices[payment["invoice"]]["_subscription"]]
        names[payment["payment"]["payment_intent"]] = gift["_product_name"]
    return names


def _payment(stripe: StripeEmulator, charge: Thing, name: str, lang: str) -> Row:
    account, currency = stripe.account, charge["currency"]
    left = charge["amount"] - charge["amount_refunded"]
    disputes = [one for one in account.disputes.values() if one["charge"] == charge["id"]]
    dispute = disputes[-1] if disputes else None
    is_blocked = any(not one["is_charge_refundable"] for one in disputes)
    return {
        "id": charge["id"],
        "name": name,
        "currency": currency.upper(),
        "created": charge["created"],
        "amount": money(charge["amount"], currency, lang),
        "left": money(left, currency, lang) if left and not is_blocked else None,
        "state": _state(charge, left, dispute),
        "fee_known": bool(charge["balance_transaction"]),
        "refunds": [
            {"id": id, "amount": money(one["amount"], currency, lang), "status": one["status"]}
            for id in charge["_refunds"]
            if (one := account.refunds[id])
        ],
        "dispute": {"id": dispute["id"], "status": dispute["status"]} if dispute else None,
    }


def _state(charge: Thing, left: int, dispute: Thing | None) -> str:
    if dispute and dispute["status"] not in ("won", "warning_closed"):
        if dispute["status"] == "lost":
            return "charged_back"
        return "inquiry" if dispute["status"].startswith("warning") else "disputed"
    if charge["amount_refunded"]:
        return "partly_refunded" if left else "refunded"
    return "paid"


def _monthly(stripe: StripeEmulator, lang: str) -> list[Row]:
    newest = list(reversed(stripe.subscriptions.values()))[:_MOST]
    return [_gift(stripe, gift, lang) for gift in newest]


def _gift(stripe: StripeEmulator, gift: Thing, lang: str) -> Row:
    plain = stripe.shown(gift)
    item, is_over = plain["items"]["data"][0], plain["status"] == "canceled"
    invoices = [stripe.invoices[one] for one in gift["_invoices"]]
    is_last = plain["cancel_at"] is not None and plain["cancel_at"] <= item["current_period_end"]
    is_open = any(one["status"] == "open" and one["auto_advance"] for one in invoices)
    return {
        "id": plain["id"],
        "name": gift["_product_name"],
        "amount": money(item["price"]["unit_amount"] * item["quantity"], plain["currency"], lang),
        "state": "paused" if plain["pause_collection"] else "ended" if is_over else plain["status"],
        "next": None if is_over or is_last else item["current_period_end"],
        "is_last": is_last,
        "until": None if is_over else plain["cancel_at"],
        "paid": sum(one["status"] == "paid" for one in invoices),
        "is_open": is_open,
        "failing": list(gift["_declines"]),
    }


def _book(currency: str, sums: Sums, lang: str) -> Row:
    """`kept` as donors were charged; fees and net as the account settles, so in its own currency only."""
    kept = sums.charged - sums.refunded - sums.disputed_withdrawn + sums.reinstated
    rows = {
        "charged": sums.charged,
        "refunded": -sums.refunded,
        "disputed": -sums.disputed_withdrawn,
        "reinstated": sums.reinstated,
        "kept": kept,
    }
    if currency == SETTLEMENT:
        rows |= {"fees": -sums.fees, "net": sums.net}
    is_charged = sums.charged > 0
    told = {name: money(amount, currency, lang) for name, amount in rows.items()}
    only = told if is_charged else {name: told[name] for name in ("fees", "net")}
    return {"currency": currency.upper(), "rows": only}
