"""A vendor's certificate proves nothing any more: the bot tells it nothing, says which door it is, and goes on once it is mended."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import aiohttp
import pytest
import stripe as stripe_sdk
from msgspec.structs import replace

from sandbox.app import Sandbox
from tests.faults.doors import Front, front
from tests.faults.holds import IS_WHOLE, well
from tests.faults.test_wire import certified
from tests.stage import QUICK, Stage, bot_beside, settings_for, to_the_bridge

SEEN = 60
EVERY = tuple(product(("telegram", "stripe"), ("expired", "of another host", "self-signed")))
FAULTS = EVERY if IS_WHOLE else EVERY[:1] + EVERY[-2:-1]
# The sweep is what learns first that Stripe does not answer.
OFTEN = replace(QUICK, sweep_beside_webhooks=0.1)


@dataclass
class Certificates:
    """Each is trusted but for the one that nobody signed: the others are refused for their own fault."""

    good: ssl.SSLContext
    bad: dict[str, ssl.SSLContext]


@pytest.fixture
async def certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    folders = {name: tmp_path / name for name in ("good", "expired", "of another host", "self-signed")}
    for folder in folders.values():
        folder.mkdir()
    found = {
        "good": await certified(folders["good"], "localhost"),
        "expired": await certified(folders["expired"], "localhost", is_over=True),
        "of another host": await certified(folders["of another host"], "elsewhere.example"),
        "self-signed": await certified(folders["self-signed"], "localhost"),
    }
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(
        "".join(
            (folder / "cert.pem").read_text() for name, folder in folders.items() if name != "self-signed"
        )
    )
    monkeypatch.setattr(stripe_sdk, "ca_bundle_path", str(trusted))
    # Ours is made once, from the system's certificates.
    context = ssl.create_default_context(cafile=str(trusted))
    monkeypatch.setattr("bot.botapi.transport._trusted", lambda: context)
    return Certificates(found.pop("good"), found)


@contextlib.asynccontextmanager
async def behind(doors: dict[str, Front], sandbox: Sandbox, folder: Path) -> AsyncGenerator[Stage]:
    settings = settings_for(
        sandbox,
        folder,
        webhook=True,
        telegram_api_url=f"{doors['telegram'].url}/telegram",
        stripe_api_url=f"{doors['stripe'].url}/stripe",
    )
    async with bot_beside(sandbox, settings, OFTEN) as stage:
        yield stage


async def until_door_is(stage: Stage, door: str, words: str) -> None:
    """Wait until /healthz says so of it."""
    async with asyncio.timeout(SEEN), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{stage.url}/healthz") as answer:
                if (await answer.json())[door] == words:
                    return
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("door", "fault"), FAULTS)
async def test_a_wrong_certificate_is_told_nothing_its_door_is_named_and_what_was_paid_meanwhile_is_thanked(
    sandbox: Sandbox, tmp_path: Path, certificates: Certificates, door: str, fault: str
) -> None:
    good = certificates.good
    async with front(sandbox.base, good) as telegram, front(sandbox.base, good) as stripe:
        doors = {"telegram": telegram, "stripe": stripe}
        async with behind(doors, sandbox, tmp_path) as stage:
            session = await to_the_bridge(stage, stage.john())
            await doors[door].show(certificates.bad[fault])
            stage.stripe.pay(session)
            await until_door_is(stage, door, "cannot be reached: its certificate is not trusted")
            assert doors[door].told == 0
            assert not any("Received: " in one.text for one in stage.john().messages)
            await doors[door].show(good)
            await stage.john().says("Received: 200 MAD", SEEN)
            await stage.until_health("ok")
            await well(stage)
