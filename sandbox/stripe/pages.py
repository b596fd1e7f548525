"""The pages that donors meet: they stand for Stripe Checkout, its portal, and an invoice's own page."""

import contextlib
import html
import json
import string
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.stripe.emulator import StripeEmulator
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.page import page
from sandbox.stripe.portal_page import invoice_page, portal_page

_RETURN = string.Template(
    (Path(__file__).parent.parent / "static" / "return.html").read_text(encoding="utf-8")
)


class PayPage:
    """Stands for Stripe Checkout."""

    def __init__(self, emulator: StripeEmulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        session = self._emulator.sessions.get(request.path_params["id"])
        if session is None:
            return HTMLResponse("No such page.", 404)
        return HTMLResponse(page(session, declined="declined" in request.query_params))

    async def act(self, request: Request) -> Response:
        session_id, act = request.path_params["id"], request.path_params["act"]
        session = self._emulator.sessions.get(session_id)
        acts = {
            "pay": self._emulator.pay,
            "later": self._emulator.pay_later,
            "decline": self._emulator.decline,
        }
        if session is None or act not in (*acts, "abandon"):
            return HTMLResponse("No such page.", 404)
        try:
            if act in acts:
                acts[act](session_id)
        except StripeRefusal:
            return RedirectResponse(f"/stripe/pay/{session_id}", 303)
        if act == "decline":
            return RedirectResponse(f"/stripe/pay/{session_id}?declined=1", 303)
        return going_back(session["cancel_url"] if act == "abandon" else session["success_url"])


class PortalPage:
    """Stands for Stripe's customer portal."""

    def __init__(self, emulator: StripeEmulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        portal = self._emulator.account.portals.get(request.path_params["id"])
        if portal is None:
            return HTMLResponse("No such page.", 404)
        shown = [
            self._emulator.shown(one) | {"name": one["_product_name"]}
            for one in self._emulator.portals.subscriptions(portal)
        ]
        return HTMLResponse(portal_page(portal, shown))

    async def act(self, request: Request) -> Response:
        portal = self._emulator.account.portals.get(request.path_params["id"])
        act = request.path_params["act"]
        if portal is None or act not in ("card", "stop", "keep", "back"):
            return HTMLResponse("No such page.", 404)
        if act == "back":
            return going_back(portal["return_url"] or "/")
        for subscription in self._emulator.portals.subscriptions(portal):
            if act == "card" or subscription["id"] == request.query_params.get("of"):
                self._done(act, subscription["id"])
        return RedirectResponse(f"/stripe/portal/{portal['id']}", 303)

    def _done(self, act: str, subscription_id: str) -> None:
        """What no longer can be done, because the gift is over meanwhile, is left."""
        with contextlib.suppress(StripeRefusal):
            if act == "card":
                self._emulator.update_card(subscription_id)
            else:
                self._emulator.stop_subscription(subscription_id, stops=act == "stop")


class InvoicePage:
    """Stands for an invoice's hosted page."""

    def __init__(self, emulator: StripeEmulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        invoice = self._emulator.invoices.get(request.path_params["id"])
        if invoice is None:
            return HTMLResponse("No such page.", 404)
        locales = self._emulator.account.customers[invoice["customer"]]["preferred_locales"]
        return HTMLResponse(invoice_page(invoice, "fr" if "fr" in locales else "en"))

    async def pay(self, request: Request) -> Response:
        """With another card, which works."""
        invoice = self._emulator.invoices.get(request.path_params["id"])
        if invoice is None:
            return HTMLResponse("No such page.", 404)
        with contextlib.suppress(StripeRefusal):
            self._emulator.pay_invoice(invoice["id"])
        return RedirectResponse(f"/stripe/invoice/{invoice['id']}", 303)


def going_back(target: str) -> Response:
    """The page that leads back to Telegram."""
    return HTMLResponse(
        _RETURN.substitute(target=html.escape(target), script=json.dumps(target), home=quote(target, safe=""))
    )
