"""Staff find a gift or a promise by whatever they have in hand."""

from datetime import datetime

import pytest

from bot import finding
from bot.i18n import ZONE
from tests.journeys.test_back import a_paid_gift
from tests.journeys.test_pledges import promised
from tests.stage import Stage, press


async def test_a_gift_is_found_by_everything_that_names_it(stage: Stage) -> None:
    await a_paid_gift(stage)
    [(gift, donor, settled)] = await stage.rows("SELECT id, donor_id, settled_at FROM donations")
    day = datetime.fromtimestamp(settled, ZONE).date()
    [(year, number)] = await stage.rows("SELECT year, number FROM receipts")
    karim = stage.karim()
    for written in (
        f"{year}-{number:06d}",
        gift.upper(),
        f"D{donor}",
        "200 MAD",
        f"200 {day}",
        f"200 dh {day}",
    ):
        await karim.send("/language")
        await karim.says("Choisissez")
        await karim.send(f"/find {written}")
        await karim.says(gift.upper())


async def test_what_fits_several_is_a_list(stage: Stage) -> None:
    await a_paid_gift(stage)
    reference = await promised(stage)
    karim = stage.karim()
    await karim.send("/find 200 MAD")
    await karim.says("donateur D")
    assert reference in karim.last.text
    assert len(karim.last.buttons) == 3
    await press(karim, reference, "arrivés avec cette référence")


async def test_what_is_written_after_find_is_searched_for_too(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/find")
    await karim.says("Écrivez ce que vous avez")
    await karim.send("D999")
    await karim.says("Rien ne correspond")
    await karim.send("bonjour")
    await karim.says("Écrivez ce que vous avez")


@pytest.mark.parametrize("written", ["", "200 MAD 2026-13-45", "x" * 4000, "DROP TABLE", "🎁", "2026-", "-1"])
async def test_what_cannot_be_read_is_said_so(stage: Stage, written: str) -> None:
    assert not (await finding.find(stage.services, written)).is_understood


async def test_another_day_finds_nothing(stage: Stage) -> None:
    await a_paid_gift(stage)
    found = await finding.find(stage.services, "200 MAD 2020-01-01")
    assert (found.gifts, found.pledges, found.is_understood) == ((), (), True)
