"""A connection to PostgreSQL as a transaction sees it: plain calls, whose answers are awaited underneath once somebody asks for them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import psycopg
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.types.string import TextLoader
from sqlalchemy.util.concurrency import await_

from bot.errors import StoreDown
from bot.store.pipe import Asked, Pipe
from bot.store.refusals import Cut, Outdated, words
from bot.store.sql import Row, Statement, Value

_OPTIONS = {
    "TimeZone": "UTC",
    "lock_timeout": "10000",
    # Our statements take milliseconds: compiling them would take longer.
    "jit": "off",
}
_PLACE = re.compile(r"'[^']*'|\"[^\"]*\"|\?")
_MOST_PREPARED, _MOST_AHEAD = 1000, 500
# How many rows a long answer brings at a time.
_FETCHED = 500


class _Record(tuple[Any, ...]):
    """One row, read by the name or the number of its column."""

    places: ClassVar[dict[str, int]]

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.places[key] if isinstance(key, str) else key)

    def keys(self) -> Iterable[str]:
        return self.places


class _Prepared:
    """A statement's name on one connection, and what its rows are, once some were read."""

    __slots__ = ("asked", "name", "record")

    def __init__(self, asked: Asked, name: bytes = b"") -> None:
        self.asked, self.name = asked, name
        self.record: type[_Record] | None = None


class Answer:
    """What sqlite3.Cursor is on SQLite: the statement is on its way, and is waited for by whatever is asked of it first."""

    def __init__(self, wire: "Wire", asked: Asked, prepared: _Prepared) -> None:
        self._wire, self._asked, self._prepared = wire, asked, prepared

    def fetchall(self) -> list[Row]:
        return self._rows(self._result())

    def fetchone(self) -> Row | None:
        result = self._result()
        return self._rows(result, 1)[0] if result.ntuples else None

    @property
    def rowcount(self) -> int:
        return self._result().command_tuples or 0

    def _result(self) -> "psycopg.pq.abc.PGresult":
        if self._asked.result is None:
            await_(self._wire.settled())
        if self._asked.result is None:
            raise StoreDown("it was not run: what was asked before it had failed")
        return self._asked.result

    def _rows(self, result: "psycopg.pq.abc.PGresult", most: int | None = None) -> list[Row]:
        if self._prepared.record is None:
            self._prepared.record = _record(result)
        return self._wire.loaded(result, self._prepared.record, most)


