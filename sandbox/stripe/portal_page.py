"""The words and the HTML of the portal, and of an invoice's own page."""

import html
import string
from datetime import UTC, datetime

from babel.dates import format_date

from sandbox.stripe.account import Thing
from sandbox.stripe.page import amount_in

_FRAME = string.Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="stylesheet" href="/static/pay.css">
</head>
<body>
<p class="mark" role="note">$mark</p>
<main>
  <h1>$title</h1>
  $parts
  <p class="small">$stands</p>
</main>
</body>
</html>
""")
_PART = string.Template("""<section>
    <p class="name" dir="auto">$name</p>
    <p><bdi>$amount</bdi> · $state</p>
    <form method="post">$buttons</form>
  </section>""")
_WORDS = {
    "fr": {
        "mark": "BAC À SABLE · aucun argent réel",
        "title": "Votre don mensuel",
        "invoice": "Don en attente",
        "card": "Mettre ma carte à jour",
        "stop": "Arrêter ce don",
        "keep": "Continuer ce don",
        "pay": "Payer maintenant",
        "back": "Revenir à Telegram",
        "active": "actif",
        "past_due": "la dernière carte a été refusée",
        "canceled": "arrêté",
        "until": "s’arrête le",
        "paid": "payé",
        "open": "à payer",
        "closed": "clos",
        "stands": "Cette page tient lieu du portail de Stripe.",
    },
    "en": {
        "mark": "SANDBOX · no real money",
        "title": "Your monthly gift",
        "invoice": "A gift to pay",
        "card": "Update my card",
        "stop": "Stop this gift",
        "keep": "Keep this gift",
        "pay": "Pay now",
        "back": "Back to Telegram",
        "active": "active",
        "past_due": "the last card was declined",
        "canceled": "stopped",
        "until": "stops on",
        "paid": "paid",
        "open": "to pay",
        "closed": "closed",
        "stands": "This page stands for Stripe's portal.",
    },
}


def portal_page(portal: Thing, subscriptions: list[Thing]) -> str:
    """`subscriptions` as the API gives them, each with its product's name beside."""
    lang = "fr" if portal["locale"] == "fr" else "en"
    words, at = _WORDS[lang], f"/stripe/portal/{portal['id']}"
    only_card = (portal["flow"] or {}).get("type") == "payment_method_update"
    parts = [_subscription(one, lang, at, with_stop=not only_card) for one in subscriptions]
    parts.append(f'<form method="post">{_button(f"{at}/back", words["back"], "back")}</form>')
    return _framed(words["title"], lang, parts)


def invoice_page(invoice: Thing, lang: str) -> str:
    words = _WORDS[lang]
    is_open = invoice["status"] == "open"
    pay = _button(f"/stripe/invoice/{invoice['id']}/pay", words["pay"], "pay") if is_open else ""
    part = _PART.substitute(
        name=html.escape(invoice["lines"]["data"][0]["description"]),
        amount=amount_in(invoice["amount_due"], invoice["currency"], lang),
        state=words.get(invoice["status"], words["closed"]),
        buttons=pay,
    )
    return _framed(words["invoice"], lang, [part])


def _subscription(subscription: Thing, lang: str, at: str, *, with_stop: bool) -> str:
    words, item = _WORDS[lang], subscription["items"]["data"][0]
    is_over, ends = subscription["status"] == "canceled", subscription["cancel_at"]
    state = words.get(subscription["status"], words["active"])
    if ends and not is_over:
        until = f"{words['until']} {_day(ends, lang)}"
        # A card that was declined is why most people come here: the end stands beside it.
        state = f"{state} · {until}" if subscription["status"] == "past_due" else until
    buttons = [_button(f"{at}/card", words["card"], "card")]
    if with_stop:
        act = "keep" if ends else "stop"
        buttons.append(_button(f"{at}/{act}?of={subscription['id']}", words[act], act))
    return _PART.substitute(
        name=html.escape(subscription["name"]),
        amount=amount_in(item["price"]["unit_amount"] * item["quantity"], subscription["currency"], lang),
        state=state,
        buttons="" if is_over else "".join(buttons),
    )


def _day(stamp: int, lang: str) -> str:
    return format_date(datetime.fromtimestamp(stamp, UTC), "long", locale=lang)


def _button(action: str, text: str, name: str) -> str:
    return f'<button formaction="{action}" data-testid="{name}">{html.escape(text)}</button>'


def _framed(title: str, lang: str, parts: list[str]) -> str:
    words = _WORDS[lang]
    return _FRAME.substitute(
        lang=lang,
        title=html.escape(title),
        mark=words["mark"],
        stands=words["stands"],
        parts="\n  ".join(parts),
    )
