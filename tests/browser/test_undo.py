"""Undo, as a donor sees it: John gives, is thanked, taps twice, and sees the gift given back."""

import re

from playwright.async_api import Browser, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.stage import Stage

__all__ = ["browser", "pytestmark"]


async def test_a_donor_pays_thinks_again_and_sees_the_gift_given_back(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1003)
    await page.get_by_test_id("start").click()
    for label in ("Where it is needed most", "100", "Pay \u2068", "Open Stripe"):
        await page.locator(f'[data-button*="{label}"]').click()
    await page.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(page.get_by_text("Received").first).to_be_visible()
    await page.locator('[data-button^="Undo"]').click()
    await expect(page.get_by_text("Take back your gift").first).to_be_visible()
    await page.locator('[data-button="Yes, take it back"]').click()
    await expect(page.get_by_text(re.compile("Refunded: .?100")).first).to_be_visible()
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
    assert stage.stripe.books()["mad"].refunded == 10000
    await page.locator('[data-button="My gifts"]').last.click()
    await expect(page.locator(".message.bot", has_text="Your gifts")).to_contain_text("given back")
    assert problems == []
