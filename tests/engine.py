"""The database under a test: SQLite, or PostgreSQL where the run says TEST_DATABASE=postgresql. Tests speak to it through here."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import psycopg
import pytest
from msgspec import Struct

from bot.store.database import alone
from bot.store.migrate import migrate
from bot.store.postgres import WRITERS_LOCK
from bot.store.sql import Row, Rows, Statement, Tx, Value
from tests import postgres

T = TypeVar("T")
IS_POSTGRES = os.environ.get("TEST_DATABASE", "sqlite") == "postgresql"
only_sqlite = pytest.mark.skipif(IS_POSTGRES, reason="about SQLite's own ways")
only_postgres = pytest.mark.skipif(not IS_POSTGRES, reason="about PostgreSQL's own ways")
_SQLITE = "sqlite:///"
_made: list[str] = []
_open: dict[str, psycopg.Connection[Any]] = {}


def examples(number: int) -> int:
    """How many Hypothesis tries of what SQLite's run has tried in full; PostgreSQL's has to differ in none."""
    return max(10, number // 5) if IS_POSTGRES else number


def url_in(folder: Path) -> str:
    """The address of this folder's one database, which need not be there yet."""
    if not IS_POSTGRES:
        return f"{_SQLITE}{folder}/entraide.db"
    return postgres.url(name_of(folder))


def name_of(folder: Path) -> str:
    """What a database of this folder is called in PostgreSQL."""
    return "t_" + hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def make(url: str, *, empty: bool = False) -> str:
    """Put a migrated database there, or an empty one; what is there already stays, and so does the other engine."""
    if url.startswith(_SQLITE) == IS_POSTGRES:
        return url
    if not IS_POSTGRES:
        if empty:
            _path(url).touch()
        elif not _path(url).exists():
            shutil.copy(_template(), _path(url))
    elif not postgres.exists(_name(url)):
        _made.append(url)
        postgres.create(_name(url), "template1" if empty else postgres.TEMPLATE)
    return url


def fresh(folder: Path) -> str:
    return make(url_in(folder))


def lasting() -> str:
    """A database for all examples of a module, each of which undoes what it did."""
    url = fresh(Path(tempfile.mkdtemp()))
    if url in _made:
        _made.remove(url)
    return url


def copy(url: str, folder: Path) -> str:
    """The folder's database becomes a copy of this one, which nobody has open."""
    there = url_in(folder)
    if not IS_POSTGRES:
        shutil.copy(_path(url), _path(there))
    else:
        _leave(url)
        _made.append(there)
        postgres.create(_name(there), _name(url))
    return there


def drop(*urls: str) -> None:
    for url in urls:
        if IS_POSTGRES:
            _leave(url)
            postgres.drop(_name(url))
        else:
            _path(url).unlink(missing_ok=True)


def tidy() -> None:
    """After each test; SQLite's files go with their folders."""
    while _made:
        drop(_made.pop())


def _leave(url: str) -> None:
    if url in _open:
        _open.pop(url).close()


def sql(url: str, text: str, values: Iterable[Value] = ()) -> list[tuple[Any, ...]]:
    """Rows of SQL with `?` for its values, committed at once, on a connection of its own beside any process."""
    if not IS_POSTGRES:
        with contextlib.closing(sqlite3.connect(_path(url))) as one, one:
            return one.execute(text, tuple(values)).fetchall()
    done = _beside(url).execute(_placed(text), tuple(values))
    return done.fetchall() if done.description else []


def _beside(url: str) -> psycopg.Connection[Any]:
    """Kept for the next question: to connect takes longer than to ask."""
    if url not in _open:
        _open[url] = psycopg.connect(url, autocommit=True)
    return _open[url]


def sql_many(url: str, text: str, rows: Iterable[tuple[Value, ...]]) -> None:
    if not IS_POSTGRES:
        with contextlib.closing(sqlite3.connect(_path(url))) as one, one:
            one.executemany(text, rows)
        return
    with contextlib.closing(psycopg.connect(url)) as one, one, one.cursor() as cursor:
        cursor.executemany(_placed(text), rows)


