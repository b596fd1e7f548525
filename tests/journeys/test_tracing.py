"""One id goes from an update to the call at Stripe, to the settling and to the thanks, and stands on every log line between."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot import logs, tracing
from sandbox.faults import Fault
from tests.journeys.test_back import a_paid_gift, undone
from tests.stage import Stage, to_the_bridge


@pytest.fixture
def lines() -> Iterator["Lines"]:
    """The log as the real process writes it."""
    root, stream = logging.getLogger(), io.StringIO()
    handler, level = logging.StreamHandler(stream), root.level
    handler.setFormatter(logs.formatter("json"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield Lines(stream)
    root.removeHandler(handler)
    root.setLevel(level)


class Lines:
    """What was logged so far."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    def of(self, trace: str) -> list[dict[str, Any]]:
        every = [json.loads(line) for line in self._stream.getvalue().splitlines()]
        return [line for line in every if line.get("trace") == trace]

    async def until(self, trace: str, line: str) -> None:
        """Wait for a line, which may come a moment after what it tells of."""
        async with asyncio.timeout(40):
            while line not in said(self.of(trace)):
                await asyncio.sleep(0.01)


def said(lines: list[dict[str, Any]]) -> list[str]:
    """Each line as `turn pay`, `stripe POST checkout/sessions`, `delivery thanks`."""
    return [
        f"{one['event']} {one.get('call') or one.get('kind') or one.get('state') or one.get('action')}"
        for one in lines
    ]


async def test_a_gifts_id_is_on_every_line_from_the_tap_to_the_thanks(stage: Stage, lines: Lines) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    await lines.until(gift, "delivery thanks")
    found = said(lines.of(gift))
    assert found[:2] == ["stripe POST checkout/sessions", "turn give"]
    after = ["stripe GET checkout/sessions", "settled paid", "delivery thanks"]
    assert [one for one in found[2:] if one in after][:3] == after
    (session,) = stage.stripe.sessions.values()
    assert session["client_reference_id"] == gift
    assert set(session["metadata"]) == {"donation_id", "campaign", "v"}, "no more than what money.md allows"


async def test_the_webhook_that_settled_a_gift_is_named(stage: Stage, lines: Lines) -> None:
    await a_paid_gift(stage)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    events = await stage.rows("SELECT event_id FROM inbox WHERE type = 'checkout.session.completed'")
    settled = [one for one in lines.of(gift) if one["event"] == "settled"]
    assert [(settled[0]["event_id"],)] == events
    assert [one["event"] for one in lines.of(settled[0]["event_id"])] == ["webhook"]


async def test_each_update_has_an_id_of_its_own_and_so_have_two_gifts(stage: Stage, lines: Lines) -> None:
    await to_the_bridge(stage, stage.john())
    await to_the_bridge(stage, stage.yasmine(), amount="200 MAD", link="c_humanitarian")
    gifts = [row[0] for row in await stage.rows("SELECT id FROM donations")]
    assert len(set(gifts)) == 2
    turns = [line for gift in gifts for line in lines.of(gift) if line["event"] == "turn"]
    assert [one["action"] for one in turns] == ["give", "give"]
    assert len({one["update"] for one in turns}) == 2


async def test_what_goes_on_in_the_background_stays_under_the_gifts_id(stage: Stage, lines: Lines) -> None:
    stage.stripe.faults.add(Fault("timeout_after", "POST"))
    john = stage.john()
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD")
    await john.tap("Pay 200 MAD")
    await stage.until_rows("SELECT state FROM donations", [("awaiting",)], 20)
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    assert said(lines.of(gift)).count("stripe POST checkout/sessions") >= 2


async def test_money_that_goes_back_is_found_under_the_same_id(stage: Stage, lines: Lines) -> None:
    await a_paid_gift(stage)
    await undone(stage)
    await stage.john().says("Refunded: 200 MAD")
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    await lines.until(gift, "delivery refunded")
    assert "stripe POST refunds" in said(lines.of(gift))


def test_outside_of_any_work_there_is_no_id() -> None:
    assert tracing.current() == ""
    with tracing.on("abcdefghjk"):
        assert tracing.current() == "abcdefghjk"
    assert tracing.current() == ""
