"""The nouns of broadcasts."""

from datetime import timedelta

from bot.broadcasts import MOST_TRIES, pause_after


def test_pauses_double_up_to_ten_minutes_and_end_after_a_day() -> None:
    pauses = [pause_after(tries) for tries in range(1, MOST_TRIES)]
    assert [one.total_seconds() for one in pauses if one][:10] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 600]
    assert pause_after(MOST_TRIES) is None
    whole = sum((one for one in pauses if one), timedelta())
    assert timedelta(hours=23) < whole < timedelta(hours=25)
