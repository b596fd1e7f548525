"""What is under way is counted as it changes, and an audit finds the same by counting again, on both engines."""

from typing import Any

import pytest

from bot.broadcasts import Audience, Count
from bot.letters import QuestionState
from bot.model import MonthlyGift, MonthlyState
from bot.store import auditsums, broadcasts, counts, monthly, questions
from bot.store.sql import Tx
from tests import postgres
from tests.bot.engines import DAY, MAD, NOW, alike, people

pytestmark = pytest.mark.skipif(not postgres.is_here(), reason=postgres.MISSING)


def _agreed(tx: Tx, count: int) -> int:
    assert list(auditsums.wrong(tx)) == []
    return count


def test_a_monthly_gift_goes_on_from_its_first_payment_until_anybody_stops_it_and_that_is_counted_once() -> (
    None
):
    def story(tx: Tx) -> list[int]:
        people(tx)
        tx.plain("DELETE FROM sums")
        tx.plain("INSERT INTO sums (key, at, count, minor) SELECT 'donors', 0, count(*), 0 FROM donors")
        seen = list[int]()
        for name in ("ma", "mb"):
            monthly.add(tx, MonthlyGift(name, 1, 1, MAD, MonthlyState.ASKED, NOW))
        seen.append(_agreed(tx, monthly.live(tx, 1)))
        for name in ("ma", "mb", "ma"):
            monthly.begin(tx, name, NOW)
        seen.append(_agreed(tx, monthly.live(tx, 1)))
        monthly.change(tx, "ma", state=MonthlyState.PAST_DUE)
        monthly.wish(tx, "ma", NOW, stop="donor")
        seen.append(_agreed(tx, monthly.live(tx, 1)))
        monthly.wish(tx, "ma", NOW, stop=None)
        seen.append(_agreed(tx, monthly.live(tx, 1)))
        for name in ("ma", "mb", "mb"):
            monthly.end(tx, name, "donor", NOW)
        return [*seen, _agreed(tx, monthly.live(tx, 1)), monthly.live(tx, 2)]

    assert alike(story) == [0, 2, 1, 2, 0, 0]


def test_questions_that_wait_are_counted_as_they_are_opened_closed_and_erased() -> None:
    def story(tx: Tx) -> list[int]:
        people(tx)
        tx.plain("DELETE FROM sums")
        tx.plain("INSERT INTO sums (key, at, count, minor) SELECT 'donors', 0, count(*), 0 FROM donors")
        seen = list[int]()
        for donor in (1, 2, 1):
            questions.opened(tx, donor, NOW)
        seen.append(_agreed(tx, questions.open_ones(tx, 9)[1]))
        one = questions.opened(tx, 1, NOW)
        for _ in range(2):
            questions.move(tx, one, state=QuestionState.CLOSED)
        seen.append(_agreed(tx, questions.open_ones(tx, 9)[1]))
        questions.opened(tx, 1, NOW)
        seen.append(_agreed(tx, questions.open_ones(tx, 9)[1]))
        for donor in (1, 2, 2):
            questions.erase(tx, donor)
        return [*seen, _agreed(tx, questions.open_ones(tx, 9)[1])]

    assert alike(story) == [2, 1, 2, 0]


def test_a_count_is_kept_for_what_was_meant_and_whoever_waits_longest_comes_first() -> None:
    def story(tx: Tx) -> list[Any]:
        people(tx)
        for _ in range(2):
            broadcasts.add(tx, 1, Audience(), 0, NOW)
        counts.ask(tx, 2, Count.AUDIENCE, NOW, "all")
        counts.ask(tx, 1, Count.AUDIENCE, NOW + DAY, "all")
        first = counts.next_asked(tx, Count.AUDIENCE)
        counts.keep(tx, 2, Count.AUDIENCE, [["fr", "go", 3]], NOW, "all")
        kept = counts.find(tx, 2, Count.AUDIENCE, "all")
        assert kept is not None
        told = [kept.facts, counts.find(tx, 2, Count.AUDIENCE, "some"), counts.next_asked(tx, Count.AUDIENCE)]
        counts.ask(tx, 2, Count.AUDIENCE, NOW, "some")
        asked = [counts.is_asked(tx, 2, Count.AUDIENCE, meant) for meant in ("all", "some")]
        counts.drop(tx, 2, Count.AUDIENCE)
        counts.drop(tx, 1, Count.AUDIENCE)
        return [first, *told, *asked, counts.next_asked(tx, Count.AUDIENCE)]

    assert alike(story) == [2, [["fr", "go", 3]], None, 1, False, True, None]
