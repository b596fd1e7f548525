"""Odd updates and odd events through the whole bot, as a webhook brings them: never a 500, nothing that broke in the log."""

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from hypothesis import strategies as st

from bot import auditing
from tests.fuzz import inputs
from tests.fuzz.feeding import feed
from tests.knocking import secret_of
from tests.stage import Stage

# What the bot says where a fault of its own was caught; an update that cannot be read is none.
_OURS = (
    "a handler failed",
    "an update broke its turn",
    "background work failed",
    "a screen was refused",
    "ASGI",
)
_NUMBERS = itertools.count(5_000_000)


class Faults(logging.Handler):
    """Hears every log line."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if record.exc_info or (record.levelno >= logging.ERROR and any(one in said for one in _OURS)):
            self.found.append(logging.Formatter().format(record) + str(getattr(record, "error", "")))


@pytest.fixture
def faults() -> Any:
    heard = Faults()
    logging.getLogger().addHandler(heard)
    yield heard
    logging.getLogger().removeHandler(heard)


@pytest.fixture
async def web() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


async def fed(
    strategy: st.SearchStrategy[Any],
    post: Callable[[Any], Coroutine[Any, Any, int]],
    record: Any,
    ours: Faults,
) -> int:
    """Hypothesis on a thread of its own, the bot on this loop: every example is answered before the next one."""
    loop = asyncio.get_running_loop()

    def check(value: Any) -> None:
        ours.found.clear()
        status = asyncio.run_coroutine_threadsafe(post(value), loop).result(60)
        assert status < 500, status
        assert ours.found == []

    return await asyncio.to_thread(feed, strategy, check, record)


def _poster(stage: Stage, web: aiohttp.ClientSession) -> Callable[[Any], Coroutine[Any, Any, int]]:
    headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret_of(stage)}

    async def post(update: Any) -> int:
        if isinstance(update, dict) and update.get("update_id") == 1:
            update = update | {"update_id": next(_NUMBERS)}
        async with web.post(
            f"{stage.url}/telegram", data=json.dumps(update).encode(), headers=headers
        ) as answer:
            return answer.status

    return post


@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", ["as they are", "as they never are"])
async def test_no_update_whatever_breaks_a_turn(
    stage: Stage, web: aiohttp.ClientSession, faults: Faults, record_property: Any, kind: str
) -> None:
    strategy = inputs.good_updates() if kind == "as they are" else inputs.updates
    assert await fed(strategy, _poster(stage, web), record_property, faults) > 0
    assert await auditing.audit_books(stage.services) == []
    # Whoever only wants to give is answered all the same.
    await stage.telegram.acknowledged(await stage.yasmine().send("/start"))
    assert (await stage.until_health("ok"))["database"] == "ok"


@pytest.mark.timeout(0)
async def test_no_event_that_stripe_signed_breaks_the_inbox(
    stage: Stage, faults: Faults, record_property: Any
) -> None:
    async def post(event: Any) -> int:
        if isinstance(event, dict) and event.get("id") == "evt_1":
            event = event | {"id": f"evt_{next(_NUMBERS)}"}
        body = json.dumps(event).encode()
        return await stage.stripe.outbox.post_raw(body, stage.stripe.sign(body))

    assert await fed(inputs.events, post, record_property, faults) > 0
    await stage.until_rows("SELECT count(*) FROM inbox WHERE processed_at IS NULL", [(0,)], 60)
    assert faults.found == []
    assert await auditing.audit_books(stage.services) == []
