"""What those who got a broadcast do with it: give, want no more of them, or want them again."""

from functools import partial

from msgspec.structs import replace

from bot.broadcasts import BroadcastButton, ButtonKind
from bot.model import Donor
from bot.services import Services
from bot.store import broadcasts, donors, taps
from bot.store.moments import seconds
from bot.store.sql import Tx


async def give(
    services: Services, donor: Donor, broadcast_id: int, number: int
) -> tuple[Donor, BroadcastButton | None]:
    """The button that was tapped, and the donor, who from now on comes from this broadcast; None where there is none."""

    def write(tx: Tx) -> BroadcastButton | None:
        found = broadcasts.get(tx, broadcast_id)
        buttons = found.buttons[number : number + 1] if found else ()
        if not buttons or buttons[0].kind is not ButtonKind.GIVE:
            return None
        taps.add(tx, broadcast_id, donor.id, taps.give(number), services.clock())
        donors.move(tx, donor.id, source=source_of(broadcast_id))
        return buttons[0]

    button = await services.db.write(write)
    return (replace(donor, source=source_of(broadcast_id)) if button else donor), button


def source_of(broadcast_id: int) -> str:
    """What gifts that came of it have as their source."""
    return f"b{broadcast_id}"


async def stop(services: Services, donor: Donor, broadcast_id: int) -> None:
    """No more broadcasts; what they are owed for a gift comes all the same. Twice is once."""

    def write(tx: Tx) -> None:
        now = services.clock()
        taps.add(tx, broadcast_id, donor.id, taps.STOP, now)
        if not donor.is_muted:
            donors.move(tx, donor.id, muted_at=seconds(now))

    await services.db.write(write)


async def again(services: Services, donor: Donor) -> None:
    await services.db.write(partial(donors.move, donor_id=donor.id, muted_at=None))
