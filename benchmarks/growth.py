"""`python -m benchmarks.growth`: what every screen, command and job costs on books of 1,000, 100,000 and 1,000,000 gifts.

Steps of SQLite's virtual machine are the same on every machine; times are this process's CPU, and so noisier. With
`--engine postgresql` copies of the books are measured on a server of its own: the pages that it touched, and how long we waited.
"""

import argparse
import asyncio
import json
import logging
import sys

from msgspec.structs import asdict

from benchmarks.growing import books, examples, jobs, table, turns
from benchmarks.growing.rehearsal import Cost, Rehearsal, pen, services_on
from bot.store.database import Engine

SIZES = (1_000, 100_000, 1_000_000)


async def measure(many: int, only: str = "", engine: Engine = "sqlite") -> dict[str, Cost]:
    """By what was measured, on the book of so many gifts and donors."""
    db, bot = await _book(many, engine), await pen()
    services = services_on(db)
    found = dict[str, Cost]()
    for one in examples.everything(db):
        if only in one.name:
            found[one.name] = await turns.measure(db, services, bot, one)
            print(".", end="", file=sys.stderr, flush=True)
    found |= await jobs.measure(db, bot, only)
    await db.close()
    return found


async def _book(many: int, engine: Engine) -> Rehearsal:
    path = books.made(many)
    if engine == "sqlite":
        return Rehearsal(path)
    from benchmarks.growing import postgres

    db = postgres.OnPostgres(path, await asyncio.to_thread(postgres.copied, path))
    await db.open()
    return db


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--only", default="", help="a part of the name of what is measured")
    parser.add_argument("--engine", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--write", action="store_true", help="put the table into docs/growth.md")
    asked = parser.parse_args()
    logging.disable(logging.INFO)
    measured = {many: asyncio.run(measure(many, asked.only, asked.engine)) for many in asked.sizes}
    books.FOLDER.joinpath(f"measured-{asked.engine}.json").write_text(
        json.dumps(
            {many: {name: asdict(one) for name, one in some.items()} for many, some in measured.items()}
        ),
        encoding="utf-8",
    )
    lines = table.lines(measured, asked.engine)
    print("\n".join(lines))
    if asked.write:
        table.write(lines, asked.engine)


if __name__ == "__main__":
    main()
