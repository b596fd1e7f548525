"""Simulated donors by hand: one tap invites many, and a line tells how far they are."""

import asyncio
from collections.abc import Callable
from typing import Any

from sandbox.drawer.words import Asked, CannotBe, isolated
from sandbox.stripe import StripeEmulator
from sandbox.telegram import TelegramEmulator

_MOST = 10_000


class Crowds:
    """Those who are on their way; `stop` leaves the rest at home."""

    def __init__(self, telegram: TelegramEmulator, stripe: StripeEmulator) -> None:
        self._telegram, self._stripe = telegram, stripe
        self._coming: set[asyncio.Task[None]] = set()

    def controls(self) -> dict[str, Callable[[Asked], str]]:
        return {"invite": self._invite}

    def _invite(self, asked: Asked) -> str:
        """`count` people, 1,000 where it is not given."""
        count = int(asked.body.get("count", 1000))
        if not 1 <= count <= _MOST:
            raise CannotBe(asked.say("crowd_size", most=isolated(f"{_MOST:,}")))
        if self._coming:
            raise CannotBe(asked.say("crowd_coming"))
        crowd = self._telegram.invite(count, seed=len(self._telegram.crowds))
        task = asyncio.create_task(crowd.arrive(self._stripe.pay))
        self._coming.add(task)
        task.add_done_callback(self._coming.discard)
        return asked.say("crowd_invited", count=isolated(f"{count:,}"))

    def shown(self) -> dict[str, Any]:
        crowds = self._telegram.crowds
        counts = {
            "invited": sum(len(one.donors) for one in crowds),
            "arrived": sum(one.arrived for one in crowds),
            "gave": sum(one.gave for one in crowds),
            "reached": sum(one.reached for one in crowds),
            "blocked": sum(len(one.blocked) + len(one.deactivated) for one in crowds if one.is_settled),
        }
        return {"crowd": counts | {"coming": bool(self._coming)}}

    async def stop(self) -> None:
        for task in self._coming:
            task.cancel()
        await asyncio.gather(*self._coming, return_exceptions=True)
