"""What recipients tapped below a broadcast: each button once a person."""

from datetime import datetime

from sqlalchemy import func, literal, select

from bot.store.dialect import insert
from bot.store.moments import seconds
from bot.store.sql import Statement, Tx, at
from bot.store.tables import broadcast_sends, broadcast_taps

STOP = "stop"
# Only who was owed it can tap it: previews and forged buttons count for nothing.
_ADD = Statement(
    lambda: (
        insert(broadcast_taps)
        .from_select(
            ["broadcast_id", "donor_id", "button", "at"],
            select(
                broadcast_sends.c.broadcast_id,
                broadcast_sends.c.donor_id,
                literal("", type_=broadcast_taps.c.button.type).concat(at("pressed")),
                at("now"),
            ).where(
                broadcast_sends.c.broadcast_id == at("this_id"), broadcast_sends.c.donor_id == at("donor")
            ),
        )
        .on_conflict_do_nothing()
    )
)
_BY_BUTTON = Statement(
    lambda: (
        select(broadcast_taps.c.button, func.count().label("people"))
        .where(broadcast_taps.c.broadcast_id == at("this_id"))
        .group_by(broadcast_taps.c.button)
        .order_by(broadcast_taps.c.button)
    )
)


def give(number: int) -> str:
    """The name of the broadcast's button with this number."""
    return f"give{number}"


def add(tx: Tx, broadcast_id: int, donor_id: int, button: str, now: datetime) -> None:
    tx.do(_ADD, this_id=broadcast_id, donor=donor_id, pressed=button, now=seconds(now))


def by_button(tx: Tx, broadcast_id: int) -> dict[str, int]:
    """How many people pressed each."""
    rows = tx.all(_BY_BUTTON, this_id=broadcast_id)
    return {row["button"]: row["people"] for row in rows}