def tables(tx: Tx) -> list[str]:
    if IS_POSTGRES:
        found = tx.plain(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        )
    else:
        found = tx.plain("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
    return [row[0] for row in found]


def columns(tx: Tx, table: str) -> list[str]:
    """In the order of `SELECT *`."""
    if IS_POSTGRES:
        sql = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ? ORDER BY ordinal_position"
    else:
        sql = "SELECT name FROM pragma_table_info(?) ORDER BY cid"
    return [row[0] for row in tx.plain(sql, [table])]


def break_at(tx: Tx, step: str, when: str = "", *, is_down: bool = False) -> None:
    """From now on this step, as INSERT ON deliveries, breaks a rule, or fails as on a broken disk; or only WHEN a row is so."""
    condition = f"WHEN ({when})" if when else ""
    if not IS_POSTGRES:
        how = "INSERT INTO gone VALUES (1)" if is_down else "SELECT RAISE(ABORT, 'broken')"
        tx.plain(f"CREATE TRIGGER broken BEFORE {step} {condition} BEGIN {how}; END")
        return
    code = "58030" if is_down else "23000"
    tx.plain(
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = '{code}'; END$$"
    )
    tx.plain(f"CREATE TRIGGER broken BEFORE {step} FOR EACH ROW {condition} EXECUTE FUNCTION broken()")


def mend(tx: Tx) -> None:
    tx.plain("DROP FUNCTION broken() CASCADE" if IS_POSTGRES else "DROP TRIGGER broken")


class Holder:
    """Somebody else who wants to write and may keep everybody else from it."""

    def __init__(self, url: str) -> None:
        self._sqlite = None if IS_POSTGRES else sqlite3.connect(_path(url), isolation_level=None)
        self._postgres = psycopg.connect(url, autocommit=True) if IS_POSTGRES else None

    def take(self) -> bool:
        """Whether nobody else can write from now on. PostgreSQL's is not waited for: who has it may be of our own loop."""
        if self._sqlite is not None:
            self._sqlite.execute("BEGIN IMMEDIATE")
            return True
        return self._asked(f"SELECT pg_try_advisory_lock({WRITERS_LOCK})")

    def let_go(self) -> None:
        if self._sqlite is not None:
            self._sqlite.execute("ROLLBACK")
        else:
            self._asked(f"SELECT pg_advisory_unlock({WRITERS_LOCK})")

    def close(self) -> None:
        for one in (self._sqlite, self._postgres):
            if one is not None:
                one.close()

    def _asked(self, sql: str) -> bool:
        assert self._postgres is not None
        row = self._postgres.execute(sql.encode()).fetchone()
        return row == (True,)


def impatient(tx: Tx) -> None:
    """This writer gives up on a lock at once, and not after seconds."""
    tx.plain("SET lock_timeout = 10" if IS_POSTGRES else "PRAGMA busy_timeout=10")


def _placed(text: str) -> bytes:
    return text.replace("%", "%%").replace("?", "%s").encode()


def _path(url: str) -> Path:
    return Path(url.removeprefix(_SQLITE))


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]


@cache
def _template() -> Path:
    made = Path(tempfile.mkdtemp()) / "template.db"
    migrate(str(made))
    return made


# A transaction that a test holds in its hands.


@contextlib.contextmanager
def tx(url: str) -> Iterator[Tx]:
    """An open transaction for functions of the store, undone at the end."""
    with _of_postgres(url) if IS_POSTGRES else _of_sqlite(url) as one:
        yield one


@contextlib.contextmanager
def _of_sqlite(url: str) -> Iterator[Tx]:
    with contextlib.closing(sqlite3.connect(_path(url), isolation_level=None)) as raw:
        raw.row_factory = sqlite3.Row
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("BEGIN")
        yield Tx(raw)
        raw.execute("ROLLBACK")


@contextlib.contextmanager
def _of_postgres(url: str) -> Iterator[Tx]:
    asked: SimpleQueue[Callable[[Tx], None] | None] = SimpleQueue()

    def serve(tx: Tx) -> None:
        # What was undone before has used up numbers; on SQLite it has not.
        tx.plain("SELECT setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences")
        while (work := asked.get()) is not None:
            work(tx)

    with ThreadPoolExecutor(1) as thread:
        serving = thread.submit(alone, url, serve)
        try:
            yield _Elsewhere(asked, serving)
        finally:
            asked.put(None)
    serving.result()


class _Elsewhere(Tx):
    """A transaction in a thread that has a loop of its own, as PostgreSQL's connections want one."""

    def __init__(self, asked: SimpleQueue[Callable[[Tx], None] | None], serving: Future[None]) -> None:
        self._asked, self._serving = asked, serving

    def ask(self, work: Callable[[Tx], T]) -> T:
        answer: Future[T] = Future()

        def answered(tx: Tx) -> None:
            try:
                answer.set_result(work(tx))
            except BaseException as error:  # noqa: BLE001  it belongs to the test
                answer.set_exception(error)

        self._asked.put(answered)
        first: list[Future[Any]] = [answer, self._serving]
        wait(first, return_when=FIRST_COMPLETED)
        if not answer.done():
            self._serving.result()
        return answer.result()

    def each(self, statement: Statement, /, **values: Value) -> Iterator[Row]:
        yield from self.all(statement, **values)

    def all(self, statement: Statement, /, **values: Value) -> list[Row]:
        return self.ask(lambda tx: tx.all(statement, **values))

    def one(self, statement: Statement, /, **values: Value) -> Row | None:
        return self.ask(lambda tx: tx.one(statement, **values))

    def value(self, statement: Statement, /, **values: Value) -> Any:
        return self.ask(lambda tx: tx.value(statement, **values))

    def run(self, statement: Statement, /, **values: Value) -> int:
        return self.ask(lambda tx: tx.run(statement, **values))

    def do(self, statement: Statement, /, **values: Value) -> None:
        self.ask(lambda tx: tx.do(statement, **values))

    def soon(self, statement: Statement, /, **values: Value) -> Rows:
        return _Asked(self, self.ask(lambda tx: tx.soon(statement, **values)))

    def plain(self, sql: str, values: Iterable[Value] = ()) -> list[Row]:
        return self.ask(lambda tx: tx.plain(sql, values))


class _Asked(Struct, frozen=True):
    """An answer that is waited for elsewhere."""

    there: _Elsewhere
    rows: Rows

    @property
    def rowcount(self) -> int:
        return self.there.ask(lambda _: self.rows.rowcount)

    def fetchall(self) -> list[Row]:
        return self.there.ask(lambda _: self.rows.fetchall())

    def fetchone(self) -> Row | None:
        return self.there.ask(lambda _: self.rows.fetchone())


def trace(tx: Tx, hear: Callable[[str], object] | None) -> None:
    """Let `hear` be told each statement of this transaction."""
    if isinstance(tx, _Elsewhere):
        tx.ask(lambda one: setattr(one._connection, "hear", hear))
    else:
        assert isinstance(tx._connection, sqlite3.Connection)
        tx._connection.set_trace_callback(hear)
