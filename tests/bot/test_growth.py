"""Everything is measured, on books that are whole, and nothing grows but what says why."""

from pathlib import Path

from benchmarks.growing import books, jobs, turns
from benchmarks.growing.examples import COMMANDS, everything
from benchmarks.growing.rehearsal import Rehearsal, pen, services_on
from benchmarks.growing.table import MOST, reason
from bot import auditing
from handlers.back import UndoCommand
from handlers.commands import names
from handlers.routes import HANDLERS, TAKERS
from handlers.typing import CancelCommand, Typed, read


def test_every_action_every_message_and_every_command_has_an_example(tmp_path: Path) -> None:
    some = everything(Rehearsal(books.made(300, tmp_path)))
    asked = {type(one.action) for one in some if one.action} | {type(read(one.text).action) for one in some}
    assert {kind.__name__ for kind in HANDLERS.keys() - asked} == set()
    assert {kind.__name__ for kind in TAKERS.keys() - {type(one.place) for one in some}} == set()
    assert set(names()) == set(COMMANDS)
    assert {Typed, CancelCommand, UndoCommand} <= asked


async def test_a_generated_book_is_whole(tmp_path: Path) -> None:
    db = Rehearsal(books.made(1000, tmp_path))
    assert db.ask("SELECT count(*) FROM donations")[0] == 1000
    assert db.ask("SELECT count(*) FROM pragma_foreign_key_check")[0] == 0
    assert await auditing.audit_books(services_on(db)) == []


async def test_nothing_costs_more_on_four_times_the_book_but_what_says_why(tmp_path: Path) -> None:
    steps: list[dict[str, int]] = []
    for many in (1000, 4000):
        db, bot = Rehearsal(books.made(many, tmp_path)), await pen()
        steps.append({})
        for example in everything(db):
            steps[-1][example.name] = await turns.steps(db, services_on(db), bot, example)
        for name, job in jobs.everything(db, bot).items():
            steps[-1][name] = await db.steps(*job)
        await db.close()
    small, large = steps
    grown = {name for name, count in large.items() if count > small[name] * MOST and not reason(name)}
    assert grown == set()
