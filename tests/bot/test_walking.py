"""Steps of a walk: each counts once a day for each donor, costs a turn one statement, and is no more than the one before."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import walking
from bot.actions import (
    Action,
    Bridge,
    Check,
    ChooseAmount,
    Give,
    Home,
    Look,
    MyGifts,
    PickCampaign,
    ShowCampaign,
)
from bot.figures import STEPS, Step
from bot.staff import Member, Right, Role
from bot.store import staff, steps
from bot.store.sql import Tx
from tests import engine

TODAY = date(2026, 11, 27)
GIVE = Give(1, 20000, "mad")


@pytest.mark.parametrize(
    ("asked", "place", "leads_to"),
    [
        (Home(), Home(), Step.START),
        (MyGifts(), Look("abcdefghjk"), Step.START),
        (PickCampaign(100, "mad"), PickCampaign(100, "mad"), Step.START),
        (ShowCampaign(1), ShowCampaign(1), Step.CAMPAIGN),
        (ChooseAmount(1), ChooseAmount(1), Step.CAMPAIGN),
        (Home(), Check(1, 20000, "mad"), Step.AMOUNT),
        (GIVE, Bridge("abcdefghjk"), Step.PAGE),
        (GIVE, None, Step.PAGE),
        (GIVE, Check(1, 20000, "mad"), Step.AMOUNT),
        (GIVE, ChooseAmount(1), Step.CAMPAIGN),
    ],
)
def test_a_turn_leads_to_a_step(asked: Action, place: Action | None, leads_to: Step) -> None:
    assert walking.step(asked, place) is leads_to


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(STEPS)), max_size=40))
def test_each_step_counts_once_a_day_and_never_without_those_before_it(
    turns: list[tuple[int, Step]],
) -> None:
    reached, counted = 0, dict[tuple[date, Step], int]()
    for later, step in sorted(turns, key=lambda one: one[0]):
        today = TODAY + timedelta(days=later)
        taken = walking.fresh(reached, today, step)
        for one in taken:
            counted[today, one] = counted.get((today, one), 0) + 1
        reached = walking.packed(today, taken[-1]) if taken else reached
    days = {today for today, _ in counted}
    assert set(counted.values()) <= {1}
    for day in days:
        flags = [(day, step) in counted for step in STEPS]
        assert flags == sorted(flags, reverse=True)


@pytest.fixture
def tx(tmp_path: Path):
    with engine.tx(engine.fresh(tmp_path)) as one:
        yield one


def test_counting_is_one_statement_however_many_steps(tx: Tx) -> None:
    asked: list[str] = []
    engine.trace(tx, asked.append)
    steps.count(tx, TODAY, "radio", STEPS)
    steps.count(tx, TODAY, "radio", STEPS[:2])
    steps.count(tx, TODAY, None, ())
    engine.trace(tx, None)
    assert len(asked) == 2
    assert steps.sums(tx, TODAY, TODAY) == dict(zip(STEPS, (2, 2, 1, 1), strict=True))
    assert steps.sums(tx, TODAY + timedelta(days=1), TODAY + timedelta(days=9)) == dict.fromkeys(STEPS, 0)
    assert steps.since(tx) == TODAY


def test_the_chats_of_a_right_are_those_of_its_roles_and_the_first_owners(tx: Tx) -> None:
    for person, role in enumerate(Role, 10):
        staff.put(tx, Member(person, role, "settings", 1))
    owner, finance, messages, reader = range(10, 14)
    assert staff.chats(tx, (99, owner), Right.READ) == [99, owner, finance, messages, reader]
    assert staff.chats(tx, (99,), Right.MONEY) == [99, owner, finance]
    assert staff.chats(tx, (), Right.ROLES) == [owner]
