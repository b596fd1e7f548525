"""The drawer on the phone page: what a newcomer does there by hand reaches the chats. `PICTURES=1` renews docs/pictures."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.stage import ROOT, Stage

__all__ = ["browser", "pytestmark"]

WIDE, NARROW = 1280, 390


def control(page: Page, name: str) -> Locator:
    """The first control of this name: of the newest payment or gift."""
    return page.locator(f'[data-control^="{name}"]').first


async def said(page: Page, words: str) -> None:
    await expect(page.get_by_test_id("said")).to_contain_text(words)


async def tapped(page: Page, *labels: str) -> None:
    for label in labels:
        await page.locator(f'[data-button*="{label}"]').last.click()


async def given(page: Page) -> None:
    """John gives 100 MAD and is thanked."""
    await page.get_by_test_id("start").click()
    await tapped(page, "Where it is needed most", "100", "Pay \u2068", "Open Stripe")
    await page.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(page.get_by_text("Received").first).to_be_visible()


async def given_monthly(page: Page) -> None:
    """John gives 100 MAD every month for three months, from a campaign's link."""
    await page.get_by_test_id("start").click()
    await page.get_by_test_id("input").fill("/start c_humanitarian_100_mad")
    await page.keyboard.press("Enter")
    await tapped(page, "Every month instead")
    await page.locator('[data-button*="months, until"]').first.click()
    await tapped(page, "every month", "Open Stripe")
    await page.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(page.get_by_text("of your monthly gift").first).to_be_visible()


async def picture(page: Page, name: str) -> None:
    if os.environ.get("PICTURES"):
        await page.screenshot(path=Path(ROOT) / "docs" / "pictures" / f"{name}.png")


async def test_a_refund_in_the_drawer_is_told_in_the_chat_and_stands_in_my_gifts(
    browser: Browser, stage: Stage
) -> None:
    page, problems = await open_phone(browser, stage, 1003, WIDE)
    await given(page)
    await control(page, "refund-part").locator("..").locator("input").fill("40")
    await control(page, "refund-part").click()
    await said(page, "was given back")
    await expect(page.get_by_text(re.compile("Refunded: .?40")).first).to_be_visible()
    await expect(page.locator("[data-card]").first).to_have_attribute("data-state", "partly_refunded")
    await expect(page.locator('[data-field="part"]')).to_have_value("")
    await picture(page, "drawer-en")
    await control(page, "refund-ch").click()
    await expect(page.get_by_text(re.compile("Refunded: .?60")).first).to_be_visible()
    await expect(page.locator("[data-card]").first).to_have_attribute("data-state", "refunded")
    await expect(control(page, "refund-ch")).to_have_count(0)
    await tapped(page, "My gifts")
    await expect(page.locator(".message.bot", has_text="↩️").first).to_be_visible()
    assert await stage.rows("SELECT state FROM donations") == [("refunded",)]
    assert problems == []


async def test_a_refund_that_waits_and_fails_is_told_to_staff(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1003, WIDE)
    await given(page)
    await control(page, "next_refunds-pending").click()
    await expect(control(page, "next_refunds-pending")).to_have_attribute("aria-pressed", "true")
    await control(page, "refund-ch").click()
    await page.locator('[data-control$="-failed"]').click()
    await said(page, "the money is back in the account")
    await page.locator('[data-person="1900"]').click()
    await expect(page.get_by_text("remboursement a échoué").first).to_be_visible()
    assert problems == []


async def test_a_dispute_opened_in_the_drawer_alerts_staff_and_is_won(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1003, WIDE)
    await given(page)
    await control(page, "dispute-ch").click()
    await said(page, "An answer is due by")
    await page.locator('[data-person="1900"]').click()
    await expect(page.get_by_text("conteste un paiement").first).to_be_visible()
    await page.locator('[data-control$="-won"]').click()
    await stage.until_rows("SELECT state FROM donations", [("paid",)])
    await expect(page.get_by_test_id("said")).to_contain_text("Contestation gagnée")
    assert problems == []


