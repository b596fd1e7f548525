"""Monthly gifts on the phone page, in a real Chromium: one that ends, one whose bank says no, one stopped in two taps."""

import os
import re
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.stage import ROOT, Stage

__all__ = ["browser", "pytestmark"]

DAY = 86400
LINK = "/start c_humanitarian_100_mad"
PLAN = "SELECT state, stop FROM monthly_gifts"
# A message behind others waits for its turn: Telegram lets one chat have about one a second.
PACED = 20000
MONTHLY = {
    "ar": ("كل شهر بدل مرة واحدة", "\u20683\u2069 أشهر", "كل شهر \u2068", "افتح Stripe"),
    "fr": ("Plutôt chaque mois", "\u20683\u2069 mois", "par mois jusqu’au", "Ouvrir Stripe"),
    "en": ("Every month instead", "\u20683\u2069 months", "every month until", "Open Stripe"),
}


def newest(page: Page) -> Locator:
    return page.locator(".message.bot").last


async def wrote(page: Page, text: str) -> None:
    await page.get_by_test_id("input").fill(text)
    await page.keyboard.press("Enter")


async def tap(page: Page, label: str) -> None:
    await page.locator(f'[data-button*="{label}"]').last.click()


async def said(page: Page, words: str, timeout: float = PACED) -> None:
    await expect(newest(page)).to_contain_text(re.compile(words), timeout=timeout)


async def agreed(page: Page, language: str, until: str = "") -> None:
    """From a campaign's link to Stripe's page, every screen by hand."""
    instead, months, yes, stripe = MONTHLY[language]
    await page.get_by_test_id("start").click()
    await wrote(page, LINK)
    await page.locator(f'[data-button*="{instead}"]').wait_for()
    await tap(page, instead)
    await page.locator("[data-button]").filter(has_text="12").first.wait_for()
    await tap(page, until or months)
    await page.locator(f'[data-button*="{yes}"]').wait_for()
    if language == "ar" and os.environ.get("PICTURES"):
        await page.screenshot(path=Path(ROOT) / "docs" / "pictures" / "monthly-ar.png")
    await tap(page, yes)
    await page.locator(f'[data-button="{stripe}"]').wait_for()
    await tap(page, stripe)


async def paid(page: Page, stage: Stage, language: str) -> str:
    """Agreed to for three months and paid on Stripe's page; the subscription's id."""
    await agreed(page, language)
    sheet = page.frame_locator("iframe")
    await sheet.get_by_test_id("pay").wait_for()
    await sheet.get_by_test_id("pay").click()
    await stage.until_rows("SELECT wanted, next_at IS NULL FROM monthly_gifts", [(0, 0)])
    [subscription] = stage.stripe.subscriptions
    return subscription


async def test_a_monthly_gift_in_arabic_ends_when_its_donor_said(browser: Browser, stage: Stage) -> None:
    amina, problems = await open_phone(browser, stage, 1001)
    await paid(amina, stage, "ar")
    await said(amina, "الدفعة رقم .?1")
    await expect(amina.locator('[data-button="أوقف التبرع الشهري"]')).to_be_visible()
    stage.stripe.forward(29 * DAY)
    await said(amina, "سيُقتطع تبرعك الشهري")
    stage.stripe.forward(3 * DAY)
    await said(amina, "الدفعة رقم .?2")
    stage.stripe.forward(31 * DAY)
    await said(amina, "الدفعة رقم .?3")
    # Nothing is left to stop.
    await expect(newest(amina).locator('[data-button="أوقف التبرع الشهري"]')).to_have_count(0)
    stage.stripe.forward(32 * DAY)
    await said(amina, "كما أردت")
    stage.stripe.forward(90 * DAY)
    assert len(stage.stripe.charges) == 3
    assert await stage.rows(PLAN) == [("ended", "end")]
    assert await amina.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems == []


async def test_a_failed_renewal_in_french_is_explained_and_another_card_mends_it(
    browser: Browser, stage: Stage
) -> None:
    yasmine, problems = await open_phone(browser, stage, 1002)
    subscription = await paid(yasmine, stage, "fr")
    await said(yasmine, "Versement numéro .?1")
    stage.stripe.fail_next_charge(subscription, code="insufficient_funds")
    stage.stripe.forward(32 * DAY)
    await said(yasmine, "il n’y avait pas assez d’argent sur la carte")
    await said(yasmine, "Stripe réessaie le .?\\d+ ")
    await stage.until_rows(PLAN, [("past_due", None)])
    await tap(yasmine, "Une autre carte")
    await said(yasmine, "s’ouvre en français")
    await tap(yasmine, "Ouvrir Stripe")
    portal = yasmine.frame_locator("iframe")
    await expect(portal.get_by_role("heading").first).to_have_text("Votre don mensuel")
    await expect(portal.get_by_text("la dernière carte a été refusée")).to_be_visible()
    await portal.get_by_role("button", name="Mettre ma carte à jour").click()
    await portal.get_by_role("button", name="Revenir à Telegram").click()
    # Back from Stripe, the phone opens the chat: what the bot answers stands before time goes on.
    await said(yasmine, "S'entraider pour aider")
    stage.stripe.forward(4 * DAY)
    await said(yasmine, "Versement numéro .?2")
    await stage.until_rows(PLAN, [("active", None)])
    assert await stage.rows("SELECT state FROM donations") == [("paid",)] * 2
    assert problems == []


async def test_a_monthly_gift_in_english_is_stopped_in_two_taps(browser: Browser, stage: Stage) -> None:
    john, problems = await open_phone(browser, stage, 1003)
    await paid(john, stage, "en")
    await said(john, "Gift number .?1")
    await tap(john, "Stop the monthly gift")
    await said(john, "Stop it\\? Nothing more will be charged")
    await tap(john, "Yes, stop it")
    await said(john, "is stopped. Nothing more will be charged")
    stage.stripe.forward(200 * DAY)
    assert len(stage.stripe.charges) == 1
    assert await stage.rows(PLAN) == [("ended", "donor")]
    assert problems == []
