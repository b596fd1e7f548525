"""Each kind of trouble, done to the running bot: by the vendors, by strangers, by the machine it runs on."""

import asyncio
import contextlib
import json
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable

import aiohttp

from benchmarks.soaking.database import Database
from benchmarks.soaking.plan import Trouble
from benchmarks.soaking.processes import Bot, Part
from sandbox.app import Sandbox
from sandbox.faults import Fault, Faults
from sandbox.telegram.emulator import ADMIN

_DAY = 86400
# What each kind is at the wire, how many requests it meets at most, and where it is put ("sendMessage" or anywhere).
_TELEGRAM = {
    "telegram 429": ("429", 12),
    "telegram 5xx": ("502", 12),
    "telegram silent": ("timeout", 4),
    "telegram silent after the effect": ("timeout_after", 3),
    "telegram cut": ("cut", 6),
    "telegram cut after the effect": ("cut_after", 4),
    "telegram slow": ("slow", 15),
}
_STRIPE = {
    "stripe 5xx": ("500", 5),
    "stripe 429": ("429", 6),
    "stripe slow": ("slow", 8),
    "stripe silent": ("timeout", 2),
    "stripe silent after the effect": ("timeout_after", 2),
    "stripe answer cut": ("cut_body", 4),
}
_WEBHOOKS = {
    "webhooks doubled": ("double", 12),
    "webhooks late": ("delay", 8),
    "webhooks lost": ("lose", 5),
    "webhooks out of order": ("hold", 8),
}


