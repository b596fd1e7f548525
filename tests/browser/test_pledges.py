"""A pledge matched by staff, on two phone pages in a real Chromium: Yasmine promises, Karim matches, Yasmine is thanked."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.stage import ROOT, Stage

__all__ = ["browser", "pytestmark"]


async def picture(page: Page, name: str) -> None:
    if os.environ.get("PICTURES"):
        await page.screenshot(path=Path(ROOT) / "docs" / "pictures" / f"{name}.png")


async def tapped(page: Page, *labels: str) -> None:
    for label in labels:
        await page.locator(f'[data-button*="{label}"]').last.click()


async def test_a_pledge_is_matched_by_staff_and_its_donor_sees_the_thanks(
    browser: Browser, stage: Stage
) -> None:
    yasmine, problems = await open_phone(browser, stage, 1002)
    await yasmine.get_by_test_id("start").click()
    await yasmine.locator("[data-button]").first.click()
    await yasmine.locator('[data-button="Donner"]').click()
    await tapped(yasmine, "200", "Payer au Maroc")
    await expect(yasmine.get_by_text("Banque Exemple").first).to_be_visible()
    reference = (await yasmine.locator(".message.bot").last.locator("code").first.inner_text()).strip(
        "\u2068\u2069"
    )
    await tapped(yasmine, "ai payé")
    await expect(yasmine.get_by_text("Vous nous avez dit avoir payé").first).to_be_visible()

    karim, faults = await open_phone(browser, stage, 1900)
    await karim.get_by_test_id("input").fill(f"/pledges {reference.lower()}")
    await karim.keyboard.press("Enter")
    await karim.locator('[data-button*="sont arrivés"]').wait_for()
    await tapped(karim, "sont arrivés")
    await expect(karim.get_by_text("✅ Reçu").first).to_be_visible()

    await expect(yasmine.get_by_text("✅ Bien reçu").first).to_be_visible()
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]
    assert await stage.rows("SELECT received_minor, promised_minor FROM totals") == [(20000, 0)]
    assert problems + faults == []


@pytest.mark.parametrize("width", [360, 390])
async def test_a_promise_in_arabic_keeps_the_reference_and_the_account_readable(
    browser: Browser, stage: Stage, width: int
) -> None:
    amina, problems = await open_phone(browser, stage, 1001, width)
    await amina.get_by_test_id("start").click()
    await amina.locator("[data-button]").first.click()
    # Exactly so: "my gifts" begins with the same letters.
    await amina.locator('[data-button="تبرع"]').click()
    await tapped(amina, "200", "الدفع في المغرب")
    await expect(amina.get_by_text("بنك المثال").first).to_be_visible()
    if width == 390:
        await picture(amina, "pledge-ar")
    assert await amina.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await amina.locator(".message.bot").last.locator("code").first.inner_text() != ""
    assert problems == []
