"""`python -m benchmarks`: the walk of one donor and of fifty, on our bot and on the floors, in turns, with medians."""

import argparse
import asyncio
from collections.abc import Sequence

import uvloop

from benchmarks import audit, broadcasts
from benchmarks.bots import AIOGRAM, BARE, ON_POSTGRES, OURS, pin, walkers
from benchmarks.measure import Figures, Plan, confirmations, walk
from benchmarks.papers import Papers, apart
from benchmarks.report import Rounds, tables, write
from tests import postgres


async def _measure(plan: Plan, rounds: int, names: list[str]) -> Rounds:
    walks: dict[str, list[Figures]] = {name: [] for name in names}
    confirmed: dict[str, list[float]] = {
        name: [] for name in (OURS, ON_POSTGRES, BARE) if name in (*names, BARE)
    }
    printed: list[Papers] = []
    for number in range(rounds):
        for name in _turned(names, number):
            print(f"round {number + 1}: {name}", flush=True)
            walks[name].append(await walk(name, plan))
        for name in _turned(list(confirmed), number):
            print(f"round {number + 1}: confirmations, {name}", flush=True)
            confirmed[name].append(await confirmations(name, plan))
        print(f"round {number + 1}: papers", flush=True)
        printed.append(await apart())
    return Rounds(walks, confirmed, printed)


def _turned(names: Sequence[str], by: int) -> list[str]:
    """Each round begins with another bot, so that none is always the one after a pause."""
    by %= len(names)
    return [*names[by:], *names[:by]]


def _installed() -> list[str]:
    names = walkers()
    if AIOGRAM not in names:
        print("aiogram is not installed: `make bench` makes the environment of the floors")
    if ON_POSTGRES not in names:
        print(f"PostgreSQL is left out. {postgres.MISSING}")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round with fewer journeys, for developing")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    parser.add_argument("--loud", action="store_true", help="let the bots say what they say")
    asked = parser.parse_args()
    pin(0, 1)
    quick = {"alone": 40, "crowd": 200, "strangers": 200, "confirmations": 150} if asked.quick else {}
    rounds = 1 if asked.quick else asked.rounds
    measured = uvloop.run(_measure(Plan(**quick, loud=asked.loud), rounds, _installed()))
    audited = asyncio.run(audit.measure(rounds=1 if asked.quick else 3))
    sizes, journeys = broadcasts.QUICK if asked.quick else (broadcasts.SIZES, broadcasts.JOURNEYS)
    sent = uvloop.run(broadcasts.measure(sizes, journeys))
    lines = [*tables(measured), *audit.lines(audited), *sent]
    print("\n" + "\n".join(lines))
    if asked.write:
        write(lines, rounds)


if __name__ == "__main__":
    main()
