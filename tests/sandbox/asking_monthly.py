"""Monthly gifts made ready for the tests of the sandbox."""

from typing import Any

from tests.sandbox.asking import BACK, Asking

DAY = 86400
MONTH = 31 * DAY


def monthly_params(amount: int = 2000, currency: str = "eur", **more: Any) -> dict[str, Any]:
    price = {
        "currency": currency,
        "unit_amount": amount,
        "recurring": {"interval": "month", "interval_count": 1},
        "product_data": {"name": "Orphans, every month"},
    }
    asked = {
        "mode": "subscription",
        "submit_type": "donate",
        "locale": "en",
        "line_items": [{"quantity": 1, "price_data": price}],
        "payment_method_collection": "always",
        "subscription_data": {
            "description": "Monthly gift D1",
            "metadata": {"donation_id": "D1"},
            "billing_mode": {"type": "flexible"},
        },
        "success_url": f"{BACK}?start=r_1",
        "cancel_url": f"{BACK}?start=x_1",
    }
    return asked | more


async def monthly_session(asking: Asking, **more: Any) -> str:
    return (await asking.v1.checkout.sessions.create_async(monthly_params(**more))).id


async def monthly(asking: Asking, **more: Any) -> str:
    """A monthly gift whose first month was just paid; the subscription's id."""
    session = await monthly_session(asking, **more)
    asking.account.pay(session)
    return (await asking.v1.checkout.sessions.retrieve_async(session)).subscription


async def plain(asking: Asking, subscription: str) -> dict[str, Any]:
    """As the API tells it now."""
    return (await asking.v1.subscriptions.retrieve_async(subscription)).to_dict()


async def period_end(asking: Asking, subscription: str) -> int:
    return (await plain(asking, subscription))["items"]["data"][0]["current_period_end"]


async def invoices(asking: Asking, subscription: str) -> list[tuple[str, int]]:
    """Status and amount paid of each month, the oldest first."""
    found = await asking.v1.invoices.list_async({"subscription": subscription, "limit": 100})
    return [(one.status, one.amount_paid) for one in reversed(found.data)]
