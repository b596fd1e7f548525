"""Links that say where a donor came from: what may stand in one, and what came of each."""

import re
import unicodedata

from bot.model import Campaign
from bot.money import CURRENCIES, Money
from bot.screens.sources import Came
from bot.services import Services
from bot.store import sources as store
from bot.store.sql import Tx

LONGEST = 16
NONE = "none"


def clean(written: str) -> str:
    """What of a typed source may stand in a link and a button: small Latin letters and digits; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", written).casefold()
    name = re.sub(r"[^a-z0-9]", "", plain)[:LONGEST]
    return "" if name == NONE else name


def is_clean(source: str) -> bool:
    """Whether a link of ours can carry it; buttons can be forged."""
    return source == NONE or source == clean(source)


def whole(money: Money) -> bool:
    """Whether a link can name it: links name whole major units."""
    return money.minor % 10 ** CURRENCIES[money.currency].decimals == 0


def url(services: Services, campaign: Campaign, money: Money | None, source: str) -> str:
    """The link that people read too: `c_<slug>[_<amount>_<currency>][__<source>]`."""
    payload = f"c_{campaign.slug}"
    if money is not None:
        payload += f"_{money.decimal:.0f}_{money.currency.lower()}"
    if source != NONE:
        payload += f"__{source}"
    return f"{services.chat_url}?start={payload}"


async def came(services: Services) -> list[Came]:
    """Every source, those with most people first."""

    def read(tx: Tx) -> list[Came]:
        people, money = store.people(tx), store.money(tx)
        names = set(people) | {row[0] for row in money}
        found = [_came(name, people.get(name, 0), money) for name in names]
        return sorted(found, key=lambda one: (-one.people, -one.gifts, one.name))

    return await services.db.study(read)


def _came(name: str, people: int, rows: list[tuple[str, str, int, int]]) -> Came:
    mine = [row for row in rows if row[0] == name]
    sums = tuple(Money(minor, currency) for _, currency, _, minor in mine)
    return Came(name, people, sum(gifts for _, _, gifts, _ in mine), sums)
