"""A broadcast is planned, sent and counted the same on SQLite and on PostgreSQL."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from bot.broadcasts import Audience, Broadcast, BroadcastState, Gave, Monthly, SendState
from bot.config import Settings
from bot.contents import Content, ContentKind
from bot.holdout import is_held
from bot.model import (
    MonthlyGift,
    MonthlyState,
)
from bot.store import (
    audiences,
    broadcasts,
    drafts,
    monthly,
    outcomes,
    sends,
    taps,
)
from bot.store.sql import Tx
from tests import postgres
from tests.bot.engines import DAY, MAD, NOW, SECOND, alike, paid, people

pytestmark = pytest.mark.skipif(not postgres.is_here(), reason=postgres.MISSING)


SETTINGS = Settings(_env_file=None, admin_ids=(1900,))  # type: ignore[call-arg]
# As great as an id of a donor may be.
LAST_DONOR = 2**31 - 2
TEXT = Content(ContentKind.TEXT, "Bonjour")


def test_a_broadcast_goes_to_the_same_people_and_comes_to_the_same() -> None:
    def story(tx: Tx) -> list[Any]:
        one = _planned(tx)
        taken = _sent(tx, one)
        tx.plain("UPDATE broadcast_sends SET state = state")
        return [
            taken,
            sends.of_donor(tx, 1),
            taps.by_button(tx, one.id),
            drafts.owed_by_zone(tx, one.id),
            broadcasts.get(tx, one.id),
            outcomes.results(tx, one.id, NOW - DAY, NOW + DAY),
            sends.abandoned(tx, NOW + DAY),
        ]

    taken, mine, pressed, _, _, results, abandoned = alike(story)
    assert taken == [1, 2]
    assert mine == [{"broadcast_id": 1, "state": "sent", "sent_at": SECOND, "taps": "give0,give1,stop"}]
    assert list(pressed.items()) == [("give0", 1), ("give1", 1), ("stop", 1)]
    assert results.people(SendState.SENT) == 1
    assert abandoned == 1


def _planned(tx: Tx) -> Broadcast:
    """Among many donors, one of whom has the last id that there can be, as the holdout divides them."""
    people(tx)
    paid(tx, "aaaaaaaaaa", 1)
    tx.plain("UPDATE donors SET source = 'poster'")
    for id in (*range(10, 60), LAST_DONOR):
        values = "'en', 'EUR', 'active', 1"
        tx.plain(
            f"INSERT INTO donors (id, telegram_id, language, currency, state, created_at) VALUES ({id}, {id}, {values})"
        )
    one = broadcasts.add(tx, 1, Audience(), 50, NOW)
    for language in ("fr", "en"):
        broadcasts.put_part(tx, one, language, TEXT)
    broadcasts.move(tx, one.id, fallbacks='{"ar": "fr"}', state=BroadcastState.RUNNING)
    ready = broadcasts.get(tx, one.id)
    assert ready is not None
    for _ in range(2):
        audiences.fan_out(tx, ready, SETTINGS, NOW, (0, LAST_DONOR))
    held = [
        row[0] for row in tx.plain("SELECT donor_id FROM broadcast_sends WHERE state = 'held' ORDER BY 1")
    ]
    everybody = (1, 2, 3, *range(10, 60), LAST_DONOR)
    assert held == [id for id in everybody if is_held(ready.id, id, 50)]
    return ready


def _sent(tx: Tx, one: Broadcast) -> list[int]:
    """John gets it and taps on it; Zoe's is on its way."""
    tx.plain("UPDATE broadcast_sends SET state = 'owed' WHERE donor_id <= 2")
    assert sends.page_tally(tx, one.id, (0, 2)) == {"owed": 2}
    zone = tx.plain("SELECT zone FROM broadcast_sends WHERE donor_id = 1")[0][0]
    found = sends.candidates(tx, one.id, zone, 0, NOW, 2)
    taken = sends.take(tx, one.id, found, 3, NOW)
    assert sends.is_sending(tx, one.id)
    sends.book(tx, one.id, [sends.Outcome(1, SendState.SENT, 2**40)], NOW)
    assert [row[0] for row in tx.plain("SELECT message_id FROM broadcast_sends WHERE donor_id = 1")] == [
        2**40
    ]
    for button in ("stop", taps.give(1), taps.give(0), taps.give(1)):
        taps.add(tx, one.id, 1, button, NOW)
    taps.add(tx, one.id, 4, "stop", NOW)
    return [who.donor_id for who in taken]


def test_an_audience_is_as_many_on_both() -> None:
    def story(tx: Tx) -> dict[tuple[str, str, bool], list[Any]]:
        one = _planned(tx)
        monthly.add(tx, MonthlyGift("m1", 2, 1, MAD, MonthlyState.ACTIVE, NOW))
        later = NOW + timedelta(days=40)
        found: dict[tuple[str, str, bool], list[Any]] = {}
        for gave, recurring, is_staff in product(Gave, Monthly, (False, True)):
            aimed = replace(one, audience=Audience(gave, 0, 30, recurring, is_staff=is_staff))
            groups = audiences.groups(tx, aimed, SETTINGS, later)
            found[gave, recurring, is_staff] = list(groups.items())
        return found

    groups = alike(story)
    people_in = {key: sum(people for _, people in some) for key, some in groups.items()}
    assert people_in["any", "any", False] == 54
    assert people_in["gave", "any", False] + people_in["never", "any", False] == 54
    assert people_in["any", "yes", False] + people_in["any", "no", False] == 54
    assert people_in["lapsed", "any", False] == 1
