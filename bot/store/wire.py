"""A connection to PostgreSQL as a transaction sees it: plain calls, each awaited underneath, errors in our own words.

What the server says beside its message names rows and values: it is left out, so that it can reach no log.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy.util.concurrency import await_

from bot.errors import StoreDown
from bot.store.sql import Broken, Row, Statement, Value

T = TypeVar("T")

# The driver tells no types.
_driver: Any = asyncpg

_OPTIONS = {
    "application_name": "entraide",
    "TimeZone": "UTC",
    "lock_timeout": "10000",
    # Our statements take milliseconds: compiling them would take longer.
    "jit": "off",
}
# Kinds of SQLSTATE that mean "not here now": connection and shutdown; resources, an operator's hand, disk.
_CUT_KINDS = ("08", "57P")
_DOWN_KINDS = ("53", "57", "58")
# Read-only server, lock not got, idle for too long; and as on SQLite: tables that are not there, or not these.
_DOWN_STATES = ("25006", "25P03", "55P03", "42P01", "42703")
_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
_PLACE = re.compile(r"'[^']*'|\"[^\"]*\"|\?")
_MOST_PREPARED = 1000


class Again(StoreDown):
    """Undone by the server because of others; the same may succeed at once."""


class Cut(StoreDown):
    """This connection is of no use any more; another may be."""


class Wire:
    """One connection, with the statements that were prepared on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._prepared: dict[str, Any] = {}
        self.hear: Callable[[str], object] | None = None

    @property
    def is_open(self) -> bool:
        return not self._connection.is_closed()

    @property
    def is_in_transaction(self) -> bool:
        return self._connection.is_in_transaction()

    async def say(self, command: str) -> str:
        """Commands without values, all in one round trip; the last one's answer."""
        if self.hear is not None:
            self.hear(command)
        try:
            return await self._connection.execute(command)
        except _FAULTS as error:
            raise _ours(error, command) from None

    def run(self, statement: Statement, values: dict[str, Value]) -> "Answer":
        """Raises KeyError for a place that nobody fills."""
        sql, names, fixed = statement.for_postgres
        filled = {**fixed, **values}
        return Answer(self, sql, [filled[name] for name in names])

    def execute(self, sql: str, values: tuple[Value, ...] = ()) -> "Answer":
        """SQL as it stands, its places written `?` as on SQLite."""
        return Answer(self, _numbered(sql), values)

    async def prepared(self, sql: str) -> Any:
        if self.hear is not None:
            self.hear(sql)
        found = self._prepared.get(sql)
        if found is None:
            if len(self._prepared) >= _MOST_PREPARED:
                self._prepared.clear()
            found = self._prepared[sql] = await self._connection.prepare(sql)
        return found

    def forget(self) -> None:
        """The tables were changed meanwhile: what was prepared no longer fits them."""
        self._prepared.clear()

    async def give_back(self) -> None:
        """Undo what is open."""
        if self.is_in_transaction:
            await self.say("ROLLBACK")

    async def close(self) -> None:
        self._prepared.clear()
        try:
            await self._connection.close(timeout=5)
        except _FAULTS:
            self.drop()

    def drop(self) -> None:
        """Without a word to the server; it undoes what is open."""
        self._prepared.clear()
        self._connection.terminate()


class Answer:
    """What sqlite3.Cursor is on SQLite: the statement is run by whatever is asked of it first."""

    def __init__(self, wire: Wire, sql: str, values: "list[Value] | tuple[Value, ...]") -> None:
        self._wire, self._sql, self._values = wire, sql, values

    def fetchall(self) -> list[Row]:
        return self._asked(lambda statement: statement.fetch(*self._values))

    def fetchone(self) -> Row | None:
        return self._asked(lambda statement: statement.fetchrow(*self._values))

    @property
    def rowcount(self) -> int:
        return int(self._asked(self._counted).rpartition(" ")[2])

    def __iter__(self) -> Iterator[Row]:
        if not self._wire.is_in_transaction:
            # A cursor lives in a transaction; what is glanced at is short.
            yield from self.fetchall()
            return
        rows = self._asked(self._opened)
        while some := self._asked(lambda _: rows.fetch(500)):
            yield from some

    async def _counted(self, statement: Any) -> str:
        await statement.fetch(*self._values)
        return statement.get_statusmsg()

    async def _opened(self, statement: Any) -> Any:
        return await statement.cursor(*self._values)

    def _asked(self, how: Callable[[Any], Any]) -> Any:
        return await_(self._asking(how))

    async def _asking(self, how: Callable[[Any], Any]) -> Any:
        try:
            return await how(await self._wire.prepared(self._sql))
        except asyncpg.InvalidCachedStatementError:
            self._wire.forget()
            raise StoreDown("the tables were changed meanwhile") from None
        except _FAULTS as error:
            raise _ours(error, self._sql) from None


async def connect(url: str, patience: int = 30, *, only_reads: bool = False) -> Wire:
    """Raises StoreDown, whatever keeps us from the database.

    `patience`: seconds that a statement may take, and that work may pause between two; 0: for ever.
    """
    options = {
        **_OPTIONS,
        "default_transaction_read_only": "on" if only_reads else "off",
        "idle_in_transaction_session_timeout": str(patience * 1000),
    }
    try:
        connection: Any = await _driver.connect(
            url.replace("+asyncpg", "", 1),
            timeout=10,
            command_timeout=patience or None,
            server_settings=options,
        )
        # Sums of whole numbers are `numeric`; a fraction among them would be an error of ours.
        await connection.set_type_codec(
            "numeric", schema="pg_catalog", encoder=str, decoder=int, format="text"
        )
    except _FAULTS as error:
        raise StoreDown(_words(error)) from None
    return Wire(connection)


def _ours(error: Exception, sql: str) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Broken(_words(error))
    if isinstance(error, asyncpg.DataError):
        return asyncpg.DataError(f"a value does not fit its place in: {sql}")
    state: str | None = getattr(error, "sqlstate", None)
    if state is None or state.startswith(_CUT_KINDS):
        return Cut(_words(error))
    if state.startswith("40"):
        return Again(_words(error))
    if state.startswith(_DOWN_KINDS) or state in _DOWN_STATES:
        return StoreDown(_words(error))
    # Data exceptions (22) quote the value.
    said = type(error).__name__ if state.startswith("22") else _words(error)
    return type(error)(f"{said} in: {sql}")


def _words(error: BaseException) -> str:
    """The message alone: what comes after it names rows and values; an OSError's first argument is but a number."""
    said = error.strerror if isinstance(error, OSError) else "".join(str(one) for one in error.args[:1])
    return said or type(error).__name__


@lru_cache(maxsize=512)
def _numbered(sql: str) -> str:
    count = 0

    def number(found: "re.Match[str]") -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _PLACE.sub(number, sql)
