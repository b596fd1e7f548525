"""Running sums say what adding up says, whatever the order in which things come, on both engines."""

import random
from typing import Any

import pytest

from bot.store import sums
from bot.store.sql import Tx
from bot.store.sums import ALWAYS, Of, key_of
from tests import postgres
from tests.bot.engines import alike

pytestmark = pytest.mark.skipif(not postgres.is_here(), reason=postgres.MISSING)
_SOME = [("gift", "aid", "MAD"), ("gift", "aid-2", "MAD"), ("gift", "aid", "EUR"), ("refund", "aid", "MAD")]


def _added_up(
    facts: list[tuple[tuple[str, ...], int, int]], first: int, end: int
) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for key, moment, minor in facts:
        if first <= moment < end:
            count, sum_ = found.get(key, (0, 0))
            found[key] = (count + 1, sum_ + minor)
    return dict(sorted(found.items()))


def test_what_came_between_two_moments_is_what_adding_up_says_also_where_the_clock_was_set_back() -> None:
    chance = random.Random(7)
    facts = [
        (chance.choice(_SOME), chance.randrange(0, 60), chance.choice((-300, 500, 20_000)))
        for _ in range(120)
    ]

    def story(tx: Tx) -> list[Any]:
        for key, moment, minor in facts:
            sums.add(tx, key_of(Of.LEDGER, *key), moment, minor)
        for first, end in ((0, 60), (10, 30), (29, 30), (59, 60), (0, 1)):
            assert sums.between(tx, first, end, Of.LEDGER) == _added_up(facts, first, end)
        return [sums.upto(tx, ALWAYS, Of.LEDGER)]

    assert alike(story)[0] == _added_up(facts, 0, 60)


def test_a_campaign_whose_name_begins_like_anothers_is_not_counted_with_it() -> None:
    def story(tx: Tx) -> list[Any]:
        for key in _SOME:
            sums.add(tx, key_of(Of.LEDGER, *key), 5, 100)
        return [sums.upto(tx, 6, Of.LEDGER, "gift", "aid")]

    assert alike(story)[0] == {("EUR",): (1, 100), ("MAD",): (1, 100)}


def test_who_left_a_source_counts_for_it_no_more() -> None:
    def story(tx: Tx) -> list[Any]:
        key = key_of(Of.COMERS, "radio")
        sums.add(tx, key, 0)
        sums.add(tx, key, 0)
        sums.add(tx, key, 0, more=-1)
        once = sums.upto(tx, ALWAYS, Of.COMERS)
        sums.add(tx, key, 0, more=-1)
        return [once, sums.upto(tx, ALWAYS, Of.COMERS)]

    assert alike(story) == [{("radio",): (1, 0)}, {}]
