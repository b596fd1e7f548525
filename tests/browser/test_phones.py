"""Several phones on one page, what people attach, topics and answers, and many donors invited by a tap."""

import os

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.telegram.emulator import STAFF_GROUP
from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.stage import ROOT, Stage

__all__ = ["browser", "pytestmark"]

AMINA, JOHN, KARIM = 1001, 1003, 1900


async def open_phones(
    browser: Browser, stage: Stage, *people: int, width: int = 1680
) -> tuple[Page, list[str]]:
    context = await browser.new_context(viewport={"width": width, "height": 900}, device_scale_factor=1)
    page, problems = await context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    await page.goto(
        f"{stage.sandbox.base}/#as={','.join(map(str, people))}" if people else stage.sandbox.base
    )
    return page, problems


async def picture(page: Page, name: str) -> None:
    if os.environ.get("PICTURES"):
        await page.screenshot(path=ROOT / "docs" / "pictures" / f"{name}.png")


async def test_a_wide_page_shows_an_admin_beside_two_donors_each_in_their_own_direction(
    browser: Browser, stage: Stage
) -> None:
    page, problems = await open_phones(browser, stage)
    for person, direction in ((KARIM, "ltr"), (AMINA, "rtl"), (JOHN, "ltr")):
        phone = page.get_by_test_id(f"phone-{person}")
        await phone.get_by_test_id("start").click()
        await phone.locator(".message.bot .keyboard").first.wait_for()
        assert await phone.get_attribute("dir") == direction
    await expect(page.get_by_test_id("phone-1001")).to_contain_text("MCISE")
    # The drawer is about the phone that was touched last.
    await expect(page.locator(".drawer h2")).to_have_text("Sandbox controls")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems == []


async def test_each_phone_can_be_given_to_somebody_else(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phones(browser, stage, KARIM, JOHN)
    await page.get_by_test_id("phone-1003").get_by_test_id("who").select_option("1002 1002")
    await expect(page.get_by_test_id("phone-1002").get_by_test_id("start")).to_have_text("DÉMARRER")
    assert page.url.endswith("#as=1900,1002")
    await page.get_by_test_id("beside").click()
    await expect(page.locator(".slot")).to_have_count(1)


@pytest.mark.parametrize("width", [360, 390, 1280])
async def test_several_phones_overflow_at_no_width(browser: Browser, stage: Stage, width: int) -> None:
    page, _ = await open_phones(browser, stage, KARIM, AMINA, JOHN, width=width)
    await expect(page.locator(".slot:visible")).to_have_count(1 if width < 960 else 3)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_people_attach_pictures_voices_albums_and_contacts(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, AMINA)
    await page.get_by_test_id("start").click()
    await page.get_by_test_id("input").fill("**آبار** جديدة")
    for kind in ("album", "voice", "document", "contact-1003"):
        await page.get_by_test_id("attach").click()
        await page.locator(f'[data-attach="{kind}"]').click()
    await expect(page.get_by_test_id("contact")).to_have_text("👤 John")
    await expect(page.get_by_test_id("gallery").locator("[data-media]")).to_have_count(3)
    await expect(page.locator(".message.me .text b")).to_have_text("آبار")
    await expect(page.locator("[data-media=voice]")).to_be_visible()
    heard = [one.update["message"] for one in stage.telegram.updates.everyone.values()]
    assert len({one["media_group_id"] for one in heard if "media_group_id" in one}) == 1
    assert [one["contact"]["user_id"] for one in heard if "contact" in one] == [JOHN]
    await picture(page, "attached-ar")
    assert problems == []


async def test_the_attach_menu_works_by_keyboard_and_escape_closes_it(browser: Browser, stage: Stage) -> None:
    page, _ = await open_phone(browser, stage, JOHN)
    await page.get_by_test_id("start").click()
    await page.get_by_test_id("attach").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("menu")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("menu")).to_be_hidden()
    await page.get_by_test_id("attach").focus()
    await page.keyboard.press("Enter")
    await page.locator('[data-attach="photo"]').focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.me [data-media=photo]")).to_be_visible()


async def test_staff_answer_in_a_topic_of_their_group(browser: Browser, stage: Stage) -> None:
    group, karim = stage.telegram.chats[STAFF_GROUP], stage.karim()
    topic = stage.telegram.method("createForumTopic")({"chat_id": STAFF_GROUP, "name": "D-7F3K"})
    thread = topic["message_thread_id"]
    await karim.post_in(STAFF_GROUP, "Which receipt?", thread=thread)
    page, problems = await open_phone(browser, stage, KARIM, width=1280)
    await page.locator(f'[data-person="{STAFF_GROUP}"]').click()
    await page.locator(f'[data-topic="{thread}"]').click()
    await page.get_by_role("button", name="Répondre").click()
    await page.get_by_test_id("input").fill("This one")
    await page.keyboard.press("Enter")
    await expect(page.locator(".quote")).to_contain_text("Which receipt?")
    answer = list(group.messages.values())[-1]
    assert (answer.text, answer.thread, group.messages[answer.reply_to or 0].text) == (
        "This one",
        thread,
        "Which receipt?",
    )
    await expect(page.get_by_test_id("answering")).to_be_hidden()
    assert problems == []


async def test_a_tap_in_the_drawer_invites_a_thousand_donors(browser: Browser, stage: Stage) -> None:
    page, problems = await open_phone(browser, stage, JOHN, width=1280)
    await page.locator("[data-section=crowdTitle] > summary").click()
    await page.locator('[data-control="invite-1000"]').click()
    await expect(page.get_by_test_id("said")).to_contain_text("1,000")
    await expect(page.locator('[data-fact="invited"] dd')).to_have_text("1,000")
    # They come a few at a time, and the page hears of it.
    await expect(page.locator('[data-fact="arrived"] dd')).not_to_have_text("0", timeout=20_000)
    await picture(page, "crowd-en")
    assert problems == []
