"""The books: a chain that names the row that was touched, rows that cannot be changed, and gifts from before the books."""

import hashlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.chores import verify_ledger
from bot.ledger import GENESIS, Entry, EntryKind, LedgerFault, LedgerRow, chained, faults, line, read_line
from bot.store import ledger, sums
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.sql import Broken, Tx
from bot.store.sums import ALWAYS, Of
from tests import engine
from tests.bot.engines import opened, people

ENTRY = Entry(EntryKind.GIFT, "abcdefghjk", "humanitarian", 20000, "MAD", 1_700_000_000)


def rows(count: int) -> list[LedgerRow]:
    made: list[LedgerRow] = []
    for seq in range(1, count + 1):
        made.append(chained(ENTRY, seq, made[-1].hash if made else GENESIS))
    return made


def published(folder: Path, count: int = 5) -> Path:
    file = folder / "ledger.jsonl"
    file.write_text("".join(f"{line(row)}\n" for row in rows(count)), encoding="ascii")
    return file


def test_a_whole_ledger_holds_and_says_its_sums(tmp_path: Path) -> None:
    said, holds = verify_ledger(published(tmp_path), "")
    assert holds
    assert said == [f"5 rows, head {rows(5)[-1].hash}", "humanitarian MAD: 100000 minor units"]


def test_a_gift_is_found_in_it_or_said_to_be_missing(tmp_path: Path) -> None:
    assert verify_ledger(published(tmp_path), "abcdefghjk")[1]
    said, holds = verify_ledger(published(tmp_path), "zzzzzzzzzz")
    assert not holds
    assert said[-1] == "gift zzzzzzzzzz is not in this ledger"


@settings(max_examples=200, deadline=None)
@given(row=st.integers(0, 4), data=st.data(), bit=st.integers(0, 7))
def test_any_flipped_bit_names_its_row(
    tmp_path_factory: pytest.TempPathFactory, row: int, data: st.DataObject, bit: int
) -> None:
    file = published(tmp_path_factory.mktemp("ledger"))
    lines = file.read_bytes().split(b"\n")
    at = data.draw(st.integers(0, len(lines[row]) - 1))
    lines[row] = lines[row][:at] + bytes([lines[row][at] ^ (1 << bit)]) + lines[row][at + 1 :]
    file.write_bytes(b"\n".join(lines))
    said, holds = verify_ledger(file, "")
    assert not holds
    assert said[0].startswith(f"row {row + 1} ")


def test_a_row_is_written_and_hashed_as_it_was_from_the_first_day() -> None:
    """What was published once is checked for ever: neither the bytes of a row nor of what is hashed may change."""
    row = chained(ENTRY, 1, GENESIS)
    hashed = f'[1,1700000000,"gift","abcdefghjk","humanitarian",20000,"MAD","{GENESIS}"]'
    assert row.hash == hashlib.sha256(hashed.encode()).hexdigest()
    assert line(row) == (
        '{"seq":1,"at":1700000000,"kind":"gift","donation":"abcdefghjk","campaign":"humanitarian",'
        f'"amount_minor":20000,"currency":"MAD","prev":"{GENESIS}","hash":"{row.hash}"}}'
    )


def test_a_published_row_is_ascii_whatever_its_words() -> None:
    assert '"campaign":"\\u0639\\u0648\\u0646"' in line(chained(replace(ENTRY, campaign="عون"), 1, GENESIS))


def test_a_published_line_reads_as_its_row_or_says_what_is_wrong() -> None:
    row = chained(ENTRY, 1, GENESIS)
    assert read_line(line(row), 1) == row
    assert read_line(line(row).replace(":", ": "), 7) == LedgerFault(7, "was changed")
    assert read_line("{}", 8) == read_line("no", 8) == LedgerFault(8, "cannot be read")


def test_each_row_that_does_not_hold_is_named_and_the_next_is_read_on() -> None:
    whole = rows(6)
    assert list(faults(whole)) == []
    changed = [replace(one, amount_minor=1) if one.seq in (2, 4) else one for one in whole]
    assert list(faults(changed)) == [LedgerFault(2, "was changed"), LedgerFault(4, "was changed")]
    missing = [one for one in whole if one.seq not in (1, 5)]
    assert list(faults(missing)) == [
        LedgerFault(1, "is missing: the next row is 2"),
        LedgerFault(5, "is missing: the next row is 6"),
    ]


def test_a_row_put_in_the_place_of_another_does_not_follow_and_the_next_does_not_follow_it() -> None:
    whole = rows(4)
    forged = chained(replace(ENTRY, amount_minor=1), 2, "f" * 64)
    assert list(faults([whole[0], forged, *whole[2:]])) == [
        LedgerFault(2, "does not follow the row before it"),
        LedgerFault(3, "does not follow the row before it"),
    ]


async def test_the_head_of_empty_books_is_the_beginning(tmp_path: Path) -> None:
    db = Database(engine.fresh(tmp_path))
    await db.open()
    assert await db.read(ledger.head) == (0, GENESIS)
    await db.close()


