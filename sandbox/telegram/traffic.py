"""Telegram's limits on sending, and its own books of what was really posted, for tests to compare with the bot's."""

import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct

from sandbox.telegram.contract import Refused
from sandbox.telegram.messages import Chat

_ALL, _ALL_PAID, _GROUP, _BURST = 30, 1000, 20, 3
# "About one a second": what the network pushes together by a fifth of a second is no sin.
_SLACK = 0.2


class Posted(Struct, frozen=True):
    """`at` is in seconds of a clock that only goes forward."""

    message_id: int
    at: float


@dataclass
class Traffic:
    """Limits are off until `is_limited`: then what is too much is refused with 429 and a time to wait."""

    is_limited: bool = False
    clock: Callable[[], float] = time.monotonic
    _times: "array[float]" = field(default_factory=lambda: array("d"))
    _chats: dict[int, list[Posted]] = field(default_factory=dict)
    _buckets: dict[int, tuple[float, float]] = field(default_factory=dict)

    def admit(self, chat: Chat, count: int = 1, *, is_paid: bool = False) -> None:
        """Raises Refused where `count` messages more in this chat would be too many."""
        if chat.floods:
            chat.floods -= 1
            raise too_many(1 + chat.id % 3)
        if not self.is_limited:
            return
        moment = self.clock()
        most = _ALL_PAID if is_paid else _ALL
        if self._since(self._times, moment - 1, most) + count > most:
            raise too_many(1)
        if chat.is_group:
            self._admit_group(chat, count, moment)
        else:
            self._admit_private(chat, count, moment)

    def _since(self, times: "array[float]", start: float, most: int) -> int:
        return sum(1 for at in times[-most:] if at > start)

    def _admit_group(self, chat: Chat, count: int, moment: float) -> None:
        newest = [one.at for one in self.posted(chat.id)[-_GROUP:] if one.at > moment - 60]
        if len(newest) + count > _GROUP:
            raise too_many(int(newest[0] + 60 - moment) + 1 if newest else 60)

    def _admit_private(self, chat: Chat, count: int, moment: float) -> None:
        tokens, at = self._buckets.get(chat.id, (float(_BURST), moment))
        tokens = min(float(_BURST), tokens + moment - at)
        # An album is one thing to the reader, however many its parts.
        needed = 1 if count > 1 else count
        if tokens + _SLACK < needed:
            raise too_many(1)
        self._buckets[chat.id] = (tokens - needed, moment)

    def record(self, chat: Chat, message_id: int) -> None:
        moment = self.clock()
        self._times.append(moment)
        self._chats.setdefault(chat.id, []).append(Posted(message_id, moment))

    def posted(self, chat_id: int) -> list[Posted]:
        """All that the bot ever posted there, oldest first, also what is edited or deleted by now."""
        return self._chats.get(chat_id, [])

    @property
    def total(self) -> int:
        return len(self._times)

    def highest(self, seconds: float, chat_id: int | None = None) -> int:
        """The most messages in any window so long, in one chat or over all."""
        times = self._times if chat_id is None else [one.at for one in self.posted(chat_id)]
        first = best = 0
        for last, at in enumerate(times):
            while times[first] <= at - seconds:
                first += 1
            best = max(best, last - first + 1)
        return best


def too_many(retry_after: int) -> Refused:
    return Refused(f"Too Many Requests: retry after {retry_after}", 429, retry_after=retry_after)
