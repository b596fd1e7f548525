"""What background work is made of: it survives its failures, waits for a while, and ends when it is told to."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from bot import meters
from bot.errors import EntraideError

log = logging.getLogger("entraide")
P = ParamSpec("P")
T = TypeVar("T")


async def ended(tasks: list[asyncio.Task[Any]]) -> None:
    """Cancel until they listen: the wait_for of Python 3.11 swallows a cancellation that meets its own end.

    Whoever is cancelled while waiting here still waits for them first.
    """
    pending, is_cancelled = set(tasks), False
    while pending:
        for task in pending:
            task.cancel()
        try:
            _, pending = await asyncio.wait(pending, timeout=0.5)
        except asyncio.CancelledError:
            is_cancelled = True
            pending = {task for task in pending if not task.done()}
    if is_cancelled:
        raise asyncio.CancelledError


async def survives(what: str, work: Callable[P, Awaitable[object]], *args: P.args, **more: P.kwargs) -> bool:
    """Run one piece of background work; a failure is logged and leaves the loop alive.

    Begun here and not by the caller: what is stopped before its turn has then not begun at all.
    """
    try:
        await work(*args, **more)
    except EntraideError as error:
        meters.FAILURES.add(what, type(error).__name__)
        log.warning(
            "background work failed", extra={"what": what, "error": f"{type(error).__name__} {error}"}
        )
        return False
    except Exception:
        meters.FAILURES.add(what, "fault")
        log.exception("background work failed", extra={"what": what})
        return False
    return True


async def either(wait: Awaitable[object], seconds: float | None) -> None:
    """None: for as long as it takes. Not `asyncio.wait_for`: in Python 3.11 it loses a cancellation that comes together with the result."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await wait


async def beside(work: Awaitable[T], other: Awaitable[object]) -> T:
    """The outcome of `work`, once both are over. `work` begins at once, and `other` when it waits for the first time.

    Not `asyncio.gather`: that begins neither before its caller waits. Where both fail it is `other` whose error is raised.
    """
    task = asyncio.ensure_future(other)
    try:
        return await work
    except asyncio.CancelledError:
        task.cancel()
        raise
    finally:
        await task


@contextlib.asynccontextmanager
async def background(work: Any, stop: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(work)
        try:
            yield
        finally:
            await stop()
