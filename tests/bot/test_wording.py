"""Rules of drafts and times: what stops a broadcast, what changed since it was seen, and what a typed time means."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot import wording
from bot.broadcasts import (
    Audience,
    Broadcast,
    BroadcastButton,
    BroadcastState,
    ButtonKind,
    Gave,
    load_audience,
)
from bot.config import LANGUAGES
from bot.contents import Content, ContentKind
from bot.i18n import ZONE
from bot.timing import clock_moves, is_possible, offers, read_time
from bot.wording import Kind, differences, digest

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
# From 2026 to 2029: eight changes of Morocco's clock.
MOMENTS = st.integers(1_767_225_600, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC))


def text(words: str) -> Content:
    return Content(ContentKind.TEXT, words)


def draft(parts: Mapping[str, str] | None = None, **more: Any) -> Broadcast:
    one = Broadcast(
        1,
        BroadcastState.DRAFT,
        1,
        7,
        Audience(),
        (),
        {code: text(words) for code, words in (parts or {}).items()},
        {},
        0,
        False,
        NOW,
    )
    return replace(one, **more)


def kinds(broadcast: Broadcast, total: int = 9, *, may_name: bool = False) -> list[Kind]:
    found = wording.remarks(broadcast, NOW, is_nobody=not total, may_name=may_name, is_quiet=False)
    return [one.kind for one in found]


def test_a_draft_says_what_is_missing() -> None:
    every: dict[str, str] = dict.fromkeys(LANGUAGES, "x")
    assert kinds(draft()) == [Kind.NO_MESSAGE]
    assert kinds(draft({"fr": "x"})) == [Kind.MISSING, Kind.MISSING]
    assert kinds(draft({"fr": "x"}, fallbacks={"ar": "", "en": "fr"})) == []
    assert kinds(draft({"fr": "x"}, audience=Audience(languages=("fr",)))) == []
    assert kinds(draft(every), 0) == [Kind.NOBODY]
    assert kinds(draft(every, due_at=NOW - timedelta(minutes=1))) == [Kind.PAST]


def test_a_choice_whose_message_is_gone_is_none() -> None:
    assert kinds(draft({"fr": "x"}, fallbacks={"ar": "en", "en": ""})) == [Kind.MISSING]


def test_first_names_need_the_setting_and_other_places_are_pointed_out() -> None:
    one = draft({"ar": "x", "fr": "{first_name} {ville} {", "en": "x"})
    assert kinds(one) == [Kind.NAMES_OFF, Kind.UNKNOWN_PLACE]
    assert kinds(one, may_name=True) == [Kind.UNKNOWN_PLACE]
    assert not Kind.UNKNOWN_PLACE.stops


@pytest.mark.parametrize(
    ("written", "local"),
    [
        ("18:30", (2026, 11, 27, 18, 30)),
        ("18h", (2026, 11, 27, 18, 0)),
        ("١٨:٣٠", (2026, 11, 27, 18, 30)),
        ("8.05", (2026, 11, 28, 8, 5)),
        ("28/11 18:30", (2026, 11, 28, 18, 30)),
        ("1/1 10:00", (2027, 1, 1, 10, 0)),
        ("28-11-2026 18h30", (2026, 11, 28, 18, 30)),
    ],
)
def test_a_time_is_read_by_moroccos_clock(written: str, local: tuple[int, ...]) -> None:
    found = read_time(written, NOW)
    assert found is not None
    assert found.astimezone(ZONE).timetuple()[:5] == local


@pytest.mark.parametrize(
    "written", ["", "soon", "25:00", "31/02 10:00", "18:60", "18:30 28/11", "1830", "29/2 9:00"]
)
def test_what_is_no_time_is_none(written: str) -> None:
    assert read_time(written, NOW) is None


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_times(written: str) -> None:
    found = read_time(written, NOW)
    assert found is None or found.tzinfo is not None


@given(MOMENTS)
def test_every_offer_is_possible_whatever_the_clock_does(now: datetime) -> None:
    assert all(is_possible(one, now) for one in offers(now))
    assert offers(now)


@given(MOMENTS, st.integers(0, 23), st.integers(0, 59))
def test_a_typed_hour_is_the_next_one_that_the_clock_shows(now: datetime, hour: int, minute: int) -> None:
    found = read_time(f"{hour}:{minute:02}", now)
    assert found is not None
    # On the two days a year on which Morocco's clock moves, an hour may be missing or come twice.
    assert timedelta(hours=-1) <= found - now <= timedelta(hours=25)
    shown = found.astimezone(UTC).astimezone(ZONE)
    assert (shown.hour, shown.minute) == (hour, minute) or shown.utcoffset() != now.astimezone(
        ZONE
    ).utcoffset()


def test_ramadans_clock_is_flagged() -> None:
    # In 2026 Morocco left its summer time on 15 February and took it up again on 22 March.
    before, within = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)
    assert clock_moves(before, within)
    assert not clock_moves(within, within + timedelta(days=2))
    one = draft({"ar": "x", "fr": "x", "en": "x"}, due_at=within)
    found = wording.remarks(one, before, is_nobody=False, may_name=False, is_quiet=True)
    assert [each.kind for each in found] == [Kind.QUIET, Kind.CLOCK]


def test_what_differs_is_named_piece_by_piece() -> None:
    one = draft({"fr": "a", "en": "b"})
    other = draft(
        {"fr": "a", "ar": "c"}, audience=Audience(gave=Gave.NEVER), fallbacks={"en": "fr"}, due_at=NOW
    )
    assert differences(digest(one), digest(one)) == ()
    assert differences(digest(one), digest(other)) == ("audience", "choice.en", "part.ar", "part.en", "time")
    button = BroadcastButton(ButtonKind.LINK, url="https://example.org")
    assert differences(digest(one), digest(replace(one, buttons=(button,)))) == ("buttons",)
    assert differences(digest(one), digest(replace(one, is_paid=True))) == ("speed",)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://example.org/a?b=c#d", True),
        ("https://exemple.ma", True),
        ("http://example.org", False),
        ("https://localhost", False),
        ("https://me:secret@example.org", False),
        ("https://exa mple.org", False),
        ("https://[::1", False),
        ("javascript:alert(1)", False),
        ("tg://user?id=1", False),
        ("https://example.org/" + "x" * 1024, False),
    ],
)
def test_only_whole_https_addresses_stand_under_a_button(url: str, is_one: bool) -> None:
    assert wording.is_link(url) is is_one


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["gave", "days", "campaign", "monthly", "currency", "language", "source", "staff", "x"]
            ),
            st.sampled_from(
                [
                    "any",
                    "gave",
                    "never",
                    "lapsed",
                    "yes",
                    "no",
                    "0",
                    "7",
                    "mad",
                    "xyz",
                    "ar",
                    "fr",
                    "en",
                    "mosque7",
                    "-1",
                    "",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_whatever_is_tapped_the_audience_stays_one_that_can_be_kept(taps: list[tuple[str, str]]) -> None:
    now = Audience()
    for what, value in taps:
        now = wording.narrowed(now, what, value) or now
        assert load_audience(now.dump()) == now
        assert len(now.languages) < len(LANGUAGES)
        assert now.gave is not Gave.ANY or now.campaign_id == 0 or taps


@pytest.mark.parametrize(("people", "price"), [(0, 0), (1, 1), (10, 1), (11, 2), (1204, 121)])
def test_the_paid_speed_costs_a_tenth_of_a_star_a_message(people: int, price: int) -> None:
    assert wording.stars(people) == price


def test_the_language_of_a_message_is_guessed_by_its_letters() -> None:
    assert wording.script(text("السلام عليكم 2026"), "fr") == "ar"
    assert wording.script(text("Bonjour"), "ar") == "fr"
    assert wording.script(text("Hello"), "en") == "en"
    assert wording.script(text("123"), "ar") == "ar"
