"""What the tests of the sandbox ask Stripe: gifts made ready, refusals read, and events named."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from sandbox.stripe import StripeEmulator

BACK = "https://t.me/entraide_bot"


@dataclass
class Asking:
    """`v1` is stripe-python's; `account` the emulator behind it."""

    client: stripe.StripeClient
    account: StripeEmulator

    @property
    def v1(self) -> Any:
        """Any: the answers are read as plain data, which the SDK's types do not tell of."""
        return self.client.v1

    async def session(self, amount: int = 20000, currency: str = "mad", **more: Any) -> str:
        """An open one-time gift; its id."""
        price = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Water"}}
        asked = {
            "mode": "payment",
            "line_items": [{"quantity": 1, "price_data": price}],
            "payment_intent_data": {"metadata": {"donation_id": "D1"}},
            "success_url": f"{BACK}?start=r_1",
        }
        return (await self.v1.checkout.sessions.create_async(asked | more)).id

    async def paid(self, amount: int = 20000, currency: str = "mad") -> str:
        """A one-time gift that was just paid; its session's id."""
        session = await self.session(amount, currency)
        self.account.pay(session)
        return session

    async def intent_of(self, session: str) -> str:
        return (await self.v1.checkout.sessions.retrieve_async(session)).payment_intent

    async def charge_of(self, session: str) -> dict[str, Any]:
        """With all that is known of it."""
        paths = ["payment_intent.latest_charge.balance_transaction"]
        answer = await self.v1.checkout.sessions.retrieve_async(session, {"expand": paths})
        return answer.to_dict()["payment_intent"]["latest_charge"]

    async def refused(self, call: Awaitable[Any], words: str = "") -> stripe.StripeError:
        """Stripe says no, and says why; the test that expects it takes it off the list of broken contracts."""
        with pytest.raises(stripe.StripeError, match=words) as caught:
            await call
        self.account.rejected.clear()
        return caught.value

    def told(self, *kinds: str) -> list[str]:
        """The kinds of all events so far, or of those that are of the named kinds."""
        return [event["type"] for event in self.account.events if not kinds or event["type"] in kinds]
