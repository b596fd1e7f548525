"""The pay page's words and numbers, filled into its template."""

import html
import string
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal

from sandbox.stripe.currencies import decimals

_TEMPLATE = string.Template(
    (Path(__file__).parent.parent / "static" / "pay.html").read_text(encoding="utf-8")
)
_WORDS = {
    "fr": {
        "mark": "BAC À SABLE · aucun argent réel",
        "card": "Carte",
        "pay": "Donner",
        "monthly": "chaque mois",
        "decline": "La banque refuse",
        "later": "Payer plus tard (virement)",
        "abandon": "Abandonner et revenir",
        "declined": "Votre carte a été refusée. Essayez une autre carte.",
        "closed": "Cette page n’est plus ouverte.",
        "back": "Revenir à Telegram",
        "stands": "Cette page tient lieu de Stripe Checkout.",
    },
    "en": {
        "mark": "SANDBOX · no real money",
        "card": "Card",
        "pay": "Donate",
        "monthly": "every month",
        "decline": "The bank declines",
        "later": "Pay later (bank transfer)",
        "abandon": "Abandon and go back",
        "declined": "Your card was declined. Try another card.",
        "closed": "This page is no longer open.",
        "back": "Back to Telegram",
        "stands": "This page stands for Stripe Checkout.",
    },
}


def page(session: dict[str, Any], *, declined: bool) -> str:
    """The whole HTML page for a session."""
    lang = "fr" if session["locale"] == "fr" else "en"
    words = _WORDS[lang]
    product, submit = session["_product"], (session["custom_text"] or {}).get("submit") or {}
    is_open = session["status"] == "open"
    filled = {key: html.escape(value) for key, value in words.items()} | {
        "lang": lang,
        "id": session["id"],
        "name": html.escape(product.get("name", "")),
        "description": html.escape(product.get("description", "")),
        "lines": _lines(session, lang),
        "message": html.escape(submit.get("message", "")),
        "amount": amount_in(session["amount_total"], session["currency"], lang)
        + (f" · {words['monthly']}" if session["_recurring"] else ""),
        "open": "" if is_open else "hidden",
        "shut": "hidden" if is_open else "",
        "alert": html.escape(words["declined"]) if declined else "",
        "return_url": html.escape(
            session["success_url"] if session["status"] == "complete" else session["cancel_url"] or ""
        ),
    }
    return _TEMPLATE.substitute(filled)


def _lines(session: dict[str, Any], lang: str) -> str:
    """What the sum is made of, where it is more than one thing."""
    parts = session["_lines"] if len(session["_lines"]) > 1 else []
    shown = ((html.escape(name), amount_in(minor, session["currency"], lang)) for name, minor in parts)
    return "".join(f'<p class="line" dir="auto">{name}: <bdi>{amount}</bdi></p>' for name, amount in shown)


def amount_in(minor: int, currency: str, lang: str) -> str:
    """As people of that language write it, the code behind."""
    places = decimals(currency)
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return f"{format_decimal(Decimal(minor).scaleb(-places), pattern, locale=lang)}\u00a0{currency.upper()}"
