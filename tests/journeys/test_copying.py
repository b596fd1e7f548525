"""A book that was lived in moves to another database and back; what was broken off goes on, and nothing is ever mixed."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import copying
from bot.app import App
from bot.command_line import cli
from bot.errors import CopyRefused, StoreDown
from bot.store import copying as pages
from bot.store import donors, ledger
from bot.store.database import Database, alone
from bot.store.migrate import migrate
from bot.store.sql import Tx
from sandbox.app import Sandbox
from tests.stage import bot_beside, settings_for, to_the_bridge

_CROWD = 2500


def quiet(said: str) -> None:
    """Nobody watches."""


def add_crowd(tx: Tx) -> None:
    """Enough people for several pages, with names of campaigns and sources in more than one script."""
    for number in range(_CROWD):
        donors.add(tx, 7_000_000_000 + number, "ar", "MAD", number)
    for rest, source in enumerate(("قافلة", "é", "Z")):
        tx.plain("UPDATE donors SET source = ? WHERE id % 4 = ?", (source, rest))


@pytest.fixture
async def lived(sandbox: Sandbox, tmp_path: Path) -> str:
    """The address of a book in SQLite: two gifts, one of which went back in part, their papers, and a crowd."""
    url = f"sqlite:///{tmp_path}/lived.db"
    settings = settings_for(sandbox, tmp_path, webhook=True, database_url=url)
    async with bot_beside(sandbox, settings) as stage:
        for phone in (stage.amina(), stage.john()):
            session = await to_the_bridge(stage, phone)
            stage.stripe.pay(session)
        await stage.until_rows("SELECT count(*) FROM receipts", [(2,)])
        stage.stripe.refund(session, 5000)
        await stage.until_rows("SELECT count(*) FROM ledger WHERE kind = 'refund'", [(1,)])
        await stage.services.db.write(add_crowd)
    return url


def book(url: str) -> dict[str, list[Any]]:
    """Every row of every table."""

    def all_of(tx: Tx) -> dict[str, list[Any]]:
        return {table.name: pages.page(tx, table, None, 10**6) for table in pages.TABLES}

    return alone(url, all_of)


async def book_of(url: str) -> dict[str, list[Any]]:
    return await asyncio.to_thread(book, url)


async def test_a_lived_book_moves_to_postgresql_and_back_and_every_row_is_the_same(
    lived: str, empty_postgres_url: str, tmp_path: Path
) -> None:
    before = await book_of(lived)
    there = await copying.copy(lived, empty_postgres_url, quiet)
    back = await copying.copy(empty_postgres_url, f"sqlite:///{tmp_path}/back.db", quiet)
    assert [one.wrong for one in (*there, *back) if one.wrong] == []
    assert await book_of(empty_postgres_url) == before == await book_of(f"sqlite:///{tmp_path}/back.db")
    heads = [await asyncio.to_thread(alone, url, ledger.head) for url in (lived, empty_postgres_url)]
    assert heads[0] == heads[1]
    assert heads[0][0] == 3
    assert {one.table: one.rows for one in there}["donors"] == _CROWD + 2
    assert dict(next(one.sums for one in there if one.table == "payments"))["amount_minor"] == 40000


async def test_who_comes_after_a_copy_gets_the_next_number(lived: str, empty_postgres_url: str) -> None:
    await copying.copy(lived, empty_postgres_url, quiet)

    def come(tx: Tx) -> int:
        return donors.add(tx, 5, "en", "MAD", 0).id

    highest = max(id for id, *_ in (await book_of(lived))["donors"])
    assert await asyncio.to_thread(alone, empty_postgres_url, come) > highest


async def test_the_bot_serves_on_where_the_book_was_copied_to(
    lived: str, empty_postgres_url: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    await copying.copy(lived, empty_postgres_url, quiet)
    settings = settings_for(sandbox, tmp_path, webhook=True, database_url=empty_postgres_url)
    async with bot_beside(sandbox, settings) as stage:
        session = await to_the_bridge(stage, stage.amina())
        stage.stripe.pay(session)
        await stage.until_rows("SELECT max(seq) FROM ledger", [(4,)])
        await stage.until_rows("SELECT count(*) FROM receipts WHERE kind = 'receipt'", [(3,)])


class _Broken(Exception):
    """The line was cut."""


def cut_after(table: str) -> Any:
    def tell(said: str) -> None:
        if said.startswith(f"{table}:"):
            raise _Broken

    return tell


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_copy_that_was_broken_off_goes_on_where_it_stopped(
    lived: str, kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    target = (
        f"sqlite:///{tmp_path}/target.db"
        if kind == "sqlite"
        else request.getfixturevalue("empty_postgres_url")
    )
    with pytest.raises(_Broken):
        await copying.copy(lived, target, cut_after("donors"))
    assert (await asyncio.to_thread(alone, target, pages.is_unfinished)) is True
    said: list[str] = []
    compared = await copying.copy(lived, target, said.append)
    assert said[0] == "going on where it was broken off"
    assert [one.wrong for one in compared if one.wrong] == []
    assert await book_of(target) == await book_of(lived)
    assert (await asyncio.to_thread(alone, target, pages.is_unfinished)) is False


async def test_a_copy_broken_off_within_a_table_keeps_whole_pages_alone(
    lived: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = f"sqlite:///{tmp_path}/target.db"
    monkeypatch.setattr(copying, "_TELL_EVERY", pages.PAGE)
    with pytest.raises(_Broken):
        await copying.copy(lived, target, cut_after("donors"))
    assert len((await book_of(target))["donors"]) == pages.PAGE
    await copying.copy(lived, target, quiet)
    assert await book_of(target) == await book_of(lived)


async def test_a_bot_refuses_to_start_on_half_a_book(lived: str, sandbox: Sandbox, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path}/target.db"
    with pytest.raises(_Broken):
        await copying.copy(lived, target, cut_after("donors"))
    with pytest.raises(StoreDown, match="not finished"):
        await App(settings_for(sandbox, tmp_path, webhook=True, database_url=target)).run()


async def test_half_a_copy_is_not_gone_on_with_from_another_book_or_one_that_has_changed(
    lived: str, tmp_path: Path
) -> None:
    target = f"sqlite:///{tmp_path}/target.db"
    with pytest.raises(_Broken):
        await copying.copy(lived, target, cut_after("donors"))
    with contextlib.closing(sqlite3.connect(lived.removeprefix("sqlite:///"))) as one, one:
        one.execute("UPDATE donors SET language = 'fr' WHERE id = 7")
    with pytest.raises(CopyRefused, match=r"another book, or this one has changed since \(donors\)"):
        await copying.copy(lived, target, quiet)


async def test_what_is_not_empty_or_not_at_this_version_or_in_use_is_refused(
    lived: str, tmp_path: Path
) -> None:
    full = f"sqlite:///{tmp_path}/full.db"
    await copying.copy(lived, full, quiet)
    with pytest.raises(CopyRefused, match="the target is not empty"):
        await copying.copy(lived, full, quiet)
    old = f"sqlite:///{tmp_path}/old.db"
    await asyncio.to_thread(migrate, old, "0003")
    with pytest.raises(CopyRefused, match="the source is at version 0003"):
        await copying.copy(old, f"sqlite:///{tmp_path}/new.db", quiet)
    with pytest.raises(CopyRefused, match="the target is at version 0003"):
        await copying.copy(lived, old, quiet)
    with pytest.raises(CopyRefused, match="the source is at version None"):
        await copying.copy(f"sqlite:///{tmp_path}/none.db", f"sqlite:///{tmp_path}/new.db", quiet)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(CopyRefused, match="a database is named by"):
        await copying.copy(lived, "mysql://there", quiet)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_a_book_that_a_bot_has_open_is_not_copied(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source = (
        f"sqlite:///{tmp_path}/source.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    )
    await asyncio.to_thread(migrate, source)
    db = Database(source)
    await db.open()
    with pytest.raises(CopyRefused, match="stop the bot first"):
        await copying.copy(source, f"sqlite:///{tmp_path}/target.db", quiet)
    await db.close()
    compared = await copying.copy(source, f"sqlite:///{tmp_path}/target.db", quiet)
    assert {one.wrong for one in compared} == {""}


async def test_a_row_that_came_out_otherwise_is_named_and_the_target_stays_unfinished(
    lived: str, tmp_path: Path
) -> None:
    target = f"sqlite:///{tmp_path}/target.db"
    await asyncio.to_thread(migrate, target)
    with contextlib.closing(sqlite3.connect(tmp_path / "target.db")) as one, one:
        one.execute(
            "CREATE TRIGGER amiss AFTER INSERT ON donors WHEN NEW.id = 1800 "
            "BEGIN UPDATE donors SET language = 'fr' WHERE id = 1800; END"
        )
    compared = await copying.copy(lived, target, quiet)
    assert [(one.table, one.wrong) for one in compared if one.wrong] == [("donors", "differs at (1800,)")]
    assert (await asyncio.to_thread(alone, target, pages.is_unfinished)) is True


def test_the_operator_reads_what_was_copied_and_hears_what_is_refused(tmp_path: Path) -> None:
    source, target = f"sqlite:///{tmp_path}/source.db", f"sqlite:///{tmp_path}/target.db"
    migrate(source)
    alone(source, add_crowd, keep=True)
    done = CliRunner().invoke(cli, ["copy", "--from", source, "--to", target])
    assert done.exit_code == 0
    assert "donors: 2,500\n" in done.output
    assert "donors                    2,500 rows  the same\n" in done.output
    assert "the ledger's chain            0 rows  the same\n" in done.output
    again = CliRunner().invoke(cli, ["copy", "--from", source, "--to", target])
    assert again.exit_code == 1
    assert again.output == "the target is not empty\n"
