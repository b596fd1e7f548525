"""The facts of a broadcast's report, and the same as CSV."""

import csv
from datetime import datetime
from io import StringIO

from bot.broadcasts import Broadcast, SendState
from bot.screens.outcome import Group, Outcome
from bot.services import Services
from bot.store import outcomes, taps
from bot.store.outcomes import Given, Results

# Excel takes a file for UTF-8 only where it begins so.
_MARK = "\ufeff"


async def outcome(services: Services, broadcast: Broadcast) -> Outcome:
    """As of now."""
    found, tapped = await _found(services, broadcast, services.clock())
    places = {at: tapped[taps.give(at)] for at in range(len(broadcast.buttons)) if taps.give(at) in tapped}
    return Outcome(
        places, tapped.get(taps.STOP, 0), _group(found, SendState.SENT), _group(found, SendState.HELD)
    )


async def _found(services: Services, broadcast: Broadcast, until: datetime) -> tuple[Results, dict[str, int]]:
    since = broadcast.started_at or until
    return await services.db.study(
        lambda tx: (outcomes.results(tx, broadcast.id, since, until), taps.by_button(tx, broadcast.id))
    )


def _group(found: Results, state: SendState) -> Group:
    given = found.given.get(state, Given())
    return Group(found.people(state), given.givers, given.gifts, given.sums)


async def as_csv(services: Services, broadcast: Broadcast) -> bytes:
    """One fact a row: what, detail, count, amount, currency. It holds nothing that anybody typed."""
    found, tapped = await _found(services, broadcast, services.clock())
    out = StringIO()
    rows = csv.writer(out)
    rows.writerow(("what", "detail", "count", "amount", "currency"))
    for (state, language), people in found.fates.items():
        rows.writerow((state, language, people, "", ""))
    for button, people in sorted(tapped.items()):
        rows.writerow(("tapped", button, people, "", ""))
    for state, given in sorted(found.given.items()):
        rows.writerow(("givers", state, given.givers, "", ""))
        rows.writerow(("gifts", state, given.gifts, "", ""))
        for money in given.sums:
            rows.writerow(("given", state, "", money.decimal, money.currency))
    return (_MARK + out.getvalue()).encode()
