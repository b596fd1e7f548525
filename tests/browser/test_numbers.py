"""Staff's figures on a phone page in a real Chromium, in French and in Arabic: today, the chart, a search, the file."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.browser.test_pledges import picture, tapped
from tests.journeys.test_back import a_paid_gift
from tests.stage import Stage

__all__ = ["browser", "pytestmark"]


@pytest.mark.parametrize(
    ("language", "switch", "today", "chart", "file"),
    [
        ("fr", "", "Reçu", "Graphique", "En fichier"),
        ("ar", "العربية", "المستلم", "رسم بياني", "كملف"),
        ("en", "English", "Received", "Chart", "As a file"),
    ],
)
async def test_staff_see_the_figures_as_text_picture_and_file(
    browser: Browser, stage: Stage, language: str, switch: str, today: str, chart: str, file: str
) -> None:
    await a_paid_gift(stage)
    karim, problems = await open_phone(browser, stage, 1900)
    await karim.get_by_test_id("start").click()
    await karim.locator("[data-button]").first.wait_for()
    box = karim.get_by_test_id("input")
    if switch:
        await box.fill("/language")
        await karim.keyboard.press("Enter")
        # Home offers languages too, but not the one that it is in.
        await expect(karim.locator('[data-button*="Français"]')).to_be_visible()
        await tapped(karim, switch)
        # Home offers the other languages.
        await expect(karim.locator(f'[data-button="{switch}"]')).to_have_count(0)
    await box.fill("/today")
    await karim.keyboard.press("Enter")
    await expect(karim.locator(".message.bot").last).to_contain_text(today)
    await expect(karim.locator(".message.bot").last).to_contain_text("200")
    await picture(karim, f"today-{language}")
    await tapped(karim, chart)
    photo = karim.locator(".message.bot img").last
    await expect(photo).to_be_visible()
    await karim.wait_for_function(
        "[...document.querySelectorAll('.message.bot img')].at(-1).naturalWidth > 600"
    )
    await picture(karim, f"stats-{language}")
    await tapped(karim, file)
    await expect(karim.locator('[data-button="XLSX"]')).to_be_visible()
    await picture(karim, f"export-{language}")
    assert problems == []
