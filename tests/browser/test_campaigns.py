"""A campaign made on the phone page from nothing to its first gift, in a real Chromium; in Arabic too."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.config import LANGUAGES
from bot.screens.home import LANGUAGE_NAMES
from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.picturing import sends
from tests.stage import ROOT, Stage

__all__ = ["browser", "pytestmark"]

# What each of the staff writes, and the buttons that they tap, in their language.
SPOKEN = {
    "ar": {
        "summary?": "ما الغاية منها",
        "story?": "ما قصتها",
        "goal?": "ما الهدف؟",
        "amounts?": "تُقترح على المتبرعين",
        "start?": "ابتداءً من أي يوم",
        "whole": "لا ينقصها شيء",
        "pictured": "لها صورة",
        "seen": "👁",
        "sure": "سيراها المتبرعون",
        "title": "شتاء دافئ لقرى الأطلس",
        "summary": "أغطية وحطب لمئتي أسرة في قرى الأطلس.",
        "story": "يأتي البرد مبكرا في الأعالي، وتوزع الجمعيات المحلية الأغطية والحطب.",
        "new": "حملة جديدة",
        "skip": "تخطي",
        "on": "متابعة",
        "later": "أكمل لاحقا",
        "open": "فتح",
        "yes": "نعم، افتحها",
        "done": "✅ فُتحت",
        "preview": "كما يراها المتبرعون",
        "slug": "chta-dafi-lqra-alatls",
        "again": "العودة إلى الحملة",
    },
    "fr": {
        "summary?": "À quoi sert-elle",
        "story?": "Quelle est son histoire",
        "goal?": "Quel est l’objectif",
        "amounts?": "Ces montants sont proposés",
        "start?": "À partir de quel jour",
        "whole": "Rien ne manque",
        "pictured": "Elle a une photo",
        "seen": "👁",
        "sure": "peuvent donner aussitôt",
        "title": "Un hiver au chaud",
        "summary": "Des couvertures et du bois pour deux cents familles de l'Atlas.",
        "story": "Le froid vient tôt en altitude ; les associations locales distribuent couvertures et bois.",
        "new": "Nouvelle campagne",
        "skip": "Passer",
        "on": "Continuer",
        "later": "Terminer plus tard",
        "open": "Ouvrir",
        "yes": "Oui, ouvrir",
        "done": "✅ Elle est ouverte",
        "preview": "Voir comme les donateurs",
        "slug": "un-hiver-au-chaud",
        "again": "Retour à la campagne",
    },
    "en": {
        "summary?": "What is it for",
        "story?": "What is its story",
        "goal?": "What is the goal",
        "amounts?": "Donors are offered these amounts",
        "start?": "From which day on",
        "whole": "Nothing is missing",
        "pictured": "It has a photo",
        "seen": "👁",
        "sure": "can give at once",
        "title": "A warm winter",
        "summary": "Blankets and firewood for two hundred families of the Atlas.",
        "story": "Cold comes early up there; local organisations hand out blankets and firewood.",
        "new": "New campaign",
        "skip": "Skip",
        "on": "Go on",
        "later": "Finish later",
        "open": "Open",
        "yes": "Yes, open it",
        "done": "✅ It is open",
        "preview": "See as donors do",
        "slug": "warm-winter",
        "again": "Back to the campaign",
    },
}


# Those that docs/ shows.
PICTURED = ("campaign-amounts-fr", "campaign-card-ar", "campaign-preview-ar")


async def picture(page: Page, name: str) -> None:
    if os.environ.get("PICTURES") and name in PICTURED:
        await page.screenshot(path=Path(ROOT) / "docs" / "pictures" / f"{name}.png")


async def says(page: Page, words: str) -> None:
    await expect(page.locator(".message.bot").last).to_contain_text(words)


async def written(page: Page, text: str, then: str) -> None:
    await page.get_by_test_id("input").fill(text)
    await page.keyboard.press("Enter")
    await says(page, then)


async def tapped(page: Page, label: str, then: str) -> None:
    await page.locator(f'[data-button="{label}"]').last.click()
    await says(page, then)


@pytest.mark.parametrize("language", list(SPOKEN))
async def test_a_campaign_is_made_on_the_phone_from_nothing_to_its_first_gift(
    browser: Browser, stage: Stage, language: str
) -> None:
    said, person = SPOKEN[language], stage.karim()
    others = [LANGUAGE_NAMES[one] for one in LANGUAGES if one != language]
    await person.send("/start")
    await person.says("campagnes")
    await stage.services.db.write(lambda tx: tx.plain(f"UPDATE donors SET language = '{language}'"))
    karim, problems = await open_phone(browser, stage, 1900)
    await says(karim, "campagnes")
    await karim.get_by_test_id("input").fill("/campaigns")
    await karim.keyboard.press("Enter")
    await tapped(karim, said["new"], LANGUAGE_NAMES[language])
    await written(karim, said["title"], said["summary?"])
    await written(karim, said["summary"], said["story?"])
    await written(karim, said["story"], others[0])
    await tapped(karim, said["skip"], others[1])
    await tapped(karim, said["skip"], said["goal?"])
    await written(karim, "120000 MAD", said["amounts?"])
    await picture(karim, f"campaign-amounts-{language}")
    await tapped(karim, said["on"], said["start?"])
    await tapped(karim, said["later"], said["whole"])
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donors SET awaiting = 'cedit-photo-any-one-4'"))
    await sends(person)
    await says(karim, said["pictured"])
    # The card before it goes away now, and a button that moves meanwhile may be missed by a tap.
    await expect(karim.locator(f'[data-button="{said["preview"]}"]')).to_have_count(1)
    await picture(karim, f"campaign-card-{language}")
    await tapped(karim, said["preview"], said["seen"])
    await picture(karim, f"campaign-preview-{language}")
    await tapped(karim, said["again"], said["whole"])
    await tapped(karim, said["open"], said["sure"])
    await tapped(karim, said["yes"], said["done"])
    assert await karim.evaluate("document.documentElement.scrollWidth <= innerWidth")

    yasmine, faults = await open_phone(browser, stage, 1002)
    await yasmine.get_by_test_id("start").click()
    await says(yasmine, "campagnes")
    await written(yasmine, f"/start c_{said['slug']}", said["summary"])
    await yasmine.locator('[data-button="Donner"]').click()
    await yasmine.locator('[data-button*="200"]').last.click()
    await yasmine.locator('[data-button^="Payer \u2068"]').click()
    await yasmine.locator('[data-button="Ouvrir Stripe"]').click()
    await yasmine.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(yasmine.get_by_text("Bien reçu").first).to_be_visible()
    assert await stage.rows("SELECT campaign_id, received_minor FROM totals") == [(4, 20000)]
    assert problems + faults == []
