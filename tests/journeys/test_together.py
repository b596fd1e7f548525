"""Many donors at once: each in order, and nobody waits for anybody else."""

import asyncio

import pytest
from msgspec.structs import replace

from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests.stage import QUICK, Stage, bot_beside, settings_for, shows, to_the_bridge


@pytest.mark.parametrize("webhook", [True, False])
async def test_nobody_waits_for_anothers_slow_stripe(sandbox: Sandbox, tmp_path, webhook: bool) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=webhook)
    async with bot_beside(sandbox, settings, replace(QUICK, stripe_read=4, patience=8)) as stage:
        john, yasmine = stage.john(), stage.yasmine()
        await john.start("c_humanitarian_200_MAD")
        await john.says("Gift of 200 MAD")
        stage.stripe.faults.add(Fault("timeout", "POST"))
        await john.tap("Pay 200 MAD")
        await stage.stripe_heard("POST")
        await yasmine.send("/start")
        await yasmine.says("3 campagnes")
        assert not shows(john, "Ouvrir Stripe")
        assert not shows(john, "Open Stripe"), "John's Stripe was still silent when Yasmine was answered"
        await john.until(lambda phone: shows(phone, "Open Stripe"), 15)


async def test_one_persons_updates_are_answered_in_order(stage: Stage) -> None:
    john = stage.john()
    await john.start("c_humanitarian")
    for amount in (21, 22, 23, 24, 25):
        await john.send(str(amount))
    await john.says("Gift of 25 MAD")
    assert await stage.rows("SELECT awaiting FROM donors") == [("check-1-2500-mad",)]
    sent = [
        call.params["text"]
        for call in stage.telegram.calls
        if call.method == "sendMessage" and "Gift of" in call.params["text"]
    ]
    assert [text.split("\u2068")[1].split("\u00a0")[0] for text in sent] == ["21", "22", "23", "24", "25"]


async def test_fifty_donors_give_at_once_and_each_is_thanked_once(stage: Stage) -> None:
    phones = [stage.telegram.person(2000 + number, f"Donor {number}", "en") for number in range(50)]
    sessions = await asyncio.gather(*(to_the_bridge(stage, phone) for phone in phones))
    assert len(set(sessions)) == 50
    for session in sessions:
        stage.stripe.pay(session)
    await asyncio.gather(*(phone.says("Received: 200 MAD", 15) for phone in phones))
    assert await stage.rows("SELECT received_minor, gifts FROM totals") == [(50 * 20000, 50)]
    assert await stage.rows("SELECT donors FROM progress WHERE campaign_id = 1") == [(50,)]
    assert [sum("Received" in message.text for message in phone.messages) for phone in phones] == [1] * 50


async def test_a_turn_costs_at_most_four_statements_of_reading_and_writing(stage: Stage) -> None:
    """One read, what the screen needs, one write: counted on the connections themselves."""
    john = stage.john()
    await stage.telegram.acknowledged(await john.start("c_humanitarian"))
    seen: list[str] = []
    await stage.services.db.trace(seen.append)
    await stage.telegram.acknowledged(await john.tap("Give"))
    tables = ("donors", "updates", "campaigns")
    # The hourly forgetting of old updates is nobody's turn, nor is the menu of the staff.
    counted = [
        one
        for one in seen
        if any(table in one for table in tables) and "DELETE" not in one and "1900" not in one
    ]
    assert 0 < len(counted) <= 4, counted
