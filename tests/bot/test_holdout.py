"""Who is held out of a broadcast: the same people each time, evenly spread, and the same to the database."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from bot.holdout import HUNDRED, PRIME, is_held, key_of
from tests import engine

IDS = st.integers(1, 2**31 - 1)
# What `bot.store.audiences` writes in SQLAlchemy, as plain SQL.
_SQL = (
    f"SELECT (x * x % {PRIME}) * (x * x % {PRIME}) % {PRIME} * x % {PRIME} % {HUNDRED} < {{}} "
    f"FROM (SELECT (CAST({{}} AS BIGINT) * {{}} + {{}}) % {PRIME} AS x) AS one"
)


@cache
def _database() -> str:
    return engine.lasting()


@given(IDS, IDS, st.integers(0, 50))
def test_the_database_computes_the_same(broadcast_id: int, donor_id: int, percent: int) -> None:
    key = key_of(broadcast_id)
    [(found,)] = engine.sql(_database(), _SQL.format(percent, donor_id, key.factor, key.offset))
    assert bool(found) == is_held(broadcast_id, donor_id, percent)


@given(IDS, IDS)
def test_nobody_is_held_out_of_nothing_and_more_hold_out_more(broadcast_id: int, donor_id: int) -> None:
    held = [is_held(broadcast_id, donor_id, percent) for percent in range(51)]
    assert held == sorted(held)
    assert not held[0]


@given(IDS, st.integers(0, 2**30), st.sampled_from((1, 2, 3, 7)))
def test_the_group_is_as_large_as_it_should_be(broadcast_id: int, first: int, step: int) -> None:
    """Also where the ids that are meant stand in a pattern, as those of one language may."""
    held = sum(is_held(broadcast_id, first + number * step, 5) for number in range(4000))
    assert 120 <= held <= 290


def test_two_broadcasts_hold_out_different_people() -> None:
    groups = [{one for one in range(1, 20_001) if is_held(id, one, 5)} for id in (1, 2, 3)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert len(groups[one] & groups[other]) < 100, "about 50 are in both by chance"
