"""The composer: staff write a broadcast, see who gets it, have it approved, and watch it go."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.app import Sandbox
from sandbox.telegram import Phone
from tests.stage import Stage, bot_beside, labels, press, settings_for, shows

# Other work on the machine may slow a step down.
PACED = 15


@pytest.fixture
async def desk(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Stage]:
    """Nobody is held out and no hour is quiet, so that every number is known; Karim's desk speaks English."""
    settings = settings_for(
        sandbox, tmp_path, webhook=True, admin_ids=(1900, 1901), holdout=0, quiet_hours=None, approval_above=9
    )
    sandbox.telegram.phones[1900].person["language_code"] = "en"
    async with bot_beside(sandbox, settings) as one:
        for phone in (one.amina(), one.yasmine(), one.john(), one.karim()):
            await phone.start()
            await phone.until(lambda each: any(message.sender == "bot" for message in each.messages), PACED)
        yield one


async def written(stage: Stage, text: str = "Hello everybody") -> Phone:
    """Karim's draft with one message in English."""
    karim = stage.karim()
    await karim.send("/broadcast")
    await karim.says("Send me the message as it should look", PACED)
    await karim.send(text)
    await karim.says("In which language is it?", PACED)
    await karim.tap("English ✓")
    await karim.says("nothing is written yet", PACED)
    return karim


async def test_a_message_goes_to_everybody_once_every_language_is_decided(desk: Stage) -> None:
    karim = await written(desk)
    assert not shows(karim, "Send to")
    await press(karim, "Français ?", "Nothing is written in this language")
    await press(karim, "They get: English", "nothing is written yet for 1 person")
    await press(karim, "العربية ?", "Nothing is written in this language")
    await press(karim, "Leave them out", "3 people get it")
    assert await desk.rows("SELECT state FROM broadcasts") == [("draft",)]
    await press(karim, "Send to 3 people", "Send it to 3 people?")
    await karim.tap("Yes: Send to 3 people")
    for phone in (desk.yasmine(), desk.john()):
        await phone.says("Hello everybody", PACED)
        assert len(labels(phone)) == 1
    await desk.until_rows("SELECT state, total, sent FROM broadcasts", [("done", 3, 3)])
