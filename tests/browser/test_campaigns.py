"""A campaign made on the phone page from nothing to its first gift, in a real Chromium; in Arabic too."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.test_phone_page import browser, open_phone, pytestmark
from tests.picturing import sends
from tests.stage import ROOT, Stage

__all__ = ["browser", "pytestmark"]

# What each of the staff writes, and the buttons that they tap, in their language.
SPOKEN = {
    "ar": {
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
PICTURED = ("campaign-amounts-fr", "campaign-card-ar", "campaign-preview-ar", "campaign-donor-en")


async def picture(page: Page, name: str) -> None:
    if os.environ.get("PICTURES") and name in PICTURED:
        await page.screenshot(path=Path(ROOT) / "docs" / "pictures" / f"{name}.png")


async def written(page: Page, text: str) -> None:
    """Write it, and wait for the question that follows."""
    count = await page.locator(".message.me").count()
    await page.get_by_test_id("input").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator(".message.me")).to_have_count(count + 1)
    await expect(page.locator(".message").last).to_contain_class("bot")


async def tapped(page: Page, label: str) -> None:
    """Tap it, and wait until it is no longer there."""
    button = page.locator(f'[data-button="{label}"]').last
    await button.click()
    await expect(button).to_have_count(0)


@pytest.mark.parametrize("language", list(SPOKEN))
async def test_a_campaign_is_made_on_the_phone_from_nothing_to_its_first_gift(
    browser: Browser, stage: Stage, language: str
) -> None:
    said, person = SPOKEN[language], stage.karim()
    await person.send("/start")
    await person.says("campagnes")
    await stage.services.db.write(lambda tx: tx.plain(f"UPDATE donors SET language = '{language}'"))
    karim, problems = await open_phone(browser, stage, 1900)
    await written(karim, "/campaigns")
    await tapped(karim, said["new"])
    for part in ("title", "summary", "story"):
        await written(karim, said[part])
    await picture(karim, f"campaign-question-{language}")
    for _ in range(2):
        asked = await karim.locator(".message.bot").last.inner_text()
        await karim.locator(f'[data-button="{said["skip"]}"]').last.click()
        await expect(karim.locator(".message.bot").last).not_to_have_text(asked)
    await written(karim, "120000 MAD")
    await picture(karim, f"campaign-amounts-{language}")
    await tapped(karim, said["on"])
    await tapped(karim, said["later"])
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donors SET awaiting = 'cedit-photo-any-one-4'"))
    sends(stage, person)
    await karim.locator(f'[data-button="{said["open"]}"]').wait_for()
    await picture(karim, f"campaign-card-{language}")
    await tapped(karim, said["preview"])
    await picture(karim, f"campaign-preview-{language}")
    await tapped(karim, said["again"])
    await tapped(karim, said["open"])
    await tapped(karim, said["yes"])
    await expect(karim.get_by_text(said["done"]).first).to_be_visible()
    assert await karim.evaluate("document.documentElement.scrollWidth <= innerWidth")

    yasmine, faults = await open_phone(browser, stage, 1002)
    await yasmine.get_by_test_id("start").click()
    await yasmine.locator("[data-button]").first.wait_for()
    await written(yasmine, f"/start c_{said['slug']}")
    await yasmine.locator('[data-button="Donner"]').wait_for()
    await picture(yasmine, f"campaign-donor-{language}")
    await yasmine.locator('[data-button="Donner"]').click()
    await yasmine.locator('[data-button*="200"]').last.click()
    await yasmine.locator('[data-button^="Payer \u2068"]').click()
    await yasmine.locator('[data-button="Ouvrir Stripe"]').click()
    await yasmine.frame_locator("iframe").get_by_test_id("pay").click()
    await expect(yasmine.get_by_text("Bien reçu").first).to_be_visible()
    assert await stage.rows("SELECT campaign_id, received_minor FROM totals") == [(4, 20000)]
    assert problems + faults == []
