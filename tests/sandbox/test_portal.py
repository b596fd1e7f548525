"""The pages that a donor of a monthly gift meets: the pay page, the portal, and an open invoice's own page."""

import aiohttp
import pytest

from sandbox.app import Sandbox
from tests.sandbox.asking import BACK, Asking
from tests.sandbox.asking_monthly import DAY, MONTH, invoices, monthly, monthly_session, plain

PAID = ("paid", 2000)


async def page(url: str, act: str = "") -> str:
    async with aiohttp.ClientSession() as http:
        asked = http.post(f"{url}/{act}") if act else http.get(url)
        async with asked as answer:
            assert answer.status == 200
            return await answer.text()


async def portal(asking: Asking, subscription: str, **more: object) -> str:
    """The address of a new portal page."""
    customer = (await plain(asking, subscription))["customer"]
    asked = {"customer": customer, "return_url": BACK, "locale": "en"} | more
    return (await asking.v1.billing_portal.sessions.create_async(asked)).url


@pytest.mark.parametrize(("locale", "words"), [("en", "every month"), ("fr", "chaque mois")])
async def test_the_pay_page_says_that_it_is_every_month(asking: Asking, locale: str, words: str) -> None:
    session = await monthly_session(asking, locale=locale)
    url = asking.account.sessions[session]["url"].partition("#")[0]
    assert words in await page(url)
    await page(url, "pay")
    assert asking.account.sessions[session]["subscription"] is not None


async def test_the_pay_page_of_a_single_gift_does_not(asking: Asking) -> None:
    session = await asking.session()
    url = asking.account.sessions[session]["url"].partition("#")[0]
    assert "chaque mois" not in await page(url)
    assert "every month" not in await page(url)


async def test_a_new_card_in_the_portal_pays_at_the_next_attempt(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.fail_next_charge(subscription, times=9)
    asking.account.forward(MONTH + 60)
    url = await portal(asking, subscription, flow_data={"type": "payment_method_update"})
    shown = await page(url)
    assert "the last card was declined" in shown
    assert "Stop this gift" not in shown
    await page(url, "card")
    asking.account.forward(3 * DAY)
    assert await invoices(asking, subscription) == [PAID, PAID]


async def test_a_donor_stops_in_the_portal_and_may_think_again(asking: Asking) -> None:
    subscription = await monthly(asking)
    flow = {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription}}
    url = await portal(asking, subscription, flow_data=flow)
    assert "stops on" in await page(url, f"stop?of={subscription}")
    assert (await plain(asking, subscription))["cancel_at_period_end"] is True
    assert "stops on" not in await page(url, f"keep?of={subscription}")
    await page(url, f"stop?of={subscription}")
    asking.account.forward(MONTH + 60)
    assert "stopped" in await page(url)
    assert await invoices(asking, subscription) == [PAID]


async def test_the_portal_leads_back_and_speaks_french(asking: Asking) -> None:
    url = await portal(asking, await monthly(asking), locale="fr")
    shown = await page(url)
    assert "Votre don mensuel" in shown
    assert "20,00" in shown
    assert BACK in await page(url, "back")


async def test_an_act_that_comes_too_late_changes_nothing(asking: Asking) -> None:
    subscription = await monthly(asking)
    url = await portal(asking, subscription)
    await asking.v1.subscriptions.cancel_async(subscription)
    for act in ("card", f"stop?of={subscription}"):
        assert "stopped" in await page(url, act)


async def test_an_open_invoice_is_paid_on_its_own_page(asking: Asking) -> None:
    subscription = await monthly(asking)
    asking.account.fail_next_charge(subscription, times=9)
    asking.account.forward(MONTH + 60)
    latest = await asking.v1.invoices.retrieve_async((await plain(asking, subscription))["latest_invoice"])
    assert "Pay now" in await page(latest.hosted_invoice_url)
    assert "Pay now" not in await page(latest.hosted_invoice_url, "pay")
    assert await invoices(asking, subscription) == [PAID, PAID]
    assert (await plain(asking, subscription))["status"] == "active"
    asking.account.forward(20 * DAY)
    assert await invoices(asking, subscription) == [PAID, PAID]


@pytest.mark.parametrize("path", ["portal/bps_none", "invoice/in_none"])
async def test_a_page_that_was_never_made_is_not_found(sandbox: Sandbox, path: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{sandbox.base}/stripe/{path}") as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"return_url": BACK}, "customer"),
        ({"customer": "cus_none"}, "No such customer"),
        ({"customer": "cus_none", "locale": "ar"}, "Invalid locale"),
        ({"customer": "cus_none", "flow_data": {"type": "subscription_pause"}}, "has no"),
        ({"customer": "cus_none", "flow_data": {"type": "subscription_cancel"}}, "subscription_cancel"),
    ],
)
async def test_a_portal_that_cannot_be_is_refused(
    asking: Asking, asked: dict[str, object], words: str
) -> None:
    await asking.refused(asking.v1.billing_portal.sessions.create_async(asked), words)


async def test_nobody_stops_anothers_gift_in_their_portal(asking: Asking) -> None:
    one, other = await monthly(asking), await monthly(asking)
    flow = {"type": "subscription_cancel", "subscription_cancel": {"subscription": other}}
    await asking.refused(portal(asking, one, flow_data=flow), "another customer")
    url = await portal(asking, one)
    await page(url, f"stop?of={other}")
    assert (await plain(asking, other))["cancel_at_period_end"] is False
