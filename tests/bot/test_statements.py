"""Every statement of the store is one that PostgreSQL takes, with values of the types that it is given."""

import ast
import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import psycopg
from sqlalchemy import literal, select

import bot.store
from bot.broadcasts import Audience, BroadcastState, Gave, Monthly
from bot.figures import STEPS
from bot.letters import TO_DONOR
from bot.model import DonationState, PledgeState
from bot.store import audiences, broadcasts, copying, deliveries, donations, pledges, questions, sql, steps
from bot.store.database import alone
from bot.store.sql import Statement
from bot.store.tables import metadata

_SPOKEN = (("fr", "fr"), ("ar", "fr"))
_TAKEN = {"int4", "int8", "text", "varchar", "jsonb"}


def _audiences() -> Iterator[audiences.Meant]:
    yield audiences.Meant(Audience(is_staff=True), (1900, 1901))
    for gave in Gave:
        for monthly in Monthly:
            yield audiences.Meant(Audience(gave, 1, 90, monthly, "MAD", ("fr", "ar"), "poster"), (1900,))


def _settings() -> Iterator[Statement]:
    for table in metadata.sorted_tables:
        if "id" in table.c:
            yield sql.setting(table, frozenset(column.name for column in table.c if column.name != "id"))


# Functions that make statements, each with arguments that stand for all.
_MADE: dict[str, Callable[[], Iterator[Statement]]] = {
    "audiences._counting": lambda: (audiences._counting(one) for one in _audiences()),
    "audiences._fanning": lambda: (
        audiences._fanning(one, spoken) for one in _audiences() for spoken in (_SPOKEN, ())
    ),
    "broadcasts._shifting": lambda: iter(
        [broadcasts._shifting(frozenset({"state", "due_at", "version"}), frozenset(BroadcastState))]
    ),
    "copying._page": lambda: (
        copying._page(table, is_first=one) for table in copying.TABLES for one in (True, False)
    ),
    "copying._last": lambda: map(copying._last, copying.TABLES),
    "copying._counted": lambda: map(copying._counted, copying.TABLES),
    "copying._put": lambda: (copying._put(table, 2) for table in copying.TABLES),
    "deliveries._ending": lambda: iter([deliveries._ending(frozenset({"state", "leased_until", "error"}))]),
    "donations._claim": lambda: (
        donations._claim(frozenset({DonationState.CREATING, DonationState.AWAITING}), to, frozenset(columns))
        for to, columns in (
            (DonationState.AWAITING, {"session_id", "url", "look_at"}),
            (DonationState.PAID, {"look_at"}),
            (DonationState.CANCELED, set[str]()),
        )
    ),
    "pledges._claim": lambda: iter([pledges._claim(frozenset({PledgeState.PROMISED}), PledgeState.MATCHED)]),
    "questions._owed": lambda: iter([questions._owed(TO_DONOR)]),
    "sql.setting": _settings,
    "steps._adding": lambda: (steps._adding(STEPS[:count]) for count in range(1, len(STEPS) + 1)),
}


def _modules() -> dict[str, ModuleType]:
    names = [one.name for one in pkgutil.iter_modules(bot.store.__path__) if not one.ispkg]
    return {name: importlib.import_module(f"bot.store.{name}") for name in names}


def _standing(module: ModuleType) -> dict[str, Statement]:
    """Those that a module holds, by name; what it took from another is there too."""
    found: dict[str, Statement] = {}
    for name, value in vars(module).items():
        if isinstance(value, Statement):
            found[name] = value
        elif isinstance(value, dict):
            found |= {f"{name}[{key}]": one for key, one in value.items() if isinstance(one, Statement)}
    return found


@cache
def _all() -> dict[str, Statement]:
    found = {
        f"{module}.{name}": one
        for module, held in _modules().items()
        for name, one in _standing(held).items()
    }
    for name, made in _MADE.items():
        found |= {f"{name}({number})": one for number, one in enumerate(made())}
    return found


