"""Stripe's lists, against its emulator: read page by page, in plain data."""

import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from stripe import StripeObject

from bot.money import Money
from bot.payments.checkout import Order, freeze
from bot.payments.stripe_api import Payments
from sandbox.app import Sandbox

# More than a page.
_MANY = 101


@pytest.fixture
async def payments(sandbox: Sandbox) -> AsyncIterator[Payments]:
    one = Payments(sandbox.stripe.secret_key, f"{sandbox.base}/stripe", pause=0.01)
    yield one
    await one.close()


def _params(gift: str) -> str:
    """Frozen, for a gift of 200 dirhams."""
    until = datetime.now(UTC) + timedelta(hours=1)
    texts = ("campaign", "Title", "Description", "Message", "STATEMENT")
    return freeze(Order(gift, Money(20000, "MAD"), *texts, "en", "https://t.me/bot", until))


async def test_no_page_of_a_list_of_sessions_is_made_the_sdks_objects(
    sandbox: Sandbox, payments: Payments
) -> None:
    """A hundred of them weigh a megabyte, and after a failure of Stripe's twenty gifts ask at once."""
    gifts = [f"gift{number:06}" for number in range(_MANY)]
    for gift in gifts:
        sandbox.stripe.pay((await payments.open_checkout(_params(gift), gift)).id)
    found, objects = list[str | None](), 0
    began = datetime.now(UTC) - timedelta(minutes=5)
    async for session in payments.completed(began):
        found.append(session.reference)
        if len(found) in (1, _MANY):
            objects += sum(issubclass(type(one), StripeObject) for one in gc.get_objects())
    assert (found, objects) == (gifts[::-1], 0)
    last = await payments.find(gifts[0], began)
    assert last is not None
    assert last.reference == gifts[0]
