"""Four web processes and two workers on one database: killed on the way, told everything twice, and still each thing happens once."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections import Counter
from pathlib import Path

import pytest

from sandbox.app import running
from sandbox.telegram import Phone
from sandbox.telegram.crowd import Shares, invited
from tests import engine
from tests.fleet import Fleet, fleet_beside
from tests.journeys.test_broadcast_storm import seeded
from tests.stage import labels, session_of, shows

DONORS, CROWD = 12, 160
_LONG = 90


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a database: its server starts outside of the test's loop."""
    engine.fresh(tmp_path)
    return tmp_path


@pytest.mark.timeout(400)
async def test_killed_on_the_way_nobody_is_charged_or_told_twice_and_nothing_is_lost(folder: Path) -> None:
    async with running(pause=0.05) as sandbox:
        crowd = invited(sandbox.telegram, CROWD, 7, Shares(blocked=0, deactivated=0, flooded=0))
        crowd.settle()
        seeded(folder, crowd)
        phones = [sandbox.telegram.person(2000 + number, f"Donor {number}", "en") for number in range(DONORS)]
        async with fleet_beside(sandbox, folder, webs=4, workers=2, TELEGRAM_RATE="100") as fleet:
            kills = asyncio.create_task(_killed_on_the_way(fleet))
            await asyncio.gather(*(_gives(fleet, phone) for phone in phones))
            await asyncio.gather(*(_hesitates(phone) for phone in phones))
            await kills
            await _until(fleet, "SELECT state FROM broadcasts", [("done",)])
            await _until(fleet, "SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
            await _until(fleet, "SELECT count(*) FROM inbox WHERE processed_at IS NULL", [(0,)])
            await _until(fleet, "SELECT count(*) FROM deliveries WHERE state = 'sending'", [(0,)])
        _nothing_happened_twice(fleet, phones)
        _the_broadcast_came_once(fleet, crowd.donors)
        assert await fleet.done("audit") == 0
        assert sandbox.telegram.rejected == []
        assert sandbox.stripe.rejected == []


async def _killed_on_the_way(fleet: Fleet) -> None:
    """The worker that leads, while it broadcasts; then a web process; then the other worker, which leads by now."""
    await _sent(fleet, 20)
    await _replaced(fleet, fleet.leader())
    fleet.webs[0].send_signal(signal.SIGKILL)
    await fleet.webs[0].wait()
    await fleet.add_web(fleet.ports[0])
    await _until_led(fleet)
    await _replaced(fleet, fleet.leader())


async def _replaced(fleet: Fleet, worker: Process | None) -> None:
    assert worker is not None
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    await fleet.add_worker()


async def _until_led(fleet: Fleet) -> None:
    async with asyncio.timeout(_LONG):
        while fleet.leader() is None:
            await asyncio.sleep(0.1)


async def _sent(fleet: Fleet, many: int) -> None:
    """Wait until so many of the crowd got the broadcast."""
    seen = Counter[str]()
    enough = asyncio.Event()

    def spy(moment: str, name: str) -> None:
        seen[name] += moment == "after"
        if seen["sendMessage"] >= many:
            enough.set()

    fleet.sandbox.telegram.spies.append(spy)
    async with asyncio.timeout(_LONG):
        await enough.wait()


async def _gives(fleet: Fleet, phone: Phone) -> None:
    await phone.start("c_humanitarian")
    for tapped, shown in (("Give", "200 MAD"), ("200 MAD", "Pay 200 MAD"), ("Pay 200 MAD", "Open Stripe")):
        await phone.until(lambda one, tapped=tapped: tapped in " ".join(labels(one)), _LONG)
        await phone.tap(tapped)
        await phone.until(lambda one, shown=shown: shows(one, shown), _LONG)
    fleet.sandbox.stripe.pay(session_of(phone))
    await phone.says("Received: 200 MAD", _LONG)


async def _hesitates(phone: Phone) -> None:
    await phone.start("c_humanitarian")
    for amount in (21, 22, 23, 24):
        await phone.send(str(amount))
    await phone.says("Gift of 24 MAD", _LONG)


async def _until(fleet: Fleet, sql: str, expected: list[tuple[object, ...]]) -> None:
    async with asyncio.timeout(_LONG):
        while engine.sql(fleet.url, sql) != expected:
            await asyncio.sleep(0.2)


def _nothing_happened_twice(fleet: Fleet, phones: list[Phone]) -> None:
    gifts = engine.sql(
        fleet.url, "SELECT state, amount_minor, count(*) FROM donations WHERE state = 'paid' GROUP BY 1, 2"
    )
    assert gifts == [("paid", 20000, DONORS)]
    assert len(fleet.sandbox.stripe.charges) == DONORS
    assert engine.sql(fleet.url, "SELECT received_minor, gifts FROM totals") == [(20000 * DONORS, DONORS)]
    for phone in phones:
        sums = [
            one.text.split("\u2068")[1].split("\u00a0")[0] for one in _bots(phone) if "Gift of" in one.text
        ]
        # The last draws over what came before it; whatever is still there is in order.
        assert sums == sorted(sums), phone.person


def _bots(phone: Phone):
    return [one for one in phone.messages if one.sender == "bot"]


def _the_broadcast_came_once(fleet: Fleet, donors: list[int]) -> None:
    """Where its sender was killed it may be in doubt, and is never sent again."""
    states = dict(
        engine.sql(
            fleet.url,
            "SELECT telegram_id, broadcast_sends.state FROM broadcast_sends JOIN donors ON donors.id = donor_id",
        )
    )
    arrived = {one: len(fleet.sandbox.telegram.posted(one)) for one in donors}
    assert set(states.values()) <= {"sent", "doubt", "held", "skipped"}
    assert all(arrived[one] == 1 for one in donors if states[one] == "sent")
    assert all(arrived[one] <= 1 for one in donors)
    assert sum(state == "doubt" for state in states.values()) <= 2 * 8
