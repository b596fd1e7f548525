"""Where donors are many, staff hear at once about how many are meant, and exactly a moment later; no screen counts them all."""

from msgspec.structs import replace

from bot import audience, outcomes
from bot.broadcasts import Audience, BroadcastState
from bot.store import broadcasts, taps
from bot.store.sql import Tx
from tests.journeys.test_broadcasts import composed, crowd_of, everybody_is_here
from tests.stage import Stage

ASKED = "SELECT asked_at FROM broadcast_counts"


async def test_about_how_many_is_said_at_once_and_the_exact_number_when_it_was_counted(stage: Stage) -> None:
    await everybody_is_here(stage)
    await crowd_of(stage, 1200)
    made = await composed(
        stage, {"en": "Hello"}, state=BroadcastState.DRAFT, fallbacks='{"fr": "en", "ar": ""}'
    )
    about = await audience.count(stage.services, made)
    assert (about.is_about, about.total) == (True, 1200)
    await stage.until_rows(ASKED, [(None,)])
    exact = await audience.count(stage.services, made)
    assert (exact.is_about, exact.total, exact.left_out) == (False, 1203, 1)


async def test_another_audience_is_counted_anew_and_of_a_few_nothing_is_guessed(stage: Stage) -> None:
    await everybody_is_here(stage)
    await crowd_of(stage, 1200)
    made = await composed(stage, {"en": "Hello"}, state=BroadcastState.DRAFT)
    assert (await audience.count(stage.services, made, is_exact=True)).total == 1201

    def narrowed(tx: Tx) -> None:
        broadcasts.move(tx, made.id, audience=Audience(source="radio").dump())
        tx.plain("UPDATE donors SET source = 'radio' WHERE id IN (3, 600, 1100)")

    await stage.services.db.write(narrowed)
    other = replace(made, audience=Audience(source="radio"))
    found = await audience.count(stage.services, other)
    assert (found.is_about, found.total) == (True, 0)
    await stage.until_rows(ASKED, [(None,)])
    found = await audience.count(stage.services, other)
    assert (found.is_about, sum(found.by_language.values())) == (False, 3)


async def test_the_staff_alone_are_counted_exactly_among_any_number(stage: Stage) -> None:
    await everybody_is_here(stage)
    await crowd_of(stage, 1200)
    made = await composed(stage, {"en": "Hello"}, Audience(is_staff=True), state=BroadcastState.DRAFT)
    found = await audience.count(stage.services, made)
    assert (found.is_about, sum(found.by_language.values())) == (False, 1)


async def test_a_report_on_many_shows_what_was_counted_last_and_counts_again_when_asked(stage: Stage) -> None:
    await everybody_is_here(stage)
    await crowd_of(stage, 300)
    made = await composed(stage, {"en": "Hello"}, state=BroadcastState.DRAFT)

    def sent(tx: Tx) -> None:
        tx.plain(
            "INSERT INTO broadcast_sends (broadcast_id, donor_id, language, zone, state, sent_at) "
            "SELECT ?, id, 'en', 'Africa/Casablanca', 'sent', 1 FROM donors WHERE language = 'en'",
            (made.id,),
        )
        broadcasts.move(tx, made.id, state=BroadcastState.DONE, total=301, sent=301, started_at=1)

    def stops(tx: Tx) -> None:
        taps.add(tx, made.id, 50, taps.STOP, stage.services.clock())

    await stage.services.db.write(sent)
    done = await stage.services.db.read(lambda tx: broadcasts.get(tx, made.id))
    assert done is not None
    first = await outcomes.outcome(stage.services, done)
    await stage.services.db.write(stops)
    then = await outcomes.outcome(stage.services, done)
    assert (first.counted_at, then.counted_at is None, then.muted, then.reached.people) == (
        None,
        False,
        0,
        301,
    )
    again = await outcomes.outcome(stage.services, done, is_fresh=True)
    assert (again.counted_at, again.muted) == (None, 1)
