"""How statements are written for PostgreSQL. Imported only where it is used: SQLAlchemy's side of it is 3 MiB."""

from typing import Any, ClassVar

from sqlalchemy import Integer
from sqlalchemy.dialects.postgresql.asyncpg import AsyncpgBigInteger, PGCompiler_asyncpg, PGDialect_asyncpg

from bot.store.sql import WrittenOut


class _Compiler(WrittenOut, PGCompiler_asyncpg):
    """Whole numbers that are written out have 64 bits too."""

    def render_literal_value(self, value: Any, type_: Any) -> str:
        parent: Any = super()
        written = str(parent.render_literal_value(value, type_))
        return f"{written}::BIGINT" if isinstance(value, int) else written


class PostgresDialect(PGDialect_asyncpg):
    """Numbered places, as libpq wants them, cast where the server would have to guess: the way that SQLAlchemy writes for asyncpg,
    which need not be here for that.

    Whole numbers are handed over as 64 bits, whatever column they meet: an id that is too great for any row is then not
    found, as on SQLite, and products do not overflow.
    """

    supports_statement_cache = True
    statement_compiler = _Compiler
    colspecs: ClassVar[dict[Any, Any]] = {**PGDialect_asyncpg.colspecs, Integer: AsyncpgBigInteger}
