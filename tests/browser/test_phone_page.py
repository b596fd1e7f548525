"""The walk on the phone page, in a real Chromium, as a donor sees and taps it. `PICTURES=1` renews the ones in docs/."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from bot.i18n import Catalogues
from bot.money import Money
from tests.reading import exact, sums_on, text_of
from tests.stage import ROOT, Stage

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Seen things, on a machine that does five tests at once: how long they take is not what is tested.
expect.set_options(timeout=20_000)
FLAGS = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync"
WALKS = {
    "ar": (1001, "تبرع", "ادفع", "افتح Stripe", "توصلنا بتبرعك"),
    "fr": (1002, "Donner", "Payer \u2068", "Ouvrir Stripe", "Bien reçu"),
    "en": (1003, "Give", "Pay \u2068", "Open Stripe", "Received"),
}
# One of the three pictures in the README each: the check, the bridge, the thanks.
PICTURED = {"ar": "check", "fr": "bridge", "en": "thanks"}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="chromium is missing: apt-get install chromium"
    ),
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield one
        await one.close()


async def open_phone(browser: Browser, stage: Stage, person: int, width: int = 390) -> tuple[Page, list[str]]:
    context = await browser.new_context(viewport={"width": width, "height": 844}, device_scale_factor=2)
    page, problems = await context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    await page.goto(f"{stage.sandbox.base}/#as={person}")
    return page, problems


async def test_a_picture_that_comes_late_has_its_place_and_moves_no_button_under_a_finger(
    browser: Browser, stage: Stage
) -> None:
    person, coming = stage.yasmine(), asyncio.Event()

    async def late(route: Route) -> None:
        await coming.wait()
        await route.continue_()

    await person.send("/start")
    await person.says("campagnes")
    await person.send_photo()
    await person.send("/start")
    await person.says("campagnes")
    page, problems = await open_phone(browser, stage, person.id)
    await page.route("**/phone/files/*", late)
    await page.reload()
    photo = page.locator("[data-media=photo]")
    await expect(photo).to_be_attached()
    kept = await photo.evaluate("it => [it.clientWidth, it.clientHeight]")
    coming.set()
    await page.wait_for_function("document.querySelector('[data-media=photo]').naturalWidth > 0")
    assert await photo.evaluate("it => [it.clientWidth, it.clientHeight]") == kept
    assert abs(kept[0] / kept[1] - 320 / 200) < 0.02
    assert problems == []


async def picture(page: Page, language: str, name: str) -> None:
    if os.environ.get("PICTURES") and PICTURED[language] == name:
        await page.screenshot(path=Path(ROOT) / "docs" / "pictures" / f"walk-{language}.png")


@pytest.mark.parametrize("language", list(WALKS))
async def test_a_donor_pays_on_the_phone_page_and_sees_the_thanks(
    browser: Browser, stage: Stage, language: str
) -> None:
    person, give, pay, stripe, thanks = WALKS[language]
    page, problems = await open_phone(browser, stage, person)
    await page.get_by_test_id("start").click()
    await page.locator("[data-button]").first.click()
    await page.locator(f'[data-button="{give}"]').click()
    await page.locator('[data-button*="200"]').click()
    await page.locator(f'[data-button^="{pay}"]').wait_for()
    await picture(page, language, "check")
    await page.locator(f'[data-button^="{pay}"]').click()
    await page.locator(f'[data-button="{stripe}"]').wait_for()
    await picture(page, language, "bridge")
    await page.locator(f'[data-button="{stripe}"]').click()
    # What the bridge promised is what the page shows, digit for digit.
    amount = "200.00\u00a0MAD" if language == "en" else "200,00\u00a0MAD"
    await expect(page.frame_locator("iframe").get_by_role("heading").first).to_have_text(amount)
    await page.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(page.get_by_text(thanks).first).to_be_visible()
    await picture(page, language, "thanks")
    assert await page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    assert problems == []
    assert await stage.rows("SELECT state FROM donations") == [("paid",)]


async def test_arabic_reads_from_right_to_left_with_isolated_amounts(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phone(browser, stage, 1001)
    await page.get_by_test_id("start").click()
    await page.locator(".message.bot .text p").first.wait_for()
    direction = "getComputedStyle(document.querySelector('.message.bot .text p')).direction"
    assert await page.evaluate(direction) == "rtl"
    assert "\u2068350.000\u00a0MAD\u2069" in await page.locator(".message.bot .text").inner_text()


async def test_a_declined_card_can_be_tried_again(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phone(browser, stage, 1003)
    await page.get_by_test_id("start").click()
    for label in ("Where it is needed most", "100", "Pay \u2068", "Open Stripe"):
        await page.locator(f'[data-button*="{label}"]').click()
    sheet = page.frame_locator("iframe")
    await sheet.get_by_test_id("decline").click()
    await expect(sheet.get_by_role("alert")).to_have_text("Your card was declined. Try another card.")
    await sheet.get_by_test_id("pay").click()
    await expect(page.get_by_text("Received").first).to_be_visible()


async def test_the_drawer_moves_time_and_the_link_expires(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phone(browser, stage, 1003, width=1280)
    await page.get_by_test_id("start").click()
    for label in ("Where it is needed most", "100", "Pay \u2068"):
        await page.locator(f'[data-button*="{label}"]').click()
    await page.locator('[data-button="Open Stripe"]').wait_for()
    await page.locator('[data-control="clock-86400"]').click()
    await expect(page.get_by_text("has expired; nothing was charged")).to_be_visible()


async def test_the_page_works_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phone(browser, stage, 1003)
    await expect(page.get_by_test_id("start")).to_be_visible()
    await page.get_by_test_id("start").focus()
    await page.keyboard.press("Enter")
    await page.locator('[data-button="Help"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("How to give")).to_be_visible()
    await page.get_by_test_id("input").fill("150")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("for which campaign?")).to_be_visible()


@pytest.mark.parametrize("width", [360, 390, 1280])
async def test_nothing_overflows_at_any_width(browser: Browser, stage: Stage, width: int) -> None:
    page, _ = await open_phone(browser, stage, 1002, width)
    await page.get_by_test_id("start").click()
    await page.locator("[data-button]").first.wait_for()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", list(WALKS))
async def test_a_donor_asks_for_the_years_statement_and_opens_it(
    browser: Browser, stage: Stage, language: str
) -> None:
    person, give, pay, stripe, thanks = WALKS[language]
    page, problems = await open_phone(browser, stage, person)
    await page.get_by_test_id("start").click()
    await page.locator("[data-button]").first.click()
    for label in (f'[data-button="{give}"]', '[data-button*="200"]', f'[data-button^="{pay}"]'):
        await page.locator(label).click()
    await page.locator(f'[data-button="{stripe}"]').click()
    await page.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(page.get_by_text(thanks).first).to_be_visible()
    await page.get_by_test_id("input").fill({"ar": "كشف", "fr": "relevé", "en": "statement"}[language])
    await page.keyboard.press("Enter")
    file = page.locator('a[download^="statement-"]')
    async with page.expect_download() as waited:
        await file.click()
    download = await waited.value
    text = text_of(Path(await download.path()).read_bytes())
    gift = exact(Catalogues("fr").words(language), Money(20000, "MAD"))
    assert sums_on(text).count(gift) == 3
    assert problems == []
