"""How many people a broadcast would reach, by language, beside what donors wait for.

A few are counted in the moment. Of many a part is counted, which says about how many, while all of them are counted beside
the loop; that count is kept, and asked for again when it is old or the audience is another.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from bot.broadcasts import Broadcast, Count
from bot.services import Services
from bot.store import audiences, broadcasts, counts
from bot.store.audiences import Groups
from bot.store.sql import Tx

# Donors who are counted in the moment: all of so few, or of more so many parts of so many each.
_AT_ONCE, _PARTS, _EACH = 1000, 20, 40
# Of fewer in the part that was looked at, nothing is said of the whole: chance would say it.
_ENOUGH = 50
_FRESH = timedelta(hours=1)
_WHAT = Count.AUDIENCE


class Counted(Struct, frozen=True):
    """`by_language`: who could get it, by the donor's language, parts or not: left_out + held + total in all.

    `reached`: who will get it, by the part's language; its sum is `total`. `left_out` speak a language without a part.
    `muted`, `blocked` and `capped` are meant, but in none of these. `is_about`: by a part of the donors; 0 is unknown then.
    """

    by_language: Mapping[str, int]
    reached: Mapping[str, int]
    left_out: int = 0
    muted: int = 0
    blocked: int = 0
    capped: int = 0
    held: int = 0
    total: int = 0
    is_about: bool = False


async def count(services: Services, broadcast: Broadcast, *, is_exact: bool = False) -> Counted:
    """As of now, or of the last hour; erased donors are nobody. Where it `is_exact` it may take seconds."""
    kept, is_few = await services.db.read(lambda tx: _known(tx, broadcast, services.clock()))
    if kept is not None:
        return _counted(broadcast, kept)
    if is_few or is_exact or broadcast.audience.is_staff:
        return _counted(broadcast, await _exactly(services, broadcast, keeps=not is_few))
    return await _about(services, broadcast)


def _known(tx: Tx, broadcast: Broadcast, now: datetime) -> tuple[Groups | None, bool]:
    """What is kept, and whether donors are so few that nothing has to be."""
    is_few = audiences.last(tx) <= _AT_ONCE
    kept = None if is_few else counts.find(tx, broadcast.id, _WHAT, meant(broadcast))
    if kept is None or now - kept.counted_at > _FRESH:
        return None, is_few
    return {(language, fate): people for language, fate, people in kept.facts}, is_few


def meant(broadcast: Broadcast) -> str:
    """What the count depends on; not on the parts, since people are counted by their own language."""
    return f"{broadcast.holdout} {broadcast.audience.dump()}"


async def _exactly(services: Services, broadcast: Broadcast, *, keeps: bool) -> Groups:
    now = services.clock()
    found = await services.db.study(lambda tx: audiences.groups(tx, broadcast, services.settings, now))
    if keeps:
        await services.db.write(partial(keep, broadcast=broadcast, found=found, now=now))
    return found


def keep(tx: Tx, broadcast: Broadcast, found: Groups, now: datetime) -> None:
    """What was counted exactly."""
    facts = [(*key, people) for key, people in found.items()]
    counts.keep(tx, broadcast.id, _WHAT, facts, now, meant(broadcast))


async def _about(services: Services, broadcast: Broadcast) -> Counted:
    now = services.clock()

    def look(tx: Tx) -> tuple[Groups, int, bool]:
        found = audiences.sample(tx, broadcast, services.settings, now, _PARTS, _EACH)
        return found, audiences.last(tx), counts.is_asked(tx, broadcast.id, _WHAT, meant(broadcast))

    found, last, is_asked = await services.db.study(look)
    if not is_asked:
        await services.db.write(lambda tx: counts.ask(tx, broadcast.id, _WHAT, now, meant=meant(broadcast)))
        services.bells.counts.set()
    return _scaled(_counted(broadcast, found), last / (_PARTS * _EACH))


def _scaled(part: Counted, times: float) -> Counted:
    """The whole, from a part of it."""
    languages = {code: _rounded(people * times) for code, people in part.by_language.items()}
    total = _rounded(part.total * times) if part.total >= _ENOUGH else 0
    return replace(part, by_language=languages, total=total, is_about=True)


def _rounded(people: float) -> int:
    """To two digits: more are not known."""
    return int(float(f"{people:.1e}"))


async def count_asked(services: Services) -> None:
    """All that somebody waits for, one after the other."""
    while await count_next(services):
        pass


async def count_next(services: Services) -> bool:
    """Count exactly what somebody waits for longest, beside the loop; False where nobody does."""
    broadcast_id = await services.db.read(partial(counts.next_asked, what=_WHAT))
    if broadcast_id is None:
        return False
    broadcast = await services.db.read(partial(broadcasts.get, broadcast_id=broadcast_id))
    if broadcast is None:
        await services.db.write(partial(counts.drop, broadcast_id=broadcast_id, what=_WHAT))
        return True
    now = services.clock()
    found = await services.db.study(lambda tx: audiences.groups(tx, broadcast, services.settings, now))

    def write(tx: Tx) -> None:
        # Where another audience was asked about meanwhile, that one is still to be counted.
        if counts.is_asked(tx, broadcast.id, _WHAT, meant(broadcast)):
            keep(tx, broadcast, found, now)

    await services.db.write(write)
    return True


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
    return Counted(
        dict(by_language),
        dict(reached),
        left_out=sums["left_out"],
        muted=sums[audiences.MUTED],
        blocked=sums[audiences.BLOCKED],
        capped=sums[audiences.CAPPED],
        held=sums[audiences.HELD],
        total=reached.total(),
    )
