"""A whole book, written as the bot writes it but much faster, and kept for the next time: `made` gives its file."""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.bots import ROOT
from benchmarks.growing import beside, gifts, money
from benchmarks.growing.beside import ASKED, DRAFT, SENT_TO
from benchmarks.growing.people import AT, NOW, OF_AMINA, OWNER, PEOPLE, ROLES, START, YEARS, Gift
from bot import audience
from bot.broadcasts import Count
from bot.campaigns_file import load, read_file
from bot.config import Settings
from bot.outcomes import dump
from bot.store import audiences, broadcasts, counts, outcomes, taps
from bot.store.migrate import migrate
from bot.store.sql import Tx
from bot.store.tables import metadata

FOLDER = ROOT / "var" / "growth"
# Changed whenever other rows are made.
_EDITION = 4
_TOGETHER = 20_000
# The last version without sums beside the facts: the migrations that follow make them, as they do for an operator.
_FACTS_ALONE = "0009"
Row = tuple[Any, ...]


def made(many: int, folder: Path = FOLDER) -> Path:
    """The book of so many gifts, and as many donors, at the newest version of the tables."""
    path = folder / f"growth-{many}-{_EDITION}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".making")
        for one in folder.glob(f"{draft.name}*"):
            one.unlink()
        _make(draft, many)
        draft.rename(path)
    if migrate(str(path)):
        _count(path)
    return path


def _count(path: Path) -> None:
    """What was counted beside the loop until now: of the drafts that are written, and of what was reported on."""
    raw = sqlite3.connect(path)
    raw.row_factory = sqlite3.Row
    tx = Tx(raw)
    settings = Settings(_env_file=None, admin_ids=(OWNER,))  # type: ignore[call-arg]
    for id in range(1, SENT_TO + 1):
        found = outcomes.results(tx, id, NOW - timedelta(days=10 * (5 - id)), NOW)
        counts.keep(tx, id, Count.OUTCOME, dump(found, taps.by_button(tx, id)), NOW)
    for id in (DRAFT, ASKED):
        draft = broadcasts.get(tx, id)
        if draft is not None:
            audience.keep(tx, draft, audiences.groups(tx, draft, settings, NOW), NOW)
    raw.commit()
    raw.close()


def _make(path: Path, many: int) -> None:
    migrate(str(path), _FACTS_ALONE)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.row_factory = sqlite3.Row
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-600000"):
        raw.execute(f"PRAGMA {pragma}")
    # Where the code of today begins what a later migration makes of the facts.
    raw.execute(
        "CREATE TEMP TABLE progress (campaign_id INTEGER PRIMARY KEY, donors INTEGER, counted_minor INTEGER)"
    )
    raw.execute("BEGIN")
    load(Tx(raw), read_file(str(ROOT / "campaigns.toml")))
    pen = Pen(raw)
    _people(pen, many)
    _all(pen, many)
    pen.close()
    money.add_up(raw)
    raw.execute("COMMIT")
    raw.execute("PRAGMA journal_mode=WAL")
    raw.close()


class Pen:
    """Writes rows of many tables, many at once."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw, self._rows = raw, dict[str, list[Row]]()

    def put(self, table: str, row: Row) -> None:
        """`row` has a value for each of the columns that COLUMNS names, or for all where it names none."""
        rows = self._rows.setdefault(table, [])
        rows.append(row)
        if len(rows) >= _TOGETHER:
            self._write(table, rows)

    def put_all(self, table: str, rows: Iterable[Row]) -> None:
        for row in rows:
            self.put(table, row)

    def close(self) -> None:
        for table, rows in self._rows.items():
            self._write(table, rows)

    def _write(self, table: str, rows: list[Row]) -> None:
        if rows:
            names = COLUMNS.get(table) or [column.name for column in metadata.tables[table].columns]
            places = ", ".join("?" * len(names))
            self._raw.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", rows)
            rows.clear()


COLUMNS = {**money.COLUMNS, **beside.COLUMNS}


def _people(pen: Pen, many: int) -> None:
    for number, person in enumerate(PEOPLE, 1):
        language = ("en", "fr", "ar")[number % 3]
        pen.put("donors", (number, person, language, "MAD", "active", "home", None, None, START, None, 0))
    pen.put_all("staff", ((person, role, "staff 1", START) for person, role in ROLES.items()))
    pen.put_all("donors", (_donor(number, many) for number in range(len(PEOPLE) + 1, many + 1)))
    beside.of_the_desk(pen, many)


def _donor(number: int, many: int) -> Row:
    at, luck = START + number * YEARS // (many + 1), gifts.chance(number, 7)
    state = "erased" if luck < 50 else "blocked" if luck < 350 else "active"
    muted = at if 350 <= luck < 550 else None
    code = "MAD" if luck % 4 else "EUR"
    telegram = None if state == "erased" else 50_000_000 + number
    source = None if state == "erased" else gifts.source_of(number)
    return (number, telegram, ("fr", "ar", "en")[luck % 3], code, state, "home", None, source, at, muted, 0)


def _all(pen: Pen, many: int) -> None:
    books = money.Books(pen)
    for number, gift in enumerate(_told(gifts.of(many))):
        money.write(pen, books, gift, number)
        beside.write(pen, gift, number)
    books.upto(AT)
    beside.own(pen, OF_AMINA)
    beside.broadcasts(pen, many)


def _told(some: Iterable[Gift]) -> Iterator[Gift]:
    """What happened after now has not happened."""
    return (one for one in some if one.at <= AT)