def _calls(tree: ast.AST, names: set[str]) -> int:
    return sum(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in names
        for one in ast.walk(tree)
    )


def _functions(module: ModuleType) -> tuple[ast.Module, set[str]]:
    """The module without its functions, and the names of those that make statements."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    inner = [one for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)]
    makers = {one.name for one in inner if _calls(one, {"Statement"})}
    return ast.Module([one for one in tree.body if one not in inner], []), makers


def test_no_statement_of_the_store_is_forgotten_here() -> None:
    """As many as the code writes; and every function that makes some is asked for them."""
    makers: set[str] = set()
    for name, module in _modules().items():
        body, functions = _functions(module)
        makers |= {f"{name}.{one}" for one in functions}
        assert len(_standing(module)) == _calls(body, {"Statement", *functions}), name
    assert makers == set(_MADE)
    assert len(_all()) > 280


def test_postgresql_takes_every_statement(postgres_url: str) -> None:
    """A place is a text or a whole number, and what is written out is of the type of what it meets."""
    with psycopg.connect(postgres_url) as connection:
        faults = [fault for name, one in _all().items() for fault in _faults(connection.pgconn, name, one)]
    assert faults == []


def _faults(server: psycopg.pq.abc.PGconn, name: str, statement: Statement) -> Iterator[str]:
    text, names = statement.for_postgres
    refused = server.prepare(b"", text.encode())
    if refused.status != psycopg.pq.ExecStatus.COMMAND_OK:
        yield f"{name}: {refused.get_error_message()}"
        return
    asked = server.describe_prepared(b"")
    kinds = [psycopg.adapters.types[asked.param_type(place)].name for place in range(asked.nparams)]
    for place, kind in zip(names, kinds, strict=True):
        if kind not in _TAKEN:
            yield f"{name}: nobody fills {place}, which is {kind}"
        elif kind == "int4" and _is_written(name):
            yield f"{name}: {place} is {kind}, where a greater number is an error and not merely unknown"


def test_both_are_given_what_changes_and_read_the_rest_in_the_statement() -> None:
    """Bound anew, it may make SQLite plan a statement anew, and keeps PostgreSQL from its partial indexes."""
    for name, one in _all().items():
        text, names = one.for_postgres
        assert set(re.findall(r":([a-z_]\w*)", _without_texts(one.compiled))) == set(names), name
        assert len(set(re.findall(r"\$\d+", _without_texts(text)))) == len(names), name


def _without_texts(sql: str) -> str:
    return re.sub(r"'(?:[^']|'')*'", "", sql)


_WRITTEN_OUT = ("it's", ":name", "100 %", "%(name)s", "{0}", "?", "$1", "\\", '"', "", 0, -1, 2**62)


def test_what_is_written_out_is_read_as_it_was_meant() -> None:
    for said in _WRITTEN_OUT:
        row = sqlite3.connect(":memory:").execute(Statement(select(literal(said))).compiled).fetchone()
        assert row == (said,)


def test_what_is_written_out_is_read_as_it_was_meant_on_postgresql_too(postgres_url: str) -> None:
    for said in _WRITTEN_OUT:
        text, _ = Statement(select(literal(said))).for_postgres
        row = alone(postgres_url, lambda tx, text=text: tx.plain(text))[0]
        assert row[0] == said


def test_whole_numbers_that_are_written_out_do_not_overflow_on_postgresql(postgres_url: str) -> None:
    text, _ = Statement(select(literal(2**31 - 1) * 1000)).for_postgres
    assert alone(postgres_url, lambda tx: tx.plain(text))[0][0] == (2**31 - 1) * 1000


def _is_written(name: str) -> bool:
    """Whether somebody may have written the number, as on a forged button: not so where it comes from a row that is there."""
    return not name.startswith(("audiences._fanning", "copying."))
