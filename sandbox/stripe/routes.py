"""Where Stripe's API and pages are found; mounted under /stripe."""

from starlette.routing import BaseRoute, Route

from sandbox.stripe.api import Api
from sandbox.stripe.contract import ENDPOINTS
from sandbox.stripe.emulator import StripeEmulator
from sandbox.stripe.pages import InvoicePage, PayPage, PortalPage


def routes(emulator: StripeEmulator) -> list[BaseRoute]:
    api, pay, portal, invoice = Api(emulator), PayPage(emulator), PortalPage(emulator), InvoicePage(emulator)
    listed = [Route(path, api.endpoint(method, path), methods=[method]) for method, path in ENDPOINTS]
    return [
        *listed,
        Route("/v1/{rest:path}", api.unknown, methods=["GET", "POST", "DELETE"]),
        Route("/pay/{id}", pay.show),
        Route("/pay/{id}/{act}", pay.act, methods=["POST"]),
        Route("/portal/{id}", portal.show),
        Route("/portal/{id}/{act}", portal.act, methods=["POST"]),
        Route("/invoice/{id}", invoice.show),
        Route("/invoice/{id}/pay", invoice.pay, methods=["POST"]),
    ]
