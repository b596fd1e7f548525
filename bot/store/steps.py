"""Steps of donors' walks, counted by day and source; no row says whose they were."""

from datetime import date
from functools import lru_cache

from sqlalchemy import func, literal, select

from bot.figures import Step
from bot.store.dialect import insert
from bot.store.sql import Statement, Tx, at
from bot.store.tables import steps
from bot.walking import number

_SUMS = Statement(
    lambda: (
        select(steps.c.step, func.sum(steps.c.n))
        .where(steps.c.day >= at("first"), steps.c.day <= at("last"))
        .group_by(steps.c.step)
    )
)
_SINCE = Statement(lambda: select(func.min(steps.c.day)))


def count(tx: Tx, today: date, source: str | None, taken: tuple[Step, ...]) -> None:
    """One donor more took these steps: one statement, however many."""
    if taken:
        tx.do(_adding(taken), day=number(today), source=source or "")


@lru_cache(maxsize=16)
def _adding(taken: tuple[Step, ...]) -> Statement:
    rows = [{"day": at("day"), "step": literal(one.value), "source": at("source"), "n": 1} for one in taken]
    key = ["day", "step", "source"]
    return Statement(
        insert(steps).values(rows).on_conflict_do_update(index_elements=key, set_={"n": steps.c.n + 1})
    )


def sums(tx: Tx, first: date, last: date) -> dict[Step, int]:
    """How many donors took each step from the first day to the last, both included."""
    found = {Step(row[0]): int(row[1]) for row in tx.all(_SUMS, first=number(first), last=number(last))}
    return {step: found.get(step, 0) for step in Step}


def since(tx: Tx) -> date | None:
    """The first day of which steps are known."""
    first = tx.value(_SINCE)
    return date(first // 10000, first // 100 % 100, first % 100) if first else None
