"""Two people of the staff: they give money back, in the bot and in Stripe's dashboard, answer banks, and write to everybody."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from benchmarks.soaking.walker import Walker
from sandbox.app import Sandbox
from sandbox.stripe.account import Thing
from sandbox.stripe.errors import StripeRefusal
from sandbox.telegram.emulator import ADMIN, SECOND_ADMIN

# Seconds between two acts, on average.
_REFUNDS, _NEWS = 25, 240


class Staff:
    """`seen` counts what they did."""

    def __init__(self, sandbox: Sandbox, dice: random.Random, seen: Counter[str]) -> None:
        telegram = sandbox.telegram
        self._stripe, self._dice, self._seen = sandbox.stripe, dice, seen
        self._cashier = Walker(telegram, telegram.phones[SECOND_ADMIN])
        self._author = Walker(telegram, telegram.phones[ADMIN])
        self._written = 0

    async def refunds(self, until: asyncio.Event) -> None:
        while await self._waits(_REFUNDS, until):
            paid = [one for one in self._stripe.sessions.values() if one["payment_status"] == "paid"]
            if paid:
                await self._tried(self._gives_back(self._dice.choice(paid)), "refunds")

    async def news(self, until: asyncio.Event) -> None:
        """Begun again where it was given up half-way."""
        while await self._waits(_NEWS if self._seen["broadcasts"] else 20, until):
            self._written += 1
            await self._tried(self._writes(f"Soak news {self._written}"), "broadcasts")

    async def _waits(self, seconds: float, until: asyncio.Event) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._dice.uniform(0.5, 1.5) * seconds):
                await until.wait()
        return not until.is_set()

    async def _tried(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
            self._seen[name] += 1
        except TimeoutError:
            self._seen[f"{name} given up"] += 1
        except StripeRefusal:
            self._seen["refused by Stripe"] += 1

    async def _gives_back(self, session: Thing) -> None:
        """A part or all; in the dashboard every second time."""
        minor = session["amount_total"]
        part = self._dice.choice((minor, minor // 4 // 100 * 100 or minor))
        how = self._dice.choice(("dashboard", "bot", "bot", "slow", "bank"))
        if how in ("dashboard", "slow"):
            self._stripe.next_refunds = "pending" if how == "slow" else "succeeded"
            refund = self._stripe.refund(session["id"], part)
            self._stripe.next_refunds = "succeeded"
            if how == "slow":
                await asyncio.sleep(self._dice.uniform(3, 15))
                self._stripe.refund_status(refund, self._dice.choice(("succeeded", "succeeded", "failed")))
        elif how == "bank":
            dispute = self._stripe.dispute(session["id"])
            await asyncio.sleep(self._dice.uniform(3, 15))
            self._stripe.dispute_closed(dispute, self._dice.choice(("won", "lost")))
        else:
            await self._in_the_bot(session["client_reference_id"], part)

    async def _in_the_bot(self, gift: str, minor: int) -> None:
        cashier = self._cashier
        cashier.begin(f"/refund {gift} {minor // 100}")
        await cashier.press("refund-no", patience=40)
        await cashier.press("refund-yes", times=self._dice.choice((1, 2, 3)), patience=40)

    async def _writes(self, text: str) -> None:
        """One message for everybody, in English for all."""
        author = self._author
        author.begin("/broadcast")
        await author.sees("compose", "newcast", "casts", patience=60)
        if author.shows("newcast-yes"):
            await author.press("newcast-yes")
        author.begin(text)
        await author.press("castpart-is-en")
        for language in ("fr", "ar"):
            await author.press(f"castpart-show-{language}")
            await author.press(f"castfall-{language}-en")
        await author.press("castsend-no")
        await author.press("castsend-yes", times=self._dice.choice((1, 2)))
        await author.hears()
