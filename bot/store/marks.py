"""Small remembered values: cursors, hashes, dates."""

from sqlalchemy import delete, select

from bot.store.dialect import insert
from bot.store.sql import Statement, Tx, at, places
from bot.store.tables import marks

_GET = Statement(lambda: select(marks.c.value).where(marks.c.key == at("key")))
_PUT = Statement(
    lambda: (
        insert(marks)
        .values(places("key", "value"))
        .on_conflict_do_update(index_elements=["key"], set_={"value": at("value")})
    )
)
_BEGINNING = Statement(
    lambda: select(marks).where(marks.c.key.startswith(at("beginning"))).order_by(marks.c.key)
)
_DROP = Statement(lambda: delete(marks).where(marks.c.key == at("mark")))


def get(tx: Tx, key: str) -> str | None:
    return tx.value(_GET, key=key)


def put(tx: Tx, key: str, value: str) -> None:
    tx.do(_PUT, key=key, value=value)


def drop(tx: Tx, key: str) -> None:
    tx.do(_DROP, mark=key)


def beginning(tx: Tx, prefix: str) -> list[tuple[str, str]]:
    """All whose key begins so."""
    return [(row["key"], row["value"]) for row in tx.all(_BEGINNING, beginning=prefix)]
