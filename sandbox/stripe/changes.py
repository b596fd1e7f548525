"""POST /v1/subscriptions/{id}: stop, pause, change the amount. What is not emulated is refused, never ignored."""

import copy
from typing import Any

from sandbox.stripe.account import Account, Thing, whole
from sandbox.stripe.errors import StateRefusal, StripeRefusal
from sandbox.stripe.rules import check_metadata, check_price
from sandbox.stripe.subscriptions import Subscriptions, price

_KNOWN = (
    "cancel_at",
    "cancel_at_period_end",
    "cancellation_details",
    "description",
    "expand",
    "items",
    "metadata",
    "pause_collection",
    "proration_behavior",
)


def check_change(params: dict[str, Any]) -> None:
    """Raises StripeRefusal."""
    for name in params:
        if name not in _KNOWN:
            raise StripeRefusal(f"The sandbox does not emulate a subscription's `{name}`.", param=name)
    if params.get("cancel_at") and params.get("cancel_at_period_end") == "true":
        raise StripeRefusal("You may only specify one of these parameters: cancel_at, cancel_at_period_end.")
    if "items" in params and params.get("proration_behavior") != "none":
        raise StripeRefusal(
            "The sandbox prorates nothing: pass `proration_behavior=none`.", param="proration_behavior"
        )
    check_metadata("metadata", params.get("metadata") or {})


class Changes:
    def __init__(self, account: Account, subscriptions: Subscriptions) -> None:
        self._account, self._subscriptions = account, subscriptions

    def asked(self, subscription_id: str, params: dict[str, Any]) -> Thing:
        """All of it or nothing. Raises StripeRefusal."""
        subscription = self._subscriptions.get(subscription_id, alive=False)
        if self._subscriptions.is_over(subscription):
            raise StateRefusal(
                "A canceled subscription can only update its cancellation_details and metadata."
            )
        before = copy.deepcopy(subscription)
        try:
            self._apply(subscription, params)
        except StripeRefusal:
            subscription |= before
            raise
        self._account.tell("customer.subscription.updated", subscription)
        return subscription

    def _apply(self, subscription: Thing, params: dict[str, Any]) -> None:
        if "items" in params:
            self._price(subscription, params["items"])
        if "pause_collection" in params:
            self._pause(subscription, params["pause_collection"])
        self._stop(subscription, params)
        if "metadata" in params:
            subscription["metadata"] = _merged(subscription["metadata"], params["metadata"])
        if "description" in params:
            subscription["description"] = params["description"] or None
        subscription["cancellation_details"] |= params.get("cancellation_details") or {}

    def _stop(self, subscription: Thing, params: dict[str, Any]) -> None:
        if "cancel_at_period_end" in params:
            self._subscriptions.stop_at_period_end(
                subscription, stops=params["cancel_at_period_end"] == "true"
            )
        stamp = params.get("cancel_at")
        if stamp in ("min_period_end", "max_period_end"):
            self._subscriptions.stop_at(subscription, subscription["items"]["data"][0]["current_period_end"])
        elif stamp is not None:
            moment = self._account.clock.heard(whole(stamp, "cancel_at")) if stamp else None
            self._subscriptions.stop_at(subscription, moment)

    def _pause(self, subscription: Thing, asked: Any) -> None:
        if not asked:
            subscription["pause_collection"] = None
            return
        clock, moment = self._account.clock, None
        if "resumes_at" in asked:
            moment = clock.heard(whole(asked["resumes_at"], "resumes_at"))
            if moment <= clock.now():
                raise StateRefusal(
                    "`resumes_at` must be in the future.", param="pause_collection[resumes_at]"
                )
            clock.at(moment, lambda: self._resume(subscription, moment))
        subscription["pause_collection"] = {"behavior": asked["behavior"], "resumes_at": moment}

    def _resume(self, subscription: Thing, moment: int) -> None:
        pause = subscription["pause_collection"]
        if pause and pause["resumes_at"] == moment:
            subscription["pause_collection"] = None
            self._account.tell("customer.subscription.updated", subscription)

    def _price(self, subscription: Thing, asked: list[dict[str, Any]]) -> None:
        [item] = subscription["items"]["data"]
        if len(asked) != 1 or asked[0].get("id") != item["id"]:
            raise StripeRefusal(
                f"The sandbox knows one item of this subscription: {item['id']}.", param="items[0][id]"
            )
        data, now = asked[0].get("price_data"), item["price"]
        if data is None or not {"id", "price_data", "quantity"} >= set(asked[0]):
            raise StripeRefusal("The sandbox changes an item by `price_data` only.", param="items[0]")
        recurring = data["recurring"]
        is_same = (
            data["currency"] == now["currency"]
            and data["product"] == now["product"]
            and recurring["interval"] == now["recurring"]["interval"]
            and int(recurring.get("interval_count", 1)) == now["recurring"]["interval_count"]
        )
        if not is_same:
            raise StripeRefusal(
                "A new price here keeps its currency, product and rhythm.", param="items[0][price_data]"
            )
        check_price(data)
        item["quantity"] = int(asked[0].get("quantity", 1))
        item["price"] = price(
            now["currency"],
            int(data["unit_amount"]),
            now["recurring"]["interval"],
            now["recurring"]["interval_count"],
            now["product"],
        )


def _merged(known: dict[str, str], asked: Any) -> dict[str, str]:
    """A key with an empty value is taken away; an empty value for all takes all away."""
    if not asked:
        return {}
    return {key: value for key, value in (known | asked).items() if value}
