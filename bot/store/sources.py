"""Who came by which link, and what they gave: from the running sums, over sources alone."""

from bot.store import sums
from bot.store.sql import Tx
from bot.store.sums import ALWAYS, Of


def people(tx: Tx) -> dict[str, int]:
    """How many donors came last by each source; whoever erased their data is counted nowhere."""
    return {
        source: count for (source,), (count, _) in sorted(sums.upto(tx, ALWAYS, Of.COMERS).items()) if count
    }


def money(tx: Tx) -> list[tuple[str, str, int, int]]:
    """Source, currency, gifts, and what they come to after refunds, in minor units."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for (source, _, currency, what), (count, minor) in sums.upto(tx, ALWAYS, Of.SOURCE).items():
        gifts, sum_ = found.get((source, currency), (0, 0))
        found[source, currency] = (gifts + (count if what == "gift" else 0), sum_ + minor)
    return [(*key, *both) for key, both in sorted(found.items())]
