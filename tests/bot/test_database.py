"""What every use case relies on, on either engine: together in one commit, apart in failure, nothing lost, nothing twice."""

import asyncio
import contextlib
import gc
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest
import uvloop

from bot.errors import StoreDown
from bot.logs import strike_out
from bot.store import marks
from bot.store.database import TOGETHER, Database, alone
from bot.store.migrate import migrate
from bot.store.sql import Broken, Statement, Tx, at
from bot.store.tables import marks as table

_COUNT = "SELECT count(*) FROM marks"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    migrate(f"sqlite:///{tmp_path}/one.db")
    return f"sqlite:///{tmp_path}/one.db"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    async with opened(url) as one:
        yield one


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    one = Database(url)
    await one.open()
    try:
        yield one
    finally:
        await one.close()


def putting(key: str, value: str = "1") -> Callable[[Tx], None]:
    return lambda tx: marks.put(tx, key, value)


def keys(tx: Tx) -> list[str]:
    return [key for key, _ in marks.beginning(tx, "")]


class Regret(Exception):
    """What a use case may raise in the middle."""


def regretting(tx: Tx) -> None:
    marks.put(tx, "regret", "1")
    raise Regret


def breaking(tx: Tx) -> None:
    marks.put(tx, "broken", "1")
    for _ in range(2):
        tx.plain("INSERT INTO marks (key, value) VALUES ('twice', 'a secret')")


async def test_a_question_whose_answer_nobody_reads_leaves_no_old_view_open(db: Database, url: str) -> None:
    """Else nothing could be written any more once somebody else has written, until somebody looks for garbage."""
    every = Statement(table.select())
    await db.write(lambda tx: [marks.put(tx, key, "1") for key in "abc"])

    def fails(tx: Tx) -> None:
        answer = tx.soon(every)
        raise Regret(answer)

    gc.disable()
    try:
        failed = await asyncio.gather(db.write(fails), return_exceptions=True)
        elsewhere(url, putting("d"))
        await db.write(putting("e"))
    finally:
        gc.enable()
    assert isinstance(failed[0], Regret)
    assert await db.read(keys) == ["a", "b", "c", "d", "e"]


def elsewhere(url: str, work: Callable[[Tx], object]) -> None:
    """As another process would, while the caller's thread waits."""
    other = threading.Thread(target=lambda: alone(url, work, keep=True))
    other.start()
    other.join()


async def test_writes_that_wait_together_share_commits_and_a_failure_undoes_itself_alone(
    db: Database,
) -> None:
    said: list[str] = []
    await db.trace(said.append)
    work = [putting(f"{number:03}") for number in range(TOGETHER * 2)]
    work[3], work[4], work[70] = regretting, breaking, regretting
    found = await asyncio.gather(*(db.write(one) for one in work), return_exceptions=True)
    await db.trace(None)
    failed = {number: type(one) for number, one in enumerate(found) if one is not None}
    assert failed == {3: Regret, 4: Broken, 70: Regret}
    assert await db.read(keys) == [f"{number:03}" for number in range(TOGETHER * 2) if number not in failed]
    assert sum(one == "COMMIT" for one in said) < 6


async def test_on_sqlite_what_comes_in_the_next_turns_of_the_loop_shares_a_commit(db: Database) -> None:
    if db.engine != "sqlite":
        pytest.skip("PostgreSQL takes longer than that for each commit")
    said: list[str] = []
    await db.trace(said.append)
    writes: list[asyncio.Future[None]] = []
    for number in range(6):
        writes.append(asyncio.ensure_future(db.write(putting(f"{number}"))))
        await asyncio.sleep(0)
    await asyncio.gather(*writes)
    await db.trace(None)
    assert said.count("COMMIT") == 1
    assert await db.read(keys) == [f"{number}" for number in range(6)]


