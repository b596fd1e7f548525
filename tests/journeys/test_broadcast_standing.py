"""Somebody else's broadcast, and one whose author has left the staff: it can be stopped, and they hear no more of it."""

from pathlib import Path

import pytest

from bot import broadcasting, composing
from bot.cards import Cards
from bot.staff import Member, Role
from bot.store import staff
from sandbox.app import Sandbox
from sandbox.telegram import Phone
from sandbox.telegram.people import Button
from tests.journeys.test_composer import PACED, desk_of, written
from tests.stage import Stage, press

JOHN = 1003
STATE = "SELECT state FROM broadcasts"


async def hired(stage: Stage) -> Phone:
    """John may write broadcasts."""
    await stage.services.db.write(lambda tx: staff.put(tx, Member(JOHN, Role.MESSAGES, "D1", 1)))
    return stage.john()


async def let_go(stage: Stage) -> None:
    await stage.services.db.write(lambda tx: staff.remove(tx, JOHN))


async def planned(stage: Stage) -> None:
    """John's goes out tomorrow."""
    john = await written(stage, author=await hired(stage))
    await press(john, "When", "At once", on="buttons")
    await press(john, "10:00", "Morocco’s time")
    await press(john, "Send to 4 people", "Send it to 4 people?")
    await press(john, "Yes", "planned")


async def asked(stage: Stage, second: Phone) -> None:
    """John asks all the others to approve his."""
    john = await written(stage, author=await hired(stage))
    await press(john, "Ask to approve: 4 people", "1 person of the staff is asked")
    await second.says("asks you to approve a broadcast", PACED)


async def canceled_by(stage: Stage, phone: Phone) -> None:
    """It is for good, and whoever did it is written down."""
    await press(phone, "Yes, cancel it", "canceled", first="Cancel it for good?")
    assert await stage.rows(STATE) == [("canceled",)]
    who = f"SELECT 'staff ' || id, '{{\"state\": \"canceled\"}}' FROM donors WHERE telegram_id = {phone.id}"
    acts = await stage.rows("SELECT by, after FROM acts WHERE act = 'broadcast.cancel'")
    assert acts == await stage.rows(who)
    assert not await broadcasting.resume(stage.services, 1, 1)


@pytest.mark.parametrize("has_left", [False, True])
async def test_what_somebody_else_planned_can_be_stopped_also_where_its_author_has_left(
    sandbox: Sandbox, tmp_path: Path, has_left: bool
) -> None:
    async with desk_of(sandbox, tmp_path) as desk:
        await planned(desk)
        if has_left:
            await let_go(desk)
        karim = desk.karim()
        await karim.send("/broadcasts")
        await press(karim, "No. 1", "planned", first="Broadcasts")
        await press(karim, "Cancel", "Nobody has got it yet, and nobody will")
        await canceled_by(desk, karim)


@pytest.mark.parametrize("has_left", [False, True])
async def test_what_waits_for_approval_can_be_stopped_also_where_its_author_has_left(
    sandbox: Sandbox, tmp_path: Path, has_left: bool
) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        karim = desk.karim()
        await asked(desk, karim)
        if has_left:
            await let_go(desk)
        request = karim.last
        # As from a page that still showed it planned, before its author asked again.
        desk.telegram.tapped(karim, karim.chat, request, Button("Cancel", "caststeer-cancel-page-1"))
        await canceled_by(desk, karim)
        desk.telegram.tapped(karim, karim.chat, request, request.buttons[1])
        await karim.says("There is nothing to approve any more", PACED)
        assert await desk.rows(STATE) == [("canceled",)]


async def test_what_an_author_who_has_left_asked_for_cannot_be_approved_and_is_a_draft_again(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        karim = desk.karim()
        await asked(desk, karim)
        await let_go(desk)
        await press(karim, "Approve", "There is nothing to approve any more")
        assert await desk.rows(STATE) == [("draft",)]
        assert await desk.rows("SELECT count(*) FROM broadcast_sends") == [(0,)]


async def test_an_author_who_has_left_hears_neither_of_the_approval_nor_the_reports_and_sees_no_card(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with desk_of(sandbox, tmp_path, approval_above=1) as desk:
        karim, john = desk.karim(), desk.john()
        await asked(desk, karim)
        # In one breath: the courier cannot come between the two.
        waiting = await composing.find(desk.services, 1)
        assert waiting is not None
        assert await composing.approve(desk.services, waiting, 2)
        await let_go(desk)
        await desk.until_rows("SELECT state, sent FROM broadcasts", [("done", 4)], PACED)
        await desk.services.db.write(
            lambda tx: tx.plain("UPDATE deliveries SET due_at = 1 WHERE kind = 'broadcast_report'")
        )
        desk.services.bells.courier.set()
        news = "SELECT state, error, message_id FROM deliveries WHERE donor_id = "
        news += (
            f"(SELECT id FROM donors WHERE telegram_id = {JOHN}) AND kind IN ('approval', 'broadcast_report')"
        )
        await desk.until_rows(news, [("failed", "nobody to tell", None)] * 4, PACED)
        await Cards(desk.services, desk.app.bot).draw()
        assert await desk.rows("SELECT card_id FROM broadcasts") == [(None,)]
        assert john.last.text == "Hello everybody"


async def test_the_card_of_an_author_who_has_left_is_left_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    async with desk_of(sandbox, tmp_path, telegram_rate=1) as desk:
        john = await written(desk, author=await hired(desk))
        await press(john, "Send to 4 people", "Send it to 4 people?")
        await john.tap("Yes")
        await desk.until_rows("SELECT count(*) FROM broadcasts WHERE card_id IS NOT NULL", [(1,)], PACED)
        [(card,)] = await desk.rows("SELECT card_id FROM broadcasts")
        await john.tap("Pause", card)
        await john.until(lambda one: "Paused" in one.chat.messages[card].text, PACED)
        await let_go(desk)
        assert await broadcasting.cancel(desk.services, 1, 1)
        cards = Cards(desk.services, desk.app.bot)
        await cards.draw()
        assert "Paused" in john.chat.messages[card].text
        await hired(desk)
        await cards.draw()
        await john.until(lambda one: "canceled" in one.chat.messages[card].text, PACED)
