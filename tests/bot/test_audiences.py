"""Segments: the database finds just those whom a plain filter in Python finds, in the count and in the plan."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, field

from bot.broadcasts import Audience, Broadcast, BroadcastState, Gave, Monthly
from bot.config import Settings
from bot.contents import Content, ContentKind
from bot.holdout import is_held
from bot.model import RECEIVED, DonationState, DonorState, MonthlyState
from bot.store import audiences
from bot.store.sql import Tx
from tests import engine

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
_SECONDS = int(NOW.timestamp())
_DAY = 86400
LANGUAGES = ("ar", "fr", "en")
OWNER = 1900
ids = count(1)


class Person(Struct, frozen=True):
    """`gifts` are campaign, state and days ago (None: never settled); `sent` are days ago of other broadcasts."""

    language: str
    currency: str
    state: DonorState
    is_muted: bool
    source: str | None
    is_staff: bool
    gifts: list[tuple[int, DonationState, int | None]] = field(default_factory=list)
    monthly: MonthlyState | None = None
    sent: list[int] = field(default_factory=list)


_GIFTS = st.tuples(st.integers(1, 2), st.sampled_from(list(DonationState)), st.none() | st.integers(0, 200))
PEOPLE = st.lists(
    st.builds(
        Person,
        st.sampled_from(LANGUAGES),
        st.sampled_from(("MAD", "EUR", "USD")),
        st.sampled_from(list(DonorState)),
        st.booleans(),
        st.sampled_from((None, "poster", "b1")),
        st.booleans(),
        st.lists(_GIFTS, max_size=3),
        st.none() | st.sampled_from(list(MonthlyState)),
        st.lists(st.integers(0, 12), max_size=3),
    ),
    max_size=25,
)
AUDIENCES = st.builds(
    Audience,
    st.sampled_from(list(Gave)),
    st.integers(0, 2),
    st.sampled_from((1, 30, 90)),
    st.sampled_from(list(Monthly)),
    st.sampled_from(("", "MAD", "EUR")),
    st.sampled_from(((), ("ar",), ("fr", "en"))),
    st.sampled_from(("", "poster")),
    st.booleans(),
)


def is_meant(one: Person, audience: Audience) -> bool:
    """The filter as one would say it."""
    gifts = [
        days
        for campaign, state, days in one.gifts
        if state in RECEIVED and days is not None and audience.campaign_id in (0, campaign)
    ]
    gave = {
        Gave.ANY: True,
        Gave.GAVE: bool(gifts),
        Gave.NEVER: not gifts,
        Gave.LAPSED: bool(gifts) and all(days >= audience.days for days in gifts),
    }[audience.gave]
    is_monthly = one.monthly in (MonthlyState.ACTIVE, MonthlyState.PAST_DUE)
    return (
        one.state is not DonorState.ERASED
        and gave
        and (audience.monthly is Monthly.ANY or is_monthly == (audience.monthly is Monthly.YES))
        and audience.currency in ("", one.currency)
        and (not audience.languages or one.language in audience.languages)
        and audience.source in ("", one.source)
        and (not audience.is_staff or one.is_staff)
    )


def fate(one: Person, donor_id: int, broadcast: Broadcast, cap: int) -> str:
    if one.state is DonorState.BLOCKED:
        return audiences.BLOCKED
    if one.is_muted:
        return audiences.MUTED
    if not broadcast.audience.is_staff and cap and sum(days < 7 for days in one.sent) >= cap:
        return audiences.CAPPED
    is_out = is_held(broadcast.id, donor_id, broadcast.holdout) and not broadcast.audience.is_staff
    return audiences.HELD if is_out else audiences.GO


@contextmanager
def told(people: list[Person]) -> Iterator[Tx]:
    """Tables in which these people live; their ids are 1, 2, ..."""
    with engine.tx(_database()) as tx:
        _write(tx, people)
        yield tx


@cache
def _database() -> str:
    return engine.lasting()


def _write(tx: Tx, people: list[Person]) -> None:
    tx.plain("INSERT INTO appeals (id, slug, titles, operator, contact) VALUES (1, 'a', '{}', '', '')")
    for id in (1, 2):
        tx.plain(
            "INSERT INTO campaigns (id, slug, appeal_id, position, state, currency, goal_minor, texts, presets, limits, authorisation, statement) "
            "VALUES (?, ?, 1, 1, 'open', 'MAD', 1, '{}', '{}', '{}', '', '')",
            (id, f"c{id}"),
        )
    for id, one in enumerate(people, 1):
        telegram_id = None if one.state is DonorState.ERASED else 5000 + id
        tx.plain(
            "INSERT INTO donors (id, telegram_id, language, currency, state, source, created_at, muted_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
            (id, telegram_id, one.language, one.currency, one.state, one.source, 1 if one.is_muted else None),
        )
        if one.is_staff:
            tx.plain("INSERT INTO staff VALUES (?, 'reader', 'settings', 1)", (5000 + id,))
        for campaign, state, days in one.gifts:
            settled = None if days is None else _SECONDS - days * _DAY
            tx.plain(
                "INSERT INTO donations (id, donor_id, campaign_id, amount_minor, currency, state, attempt, params, created_at, expires_at, settled_at) "
                "VALUES (?, ?, ?, 100, 'MAD', ?, 1, '', 1, 1, ?)",
                (f"g{next(ids)}", id, campaign, state, settled),
            )
        if one.monthly:
            tx.plain(
                "INSERT INTO monthly_gifts (id, donor_id, campaign_id, amount_minor, currency, state, created_at) VALUES (?, ?, 1, 100, 'MAD', ?, 1)",
                (f"m{next(ids)}", id, one.monthly),
            )
        for days in one.sent:
            other = next(ids) + 100
            tx.plain(
                "INSERT INTO broadcasts (id, state, by, audience, created_at) VALUES (?, 'done', ?, '{}', 1)",
                (other, id),
            )
            tx.plain(
                "INSERT INTO broadcast_sends (broadcast_id, donor_id, language, zone, state, sent_at) VALUES (?, ?, 'fr', 'x', 'sent', ?)",
                (other, id, _SECONDS - days * _DAY),
            )


def broadcast_to(audience: Audience, parts: tuple[str, ...], fallbacks: dict[str, str]) -> Broadcast:
    said = {one: Content(ContentKind.TEXT, "x") for one in parts}
    return Broadcast(
        50, BroadcastState.RUNNING, 1, 1, audience, (), said, fallbacks, 30, is_paid=False, created_at=NOW
    )


@settings(max_examples=engine.examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(
    PEOPLE,
    AUDIENCES,
    st.sampled_from((0, 1, 2)),
    st.sampled_from((("fr",), ("ar", "en"), LANGUAGES)),
    st.sampled_from(({}, {"ar": "fr", "en": ""})),
)
def test_a_segment_is_what_a_plain_filter_finds(
    people: list[Person], audience: Audience, cap: int, parts: tuple[str, ...], fallbacks: dict[str, str]
) -> None:
    broadcast = broadcast_to(audience, parts, fallbacks)
    asked = Settings(_env_file=None, broadcasts_per_week=cap)  # pyright: ignore[reportCallIssue]
    meant = [(id, one) for id, one in enumerate(people, 1) if is_meant(one, audience)]
    expected = Counter((one.language, fate(one, id, broadcast, cap)) for id, one in meant)
    with told(people) as tx:
        assert audiences.groups(tx, broadcast, asked, NOW) == expected
        if people:
            tx.plain(
                "INSERT INTO broadcasts (id, state, by, audience, created_at) VALUES (50, 'running', 1, '{}', 1)"
            )
        for page in ((0, 7), (7, 100), (0, 100)):
            # The last page comes again: nothing is planned twice.
            audiences.fan_out(tx, broadcast, asked, NOW, page)
        rows = tx.plain("SELECT donor_id, language, state FROM broadcast_sends WHERE broadcast_id = 50")
        planned = {row["donor_id"]: (row["language"], row["state"]) for row in rows}
    states = {audiences.GO: "owed", audiences.HELD: "held"}
    assert planned == {
        id: (broadcast.speaks(one.language), states[fate(one, id, broadcast, cap)])
        for id, one in meant
        if fate(one, id, broadcast, cap) in states and broadcast.speaks(one.language)
    }


def test_the_first_owners_are_staff_by_the_settings() -> None:
    somebody = Person("fr", "MAD", DonorState.ACTIVE, False, None, False)
    asked = Settings(_env_file=None, admin_ids=(5001,))  # pyright: ignore[reportCallIssue]
    with told([somebody, somebody]) as tx:
        found = audiences.groups(tx, broadcast_to(Audience(is_staff=True), ("fr",), {}), asked, NOW)
    assert found == {("fr", audiences.GO): 1}


def test_a_week_is_seven_days() -> None:
    assert timedelta(days=7) == audiences.WEEK
