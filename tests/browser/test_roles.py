"""A role given by a link and taken away again, on two phone pages in a real Chromium; Telegram's menu follows."""

from playwright.async_api import Browser, Page, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.browser.test_pledges import picture, tapped
from tests.stage import Stage

__all__ = ["browser", "pytestmark"]


async def written(page: Page, text: str) -> None:
    await page.get_by_test_id("input").fill(text)
    await page.keyboard.press("Enter")


async def in_menu(page: Page, command: str, times: int) -> None:
    """How often the menu beside the chat has this command."""
    await page.get_by_test_id("commands").click()
    await expect(page.get_by_role("menuitem").filter(has_text=command)).to_have_count(times)


async def test_a_role_is_given_and_taken_and_both_phones_show_it(browser: Browser, stage: Stage) -> None:
    amina, problems = await open_phone(browser, stage, 1001)
    await amina.get_by_test_id("start").click()
    await in_menu(amina, "/refund", 0)
    await amina.get_by_test_id("commands").click()

    karim, faults = await open_phone(browser, stage, 1900)
    await karim.get_by_test_id("start").click()
    await written(karim, "/roles")
    await tapped(karim, "Ajouter", "Finances", "Créer un lien")
    copy = karim.locator('[data-button="Copier le lien"]').last
    await copy.wait_for()
    url = (await karim.locator(".message.bot").last.locator("code").first.inner_text()).strip("\u2066\u2069")

    await written(amina, f"/start {url.partition('start=')[2]}")
    await expect(amina.get_by_text("مرحبا بك في الفريق").first).to_be_visible()
    await tapped(amina, "المكتب")
    await expect(amina.get_by_text("تجميد الأداء بالبطاقة").first).to_be_visible()
    await picture(amina, "desk-ar")
    assert await amina.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await in_menu(amina, "/refund", 1)

    await written(karim, "/roles")
    await expect(karim.get_by_text("personnes dans l’équipe").first).to_be_visible()
    await picture(karim, "roles")
    await tapped(karim, "· \u2068Finances", "Retirer le rôle", "Oui, le retirer")
    await expect(amina.get_by_text("انتهى دورك في الفريق").first).to_be_visible()
    # Her menu stood open all the while.
    await expect(amina.get_by_role("menuitem").filter(has_text="/donate")).to_have_count(1)
    await expect(amina.get_by_role("menuitem").filter(has_text="/refund")).to_have_count(0)
    assert await stage.rows("SELECT act FROM acts ORDER BY id") == [
        ("role.invite",),
        ("role.join",),
        ("role.take",),
    ]
    assert problems + faults == []


async def test_roles_and_what_was_done_read_well_in_arabic(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, 1900, 360)
    await page.get_by_test_id("start").click()
    await tapped(page, "العربية")
    await written(page, "/roles")
    await tapped(page, "إضافة شخص", "الرسائل", "إنشاء رابط")
    await expect(page.locator('[data-button="نسخ الرابط"]').last).to_be_visible()
    await written(page, "/freeze")
    await tapped(page, "نعم")
    await expect(page.get_by_text("جمّد").first).to_be_visible()
    await written(page, "/audit")
    await expect(page.get_by_text("إنشاء رابط لدور").first).to_be_visible()
    await picture(page, "audit-ar")
    await tapped(page, "كل الفريق")
    await expect(page.get_by_text("معين في الإعدادات").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems == []
