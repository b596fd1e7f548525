"""The facts of a broadcast's report, and the same as CSV.

Of a few recipients they are counted whenever somebody looks. Of many, what was counted last is shown, and when: by a report
that went out, or because somebody asked to count again.
"""

import csv
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from io import StringIO
from typing import Any

from msgspec import Struct

from bot.broadcasts import Broadcast, Count, SendState
from bot.money import Money
from bot.screens.outcome import Group, Outcome
from bot.services import Services
from bot.store import counts, outcomes, taps
from bot.store.counts import Kept
from bot.store.outcomes import Given, Results

# Excel takes a file for UTF-8 only where it begins so.
_MARK = "\ufeff"
_AT_ONCE = 250


class _Found(Struct, frozen=True):
    """`tapped` counts people by button; `counted_at`: None where it is of now."""

    results: Results
    tapped: Mapping[str, int]
    counted_at: datetime | None = None


async def outcome(services: Services, broadcast: Broadcast, *, is_fresh: bool = False) -> Outcome:
    """As it was counted last, or as of now where it `is_fresh` or recipients are few."""
    found = await _found(services, broadcast, is_fresh=is_fresh)
    tapped = found.tapped
    places = {at: tapped[taps.give(at)] for at in range(len(broadcast.buttons)) if taps.give(at) in tapped}
    groups = (_group(found.results, state) for state in (SendState.SENT, SendState.HELD))
    return Outcome(places, tapped.get(taps.STOP, 0), *groups, counted_at=found.counted_at)


async def _found(services: Services, broadcast: Broadcast, *, is_fresh: bool = False) -> _Found:
    if broadcast.tally.total + broadcast.tally.held <= _AT_ONCE:
        return await _counted(services, broadcast)
    if not is_fresh:
        kept = await services.db.read(partial(counts.find, broadcast_id=broadcast.id, what=Count.OUTCOME))
        if kept is not None:
            return _load(kept)
    found, now = await _counted(services, broadcast), services.clock()
    await services.db.write(
        lambda tx: counts.keep(tx, broadcast.id, Count.OUTCOME, dump(found.results, found.tapped), now)
    )
    return found


async def _counted(services: Services, broadcast: Broadcast) -> _Found:
    until = services.clock()
    since = broadcast.started_at or until
    return await services.db.study(
        lambda tx: _Found(outcomes.results(tx, broadcast.id, since, until), taps.by_button(tx, broadcast.id))
    )


def dump(results: Results, tapped: Mapping[str, int]) -> dict[str, Any]:
    """As it is kept."""
    return {
        "fates": [(*key, people) for key, people in results.fates.items()],
        "given": [
            (state, one.givers, one.gifts, [(sum_.minor, sum_.currency) for sum_ in one.sums])
            for state, one in results.given.items()
        ],
        "tapped": tapped,
    }


def _load(kept: Kept) -> _Found:
    facts = kept.facts
    fates = {(SendState(state), language): people for state, language, people in facts["fates"]}
    given = {
        SendState(state): Given(givers, gifts, tuple(Money(*sum_) for sum_ in sums))
        for state, givers, gifts, sums in facts["given"]
    }
    return _Found(Results(fates, given), facts["tapped"], kept.counted_at)


def _group(found: Results, state: SendState) -> Group:
    given = found.given.get(state, Given())
    return Group(found.people(state), given.givers, given.gifts, given.sums)


async def as_csv(services: Services, broadcast: Broadcast) -> bytes:
    """One fact a row: what, detail, count, amount, currency. It holds nothing that anybody typed."""
    found = await _found(services, broadcast)
    out = StringIO()
    rows = csv.writer(out)
    rows.writerow(("what", "detail", "count", "amount", "currency"))
    for (state, language), people in found.results.fates.items():
        rows.writerow((state, language, people, "", ""))
    for button, people in sorted(found.tapped.items()):
        rows.writerow(("tapped", button, people, "", ""))
    for state, given in sorted(found.results.given.items()):
        rows.writerow(("givers", state, given.givers, "", ""))
        rows.writerow(("gifts", state, given.gifts, "", ""))
        for money in given.sums:
            rows.writerow(("given", state, "", money.decimal, money.currency))
    return (_MARK + out.getvalue()).encode()
