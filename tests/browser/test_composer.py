"""The composer, its card and its report on the phone page, in a real Chromium. `PICTURES=1` renews the ones in docs/."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.app import Sandbox
from sandbox.telegram.crowd import Shares
from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.browser.test_pledges import picture
from tests.stage import Stage, bot_beside, settings_for

__all__ = ["browser", "pytestmark"]
SALMA, PEOPLE = 1901, 60
WORDS = {
    "fr": {
        "is": "Français ✓",
        "missing": "English ?",
        "fall": "Ils reçoivent : Français",
        "out": "Les laisser de côté",
        "preview": "Aperçu",
        "ask": "Faire approuver",
        "see": "Le voir comme eux",
        "approve": "Approuver",
        "pause": "Mettre en pause",
        "resume": "Reprendre",
        "report": "Bilan à la fin",
    },
    "ar": {
        "is": "العربية ✓",
        "missing": "English ?",
        "fall": "يتوصلون بـ: العربية",
        "out": "لا يتوصلون بشيء",
        "preview": "معاينة",
        "ask": "اطلب الموافقة",
        "see": "شاهدها كما سيرونها",
        "approve": "أوافق",
        "pause": "إيقاف مؤقت",
        "resume": "واصل",
        "report": "التقرير عند النهاية",
    },
}
TEXT = {"fr": "L'hiver arrive : merci d'être là.", "ar": "الشتاء قادم: شكرا لوجودكم معنا."}


@pytest.fixture
async def desk(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """Two admins, a second one's word for more than three people, and a pace at which the card can be watched."""
    values = {"admin_ids": (1900, SALMA), "holdout": 0, "approval_above": 3, "telegram_rate": 6}
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True, **values)) as one:
        crowd = sandbox.telegram.invite(PEOPLE, shares=Shares(0.1, 0.02, 0, 0))
        await crowd.arrive(one.stripe.pay, per_second=0)
        yield one


async def wrote(page: Page, text: str) -> None:
    await page.get_by_test_id("input").fill(text)
    await page.keyboard.press("Enter")


async def tapped(page: Page, label: str) -> None:
    """The newest button that begins so; amounts and names stand in isolates."""
    await page.locator(f'[data-button*="{label}"]').last.click()


@pytest.mark.parametrize("language", list(WORDS))
async def test_a_broadcast_is_composed_approved_sent_and_steered(
    browser: Browser, desk: Stage, language: str
) -> None:
    words, people = WORDS[language], desk.telegram.phones
    for admin in (1900, SALMA):
        people[admin].person["language_code"] = language
        await people[admin].start()
        await people[admin].until(lambda one: any(each.sender == "bot" for each in one.messages), 15)
    karim, problems = await open_phone(browser, desk, 1900)
    await wrote(karim, "/broadcast")
    await karim.locator("[data-button]").last.wait_for()
    await wrote(karim, TEXT[language])
    await tapped(karim, words["is"])
    await picture(karim, f"composer-{language}")
    await tapped(karim, words["missing"])
    await tapped(karim, words["fall"].split(":")[0].strip())
    await tapped(karim, "العربية ?" if language == "fr" else "Français ?")
    await tapped(karim, words["out"])
    await tapped(karim, words["preview"])
    await expect(karim.get_by_text(TEXT[language]).nth(1)).to_be_visible()
    await picture(karim, f"preview-{language}")
    await tapped(karim, words["ask"])

    salma, faults = await open_phone(browser, desk, SALMA)
    await tapped(salma, words["see"])
    await expect(salma.get_by_text(TEXT[language]).first).to_be_visible()
    await picture(salma, f"approval-{language}")
    await tapped(salma, words["approve"])

    await desk.until_rows("SELECT sent > 6 FROM broadcasts", [(1,)], 30)
    await tapped(karim, words["pause"])
    await karim.locator(f'[data-button*="{words["resume"]}"]').last.wait_for()
    await picture(karim, f"card-{language}")
    await tapped(karim, words["resume"])
    await desk.until_rows("SELECT state FROM broadcasts", [("done",)], 60)
    await expect(karim.get_by_text(words["report"]).last).to_be_visible()
    await picture(karim, f"report-{language}")
    [(total, sent, blocked)] = await desk.rows("SELECT total, sent, blocked FROM broadcasts")
    assert total == sent + blocked
    assert await karim.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert problems + faults == []


async def test_a_broadcast_of_three_languages_with_one_missing_is_canceled_on_its_way(
    browser: Browser, desk: Stage
) -> None:
    for admin in (1900, SALMA):
        desk.telegram.phones[admin].person["language_code"] = "en"
        await desk.telegram.phones[admin].start()
    karim, problems = await open_phone(browser, desk, 1900)
    newest = karim.locator(".message.bot").last
    await wrote(karim, "/broadcast")
    await tapped(karim, "Write it per language")
    for tab, text in (("English ?", "Winter is coming."), ("Français ?", TEXT["fr"])):
        await tapped(karim, tab)
        await tapped(karim, "Write it")
        await expect(newest).to_contain_text("Send me the message in this language")
        await wrote(karim, text)
        await expect(newest).to_contain_text("For whom:")
    spoken = dict(await desk.rows("SELECT language, count(*) FROM donors WHERE state = 'active' GROUP BY 1"))
    # The missing one is a choice, with how many people it concerns; nothing can be sent before.
    await expect(newest).to_contain_text(f"for \u2068{spoken['ar']}\u2069 people")
    assert await karim.locator('[data-button*="Ask to approve"]').count() == 0
    await tapped(karim, "العربية ?")
    await tapped(karim, ["They get", " Français"][0])
    everybody = sum(spoken.values())
    await expect(newest).to_contain_text(f"\u2068{everybody}\u2069 people get it")
    await tapped(karim, f"Ask to approve: \u2068{everybody}\u2069")
    salma, faults = await open_phone(browser, desk, SALMA)
    await tapped(salma, "Approve")
    await desk.until_rows("SELECT sent > 6 FROM broadcasts", [(1,)], 30)
    for label in ("Pause", "Resume", "Cancel"):
        await tapped(karim, label)
    await tapped(karim, "Yes, cancel it")
    await desk.until_rows("SELECT state FROM broadcasts", [("canceled",)], 30)
    await expect(karim.get_by_text("Report at the end").last).to_be_visible(timeout=20000)
    [(total, done)] = await desk.rows("SELECT total, sent + blocked + failed + doubt FROM broadcasts")
    assert 0 < done < total == everybody
    assert problems + faults == []
