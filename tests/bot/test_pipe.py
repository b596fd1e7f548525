"""Statements that go ahead of their answers: what is wrong with one is told to its owner, and to nobody who comes after it."""

import asyncio
import re
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy.util.concurrency import greenlet_spawn

from bot.errors import StoreDown
from bot.store import marks
from bot.store.database import Database
from bot.store.refusals import Cut, Late, words
from bot.store.sql import Broken, Statement, Tx, at
from bot.store.tables import marks as table
from bot.store.wire import connect
from tests.faults.wall import wall

_ADD = Statement(table.insert().values(key=at("name"), value=at("word")))
_FIND = Statement(table.select().where(table.c.key == at("name")))
_DROP = Statement(table.delete().where(table.c.key == at("name")))
_ALL = Statement(table.select().order_by(table.c.key))


@pytest.fixture
async def db(postgres_url: str) -> AsyncIterator[Database]:
    one = Database(postgres_url)
    await one.open()
    yield one
    await one.close()


def add(tx: Tx, name: str, word: str = "1") -> None:
    tx.do(_ADD, name=name, word=word)


def names(tx: Tx) -> list[str]:
    return [row["key"] for row in tx.all(_ALL)]


async def test_what_is_wrong_with_a_statement_that_was_sent_ahead_is_raised_at_the_next_question(
    db: Database,
) -> None:
    await db.write(lambda tx: add(tx, "a"))
    after: list[str] = []

    def twice(tx: Tx) -> None:
        add(tx, "b")
        add(tx, "a")
        add(tx, "c")
        after.append("sent")
        names(tx)
        after.append("answered")

    with pytest.raises(Broken):
        await db.write(twice)
    assert after == ["sent"]
    assert await db.read(names) == ["a"]


async def test_or_at_the_commit_which_then_keeps_nothing(db: Database) -> None:
    await db.write(lambda tx: add(tx, "a"))
    with pytest.raises(Broken):
        await db.write(lambda tx: [add(tx, "b"), add(tx, "a")])
    assert await db.read(names) == ["a"]


