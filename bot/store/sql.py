"""Statements are written in SQLAlchemy Core, compiled once to the database's own SQL, and run with nothing in between.

Building and caching a Core statement at every call costs ten times what SQLite needs to run it: see docs/decisions/0007.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import BindParameter, Table, bindparam, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from bot.store.wire import Answer, Wire

Value = str | int | None
# What a rule of the tables refuses; the wire to PostgreSQL raises the same.
Broken = sqlite3.IntegrityError


class Row(Protocol):
    """One row of an answer, read by the name or the number of its column."""

    def __getitem__(self, key: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Iterable[str]: ...


class Rows(Protocol):
    """The answer to one statement, waited for by whatever is asked of it first."""

    @property
    def rowcount(self) -> int: ...

    def fetchall(self) -> list[Any]: ...

    def fetchone(self) -> Any: ...


class Read:
    """An answer that came at once."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        # To its end: one that an error leaves open would keep the connection at an old view of the database.
        self._rows: list[Any] = [] if cursor.description is None else cursor.fetchall()
        self.rowcount = cursor.rowcount

    def fetchall(self) -> list[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return self._rows[0] if self._rows else None


def at(name: str) -> BindParameter[Any]:
    """A place in a statement, filled by the keyword of this name when it is run."""
    return bindparam(name, None)


def places(*names: str) -> dict[str, BindParameter[Any]]:
    """One place for each of these columns, for `values(...)`."""
    return {name: at(name) for name in names}


class WrittenOut(SQLCompiler):
    """Writes out what is the same at every run. SQLite plans a whole statement anew when something is bound again that it may
    have compared with the condition of a partial index, for three times the price of a short one; PostgreSQL uses no such
    index for what it sees only then.
    """

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **options: Any) -> str:
        options["literal_execute"] = bindparam.value is not None
        parent: Any = super()
        return str(parent.visit_bindparam(bindparam, *args, **options))


class _Compiler(WrittenOut, SQLiteCompiler):
    pass


class _Dialect(sqlite.dialect):
    statement_compiler = _Compiler
    supports_statement_cache = True


class Statement:
    """A Core statement with its places, compiled when it is first run; given as a function, it is not built before."""

    def __init__(self, clause: ClauseElement | Callable[[], ClauseElement]) -> None:
        self._given = clause

    @property
    def _clause(self) -> ClauseElement:
        return self._given if isinstance(self._given, ClauseElement) else self._given()

    @cached_property
    def compiled(self) -> str:
        """SQLite's SQL. A place that nobody fills is an error and never NULL."""
        dialect = _Dialect(paramstyle="named")
        return str(self._clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))

    @cached_property
    def for_postgres(self) -> tuple[str, tuple[str, ...]]:
        """The SQL with numbered places, and the name of each in order."""
        made: Any = self._clause.compile(dialect=_postgres(), compile_kwargs={"render_postcompile": True})
        return str(made), tuple(made.positiontup or ())


@lru_cache(maxsize=1)
def _postgres() -> Any:
    from bot.store.postgres_dialect import PostgresDialect

    return PostgresDialect()


@lru_cache(maxsize=512)
def setting(table: Table, columns: frozenset[str]) -> Statement:
    """UPDATE of just these columns in the row `row_id`; each distinct set of columns is compiled once."""
    return Statement(update(table).where(table.c.id == at("row_id")).values(places(*sorted(columns))))


class Tx:
    """One open transaction. Rows are read by column name."""

    def __init__(self, connection: "sqlite3.Connection | Wire") -> None:
        self._connection = connection

    def all(self, statement: Statement, /, **values: Value) -> list[Row]:
        return self._run(statement, values).fetchall()

    def each(self, statement: Statement, /, **values: Value) -> Iterator[Row]:
        """Row by row, so that memory does not grow with the answer; to be read to the end within the transaction."""
        connection = self._connection
        if isinstance(connection, sqlite3.Connection):
            yield from self._run(statement, values)  # pyright: ignore[reportGeneralTypeIssues]
        else:
            yield from connection.each(statement, values)

    def one(self, statement: Statement, /, **values: Value) -> Row | None:
        """The first row, or None."""
        return self._run(statement, values).fetchone()

    def value(self, statement: Statement, /, **values: Value) -> Any:
        """The first column of the first row, or None."""
        row = self._run(statement, values).fetchone()
        return None if row is None else row[0]

    def soon(self, statement: Statement, /, **values: Value) -> "Rows":
        """Its answer, to be read later, also by whoever waited for the commit: on PostgreSQL what was asked together is answered
        in one way there and back.
        """
        asked = self._run(statement, values)
        return Read(asked) if isinstance(asked, sqlite3.Cursor) else asked

    def do(self, statement: Statement, /, **values: Value) -> None:
        """Where nobody asks how many rows were changed. On PostgreSQL it goes with the next question, or with the commit, and
        what is wrong with it is raised there.
        """
        self._run(statement, values)

    def run(self, statement: Statement, /, **values: Value) -> int:
        """How many rows were changed."""
        return self._run(statement, values).rowcount

    def plain(self, sql: str, values: Iterable[Value] = ()) -> list[Row]:
        """SQL as it stands; for health, tests and tools."""
        return self._connection.execute(sql, tuple(values)).fetchall()

    def _run(self, statement: Statement, values: dict[str, Value]) -> "sqlite3.Cursor | Answer":
        connection = self._connection
        if isinstance(connection, sqlite3.Connection):
            return connection.execute(statement.compiled, values)
        return connection.run(statement, values)
