"""Two web processes and a worker, in one loop: what each of them sees of the others."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from bot.app import App, Part
from sandbox.app import Sandbox
from sandbox.faults import Fault
from tests import engine
from tests.stage import QUICK, Stage, bot_beside, free_port, settings_for, shows, until_health


@contextlib.asynccontextmanager
async def beside(app: App) -> AsyncGenerator[tuple[App, asyncio.Task[None]]]:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(app.run())
        serving = group.create_task(app.serving.wait())
        await asyncio.wait((running, serving), return_when=asyncio.FIRST_COMPLETED, timeout=60)
        assert app.serving.is_set()
        try:
            yield app, running
        finally:
            app.stopping.set()


@pytest.fixture
async def shared(sandbox: Sandbox, tmp_path: Path):
    """A stage whose bot is a web process, beside a second one and a worker."""
    token, port = SecretStr("a-token-of-the-tests"), free_port()
    settings = settings_for(sandbox, tmp_path, webhook=True, worker_port=port, metrics_token=token)
    engine.make(settings.database_url)
    sandbox.stripe.webhook_url = f"{settings.public_url}/stripe/webhook"
    other = settings.model_copy(update={"port": free_port()})
    async with (
        beside(App(settings, tempo=QUICK, part=Part.WORKER)),
        beside(App(settings, tempo=QUICK, part=Part.WEB)) as (web, running),
        beside(App(other, tempo=QUICK, part=Part.WEB)) as (second, _),
    ):
        yield Stage(sandbox, settings, web, running), second


async def test_a_worker_that_does_not_lead_is_well_too_and_one_whose_port_is_taken_works_on(
    shared: tuple[Stage, App], caplog: pytest.LogCaptureFixture
) -> None:
    stage, _ = shared
    await until_health(f"http://127.0.0.1:{stage.settings.worker_port}", "ok")
    spare = stage.settings.model_copy(update={"worker_port": free_port()})
    async with (
        beside(App(spare, tempo=QUICK, part=Part.WORKER)),
        beside(App(stage.settings, tempo=QUICK, part=Part.WORKER)) as (third, _),
    ):
        await until_health(f"http://127.0.0.1:{spare.worker_port}", "ok")
        assert third.serving.is_set()
        assert [one.message for one in caplog.records if one.levelname == "ERROR"] == [
            "WORKER_PORT cannot be opened"
        ]


async def test_a_worker_says_how_it_does_and_takes_nothing(shared: tuple[Stage, App]) -> None:
    stage, _ = shared
    url = f"http://127.0.0.1:{stage.settings.worker_port}"
    assert (await until_health(url, "ok"))["database"] == "ok"
    token = {"Authorization": f"Bearer {stage.settings.metrics_token.get_secret_value()}"}
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/metrics", headers=token) as page:
            assert 'entraide_part_ok{part="stripe"} 1' in await page.text()
        async with session.get(f"{url}/metrics") as page:
            assert page.status == 401
        for path in ("/telegram", "/stripe/webhook"):
            async with session.post(f"{url}{path}", json={}) as answer:
                assert answer.status == 404


async def test_a_gift_goes_through_all_of_them(shared: tuple[Stage, App]) -> None:
    stage, _ = shared
    await stage.until_health("ok")
    john = stage.john()
    await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD", 15)
    await john.tap("Pay 200 MAD")
    await john.until(lambda phone: shows(phone, "Open Stripe"), 15)
    stage.stripe.pay(next(iter(stage.stripe.sessions)))
    await john.says("Received: 200 MAD", 15)
    await stage.until_rows("SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
    assert await stage.rows("SELECT count(*) FROM leases WHERE name LIKE 'chat-%'") == [(0,)]


async def test_what_comes_while_a_chat_is_at_work_is_kept_at_once_and_answered_in_order(
    shared: tuple[Stage, App],
) -> None:
    stage, second = shared
    john = stage.john()
    number = await john.start("c_humanitarian_200_MAD")
    await john.says("Gift of 200 MAD", 15)
    stage.stripe.faults.add(Fault("timeout", "POST"))
    tapped = await john.tap("Pay 200 MAD")
    await stage.stripe_heard("POST")
    said: dict[str, Any] = stage.telegram.updates.everyone[number].update
    for more, amount in ((30, "23"), (10, "21"), (20, "22"), (10, "21")):
        message = said["message"] | {"text": amount, "entities": [], "message_id": 900 + more}
        assert await _pushed(second, {"update_id": tapped + more, "message": message}) == 200
    kept = f"SELECT count(*) FROM updates WHERE update_id >= {tapped}"
    assert await stage.rows(kept) == [(4,)], "all on disk"
    await john.says("23 MAD: for which campaign?", 15)
    drawn = [one.params["text"] for one in stage.telegram.calls if one.method == "sendMessage"]
    assert [sum for text in drawn for sum in ("21", "22", "23") if f"{sum}\u00a0MAD" in text] == [
        "21",
        "22",
        "23",
    ]


async def test_without_webhooks_the_worker_that_leads_asks_telegram(sandbox: Sandbox, tmp_path: Path) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=False)
    engine.make(settings.database_url)
    john = sandbox.telegram.phones[1003]
    async with (
        beside(App(settings, tempo=QUICK, part=Part.WORKER)) as (leader, running),
        beside(App(settings, tempo=QUICK, part=Part.WORKER)),
    ):
        await john.start("c_humanitarian")
        for amount in ("21", "22", "23"):
            await john.send(amount)
        await john.says("Gift of 23 MAD", 15)
        assert leader.door.services is not None
        stage = Stage(sandbox, settings, leader, running)
        await stage.until_rows("SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
        assert await stage.rows("SELECT count(*) FROM updates") == [(4,)]


async def _pushed(app: App, update: dict[str, Any]) -> int:
    headers = {"X-Telegram-Bot-Api-Secret-Token": app.door.telegram_secret}
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{app.settings.port}/telegram"
        async with session.post(url, json=update, headers=headers) as answer:
            return answer.status


async def test_what_they_left_behind_is_finished_by_a_process_that_does_everything(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settings = settings_for(sandbox, tmp_path, webhook=True)
    async with bot_beside(sandbox, settings) as stage:
        number = await stage.john().send("/help")
        await stage.john().says("How to give", 15)
        said = stage.telegram.updates.everyone[number].update
    engine.sql(
        settings.database_url,
        "INSERT INTO updates (update_id, raw, received_at, chat) VALUES (?, ?, 1, 1003)",
        [number + 1, json.dumps(said | {"update_id": number + 1})],
    )
    async with bot_beside(sandbox, settings) as again:
        await again.until_rows("SELECT count(*) FROM updates WHERE raw IS NOT NULL", [(0,)])
        assert sum("How to give" in one.text for one in again.john().messages) == 1
