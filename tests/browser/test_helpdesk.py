"""A question answered, on two phones side by side: Amina asks in Arabic, Karim answers in the staff's group."""

from playwright.async_api import Browser, expect

from sandbox.telegram.emulator import STAFF_GROUP
from tests.browser.test_phone_page import browser, pytestmark
from tests.browser.test_phones import AMINA, KARIM, open_phones, picture
from tests.journeys.test_helpdesk import desk
from tests.stage import Stage

__all__ = ["browser", "desk", "pytestmark"]


async def test_a_question_is_answered_and_closed_on_two_phones(browser: Browser, desk: Stage) -> None:
    page, problems = await open_phones(browser, desk, KARIM, AMINA, width=1280)
    amina, karim = page.get_by_test_id(f"phone-{AMINA}"), page.get_by_test_id(f"phone-{KARIM}")
    await amina.get_by_test_id("start").click()
    await amina.locator('[data-button="مساعدة"]').click()
    await amina.locator('[data-button="اسأل شخصا"]').click()
    await expect(amina.get_by_text("اكتب سؤالك هنا").first).to_be_visible()
    await amina.get_by_test_id("input").fill("هل وصل تبرعي؟")
    await amina.get_by_test_id("input").press("Enter")
    await expect(amina.get_by_text("رسالتك في طريقها إلى الفريق").first).to_be_visible()

    await karim.get_by_test_id("who").select_option(f"{KARIM} {STAFF_GROUP}")
    await karim.locator("[data-topic]", has_text="العربية").click()
    await expect(karim.get_by_text("هل وصل تبرعي؟").first).to_be_visible()
    await karim.get_by_test_id("input").fill("نعم، وصل يوم الاثنين. شكرا لك!")
    await karim.get_by_test_id("input").press("Enter")
    await expect(amina.get_by_text("جواب من فريق").first).to_be_visible()
    await picture(page, "helpdesk-ar")

    await karim.get_by_test_id("input").fill("/close")
    await karim.get_by_test_id("input").press("Enter")
    await expect(amina.get_by_text("أغلق الفريق سؤالك").first).to_be_visible()
    assert "Amina" not in " ".join(await karim.locator(".message").all_inner_texts())
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems == []
