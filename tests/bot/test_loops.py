"""Two things side by side: which begins first, and what becomes of the one when the other fails or is stopped."""

import asyncio

import pytest

from bot.loops import beside


async def test_the_first_begins_at_once_and_the_other_when_the_first_waits() -> None:
    said: list[str] = []

    async def first() -> str:
        said.append("first")
        await asyncio.sleep(0)
        said.append("first again")
        return "done"

    async def other() -> None:
        said.append("other")

    assert await beside(first(), other()) == "done"
    assert said == ["first", "other", "first again"]


async def test_a_failure_is_heard_once_the_other_is_over() -> None:
    said: list[str] = []

    async def fails() -> None:
        raise ValueError("it failed")

    async def other() -> None:
        await asyncio.sleep(0)
        said.append("over")

    with pytest.raises(ValueError, match="it failed"):
        await beside(fails(), other())
    assert said == ["over"]
    with pytest.raises(ValueError, match="it failed"):
        await beside(other(), fails())
    assert said == ["over", "over"]


async def test_who_is_stopped_stops_both() -> None:
    for_ever = asyncio.Event()
    other = asyncio.ensure_future(for_ever.wait())
    both = asyncio.ensure_future(beside(for_ever.wait(), other))
    await asyncio.sleep(0)
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both
    assert other.cancelled()
