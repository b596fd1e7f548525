"""Donors: a Telegram id, a language, a currency and the screen in front of them; no name, no address."""

from collections.abc import Callable

from sqlalchemy import null, select, update

from bot.model import Donor, DonorState
from bot.store import sums
from bot.store.dialect import insert
from bot.store.sql import Row, Statement, Tx, Value, at, places, setting
from bot.store.sums import Of, key_of
from bot.store.tables import donors

_FIND = Statement(lambda: select(donors).where(donors.c.telegram_id == at("telegram_id")))
_GET = Statement(
    lambda: select(donors).where(donors.c.id == at("donor_id"), donors.c.telegram_id.is_not(None))
)
_ADD = Statement(
    lambda: (
        insert(donors)
        .values(
            places(
                "telegram_id", "language", "currency", "state", "created_at", "awaiting", "source", "reached"
            )
        )
        .on_conflict_do_nothing(index_elements=["telegram_id"])
        .returning(donors.c.id)
    )
)
_NEW: dict[str, Value] = {"state": DonorState.ACTIVE, "awaiting": None, "source": None, "reached": 0}
_PARK = Statement(lambda: update(donors).where(donors.c.telegram_id == at("person")).values(places("state")))
_SOURCE = Statement(lambda: select(donors.c.source).where(donors.c.id == at("donor_id")))
_BLANK = {name: null() for name in ("telegram_id", "awaiting", "message_id", "source", "muted_at")}
_ERASE = Statement(
    lambda: (
        update(donors)
        .where(donors.c.id == at("donor_id"))
        .values(state=DonorState.ERASED.value, reached=0, **_BLANK)
    )
)


def find(tx: Tx, telegram_id: int) -> Donor | None:
    row = tx.one(_FIND, telegram_id=telegram_id)
    return None if row is None else noun(row)


def get(tx: Tx, donor_id: int) -> Donor | None:
    """The donor, or None when erased."""
    return soon(tx, donor_id)()


def soon(tx: Tx, donor_id: int | None) -> Callable[[], Donor | None]:
    """What `get` finds, once it is called; what was asked together is waited for together."""
    rows = tx.soon(_GET, donor_id=donor_id)
    return lambda: None if (row := rows.fetchone()) is None else noun(row)


def add(tx: Tx, telegram_id: int, language: str, currency: str, now: int, **changes: Value) -> Donor:
    """The donor with this Telegram id, made if new; `changes` are as for `move`, and one that is here is moved by them."""
    values = {**_NEW, **changes, "telegram_id": telegram_id, "language": language, "currency": currency}
    donor_id = tx.value(_ADD, **values, created_at=now)
    if donor_id is None:
        return _moved(tx, telegram_id, changes)
    sums.add(tx, Of.DONORS, now)
    _come(tx, values["source"])
    return noun({**values, "id": donor_id, "message_id": None, "muted_at": None})


def _moved(tx: Tx, telegram_id: int, changes: dict[str, Value]) -> Donor:
    donor = find(tx, telegram_id)
    if donor is None:
        raise LookupError(telegram_id)
    if changes:
        move(tx, donor.id, **changes)
    return donor


def move(tx: Tx, donor_id: int, **changes: Value) -> None:
    """Change what is kept of a donor; column names are those of the table."""
    if "source" in changes:
        _leave(tx, donor_id)
        _come(tx, changes["source"])
    tx.do(setting(donors, frozenset(changes)), row_id=donor_id, **changes)


def _leave(tx: Tx, donor_id: int) -> None:
    """They no longer count for the source that they came by."""
    if source := tx.value(_SOURCE, donor_id=donor_id):
        sums.add(tx, key_of(Of.COMERS, source), 0, more=-1)


def _come(tx: Tx, source: Value) -> None:
    if source:
        sums.add(tx, key_of(Of.COMERS, str(source)), 0)


def park(tx: Tx, telegram_id: int, state: DonorState) -> None:
    """Telegram said that this person blocked or unblocked the bot; an erased donor has no row to find."""
    tx.do(_PARK, person=telegram_id, state=state)


def erase(tx: Tx, donor_id: int) -> None:
    """Forget who this was; the gifts stay, pointing at a row without identity."""
    _leave(tx, donor_id)
    tx.do(_ERASE, donor_id=donor_id)


def noun(row: Row) -> Donor:
    return Donor(
        id=row["id"],
        telegram_id=row["telegram_id"],
        language=row["language"],
        currency=row["currency"],
        state=DonorState(row["state"]),
        awaiting=row["awaiting"],
        message_id=row["message_id"],
        source=row["source"],
        reached=row["reached"],
        is_muted=row["muted_at"] is not None,
    )
