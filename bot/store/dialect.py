"""What SQLite and PostgreSQL say in different words: each is compiled to the words of the database that it is run on."""

from typing import Any

from sqlalchemy import Text
from sqlalchemy.dialects.sqlite import dml
from sqlalchemy.dialects.sqlite import insert as insert  # noqa: PLC0414  one `insert` for both
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.store.tables import Big

# PostgreSQL's compiler asks whether ON CONFLICT names a constraint: none of ours does. Its own `insert` is 3 MiB more.
dml.OnConflictClause.constraint_target = None  # pyright: ignore[reportAttributeAccessIssue]


class _Said(FunctionElement[Any]):
    """Something both can say; in each one's words `{0}`, `{1}` stand for the arguments and `{all}` for the list of them."""

    inherit_cache = True
    in_sqlite: str
    in_postgres: str


@compiles(_Said, "sqlite")
def _in_sqlite(said: _Said, compiler: SQLCompiler, **options: Any) -> str:
    return _filled(said.in_sqlite, said, compiler, options)


@compiles(_Said, "postgresql")
def _in_postgres(said: _Said, compiler: SQLCompiler, **options: Any) -> str:
    return _filled(said.in_postgres, said, compiler, options)


def _filled(words: str, said: _Said, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    parts = [compiler.process(part, **options) for part in said.clauses]
    return words.format(*parts, all=", ".join(parts))


class Greatest(_Said):
    """The largest of several numbers, none of which is NULL."""

    type = Big
    in_sqlite = "max({all})"
    in_postgres = "greatest({all})"


class Joined(_Said):
    """The texts of a group with commas between them, in no order: SQLite before 3.44 knows none here."""

    type = Text()
    in_sqlite = "group_concat({0})"
    in_postgres = "string_agg({0}, ',')"


class NumbersIn(_Said):
    """The whole numbers of a JSON array: a table with the column `value`."""

    in_sqlite = "json_each({0})"
    in_postgres = (
        "(SELECT CAST(value AS INTEGER) AS value FROM jsonb_array_elements_text(CAST({0} AS JSONB)))"
    )


class KeysOf(_Said):
    """The keys of a JSON object: a table with the column `key`, of text."""

    in_sqlite = "json_each({0})"
    in_postgres = "jsonb_each_text(CAST({0} AS JSONB))"


class NumberAt(_Said):
    """The whole number at a key, a text, of a JSON object; NULL where the object has none."""

    type = Big
    in_sqlite = "json_extract({0}, '$.' || {1})"
    in_postgres = "CAST(CAST({0} AS JSONB) ->> {1} AS BIGINT)"