async def test_one_of_several_that_share_a_commit_fails_at_its_end_and_costs_the_others_nothing(
    db: Database,
) -> None:
    done = await asyncio.gather(
        *(db.write(lambda tx, one=one: add(tx, one)) for one in ("a", "b", "a", "c", "b")),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [type(None), type(None), Broken, type(None), Broken]
    assert await db.read(names) == ["a", "b", "c"]


async def test_what_was_sent_before_its_sender_failed_is_nobody_elses_fault(db: Database) -> None:
    await db.write(lambda tx: add(tx, "a"))

    def fails(tx: Tx) -> None:
        add(tx, "a")
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            await db.write(fails)
        await db.write(lambda tx: marks.put(tx, "b", "2"))
    assert await db.read(names) == ["a", "b"]


async def test_what_was_prepared_behind_a_failure_is_prepared_again(db: Database) -> None:
    await db.write(lambda tx: add(tx, "a"))

    def fails(tx: Tx) -> None:
        add(tx, "a")
        # Of this connection's statements the first of its kind: it is prepared behind what is refused.
        tx.do(_DROP, name="a")
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            await db.write(fails)
        await db.write(lambda tx: tx.do(_DROP, name="z"))
    assert await db.read(names) == ["a"]


async def test_what_was_asked_after_a_failure_was_not_run(db: Database) -> None:
    await db.write(lambda tx: add(tx, "a"))

    def goes_on(tx: Tx) -> None:
        later = tx.soon(_FIND, name="a")
        add(tx, "a")
        last = tx.soon(_FIND, name="a")
        with pytest.raises(Broken):
            later.fetchone()
        assert later.fetchone()["value"] == "1"
        with pytest.raises(StoreDown, match="was not run"):
            last.fetchone()

    with pytest.raises(StoreDown, match="nothing was kept"):
        await db.write(goes_on)


async def test_questions_that_are_asked_together_keep_their_answers_apart(db: Database) -> None:
    await db.write(lambda tx: [add(tx, one, one * 2) for one in "abc"])

    def look(tx: Tx) -> list[str]:
        asked = [tx.soon(_FIND, name=one) for one in "cab"]
        return [one.fetchone()["value"] for one in asked]

    for way in (db.read, db.glance, db.study, db.write):
        assert await way(look) == ["cc", "aa", "bb"]


async def test_whoever_goes_away_in_the_middle_of_an_answer_leaves_it_to_nobody(db: Database) -> None:
    await db.write(lambda tx: add(tx, "a"))
    slow = asyncio.create_task(db.read(lambda tx: tx.plain("SELECT pg_sleep(30)")))
    seen = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()"
    async with asyncio.timeout(20):
        while not await db.write(lambda tx: tx.plain(seen)):
            await asyncio.sleep(0.01)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert [await db.read(names) for _ in range(8)] == [["a"]] * 8


async def test_a_long_answer_comes_in_parts_between_which_others_are_asked(db: Database) -> None:
    await db.write(lambda tx: [add(tx, f"{one:04}", str(one)) for one in range(1203)])

    def look(tx: Tx) -> list[tuple[str, str]]:
        return [(row["key"], tx.all(_FIND, name=row["key"])[0]["value"]) for row in tx.each(_ALL)]

    assert await db.read(look) == [(f"{one:04}", str(one)) for one in range(1203)]


async def test_however_much_is_sent_ahead_only_so_much_is_owed(postgres_url: str) -> None:
    wire = await connect(postgres_url)
    owed: list[int] = []

    def work(tx: Tx) -> None:
        for one in range(1200):
            add(tx, f"{one:04}")
            owed.append(wire.owes)

    wire.begin("BEGIN")
    await greenlet_spawn(work, Tx(wire))
    await wire.commit()
    assert max(owed) < 510
    assert (await wire.ask("SELECT count(*) FROM marks"))[0][0] == 1200
    wire.close()


@pytest.mark.parametrize("size", [70_000, 20_000_000])
async def test_a_statement_of_any_size_goes_whole(db: Database, size: int) -> None:
    await db.write(lambda tx: [add(tx, "a", "x" * size), add(tx, "b", "y" * size)])
    assert await db.read(lambda tx: [len(row["value"]) for row in tx.all(_ALL)]) == [size, size]


@pytest.mark.parametrize("word", ["a\0b", "\ud800"])
async def test_a_text_that_no_database_keeps_is_refused_and_not_quoted(db: Database, word: str) -> None:
    with pytest.raises(psycopg.DataError, match="does not fit") as caught:
        await db.write(lambda tx: add(tx, "a", word))
    assert word not in str(caught.value)
    assert await db.read(names) == []


async def test_a_server_that_says_nothing_is_waited_for_only_so_long(postgres_url: str) -> None:
    host, _, port = postgres_url.partition("@")[2].partition("/")[0].partition(":")
    async with wall(int(port)) as between:
        wire = await connect(postgres_url.replace(f"{host}:{port}", f"127.0.0.1:{between.port}"), 1)
        # The server would give up by itself after as long.
        await wire.ask("SET statement_timeout = 0")
        with pytest.raises(Late, match="in time"):
            await wire.ask("SELECT pg_sleep(30)")
        assert not wire.is_open
        wire.close()


async def test_a_server_that_hangs_up_is_noticed_though_nobody_asks(postgres_url: str) -> None:
    wire, other = await connect(postgres_url), await connect(postgres_url)
    await other.ask(f"SELECT pg_terminate_backend({wire.backend_pid})")
    async with asyncio.timeout(20):
        while wire.is_open:
            await asyncio.sleep(0.01)
    with pytest.raises(Cut):
        await wire.ask("SELECT 1")
    for one in (wire, other):
        one.close()


async def test_words_are_heard_while_nobody_asks(postgres_url: str) -> None:
    wire, other = await connect(postgres_url), await connect(postgres_url)
    heard: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
    wire.listen(lambda sender, word: heard.set_result((sender, word)))
    await wire.ask("LISTEN entraide")
    await other.ask("SELECT pg_notify('entraide', $1)", ["a word"])
    async with asyncio.timeout(20):
        assert await heard == (other.backend_pid, "a word")
    for one in (wire, other):
        one.close()


def test_of_an_address_that_cannot_be_reached_no_part_is_said() -> None:
    said = """connection failed: connection to server at "ss@host", port 1 failed: Connection refused
\tIs the server running on that host and accepting TCP/IP connections?"""
    assert words(said) == "connection to server at ..., port 1 failed: Connection refused"
    assert words("") == "no connection"


@pytest.mark.parametrize("password", ['pa%zz"rest', "pa%zz\nrest", "pa'%zz'rest", "p@rest"])
async def test_no_part_of_a_password_that_was_written_wrongly_is_said(password: str) -> None:
    with pytest.raises(StoreDown) as caught:
        await connect(f"postgresql://me:{password}@127.0.0.1:1/one")
    assert not {"pa", "zz", "rest"} & set(re.findall(r"\w+", str(caught.value)))
