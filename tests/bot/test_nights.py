"""Nobody is written to at night, by their own clock, also where clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.nights import PLACES, Quiet, awake_at, is_awake, read_quiet, zone_of
from bot.zones import zone as clock_of

_FIRST, _LAST = datetime(2024, 1, 1), datetime(2032, 1, 1)  # noqa: DTZ001  hypothesis adds the zone
MOMENTS = st.datetimes(_FIRST, _LAST, timezones=st.just(UTC))
QUIET = st.builds(Quiet, st.integers(0, 23), st.integers(0, 23)).filter(lambda one: one.begin != one.end)
# Morocco leaves its summer time for Ramadan: its clock went back on 23 February 2025 and forth on 6 April.
BEFORE_RAMADAN = datetime(2025, 2, 22, 23, 30, tzinfo=UTC)
AFTER_RAMADAN = datetime(2025, 4, 5, 23, 30, tzinfo=UTC)


@given(MOMENTS, st.sampled_from(PLACES), QUIET)
@example(BEFORE_RAMADAN, "Africa/Casablanca", Quiet(21, 9))
@example(AFTER_RAMADAN, "Africa/Casablanca", Quiet(21, 9))
def test_the_first_moment_awake_is_awake_and_none_before_it_is(
    now: datetime, zone: str, quiet: Quiet
) -> None:
    moment = awake_at(zone, now, quiet)
    assert is_awake(zone, moment, quiet)
    assert timedelta() <= moment - now <= timedelta(hours=25)
    earlier = now
    while earlier < moment:
        assert not is_awake(zone, earlier, quiet)
        earlier += timedelta(minutes=7)


@given(MOMENTS, st.sampled_from(PLACES), QUIET)
def test_awake_is_what_the_clock_on_the_wall_says(now: datetime, zone: str, quiet: Quiet) -> None:
    hour, hours = now.astimezone(clock_of(zone)).hour, list[int]()
    one = quiet.begin
    while one != quiet.end:
        hours.append(one)
        one = (one + 1) % 24
    assert is_awake(zone, now, quiet) == (hour not in hours)


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        (BEFORE_RAMADAN, datetime(2025, 2, 23, 9, tzinfo=UTC)),
        (AFTER_RAMADAN, datetime(2025, 4, 6, 8, tzinfo=UTC)),
    ],
)
def test_morning_is_at_nine_also_after_the_night_in_which_moroccos_clock_changes(
    evening: datetime, morning: datetime
) -> None:
    found = awake_at("Africa/Casablanca", evening, Quiet(21, 9))
    assert (found, found.astimezone(clock_of("Africa/Casablanca")).hour) == (morning, 9)


def test_without_quiet_hours_everybody_is_awake() -> None:
    assert awake_at("Europe/Paris", BEFORE_RAMADAN, None) == BEFORE_RAMADAN


@pytest.mark.parametrize(
    ("written", "read"), [("21-9", Quiet(21, 9)), (" 0 - 7 ", Quiet(0, 7)), ("off", None)]
)
def test_quiet_hours_are_read(written: str, read: Quiet | None) -> None:
    assert read_quiet(written) == read


@pytest.mark.parametrize("written", ["9", "21-24", "9-9", "nine-five", "-3"])
def test_quiet_hours_that_cannot_be_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="QUIET_HOURS"):
        read_quiet(written)


def test_a_currency_says_where_somebody_lives() -> None:
    found = [zone_of(code) for code in ("MAD", "EUR", "USD", "JPY")]
    assert found == ["Africa/Casablanca", "Europe/Paris", "America/New_York", "Africa/Casablanca"]


def test_moroccos_clock_is_that_of_its_law_whatever_the_machine_believes() -> None:
    # Until September 2026 an hour ahead of UTC but for Ramadan; since then with it all year.
    hours = {
        datetime(2026, 7, 1, 12, tzinfo=UTC): 13,
        datetime(2026, 3, 5, 12, tzinfo=UTC): 12,
        datetime(2026, 11, 27, 12, tzinfo=UTC): 12,
    }
    assert {at: at.astimezone(clock_of("Africa/Casablanca")).hour for at in hours} == hours


def test_a_place_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        clock_of("Africa/Atlantis")
