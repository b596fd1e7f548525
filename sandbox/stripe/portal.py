"""Stripe's customer portal: a page where a donor gives another card, or stops."""

from typing import Any

from sandbox.stripe.account import Account, Thing, found, new_id
from sandbox.stripe.errors import StripeRefusal

_FLOWS = ("payment_method_update", "subscription_cancel")


def check_portal(params: dict[str, Any]) -> None:
    """Raises StripeRefusal."""
    if "customer" not in params:
        raise StripeRefusal("Missing required param: customer.", code="parameter_missing", param="customer")
    flow = params.get("flow_data")
    if flow and flow["type"] not in _FLOWS:
        raise StripeRefusal(
            f"The sandbox's portal has no `{flow['type']}`: only {', '.join(_FLOWS)}.",
            param="flow_data[type]",
        )
    if flow and flow["type"] == "subscription_cancel" and "subscription_cancel" not in flow:
        raise StripeRefusal(
            "Missing required param: flow_data[subscription_cancel].",
            code="parameter_missing",
            param="flow_data[subscription_cancel]",
        )


class Portals:
    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, params: dict[str, Any], base: str) -> Thing:
        """POST /v1/billing_portal/sessions. `base` is this server's address."""
        customer = found(self._account.customers, params["customer"], "customer", "customer")
        flow = params.get("flow_data")
        if flow and flow["type"] == "subscription_cancel":
            self._check(flow["subscription_cancel"]["subscription"], customer["id"])
        portal_id = new_id("bps")
        portal: Thing = {
            "id": portal_id,
            "object": "billing_portal.session",
            "configuration": "bpc_sandbox",
            "created": self._account.clock.wall(),
            "customer": customer["id"],
            "flow": flow,
            "livemode": False,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url"),
            "url": f"{base}/stripe/portal/{portal_id}",
        }
        self._account.portals[portal_id] = portal
        return portal

    def _check(self, subscription_id: str, customer_id: str) -> None:
        subscription = found(self._account.subscriptions, subscription_id, "subscription", "flow_data")
        if subscription["customer"] != customer_id:
            raise StripeRefusal("This subscription is another customer's.", param="flow_data")

    def subscriptions(self, portal: Thing) -> list[Thing]:
        """What this page is about."""
        flow = portal["flow"] or {}
        only = (flow.get("subscription_cancel") or {}).get("subscription")
        everyone = self._account.subscriptions.values()
        return [
            one for one in everyone if one["customer"] == portal["customer"] and only in (None, one["id"])
        ]
