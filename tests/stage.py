"""The stage of every test: the sandbox, the real bot beside it, and a few people with phones."""

import asyncio
import contextlib
import itertools
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from pydantic import SecretStr

from bot.app import App
from bot.config import Settings
from bot.services import Services
from bot.store.database import Work
from bot.tempo import Tempo
from sandbox.app import Sandbox
from sandbox.telegram import Phone
from sandbox.telegram.people import Chat
from tests import engine

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
QUICK = Tempo(
    sweep=0.2,
    sweep_beside_webhooks=60,
    retry=0.02,
    look=0.05,
    chore=60,
    watch=60,
    pulse=0.1,
    digest=0.05,
    drain=2,
    card=0.1,
    telegram_read=0.5,
    stripe_read=0.5,
    patience=1.5,
    exchange=0.1,
    tidy=0.1,
    peek=0.02,
)


@dataclass
class Stage:
    """The sandbox, and a bot that can be started, stopped and killed beside it."""

    sandbox: Sandbox
    settings: Settings
    app: App
    running: asyncio.Task[None]

    @property
    def telegram(self):
        return self.sandbox.telegram

    @property
    def stripe(self):
        return self.sandbox.stripe

    @property
    def services(self) -> Services:
        assert self.app.door.services is not None
        return self.app.door.services

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def amina(self) -> Phone:
        return self.telegram.phones[1001]

    def yasmine(self) -> Phone:
        return self.telegram.phones[1002]

    def john(self) -> Phone:
        return self.telegram.phones[1003]

    def karim(self) -> Phone:
        return self.telegram.phones[1900]

    def salma(self) -> Phone:
        """The second admin of the demo; here only where a test's settings name her."""
        return self.telegram.phones[1901]

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.read(lambda tx: [tuple(row) for row in tx.plain(sql)])

    async def read(self, work: Work[T]) -> T:
        await self.settled()
        return await self.services.db.read(work)

    async def settled(self) -> None:
        """After the turns that are on their way: a screen may be seen before its turn, and whoever is new, is committed."""
        with contextlib.suppress(TimeoutError):
            # Somebody may wait for Stripe for longer.
            async with asyncio.timeout(1):
                await self.services.locks.idle()

    async def tables(self) -> list[str]:
        return await self.services.db.read(engine.tables)

    @contextlib.asynccontextmanager
    async def broken(self, step: str, when: str = "", *, is_down: bool = False) -> AsyncGenerator[None]:
        """As long as it lasts, the database refuses this step of a transaction, `INSERT ON deliveries`, or is down for it."""
        await self.services.db.write(lambda tx: engine.break_at(tx, step, when, is_down=is_down))
        yield
        await self.services.db.write(engine.mend)

    async def stripe_heard(self, method: str, path: str = "") -> None:
        """Wait until a request of this method, to a path that begins so, has arrived at Stripe."""
        async with asyncio.timeout(30):
            while not any(call.method == method and call.path.startswith(path) for call in self.stripe.calls):
                await asyncio.sleep(0.005)

    async def comes_again(self, update: dict[str, Any]) -> None:
        """Telegram brings an update to the webhook once more, as where it heard no answer."""
        hook = self.telegram.updates.webhook
        assert hook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret or ""}
        async with (
            aiohttp.ClientSession(headers=headers) as http,
            http.post(f"{self.url}/telegram", json=update) as answer,
        ):
            assert answer.status == 200

    async def until_in(self, chat: Chat, words: str) -> None:
        """Wait until the bot says so in a group."""
        async with asyncio.timeout(30), chat.changed:
            await chat.changed.wait_for(
                lambda: any(words in one.text for one in chat.messages.values() if one.sender == "bot")
            )

    async def until_health(self, status: str) -> dict[str, str]:
        return await until_health(self.url, status)

    async def until_rows(self, sql: str, expected: list[tuple[Any, ...]], timeout: float = 30) -> None:
        """Wait for the database: looked at after each commit that the bot makes."""
        found: list[tuple[Any, ...]] = []
        try:
            async with asyncio.timeout(timeout):
                while (found := await self.rows(sql)) != expected:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise AssertionError(f"{sql}: {found}, not {expected}") from None


async def until_health(url: str, status: str, timeout: float = 30) -> dict[str, str]:
    """Wait until /healthz says so; its whole answer."""
    async with asyncio.timeout(timeout), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{url}/healthz") as answer:
                    report = await answer.json()
                if report["status"] == status:
                    return report
            await asyncio.sleep(0.02)