class Wire:
    """One connection, with the statements that were prepared on it."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._loader = Transformer(pipe.connection)
        self._prepared: dict[str, _Prepared] = {}
        self._names, self._is_to_forget = 0, False
        self.hear: Callable[[str], object] | None = None
        self.is_in_transaction = False
        # Nothing was answered since it was begun, and nothing asked that may have been kept: all of it may be asked of another.
        self.is_silent = True

    @property
    def is_open(self) -> bool:
        return self._pipe.is_open

    @property
    def owes(self) -> int:
        """How much was asked and not waited for."""
        return self._pipe.owes

    @property
    def backend_pid(self) -> int:
        return self._pipe.backend_pid

    def listen(self, heard: Callable[[int, str], object]) -> None:
        """Let `heard` be told whose word it is, by the number of their connection, and the word."""
        self._pipe.heard = heard

    def begin(self, *commands: str) -> None:
        """What is to be said before all else; it goes with the first statement."""
        self._pipe.look()
        self.is_silent, self.is_in_transaction = True, bool(commands)
        for one in commands:
            self.say(one)

    def say(self, command: str, values: Sequence[Value] = ()) -> Asked:
        """A command, on its way; it is not prepared."""
        if self.hear is not None:
            self.hear(command)
        return self._pipe.say(command, values)

    def run(self, statement: Statement, values: dict[str, Value]) -> Answer:
        """Raises KeyError for a place that nobody fills."""
        if self._pipe.owes >= _MOST_AHEAD:
            # What is sent ahead is in memory, here or there, until it is answered.
            await_(self.settled())
        sql, names = statement.for_postgres
        return self._put(sql, [values[name] for name in names])

    def execute(self, sql: str, values: Sequence[Value] = ()) -> Answer:
        """SQL as it stands, its places written `?` as on SQLite."""
        return self._put(_numbered(sql), values)

    def each(self, statement: Statement, values: dict[str, Value]) -> Iterator[Row]:
        """Row by row, so many at a time."""
        if not self.is_in_transaction:
            # A cursor lives in a transaction; what is glanced at is short.
            yield from self.run(statement, values).fetchall()
            return
        sql, names = statement.for_postgres
        self._names += 1
        cursor = f"each{self._names}"
        rows = _Prepared(
            self.say(f"DECLARE {cursor} NO SCROLL CURSOR FOR {sql}", [values[one] for one in names])
        )
        while some := Answer(self, self.say(f"FETCH {_FETCHED} FROM {cursor}"), rows).fetchall():
            yield from some
        self.say(f"CLOSE {cursor}")

    async def ask(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """For those who wait by themselves."""
        answer = self._put(sql, values)
        await self.settled()
        return answer.fetchall()

    async def settled(self) -> None:
        """All that was asked is answered. Raises the first refusal."""
        try:
            await self._pipe.settled()
        except Outdated:
            self._forget()
            raise
        except BaseException:
            self._keep_answered()
            raise
        finally:
            self.is_silent = self.is_silent and not self.is_open

    async def commit(self) -> None:
        """No answer leaves it in doubt: the caller is told that it failed, and never that it was kept."""
        self.is_silent = False
        commit = self.say("COMMIT")
        try:
            await self.settled()
        except Exception as error:
            if self.owes:
                # Not refused, but not heard of: the same must not be done again.
                self.close()
                raise Cut(type(error).__name__) from error
            raise
        self.is_in_transaction = False
        said = None if commit.result is None else commit.result.command_status
        if said != b"COMMIT":
            raise StoreDown(f"nothing was kept: {said}")

    async def undo(self, *commands: str) -> None:
        """Leave what failed behind, whatever is still under way of it, and go on with these."""
        self._leave()
        for one in commands:
            self.say(one)
        await self.settled()

    def give_back(self) -> None:
        """Undo what is open; nobody waits for it."""
        self._leave()
        if self.is_in_transaction:
            self.is_in_transaction = False
            self.say("ROLLBACK")
            self._pipe.ignore()
            self._pipe.send()

    def close(self) -> None:
        """At once; the server undoes what is open."""
        self._prepared.clear()
        self._pipe.close()

    def loaded(
        self, result: "psycopg.pq.abc.PGresult", record: type[_Record], most: int | None = None
    ) -> list[Row]:
        self._loader.set_pgresult(result)
        return self._loader.load_rows(0, most or result.ntuples, record)

    def _leave(self) -> None:
        """Send what is still under way, and hear no more of it: nor whether what was prepared with it came about."""
        if self.owes:
            self._keep_answered()
            self._pipe.ignore()
            self._pipe.send()

    def _keep_answered(self) -> None:
        self._prepared = {sql: one for sql, one in self._prepared.items() if one.asked.result is not None}

    def _put(self, sql: str, values: Sequence[Value]) -> Answer:
        if self.hear is not None:
            self.hear(sql)
        prepared = self._prepared.get(sql) or self._prepare(sql)
        return Answer(self, self._pipe.run(sql, prepared.name, values), prepared)

    def _forget(self) -> None:
        """The server is told with the next statement: now it may be in no state to listen."""
        self._prepared.clear()
        self._is_to_forget = True

    def _prepare(self, sql: str) -> _Prepared:
        if len(self._prepared) >= _MOST_PREPARED:
            self._forget()
        if self._is_to_forget:
            self._is_to_forget = False
            self._pipe.say("DEALLOCATE ALL")
        self._names += 1
        name = b"s%d" % self._names
        made = self._prepared[sql] = _Prepared(self._pipe.prepare(name, sql), name)
        return made


class _Whole(Loader):
    """Sums of whole numbers are `numeric`; a fraction among them would be an error of ours."""

    def load(self, data: Any) -> int:
        return int(bytes(data))


def _record(result: "psycopg.pq.abc.PGresult") -> type[_Record]:
    return _record_of(tuple((result.fname(number) or b"").decode() for number in range(result.nfields)))


@lru_cache(maxsize=1024)
def _record_of(names: tuple[str, ...]) -> type[_Record]:
    """The same for all connections."""
    # Of two with one name the first is meant.
    places = {name: number for number, name in reversed([*enumerate(names)])}
    return type("Record", (_Record,), {"__slots__": (), "places": places})


async def connect(url: str, patience: int = 30, *, only_reads: bool = False) -> Wire:
    """Raises StoreDown, whatever keeps us from the database.

    `patience`: seconds that a statement may take, and that work may pause between two; 0: for ever.
    """
    try:
        connection = await psycopg.AsyncConnection[Any].connect(
            plain(url),
            autocommit=True,
            connect_timeout=10,
            client_encoding="utf8",
            application_name="entraide",
        )
    except (OSError, UnicodeError, psycopg.Error) as error:
        raise StoreDown(words(str(error), url)) from None
    _adapt(connection.adapters)
    try:
        wire = Wire(Pipe(connection, patience))
    except psycopg.Error as error:
        connection.pgconn.finish()
        raise StoreDown(words(str(error), url)) from None
    limit = str(patience * 1000)
    options = {
        **_OPTIONS,
        "default_transaction_read_only": "on" if only_reads else "off",
        "idle_in_transaction_session_timeout": limit,
        "statement_timeout": limit,
    }
    try:
        await wire.ask(_setting(tuple(options)), list(options.values()))
    except BaseException:
        wire.close()
        raise
    return wire


def plain(url: str) -> str:
    """The address as libpq reads it."""
    return re.sub(r"\A(postgres(?:ql)?)\+\w+:", r"\1:", url)


def _adapt(adapters: AdaptersMap) -> None:
    adapters.register_loader("numeric", _Whole)
    for name in ("json", "jsonb"):
        adapters.register_loader(name, TextLoader)


@lru_cache(maxsize=4)
def _setting(names: tuple[str, ...]) -> str:
    calls = [f"set_config('{name}', ${number}, false)" for number, name in enumerate(names, 1)]
    return f"SELECT {', '.join(calls)}"


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
