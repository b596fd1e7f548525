"""libpq's pipeline: statements go without waiting for those before them, and all that were sent are answered in one way there and back.

The library is PostgreSQL's own, as psycopg hands it to Python; what it blocks on is waited for by the loop. See docs/decisions/0039.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import pq

from bot.store.refusals import Cut, Late, refusal, words
from bot.store.sql import Value

_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)


class Asked:
    """A statement that was handed to libpq. `result` is None until it is answered, and for good where it was not run."""

    __slots__ = ("is_heard", "result", "sql")

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.is_heard = True
        self.result: pq.abc.PGresult | None = None


class Pipe:
    """One connection in pipeline mode, of one who waits at a time. `patience`: seconds until what was sent must be answered; 0: for ever.

    Every call raises Cut where the connection is gone.
    """

    def __init__(self, connection: "psycopg.AsyncConnection[Any]", patience: float) -> None:
        self.connection = connection
        self._pg = connection.pgconn
        self._patience = patience or None
        self._loop = asyncio.get_running_loop()
        # In the order of their answers; None is a point to which all was sent.
        self._owed: deque[Asked | None] = deque()
        self._is_sent, self._is_full = True, False
        self._fault: Exception | None = None
        self._lost: Exception | None = None
        self._news: asyncio.Future[None] | None = None
        self.heard: Callable[[int, str], object] | None = None
        self._pg.enter_pipeline_mode()
        self._socket = self._pg.socket
        # Also while nobody asks: a server that hangs up is noticed before the next statement is given to it.
        self._loop.add_reader(self._socket, self._readable)

    @property
    def is_open(self) -> bool:
        return self._lost is None and self._pg.status == pq.ConnStatus.OK

    @property
    def owes(self) -> int:
        """How much was asked and not waited for."""
        return len(self._owed)

    @property
    def backend_pid(self) -> int:
        return self._pg.backend_pid

    def prepare(self, name: bytes, sql: str) -> Asked:
        return self._put(Asked(sql), self._pg.send_prepare, name, sql.encode())

    def run(self, sql: str, name: bytes, values: Sequence[Value]) -> Asked:
        """A statement that was prepared under this name."""
        return self._put(Asked(sql), self._pg.send_query_prepared, name, _written(values, sql))

    def say(self, sql: str, values: Sequence[Value] = ()) -> Asked:
        return self._put(Asked(sql), self._pg.send_query_params, sql.encode(), _written(values, sql))

    def send(self) -> None:
        """Let go what was put, without waiting for it. A statement that fails keeps those after it, up to here, from being run."""
        if not self._is_sent:
            self._is_sent = True
            self._owed.append(None)
            self._at(self._pg.pipeline_sync)
        self._flush()

    def look(self) -> None:
        """Whether the server has hung up, though the loop has not come round to say so."""
        # Its last words come first, and then the end.
        for _ in range(2):
            if self._lost is None:
                self._readable()

    def ignore(self) -> None:
        """Nobody listens any more to what is still owed."""
        for asked in self._owed:
            if asked is not None:
                asked.is_heard = False

    async def settled(self) -> None:
        """Send, and wait until all is answered. Raises the first refusal."""
        self.send()
        timer = None if self._patience is None else self._loop.call_later(self._patience, self._is_late)
        try:
            while not self._is_settled():
                self._news = self._loop.create_future()
                await self._news
        except asyncio.CancelledError:
            # What may still come on it belongs to nobody.
            self._lose(Cut("nobody waited for an answer"))
            raise
        finally:
            if timer is not None:
                timer.cancel()
        fault, self._fault = self._fault, None
        if fault is not None:
            raise fault

    def close(self) -> None:
        self._lose(Cut("the connection is closed"))
        self._pg.finish()

    def _is_settled(self) -> bool:
        """Take what has come; whether nothing is owed any more."""
        while self._owed:
            if self._lost is not None:
                raise self._lost
            if self._pg.is_busy():
                return False
            result = self._at(self._pg.get_result)
            if result is not None:
                self._take(result)
            elif self._pg.status != pq.ConnStatus.OK:
                self._lose(Cut("the connection was closed"))
        # What came between two answers was read with them.
        self._listen()
        return True

    def _take(self, result: "pq.abc.PGresult") -> None:
        asked = self._owed.popleft()
        if asked is None or result.status == pq.ExecStatus.PIPELINE_ABORTED:
            return
        if result.status in _DONE:
            asked.result = result
        elif self._pg.status != pq.ConnStatus.OK:
            self._lose(Cut(words(result.get_error_message())))
        elif asked.is_heard and self._fault is None:
            self._fault = refusal(result, asked.sql)

    def _put(self, asked: Asked, how: Callable[..., None], *what: Any) -> Asked:
        self._at(how, *what)
        self._owed.append(asked)
        self._is_sent = False
        return asked

    def _at(self, how: Callable[..., Any], *what: Any) -> Any:
        if self._lost is not None:
            raise self._lost
        try:
            return how(*what)
        except psycopg.OperationalError as error:
            raise self._lose(Cut(words(str(error)))) from None

    def _readable(self) -> None:
        try:
            self._pg.consume_input()
            self._listen()
        except psycopg.OperationalError as error:
            self._lose(Cut(words(str(error))))
        finally:
            self._wake()

    def _listen(self) -> None:
        while self.heard is not None and (note := self._pg.notifies()) is not None:
            self.heard(note.be_pid, note.extra.decode())

    def _flush(self) -> None:
        """What the socket does not take at once goes when it can."""
        if self._lost is None and self._at(self._pg.flush):
            self._is_full = True
            self._loop.add_writer(self._socket, self._flush_more)
        elif self._is_full:
            self._is_full = False
            self._loop.remove_writer(self._socket)

    def _flush_more(self) -> None:
        try:
            self._flush()
        except Cut:
            self._wake()

    def _is_late(self) -> None:
        self._lose(Late("no answer in time"))

    def _lose(self, why: Exception) -> Exception:
        """It can be asked no more; whoever waits hears why."""
        if self._lost is None:
            self._lost, self._is_full = why, False
            # Before the descriptor is closed, and is somebody else's.
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._wake()
        return self._lost

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)


def _written(values: Sequence[Value], sql: str) -> list[bytes | None]:
    """Raises psycopg.DataError, which tells no value."""
    try:
        return [None if one is None else _text(one) for one in values]
    except ValueError:
        raise psycopg.DataError(f"a value does not fit its place in: {sql}") from None


def _text(value: str | int) -> bytes:
    if isinstance(value, str):
        if "\0" in value:
            # libpq would end the text there.
            raise ValueError
        return value.encode()
    return str(int(value)).encode()
