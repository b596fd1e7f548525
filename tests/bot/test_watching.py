"""Checks of the machine beneath are pure, and an incident is told once, however its facts flutter."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import watching
from bot.watching import BEGINS, ENDS, Facts, Incident, Seen, Verdict

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
BAD, FINE, UNSURE = Verdict.BAD, Verdict.FINE, Verdict.UNSURE
MB = 1_000_000


def facts(**given: object) -> Facts:
    known: dict[str, object] = {
        "now": NOW,
        "seen": Seen(NOW - timedelta(hours=1)),
        "missed_at": None,
        "oldest_due": None,
        "free": 50_000 * MB,
        "size": 100_000 * MB,
    }
    return Facts(**(known | given))  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("missed", "heard", "says"),
    [
        (None, None, FINE),
        (timedelta(minutes=10), None, BAD),
        (timedelta(minutes=10), timedelta(minutes=11), BAD),
        (timedelta(minutes=10), timedelta(minutes=9), FINE),
        (timedelta(hours=2), None, FINE),
    ],
)
def test_webhooks_fail_when_stripe_has_what_none_told(
    missed: timedelta | None, heard: timedelta | None, says: Verdict
) -> None:
    seen = Seen(NOW - timedelta(hours=1), webhook_at=NOW - heard if heard else None)
    assert watching.webhooks(facts(seen=seen, missed_at=NOW - missed if missed else None)) is says


@pytest.mark.parametrize(("is_locked", "says"), [(None, UNSURE), (True, BAD), (False, FINE)])
def test_the_key_is_as_stripe_last_said(is_locked: bool | None, says: Verdict) -> None:
    assert watching.key(facts(seen=Seen(NOW, is_locked=is_locked))) is says


@pytest.mark.parametrize(("minutes", "says"), [(0, FINE), (1, FINE), (3, UNSURE), (5, UNSURE), (6, BAD)])
def test_the_courier_is_behind_after_five_minutes(minutes: int, says: Verdict) -> None:
    found = facts(oldest_due=NOW - timedelta(minutes=minutes))
    assert watching.courier(found) is says
    assert watching.number("courier", found) == minutes
    assert watching.courier(facts()) is FINE


@pytest.mark.parametrize(
    ("free", "size", "says"),
    [
        (4_999, 100_000, BAD),
        (5_500, 100_000, UNSURE),
        (6_000, 100_000, FINE),
        (199, 1_000, BAD),
        (220, 1_000, UNSURE),
        (250, 1_000, FINE),
    ],
)
def test_the_disk_is_nearly_full_under_a_share_and_a_size(free: int, size: int, says: Verdict) -> None:
    assert watching.disk(facts(free=free * MB, size=size * MB)) is says
    assert watching.number("disk", facts(free=free * MB)) == free


def test_the_disk_of_another_machine_is_not_ours_to_judge() -> None:
    assert watching.disk(facts(free=None, size=None)) is UNSURE


@pytest.mark.parametrize(
    ("wrong", "says"), [(0, FINE), (59, FINE), (-59, FINE), (90, UNSURE), (121, BAD), (-3600, BAD)]
)
def test_the_clock_is_held_beside_telegrams(wrong: int, says: Verdict) -> None:
    seen = Seen(NOW, date=(format_datetime(NOW, usegmt=True), NOW.timestamp() + wrong))
    assert watching.clock(facts(seen=seen)) is says
    assert watching.number("clock", facts(seen=seen)) == abs(wrong)


@pytest.mark.parametrize("header", ["", "tomorrow", "Fri, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_cannot_be_read_says_nothing(header: str) -> None:
    assert watching.clock(facts(seen=Seen(NOW, date=(header, 0.0)))) is UNSURE
    assert watching.clock(facts()) is UNSURE


def looked(verdicts: list[Verdict]) -> list[Incident]:
    incident, seen = Incident(), list[Incident]()
    for at, verdict in enumerate(verdicts):
        incident = watching.following(incident, verdict, NOW + timedelta(minutes=at))
        seen.append(incident)
    return seen


def test_an_incident_begins_after_two_bad_looks_and_ends_after_five_good_ones() -> None:
    seen = looked([BAD, FINE, BAD, BAD, BAD, FINE, FINE, FINE, FINE, BAD, *[FINE] * 5])
    assert [one.begun is not None for one in seen] == [False] * 3 + [True] * 11 + [False]


@given(st.lists(st.sampled_from(list(Verdict)), max_size=200))
def test_however_facts_flutter_alerts_stay_rare(verdicts: list[Verdict]) -> None:
    begun = [one.begun for one in looked(verdicts)]
    told = sum(one != other for one, other in zip([None, *begun], begun, strict=False))
    assert told <= 2 * (len(verdicts) // (BEGINS + ENDS)) + 1


@given(st.lists(st.just(UNSURE), max_size=50), st.booleans())
def test_what_is_not_known_changes_nothing(verdicts: list[Verdict], is_going_on: bool) -> None:
    before = Incident(5 if is_going_on else None)
    after = before
    for verdict in verdicts:
        after = watching.following(after, verdict, NOW)
    assert after == before