# Each worker has ports of its own, below those that the system gives out: what one worker let go of, another might take.
_PORTS = itertools.count(20000 + 1000 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]))


def free_port() -> int:
    for port in _PORTS:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("ports do not end")


def settings_for(sandbox: Sandbox, folder: Path, *, webhook: bool, **more: Any) -> Settings:
    port = free_port()
    values: dict[str, Any] = {
        "telegram_bot_token": SecretStr(sandbox.telegram.token),
        "telegram_api_url": f"{sandbox.base}/telegram",
        "stripe_secret_key": SecretStr(sandbox.stripe.secret_key),
        "stripe_api_url": f"{sandbox.base}/stripe",
        "stripe_webhook_secret": (SecretStr("whsec_old"), SecretStr("whsec_sandbox")),
        "public_url": f"http://127.0.0.1:{port}" if webhook else None,
        "host": "127.0.0.1",
        "port": port,
        "database_url": engine.url_in(folder),
        "admin_ids": (1900,),
        "campaigns_file": str(ROOT / "campaigns.toml"),
        "statement_descriptor": "MCISE* DON",
        # One message more after each first gift is for the tests that are about it.
        "offer_monthly": False,
        # And so is what staff get each morning, which would come while the tests run through that hour.
        "digest_at": None,
        # Tests run at night too.
        "quiet_hours": None,
    }
    return Settings(_env_file=None, **(values | more))  # pyright: ignore[reportCallIssue]


@contextlib.asynccontextmanager
async def bot_beside(sandbox: Sandbox, settings: Settings, tempo: Tempo = QUICK) -> AsyncGenerator[Stage]:
    engine.make(settings.database_url)
    app = App(settings, tempo=tempo)
    task = asyncio.create_task(app.run())
    serving = asyncio.create_task(app.serving.wait())
    if settings.public_url:
        sandbox.stripe.webhook_url = f"{settings.public_url}/stripe/webhook"
    await asyncio.wait((task, serving), return_when=asyncio.FIRST_COMPLETED, timeout=30)
    if task.done():
        await task
    try:
        yield Stage(sandbox, settings, app, task)
    finally:
        app.stopping.set()
        await asyncio.wait_for(task, 40)
        serving.cancel()


_WALK = {"fr": ("Donner", "Payer"), "ar": ("تبرع", "ادفع"), "en": ("Give", "Pay")}


async def to_the_bridge(
    stage: Stage, phone: Phone, amount: str = "200 MAD", link: str = "c_humanitarian"
) -> str:
    """Walk from a campaign's link to the Stripe button; the session's id."""
    give, pay = _WALK[phone.person.get("language_code", "en")]
    await phone.start(link)
    await phone.until(lambda one: one.messages[-1].sender == "bot" and labels(one)[:1] == [give])
    await phone.tap(give)
    await phone.until(lambda one: shows(one, amount))
    await phone.tap(amount)
    await phone.until(lambda one: (labels(one) or [""])[0].startswith(pay))
    await phone.tap(pay)
    await phone.until(
        lambda one: any(button.url and "/stripe/pay/" in button.url for button in one.last.buttons)
    )
    return session_of(phone)


def session_of(phone: Phone) -> str:
    url = next(button.url for button in phone.last.buttons if button.url and "/stripe/pay/" in button.url)
    return url.split("/pay/")[1].split("#")[0]


def labels(phone: Phone) -> list[str]:
    """The buttons of the bot's newest message, as a person reads them; none before it has spoken."""
    if not any(message.sender == "bot" for message in phone.messages):
        return []
    marks = str.maketrans({"\u2068": "", "\u2069": "", "\u00a0": " ", "\u202f": " "})
    return [button.text.translate(marks) for button in phone.last.buttons]


def shows(phone: Phone, label: str) -> bool:
    return any(label in one for one in labels(phone))


async def press(phone: Phone, label: str, then: str, *, first: str = "", on: str = "text") -> None:
    """Wait for the screen that says `first`, tap, and wait for the screen that says `then` (or has it on a button)."""
    if first:
        await phone.says(first)
    await phone.until(lambda one: _has(one, label))
    await phone.tap(label)
    if on == "buttons":
        await phone.until(lambda one: shows(one, then))
    else:
        await phone.says(then)


def _has(phone: Phone, label: str) -> bool:
    try:
        phone.button(label)
    except LookupError:
        return False
    return True
