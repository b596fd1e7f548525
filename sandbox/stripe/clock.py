"""The account's time: the wall's, which is also the bot's, and how far what exists has been aged beyond it."""

import heapq
import itertools
import time
from collections.abc import Callable


class Clock:
    """Moments inside the account lie on `now()`; stamps that are told to the bot lie on the wall.

    `source` may be replaced by a test that moves the bot's clock too; then `forward(0)` lets happen what is due.
    """

    def __init__(self) -> None:
        self.source: Callable[[], float] = time.time
        self.passed = 0
        self._dues: list[tuple[int, int, Callable[[], object]]] = []
        self._numbers = itertools.count()

    def wall(self) -> int:
        """Unix seconds: the date that new objects and signatures bear."""
        return int(self.source())

    def now(self) -> int:
        return self.wall() + self.passed

    def told(self, moment: int) -> int:
        """A moment as the bot, whose clock was not moved, must see it."""
        return moment - self.passed

    def heard(self, stamp: int) -> int:
        """A stamp of the bot's as a moment in here."""
        return stamp + self.passed

    def at(self, moment: int, act: Callable[[], object]) -> None:
        """Something to do when that moment has come; it must look by itself whether it still holds."""
        heapq.heappush(self._dues, (moment, next(self._numbers), act))

    def next_due(self) -> int | None:
        """The moment of the next thing to do, if there is any; it may have come already."""
        return self._dues[0][0] if self._dues else None

    def forward(self, seconds: int) -> None:
        """Age what exists, from one due to the next, so that each sees the time it was due at."""
        end = self.passed + seconds
        while self._dues and self._dues[0][0] <= self.wall() + end:
            moment, _, act = heapq.heappop(self._dues)
            self.passed = min(end, max(self.passed, moment - self.wall()))
            act()
        self.passed = end