async def test_a_month_passes_by_hand_and_the_second_gift_is_thanked(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1003, WIDE)
    await given_monthly(page)
    await page.locator('[data-control="clock-next"]').focus()
    await page.keyboard.press("Enter")
    await said(page, "Stripe told")
    await expect(page.locator('[data-control="clock-next"]')).to_be_focused()
    await page.locator('[data-control="clock-month"]').click()
    await said(page, "passed. Stripe told")
    await expect(page.get_by_text(re.compile("Gift number .?2")).first).to_be_visible()
    await expect(page.locator(".passed")).to_contain_text("days")
    assert await stage.rows("SELECT state FROM donations") == [("paid",)] * 2
    assert problems == []


async def test_a_failed_month_is_told_and_paid_by_hand(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1003, WIDE)
    await given_monthly(page)
    await page.locator('[data-field="reason"]').first.select_option("expired_card")
    await control(page, "fail_next").click()
    await said(page, "the card has expired")
    await control(page, "month-").click()
    await expect(page.locator("[data-section=monthly] [data-card]")).to_have_attribute(
        "data-state", "past_due"
    )
    await expect(page.locator(".message.bot").last).to_contain_text("expired")
    # What was chosen before is chosen still, though the drawer was drawn anew.
    assert await page.locator('[data-field="reason"]').input_value() == "expired_card"
    await control(page, "pay_now").click()
    await expect(page.get_by_text(re.compile("Gift number .?2")).first).to_be_visible()
    assert problems == []


async def test_what_cannot_be_is_said_kindly(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phone(browser, stage, 1003, WIDE)
    await given(page)
    await page.locator('[data-field="part"]').fill("1000")
    await control(page, "refund-part").click()
    await said(page, "more than what can still go back")
    await expect(page.get_by_test_id("said")).to_have_class("said refused")
    await page.locator("[data-section=books] > summary").click()
    await expect(page.locator('[data-book="MAD"]')).to_contain_text("100.00")
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]


async def test_the_drawer_speaks_the_language_of_the_person(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1003, WIDE)
    await given(page)
    amina, faults = await open_phone(browser, stage, 1001, NARROW)
    await amina.get_by_test_id("open-drawer").click()
    await control(amina, "fee").click()
    await said(amina, "صارت Stripe تعرف ما تقتطعه من \u2068100,00\u00a0MAD\u2069")
    await expect(amina.locator("[data-section=payments]")).to_contain_text("الرسوم معروفة.")
    await picture(amina, "drawer-ar")
    # John's own drawer has heard of it by itself.
    await expect(page.locator("[data-section=payments]")).to_contain_text("The fee is known.")
    assert problems + faults == []


@pytest.mark.parametrize(("person", "width"), [(1001, 360), (1002, NARROW), (1003, NARROW), (1001, WIDE)])
async def test_the_drawer_fits_the_phone_and_closes(
    browser: Browser, stage: Stage, person: int, width: int
) -> None:
    account = stage.stripe
    for monthly in (False, True):
        price = {"currency": "mad", "unit_amount": 123456700, "product_data": {"name": "Water " * 20}}
        recurring = {"recurring": {"interval": "month"}} if monthly else {}
        asked = {"line_items": [{"price_data": price | recurring}], "success_url": "https://t.me/x"}
        account.pay(account.create_session(asked | {"mode": "subscription" if monthly else "payment"})["id"])
    account.dispute(account.sessions[next(iter(account.sessions))]["id"])
    page, problems = await open_phone(browser, stage, person, width)
    if width != WIDE:
        await page.get_by_test_id("open-drawer").click()
    await page.locator("[data-card]").first.wait_for()
    while await (folded := page.locator(".section:not([open]) > summary")).count():
        await folded.first.click()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.locator(".drawer").evaluate("one => one.scrollWidth <= one.clientWidth")
    if width != WIDE:
        await page.get_by_test_id("close-drawer").click()
        await expect(page.get_by_test_id("drawer")).to_be_hidden()
        await expect(page.get_by_test_id("open-drawer")).to_be_focused()
    assert problems == []