async def test_more_rows_than_a_page_are_read_whole_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_PAGE_SIZE", 2)
    db = Database(engine.fresh(tmp_path))
    await db.open()
    for _ in range(5):
        await db.write(lambda tx: ledger.append(tx, ENTRY))
    assert await db.read(lambda tx: list(ledger.all_rows(tx))) == rows(5)
    other = replace(ENTRY, donation="zzzzzzzzzz", kind=EntryKind.REFUND, amount_minor=-500)
    await db.write(lambda tx: ledger.append(tx, other))
    assert await db.read(lambda tx: ledger.of_donation(tx, "zzzzzzzzzz")) == [
        chained(other, 6, rows(5)[-1].hash)
    ]
    aid = ("humanitarian", "MAD")
    assert await db.read(ledger.by_kind) == {EntryKind.GIFT: {aid: 100_000}, EntryKind.REFUND: {aid: -500}}
    await db.close()


async def test_what_went_back_of_a_source_is_summed_apart_from_what_it_brought(tmp_path: Path) -> None:
    db = Database(engine.fresh(tmp_path))
    await db.open()

    def story(tx: Tx) -> list[dict[tuple[str, ...], tuple[int, int]]]:
        people(tx)
        opened(tx, "abcdefghjk", 1, source="radio")
        ledger.append(tx, ENTRY)
        ledger.append(tx, replace(ENTRY, kind=EntryKind.PLEDGE, amount_minor=700))
        ledger.append(tx, replace(ENTRY, kind=EntryKind.REFUND, amount_minor=-500))
        ledger.append(tx, replace(ENTRY, kind=EntryKind.FEE, amount_minor=-60))
        return [sums.upto(tx, ALWAYS, Of.SOURCE, "radio"), sums.upto(tx, ALWAYS, Of.LEDGER)]

    of_radio, of_all = await db.write(story)
    await db.close()
    where = ("humanitarian", "MAD")
    assert of_radio == {(*where, "gift"): (2, 20700), (*where, "back"): (1, -500)}
    assert of_all == {
        ("gift", *where): (1, 20000),
        ("pledge", *where): (1, 700),
        ("refund", *where): (1, -500),
        ("fee", *where): (1, -60),
    }


def test_a_row_left_out_is_named(tmp_path: Path) -> None:
    file = published(tmp_path)
    lines = file.read_text(encoding="ascii").splitlines(keepends=True)
    file.write_text("".join(lines[:2] + lines[3:]), encoding="ascii")
    assert verify_ledger(file, "")[0][0] == "row 3 is missing: the next row is 4"


async def test_the_database_refuses_to_change_or_forget_a_row(tmp_path: Path) -> None:
    db = Database(engine.fresh(tmp_path))
    await db.open()
    await db.write(lambda tx: ledger.append(tx, ENTRY))
    for act in ("UPDATE ledger SET amount_minor = 1", "DELETE FROM ledger"):

        def touch(tx: Tx, act: str = act) -> None:
            tx.plain(act)

        with pytest.raises(Broken, match="append-only"):
            await db.write(touch)
    assert await db.read(ledger.head) == (1, rows(1)[0].hash)
    await db.close()


@engine.only_sqlite
async def test_gifts_from_before_the_books_are_their_first_rows(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate(str(path), "0001")
    old = sqlite3.connect(path)
    old.executescript(
        """
        INSERT INTO appeals VALUES (1, 'appeal', '{}', 'MCISE', '');
        INSERT INTO campaigns VALUES (1, 'aid', 1, 0, 'open', 'MAD', 100, '{}', '{}', '{}', NULL, NULL, '', '', 1);
        INSERT INTO donors VALUES (1, 7, 'en', 'MAD', 'active', NULL, NULL, NULL, 0);
        INSERT INTO donations VALUES
            ('paidpaidpa', 1, 1, 20000, 'MAD', 'paid', NULL, 1, '{}', NULL, 1, 2, 'cs_1', NULL, 0, NULL, 3),
            ('reviewrevi', 1, 1, 30000, 'MAD', 'review', NULL, 1, '{}', NULL, 1, 2, 'cs_2', NULL, 0, NULL, NULL);
        INSERT INTO payments VALUES
            ('cs_1', 'pi_1', 'paidpaidpa', 20000, 'MAD', 1700000000), ('cs_2', 'pi_2', 'reviewrevi', 31000, 'MAD', 1700000001);
        INSERT INTO totals VALUES (1, 'MAD', 20000, 1);
        """
    )
    old.close()
    assert migrate(str(path))
    db = Database(str(path))
    await db.open()
    found = await db.read(lambda tx: [(row.kind, row.amount_minor) for row in ledger.all_rows(tx)])
    papers = await db.read(
        lambda tx: [tuple(row) for row in tx.plain("SELECT year, number, subject FROM receipts")]
    )
    kept = await db.read(lambda tx: [row[0] for row in tx.plain("PRAGMA foreign_key_check")])
    moved = await db.read(lambda tx: [tuple(row) for row in tx.plain("SELECT * FROM progress")])
    await db.close()
    assert found == [("gift", 20000), ("unmatched", 31000)]
    assert papers == [(2023, 1, "cs_1")]
    assert kept == []
    assert moved == [(1, 1, 20000)]
