"""Donors who tap what they are shown; a step lasts from the posting of an update to the arrival of its screen at the stub."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable
from functools import lru_cache
from itertools import count
from typing import Any

from benchmarks.post import Poster
from benchmarks.stub import TOKEN, Shown, World

SECRET = "whsec_bench"
_PATIENCE = 60
_TELEGRAM = {
    "Content-Type": "application/json",
    "X-Telegram-Bot-Api-Secret-Token": hashlib.sha256(f"entraide webhook {TOKEN}".encode()).hexdigest(),
}
_updates = count(int(time.time()) % 500_000_000)
_chats = count(1_000_000)


class NotServing(Exception):
    """The bot answered an update with something else than 200."""


class Load:
    """What donors and Stripe send to one bot. Every list that is given receives the seconds that a step took."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self._poster = world, Poster(port)
        self._screens: dict[int, asyncio.Future[Shown]] = {}
        world.shown = self._shown

    def close(self) -> None:
        self._poster.close()

    def _shown(self, shown: Shown) -> None:
        waiting = self._screens.pop(shown.chat, None)
        if waiting and not waiting.done():
            waiting.set_result(shown)

    async def _step(self, chat: int, post: Awaitable[None], into: list[float]) -> Shown:
        self._screens[chat] = screen = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await asyncio.wait_for(asyncio.gather(post, screen), _PATIENCE)
        into.append(screen.result().at - began)
        return screen.result()

    async def _post(self, path: str, body: bytes, headers: dict[str, str]) -> None:
        status = await self._poster.post(path, body, headers)
        if status != 200:
            raise NotServing(status)

    def _update(self, member: str) -> Awaitable[None]:
        body = f'{{"update_id":{next(_updates)},{member}}}'
        return self._post("/telegram", body.encode(), _TELEGRAM)

    async def start(self, into: list[float]) -> Shown:
        """Somebody new opens the campaign's link."""
        chat, text = next(_chats), "/start c_humanitarian"
        message = {
            "message_id": 1,
            "from": _person(chat),
            "chat": {"id": chat, "first_name": "D", "type": "private"},
            "date": int(time.time()),
            "text": text,
            "entities": [{"offset": 0, "length": 6, "type": "bot_command"}],
        }
        return await self._step(chat, self._update(f'"message":{json.dumps(message)}'), into)

    async def tap(self, shown: Shown, needle: str, into: list[float]) -> Shown:
        """Tap the button whose label holds `needle`."""
        query = {
            "id": f"{shown.chat}{shown.message_id:09d}",
            "from": _person(shown.chat),
            "chat_instance": "-3216781321987613",
            "data": _data(shown.markup, needle),
        }
        # Telegram's query carries the whole message that was tapped.
        member = f'"callback_query":{json.dumps(query)[:-1]},"message":{shown.message}}}'
        return await self._step(shown.chat, self._update(member), into)

    async def to_the_check(self, into: list[float]) -> Shown:
        shown = await self.start(into)
        for needle in ("Give", "200"):
            shown = await self.tap(shown, needle, into)
        return shown

    async def to_the_bridge(self, into: list[float]) -> Shown:
        return await self.tap(await self.to_the_check(into), "Pay", into)

    async def journey(self, steps: list[float], thanks: list[float]) -> None:
        """The whole walk of somebody new, with the payment."""
        shown = await self.to_the_bridge(steps)
        await self._step(shown.chat, self.confirm(self.world.vault.pay(page_of(shown))), thanks)

    def confirm(self, session: dict[str, Any]) -> Awaitable[None]:
        """Stripe's webhook about a session, built and signed now, posted when awaited."""
        event = {
            "id": f"evt_{session['id'][8:]}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "data": {"object": session},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": "checkout.session.completed",
        }
        body, stamp = json.dumps(event).encode(), int(time.time())
        signature = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={signature}"}
        return self._post("/stripe/webhook", body, headers)


def page_of(bridge: Shown) -> str:
    """The id of the session behind the bridge's button."""
    url = json.loads(bridge.markup)["inline_keyboard"][0][0]["url"]
    return url.split("/pay/")[1].partition("#")[0]


def _person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "D", "language_code": "en"}


@lru_cache(64)
def _data(markup: str, needle: str) -> str:
    buttons = [one for row in json.loads(markup)["inline_keyboard"] for one in row]
    return next(one["callback_data"] for one in buttons if needle in one["text"] and "callback_data" in one)