class Blows:
    """`done` counts by kind; `let_in` names what a stranger was not refused."""

    def __init__(self, sandbox: Sandbox, bot: Bot, database: Database, dice: random.Random) -> None:
        self._sandbox, self._bot, self._database, self._dice = sandbox, bot, database, dice
        self.done = Counter[str]()
        self.let_in: list[str] = []
        self._special: dict[str, Callable[[float], Awaitable[None]]] = {
            "kill": self._kill,
            "restart": self._restart,
            "freeze": self._freeze,
            "telegram down": self._telegram_down,
            "stripe down": self._stripe_down,
            "webhooks out of order": self._out_of_order,
            "webhook forged": self._forged_event,
            "update forged": self._forged_update,
            "half-open clients": self._half_open,
            "database locked": self._locked,
            "a day passes at Stripe": lambda _: self._passes(_DAY),
            "a month passes at Stripe": lambda _: self._passes(31 * _DAY),
        }

    async def strike(self, trouble: Trouble) -> None:
        """Ends when the trouble is over, as far as it has an end of its own."""
        self.done[trouble.kind] += 1
        if act := self._special.get(trouble.kind):
            await act(trouble.size)
        elif trouble.kind in _WEBHOOKS:
            mode, most = _WEBHOOKS[trouble.kind]
            self._sandbox.stripe.outbox.next_ones.extend([mode] * _share(most, trouble.size))
        else:
            await self._at_the_wire(trouble)

    async def _at_the_wire(self, trouble: Trouble) -> None:
        """So many requests, or as many of them as come within seconds: a bot that waits longer and longer to start asks for few."""
        at_telegram = trouble.kind in _TELEGRAM
        kind, most = (_TELEGRAM if at_telegram else _STRIPE)[trouble.kind]
        faults = self._sandbox.telegram.faults if at_telegram else self._sandbox.stripe.faults
        method = self._dice.choice(("sendMessage", "*")) if at_telegram else "*"
        fault = Fault(kind, method, retry_after=1 + round(3 * trouble.size), seconds=4 * trouble.size)
        for _ in range(_share(most, trouble.size)):
            faults.add(fault)
        await asyncio.sleep(5 + 10 * trouble.size)
        faults.drop(fault)

    def end(self) -> None:
        """No more trouble: whatever was put in the way is taken away."""
        self._sandbox.telegram.faults.clear()
        self._sandbox.stripe.faults.clear()
        self._sandbox.stripe.outbox.next_ones.clear()
        self._sandbox.stripe.outbox.release()

    def _part(self) -> Part:
        return self._dice.choice(self._bot.parts)

    async def _kill(self, _: float) -> None:
        self._bot.end(self._part(), signal.SIGKILL, "killed")

    async def _restart(self, _: float) -> None:
        self._bot.end(self._part(), signal.SIGTERM, "stopped")

    async def _freeze(self, size: float) -> None:
        await self._bot.frozen(self._part(), 2 + 12 * size)

    async def _telegram_down(self, size: float) -> None:
        await self._down(self._sandbox.telegram.faults, "502", 10 + 40 * size)

    async def _stripe_down(self, size: float) -> None:
        """For minutes."""
        await self._down(self._sandbox.stripe.faults, "503_html", 30 + 120 * size)

    async def _down(self, faults: Faults, kind: str, seconds: float) -> None:
        down = Fault(kind, times=-1)
        faults.add(down)
        await asyncio.sleep(seconds)
        faults.drop(down)

    async def _out_of_order(self, size: float) -> None:
        """They are kept for a while, and then the newest goes first."""
        mode, most = _WEBHOOKS["webhooks out of order"]
        self._sandbox.stripe.outbox.next_ones.extend([mode] * _share(most, size))
        await asyncio.sleep(10 + 20 * size)
        self._sandbox.stripe.outbox.release()

    async def _passes(self, seconds: int) -> None:
        """At Stripe: pages end, monthly gifts are charged. The bot's own clock cannot be moved from outside."""
        self._sandbox.stripe.forward(seconds)

    async def _locked(self, size: float) -> None:
        other = self._database.locked_by_another(2 + 6 * size)
        await asyncio.to_thread(other.wait)

    async def _forged_event(self, _: float) -> None:
        """A stranger says that somebody's open page is paid, with a signature of another secret."""
        stripe = self._sandbox.stripe
        unpaid = [one for one in stripe.sessions.values() if one["payment_status"] == "unpaid"]
        if not unpaid:
            return
        told = stripe.event(
            "checkout.session.completed", self._dice.choice(unpaid) | {"payment_status": "paid"}
        )
        payload = json.dumps(told).encode()
        signed = stripe.sign(payload, secret="whsec_of_a_stranger")
        for header in (signed, None, "t=0,v1=00"):
            self._refused(await stripe.outbox.post_raw(payload, header), "an event")

    async def _forged_update(self, _: float) -> None:
        """A stranger speaks as staff, without Telegram's secret."""
        message = {
            "message_id": 1,
            "date": 1,
            "text": "/freeze",
            "chat": {"id": ADMIN, "type": "private"},
            "from": {"id": ADMIN, "is_bot": False, "first_name": "Karim"},
        }
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            url = f"http://127.0.0.1:{self._bot.port}/telegram"
            timeout = aiohttp.ClientTimeout(total=10)
            async with aiohttp.ClientSession(timeout=timeout) as one:
                body = {"update_id": 1, "message": message}
                headers = {"X-Telegram-Bot-Api-Secret-Token": "guessed"}
                async with one.post(url, json=body, headers=headers) as answer:
                    self._refused(answer.status, "an update")

    def _refused(self, status: int, what: str) -> None:
        """0: nobody was there to refuse it."""
        if 200 <= status < 300:
            self.let_in.append(f"{what} of a stranger was answered {status}")

    async def _half_open(self, size: float) -> None:
        """Clients that begin a request and never end it."""
        opened: list[asyncio.StreamWriter] = []
        for _ in range(10 + round(40 * size)):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._bot.port)
                writer.write(b"POST /stripe/webhook HTTP/1.1\r\nHost: bot\r\nContent-Le")
                opened.append(writer)
        await asyncio.sleep(5 + 25 * size)
        for writer in opened:
            writer.close()


def _share(most: int, size: float) -> int:
    return max(1, round(most * size))
