"""Reads on the loop's own thread, which are shorter than the way to another one: see docs/decisions/0030."""

import math
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bot.store.sql import Tx

T = TypeVar("T")
# What SQLite and its driver say when they cannot now, or cannot any more.
DOWN = (sqlite3.OperationalError, sqlite3.ProgrammingError)
# It waits for no lock, writes nothing, and keeps little: the kernel keeps the same pages.
_PRAGMAS = ("query_only=ON", "busy_timeout=0", "cache_size=-256")
# A glance does at most so many of SQLite's steps, each well below a microsecond; more belongs on a thread. Counted by the
# stride and by glance: SQLite counts a statement's over all its runs, and would cut off what is short each time it has come
# to so many. Where that met the end of a view, the view stayed open for good.
_STEPS, _STRIDE = 20_000, 1_000
# After one that took so many seconds, as on a disk that is slow today, none is tried for so many: at worst the loop stands
# still for a twentieth of its time.
_SLOW, _PAUSE = 0.05, 1.0


class Busy(Exception):
    """It is not to be had at once: another thread has to be asked."""


class Near:
    """Takes over a connection that was opened on the loop's thread. `clock` is in seconds."""

    def __init__(self, raw: sqlite3.Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._raw, self._clock = raw, clock
        for pragma in _PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")
        self._strides: float = math.inf
        raw.set_progress_handler(self._is_long, _STRIDE)
        self._not_before = clock()
        self.hear, self.close = raw.set_trace_callback, raw.close

    def view(self, work: Callable[[Tx], T]) -> T:
        """What `work` finds. Raises Busy where a lock, too many steps, or a slow disk stands in the way."""
        began = self._clock()
        if began < self._not_before:
            raise Busy
        try:
            return view(self._raw, partial(self._bounded, work))
        except DOWN as error:
            raise Busy from error
        finally:
            now = self._clock()
            if now - began > _SLOW:
                self._not_before = now + _PAUSE

    def _bounded(self, work: Callable[[Tx], T], tx: Tx) -> T:
        """What begins and ends the view is never cut off."""
        self._strides = _STEPS / _STRIDE
        try:
            return work(tx)
        finally:
            self._strides = math.inf

    def _is_long(self) -> bool:
        self._strides -= 1
        return self._strides < 0


def view(raw: sqlite3.Connection, work: Callable[[Tx], T]) -> T:
    """Run `work` on one consistent view of the database; whatever it writes is undone."""
    raw.execute("BEGIN")
    try:
        return work(Tx(raw))
    finally:
        raw.execute("ROLLBACK")
