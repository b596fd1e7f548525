"""How many people a broadcast would reach, counted exactly and by language, beside what donors wait for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.broadcasts import Broadcast
from bot.services import Services
from bot.store import audiences


@dataclass(frozen=True, slots=True)
class Counted:
    """`by_language`: who could get it, by the donor's language, parts or not: left_out + held + total in all.

    `reached`: who will get it, by the part's language; its sum is `total`. `left_out` speak a language without a part.
    `muted`, `blocked` and `capped` are meant, but in none of these.
    """

    by_language: Mapping[str, int]
    reached: Mapping[str, int]
    left_out: int = 0
    muted: int = 0
    blocked: int = 0
    capped: int = 0
    held: int = 0
    total: int = 0


async def count(services: Services, broadcast: Broadcast) -> Counted:
    """As of now; erased donors are nobody."""
    now = services.clock()
    found = await services.db.study(lambda tx: audiences.groups(tx, broadcast, services.settings, now))
    return _counted(broadcast, found)


def _counted(broadcast: Broadcast, found: Mapping[tuple[str, str], int]) -> Counted:
    by_language, reached, sums = Counter[str](), Counter[str](), Counter[str]()
    for (language, fate), people in found.items():
        if fate not in (audiences.GO, audiences.HELD):
            sums[fate] += people
            continue
        by_language[language] += people
        part = broadcast.speaks(language)
        if part is None:
            sums["left_out"] += people
        elif fate == audiences.HELD:
            sums["held"] += people
        else:
            reached[part] += people
    return Counted(dict(by_language), dict(reached), total=reached.total(), **sums)