async def test_a_failure_alone_in_its_commit_is_undone_and_the_next_write_is_kept(db: Database) -> None:
    with pytest.raises(Regret):
        await db.write(regretting)
    with pytest.raises(Broken):
        await db.write(breaking)
    await db.write(putting("kept"))
    assert await db.read(keys) == ["kept"]


async def test_what_the_database_refuses_is_told_without_the_values(db: Database) -> None:
    with pytest.raises(Broken) as caught:
        await db.write(breaking)
    assert "secret" not in str(caught.value) + str(caught.value.__cause__)


async def test_the_work_of_a_cancelled_caller_is_done_all_the_same_and_in_its_order(db: Database) -> None:
    order: list[int] = []

    def noting(number: int) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            order.append(number)
            marks.put(tx, str(number), "1")

        return work

    tasks = [asyncio.ensure_future(db.write(noting(number))) for number in range(9)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await db.write(keys) == [str(number) for number in range(9)]
    assert order == list(range(9))
    assert [task.cancelled() for task in tasks] == [number % 2 == 0 for number in range(9)]


async def test_a_read_sees_one_moment_whatever_is_written_meanwhile(db: Database, url: str) -> None:
    def work(tx: Tx) -> list[list[str]]:
        before = keys(tx)
        elsewhere(url, putting("new"))
        return [before, keys(tx)]

    assert await db.read(work) == [[], []]
    assert await db.read(keys) == ["new"]


async def test_a_study_holds_up_neither_reads_nor_writes(db: Database) -> None:
    go = threading.Event()

    def work(tx: Tx) -> list[list[str]]:
        before = keys(tx)
        assert go.wait(60)
        return [before, keys(tx)]

    await db.write(putting("old"))
    study = asyncio.ensure_future(db.study(work))
    await db.write(putting("new"))
    assert await db.read(keys) == ["new", "old"]
    go.set()
    before, after = await study
    assert before == after


async def test_two_processes_that_count_in_the_same_row_lose_nothing(url: str) -> None:
    def count(tx: Tx) -> None:
        marks.put(tx, "n", str(int(marks.get(tx, "n") or 0) + 1))

    async with opened(url) as one, opened(url) as other:
        await asyncio.gather(*(db.write(count) for _ in range(50) for db in (one, other)))
        assert await one.read(lambda tx: marks.get(tx, "n")) == "100"


async def test_a_place_that_nobody_fills_is_an_error_and_one_too_many_is_none(db: Database) -> None:
    wanted = Statement(table.select().where(table.c.key == at("wanted")))
    with pytest.raises((KeyError, StoreDown), match="wanted"):
        await db.read(lambda tx: tx.all(wanted))
    assert await db.read(lambda tx: tx.all(wanted, wanted="x", other="y")) == []


async def test_run_says_how_many_rows_were_changed(db: Database) -> None:
    rename = Statement(table.update().where(table.c.value == at("was")).values(value=at("becomes")))
    drop = Statement(table.delete().where(table.c.key == at("gone")))

    def work(tx: Tx) -> list[int]:
        for key in "abc":
            marks.put(tx, key, "1")
        return [
            tx.run(rename, was="1", becomes="2"),
            tx.run(rename, was="1", becomes="2"),
            tx.run(drop, gone="a"),
        ]

    assert await db.write(work) == [3, 0, 1]


async def test_rows_come_one_by_one_or_all_at_once_by_name_and_by_number(db: Database) -> None:
    every = Statement(table.select().order_by(table.c.key))

    def work(tx: Tx) -> None:
        for number in range(1203):
            marks.put(tx, f"{number:04}", str(number))
        assert [row["value"] for row in tx.each(every)] == [str(number) for number in range(1203)]
        assert [(row[0], *row)[1:] for row in tx.all(every)][1202] == ("1202", "1202")
        first = tx.one(every)
        assert first is not None
        assert dict(first) == {"key": "0000", "value": "0"}

    await db.write(work)


async def test_sums_are_whole_numbers(db: Database) -> None:
    def work(tx: Tx) -> None:
        tx.plain("CREATE TABLE numbers (n BIGINT)")
        for _ in range(3):
            tx.plain("INSERT INTO numbers VALUES (?)", [2**61])
        [[total]] = tx.plain("SELECT sum(n - 1) FROM numbers WHERE n > ? AND '?' = '?'", [0])
        assert (type(total), total) == (int, 3 * (2**61 - 1))

    await db.write(work)


async def test_closing_finishes_what_was_handed_over_and_lets_nobody_in_afterwards(url: str) -> None:
    one = Database(url)
    await one.open()
    writes = [asyncio.ensure_future(one.write(putting(f"{number:03}"))) for number in range(TOGETHER + 9)]
    await asyncio.sleep(0)
    await one.close()
    assert await asyncio.gather(*writes) == [None] * (TOGETHER + 9)
    for call in (one.glance, one.read, one.write):
        with pytest.raises(StoreDown):
            await call(keys)
    async with opened(url) as other:
        assert len(await other.read(keys)) == TOGETHER + 9


def test_work_alone_is_undone_unless_it_is_to_be_kept(url: str) -> None:
    alone(url, putting("undone"))
    alone(url, putting("kept"), keep=True)
    with pytest.raises(Regret):
        alone(url, regretting, keep=True)
    assert alone(url, keys) == ["kept"]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_either_loop_will_do(url: str, run: Callable[..., object]) -> None:
    async def work() -> list[str]:
        async with opened(url) as db:
            await asyncio.gather(*(db.write(putting(key)) for key in "abc"))
            return await db.study(keys)

    assert run(work()) == ["a", "b", "c"]


# PostgreSQL alone: what becomes of a connection.


def admin(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as one:
        done = one.execute(sql.encode())
        return done.fetchall() if done.description else []


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.01)


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'entraide'"
# Once it is over they are gone.
_KILL = f"SELECT pg_terminate_backend(pid, 20000) {_OTHERS}"


async def test_connections_that_died_while_idle_are_made_anew_and_nobody_hears_of_it(
    postgres_url: str,
) -> None:
    async with opened(postgres_url) as db:
        for key in ("a", "b"):
            assert len(admin(postgres_url, _KILL)) >= 2
            await db.write(putting(key))
            await db.read(keys)
        assert await db.read(keys) == ["a", "b"]


async def test_a_connection_that_dies_in_the_middle_keeps_nothing_and_says_so_and_the_next_write_succeeds(
    postgres_url: str,
) -> None:
    def dying(tx: Tx) -> None:
        marks.put(tx, "dying", "1")
        assert marks.get(tx, "dying") == "1"
        admin(postgres_url, _KILL)
        marks.put(tx, "dead", "1")

    async with opened(postgres_url) as db:
        work = [putting("beside"), dying, putting("after")]
        found = await asyncio.gather(*(db.write(one) for one in work), return_exceptions=True)
        assert [isinstance(one, StoreDown) for one in found] == [True] * 3
        with pytest.raises(StoreDown):
            await db.read(dying)
        await db.write(putting("next"))
        assert await db.read(keys) == ["next"]


async def test_a_commit_without_an_answer_is_told_as_failed_and_never_made_again(postgres_url: str) -> None:
    admin(
        postgres_url,
        """
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
            $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$;
        CREATE CONSTRAINT TRIGGER dying AFTER INSERT ON marks DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW WHEN (NEW.value = 'fatal') EXECUTE FUNCTION die()
        """,
    )
    entered: list[int] = []

    def work(tx: Tx) -> None:
        entered.append(1)
        marks.put(tx, "x", "fatal")

    async with opened(postgres_url) as db:
        with pytest.raises(StoreDown):
            await db.write(work)
        await db.write(putting("next"))
        assert (entered, await db.read(keys)) == ([1], ["next"])


async def test_a_deadlock_with_somebody_else_is_tried_again(postgres_url: str) -> None:
    elsewhere(postgres_url, lambda tx: [marks.put(tx, key, "0") for key in "ab"])
    entered: list[int] = []
    mine, theirs = threading.Event(), threading.Event()

    def work(tx: Tx) -> None:
        entered.append(1)
        if len(entered) > 1:
            # Or we might stand in each other's way once more.
            assert theirs.wait(60)
        marks.put(tx, "a", "mine")
        # Waited for, which a put alone is not.
        assert marks.get(tx, "a") == "mine"
        mine.set()
        marks.put(tx, "b", "mine")

    with psycopg.connect(postgres_url) as other:
        # We are the one who finds it out, so we are the one who is undone.
        other.execute("SET deadlock_timeout = '100s'")
        other.execute("UPDATE marks SET value = 'theirs' WHERE key = 'b'")

        def cross() -> None:
            assert mine.wait(60)
            other.execute("UPDATE marks SET value = 'theirs' WHERE key = 'a'")
            other.commit()
            theirs.set()

        async with opened(postgres_url) as db:
            await asyncio.gather(db.write(work), asyncio.to_thread(cross))
            assert len(entered) == 2
            assert await db.read(lambda tx: marks.beginning(tx, "")) == [("a", "mine"), ("b", "mine")]


async def test_a_cancelled_read_gives_its_connection_back_clean(postgres_url: str) -> None:
    sleeping = f"SELECT pid {_OTHERS} AND query LIKE '%pg_sleep%' AND state = 'active'"
    async with opened(postgres_url) as db:
        for _ in range(6):
            read = asyncio.ensure_future(db.read(lambda tx: tx.plain("SELECT pg_sleep(60)")))
            await until(lambda: bool(admin(postgres_url, sleeping)))
            read.cancel()
            with pytest.raises(asyncio.CancelledError):
                await read
            assert await db.read(keys) == []
        await until(lambda: not admin(postgres_url, sleeping))
        assert admin(postgres_url, f"SELECT count(*) {_OTHERS} AND state <> 'idle'") == [(0,)]


async def test_a_statement_is_prepared_once_a_connection_and_again_when_its_table_was_changed(
    postgres_url: str,
) -> None:
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT * FROM marks'"

    def look(tx: Tx) -> list[int]:
        found = tx.plain("SELECT * FROM marks")
        return [len(found), *tx.plain(prepared)[0]]

    async with opened(postgres_url) as db:
        assert [await db.read(look) for _ in range(3)] == [[0, 1]] * 3
        admin(postgres_url, "ALTER TABLE marks ADD COLUMN more TEXT")
        with pytest.raises(StoreDown):
            await db.read(look)
        assert await db.read(look) == [0, 1]


async def test_a_database_that_is_not_there_is_down_and_its_password_is_never_said(postgres_url: str) -> None:
    base = postgres_url.rsplit("/", 1)[0].replace("postgres@", "nobody:hunter2@")
    for wrong in (f"{base}/x", "postgresql://nobody:hunter2@127.0.0.1:1/x", f"{postgres_url}_gone"):
        with pytest.raises(StoreDown) as caught:
            await Database(wrong).open()
        with pytest.raises(StoreDown):
            await Database(wrong).study(keys)
        assert "hunter2" not in str(caught.value)
    line = strike_out(logging, "info", {"event": f"cannot open {base}/x now"})
    assert line == {"event": "cannot open [secret] now"}


_WITHOUT = """
import sys
sys.modules["psycopg"] = None
from bot.config import Settings
import bot.store.database
try:
    print(Settings(_env_file=None, database_url=sys.argv[1]).database_name)
except ValueError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://me:secret@host/one", "pip install 'entraide-bot[postgres]'"),
        ("sqlite:///var/one.db", "var/one.db"),
    ],
)
def test_without_the_driver_only_a_postgresql_address_is_refused_in_words(url: str, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT, url], capture_output=True, text=True, check=True)
    assert said in done.stdout
