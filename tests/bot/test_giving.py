"""What the book holds of a gift before Stripe has answered, and which page gives way to which."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot import giving
from bot.actions import Give, GiveMonthly
from bot.errors import PaymentsLocked, PaymentsRefused, TermNotPossible
from bot.i18n import ZONE
from bot.model import CancelAsked, Donation, DonationState, Donor, MonthlyGift
from bot.money import Money
from bot.months import step
from bot.services import Services
from bot.store import campaigns, donations, donors
from bot.store.database import Database
from bot.store.moments import seconds
from bot.store.sql import Tx
from sandbox.faults import Fault
from tests import engine
from tests.bot.engines import campaign, opened, people
from tests.stage import Stage

GIVE = Give(1, 20000, "mad")
REFERENCE = "abcdefghjk"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


async def john_of(stage: Stage) -> Donor:
    await stage.john().start("c_humanitarian")
    await stage.john().says("Humanitarian")
    donor = await stage.read(lambda tx: donors.find(tx, stage.john().id))
    assert donor is not None
    return donor


async def kept(stage: Stage, donation_id: str, column: str) -> object:
    [(value,)] = await stage.rows(f"SELECT {column} FROM donations WHERE id = '{donation_id}'")
    return value


async def unanswered(stage: Stage, donor: Donor) -> Donation:
    """A gift written down by a process that died before Stripe was asked."""
    services = stage.services
    found = await services.db.write(lambda tx: giving._find_or_add(tx, services, donor, GIVE, None, ""))
    assert isinstance(found, Donation)
    return found


async def test_a_gift_that_nobody_asks_stripe_about_is_looked_at_within_half_a_minute(stage: Stage) -> None:
    begun = seconds(stage.services.clock())
    gift = await unanswered(stage, await john_of(stage))
    ended = seconds(stage.services.clock())
    look_at = await kept(stage, gift.id, "look_at")
    assert isinstance(look_at, int)
    assert begun + 30 <= look_at <= ended + 30


async def test_an_open_page_is_handed_out_again_until_its_last_minute(stage: Stage) -> None:
    donor = await john_of(stage)
    gift = await giving.open_checkout(stage.services, donor, GIVE)
    for left, is_same in ((timedelta(seconds=61), True), (timedelta(seconds=60), False)):
        late = replace(stage.services, clock=lambda left=left: gift.expires_at - left)
        found = await giving.open_checkout(late, donor, GIVE)
        assert (found.id == gift.id) is is_same


async def test_a_gift_without_a_page_is_given_up_when_stripe_takes_its_request_no_more(stage: Stage) -> None:
    donor = await john_of(stage)
    gift = await unanswered(stage, donor)
    for age, is_same in ((timedelta(minutes=59), True), (timedelta(minutes=61), False)):
        late = replace(stage.services, clock=lambda age=age: gift.created_at + age)
        found = await stage.services.db.write(
            lambda tx, late=late: giving._find_or_add(tx, late, donor, GIVE, None, "")
        )
        assert isinstance(found, Donation)
        assert (found.id == gift.id) is is_same
    assert await kept(stage, gift.id, "open_key") is None
    assert await kept(stage, gift.id, "cancel_asked") == CancelAsked.REPLACED
    assert await kept(stage, gift.id, "look_at") == seconds(gift.created_at + timedelta(minutes=61))


async def test_another_amount_closes_the_older_page_of_this_campaign_alone(stage: Stage) -> None:
    donor = await john_of(stage)
    [elsewhere, older] = [
        await giving.open_checkout(stage.services, donor, Give(number, 10000, "mad")) for number in (2, 1)
    ]
    newer = await giving.open_checkout(stage.services, donor, GIVE)
    asked = [await kept(stage, one.id, "cancel_asked") for one in (elsewhere, older, newer)]
    assert asked == [CancelAsked.NO, CancelAsked.REPLACED, CancelAsked.NO]
    await stage.until_rows(
        "SELECT campaign_id, amount_minor, state FROM donations ORDER BY campaign_id, amount_minor",
        [(1, 10000, "canceled"), (1, 20000, "awaiting"), (2, 10000, "awaiting")],
    )


async def test_the_page_that_gave_way_is_due_to_be_closed_at_once(stage: Stage) -> None:
    donor = await john_of(stage)
    await giving.open_checkout(stage.services, donor, GIVE)

    def gives_way(tx: Tx) -> list[object]:
        giving._replace(tx, donations.open_of(tx, donor.id, 1), NOW)
        return [row[0] for row in tx.plain("SELECT look_at FROM donations")]

    assert await stage.services.db.write(gives_way) == [seconds(NOW)]


async def test_a_gift_with_the_fees_is_another_gift_than_one_without(stage: Stage) -> None:
    donor = await john_of(stage)
    plain = await giving.open_checkout(stage.services, donor, GIVE)
    covered = await giving.open_checkout(stage.services, donor, GIVE, Money(600, "MAD"))
    again = await giving.open_checkout(stage.services, donor, GIVE, Money(600, "MAD"))
    assert (plain.cover_minor, covered.cover_minor) == (0, 600)
    assert plain.id != covered.id == again.id


async def test_a_cancel_that_the_donor_sees_on_the_screen_comes_as_no_message_too(stage: Stage) -> None:
    donor = await john_of(stage)
    gift = await giving.open_checkout(stage.services, donor, GIVE)
    ended = await giving.cancel(stage.services, donor, gift.id)
    assert ended.state is DonationState.CANCELED
    assert await stage.rows("SELECT kind FROM deliveries") == []


async def test_a_gift_of_every_month_is_another_gift_than_one_of_once(stage: Stage) -> None:
    donor = await john_of(stage)
    monthly = GiveMonthly(1, 20000, "mad", "3m")
    once, each, again = [
        await giving.open_checkout(stage.services, donor, one) for one in (GIVE, monthly, monthly)
    ]
    assert once.id != each.id == again.id
    assert (once.monthly_id, each.monthly_id) == (None, again.monthly_id)


async def test_an_open_gift_is_known_again_after_a_new_version_by_a_key_that_stays(stage: Stage) -> None:
    donor = await john_of(stage)
    gift = await unanswered(stage, donor)
    assert await kept(stage, gift.id, "open_key") == f"{donor.id}:1:20000:MAD"


async def test_a_gift_bears_the_name_of_the_update_that_asked_for_it_unless_another_has_it(
    stage: Stage,
) -> None:
    donor = await john_of(stage)
    ids = []
    for minor, trace in ((10000, REFERENCE), (20000, REFERENCE), (30000, "no reference")):
        found = await stage.services.db.write(
            lambda tx, minor=minor, trace=trace: giving._find_or_add(
                tx, stage.services, donor, Give(1, minor, "mad"), None, trace
            )
        )
        assert isinstance(found, Donation)
        ids.append(found.id)
    assert ids[0] == REFERENCE
    assert len(set(ids)) == 3
    assert "no reference" not in ids


async def test_a_page_that_stripe_failed_to_make_is_asked_for_under_another_key_also_after_a_kill(
    stage: Stage,
) -> None:
    gift = await unanswered(stage, await john_of(stage))
    # Stripe answers a key that failed with the same failure for a day.
    stage.stripe.faults.add(Fault("500", "POST", path="/v1/checkout/sessions"))
    made = await giving.create(stage.services, gift.id)
    keys = [call.key for call in stage.stripe.calls if call.method == "POST"]
    assert list(dict.fromkeys(keys)) == [f"cs-{gift.id}-1", f"cs-{gift.id}-2"]
    assert await kept(stage, gift.id, "attempt") == 2
    assert made.state is DonationState.AWAITING


async def test_a_page_that_stripe_made_while_it_said_that_it_failed_is_found_and_no_second_one_is_made(
    stage: Stage,
) -> None:
    gift = await unanswered(stage, await john_of(stage))
    unseen = await stage.services.payments.open_checkout(gift.params, "cs-unseen")
    stage.stripe.faults.add(Fault("500", "POST", path="/v1/checkout/sessions"))
    found = await giving.create(stage.services, gift.id)
    assert (found.session_id, found.attempt) == (unseen.id, 1)
    assert len(stage.stripe.sessions) == 1


async def given_up(stage: Stage, gift: Donation) -> list[tuple[str, str | None]]:
    """The gift has failed and is looked at no more; what people are told."""
    assert await kept(stage, gift.id, "state") == "failed"
    assert await kept(stage, gift.id, "look_at") is None
    return await stage.rows("SELECT kind, payload FROM deliveries ORDER BY kind")


async def test_where_stripe_refuses_our_key_the_gift_is_given_up_and_staff_hear_it(stage: Stage) -> None:
    gift = await unanswered(stage, await john_of(stage))
    stage.stripe.faults.add(Fault("401", "POST"))
    with pytest.raises(PaymentsLocked):
        await giving.create(stage.services, gift.id)
    assert await given_up(stage, gift) == [("alert", "locked"), ("failed", None)]


@pytest.mark.parametrize(("is_asked", "replaced"), [(True, CancelAsked.NO), (False, CancelAsked.REPLACED)])
async def test_a_refusal_is_no_news_for_who_sees_it_on_the_screen_or_went_on_to_another_gift(
    stage: Stage, is_asked: bool, replaced: CancelAsked
) -> None:
    gift = await unanswered(stage, await john_of(stage))
    await stage.services.db.write(lambda tx: donations.change(tx, gift.id, cancel_asked=replaced))
    stage.stripe.faults.add(Fault("401", "POST"))
    with pytest.raises(PaymentsLocked):
        await giving.create(stage.services, gift.id, asked=is_asked)
    assert await given_up(stage, gift) == [("alert", "locked")]


@pytest.mark.parametrize(
    ("state", "replaced", "told"),
    [
        ("creating", CancelAsked.NO, ["expired"]),
        ("creating", CancelAsked.REPLACED, []),
        ("paid", CancelAsked.NO, []),
    ],
)
async def test_a_gift_that_never_got_its_page_has_expired_unless_another_took_its_place_or_it_was_paid(
    stage: Stage, state: str, replaced: CancelAsked, told: list[str]
) -> None:
    gift = await unanswered(stage, await john_of(stage))
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE donations SET state = ? WHERE id = ?", (state, gift.id))
    )
    await giving.end_unmade(stage.services, replace(gift, cancel=replaced))
    assert await kept(stage, gift.id, "state") == ("expired" if state == "creating" else "paid")
    assert [kind for (kind,) in await stage.rows("SELECT kind FROM deliveries")] == told


async def test_where_stripe_refuses_the_page_the_gift_is_given_up_and_staff_hear_it(stage: Stage) -> None:
    gift = await unanswered(stage, await john_of(stage))
    await stage.services.db.write(
        lambda tx: tx.plain("UPDATE donations SET params = replace(params, 'mad', 'zzz')")
    )
    with pytest.raises(PaymentsRefused):
        await giving.create(stage.services, gift.id)
    stage.stripe.rejected.clear()
    assert await given_up(stage, gift) == [("alert", "refused"), ("failed", None)]


async def test_a_monthly_gift_that_could_be_charged_once_only_is_none() -> None:
    john = Donor(1, 1, "en", "MAD")
    asked = GiveMonthly(1, 10000, "mad", "open")
    once = replace(campaign("aid"), ends_at=step(NOW, 1))
    with pytest.raises(TermNotPossible):
        giving._monthly(john, once, asked, NOW)
    twice = replace(campaign("aid"), ends_at=step(NOW, 1) + timedelta(seconds=1))
    assert giving._monthly(john, twice, asked, NOW).ends_at == twice.ends_at


async def test_a_monthly_gift_ends_with_its_day_or_its_campaign_and_months_are_counted_later() -> None:
    john = replace(Donor(1, 1, "en", "MAD"), source="radio")
    day = datetime(2027, 6, 30, 22, tzinfo=UTC)
    until = giving._monthly(john, campaign("aid"), GiveMonthly(1, 10000, "mad", "20270630"), NOW)
    assert (until.months, until.source) == (None, "radio")
    assert until.ends_at == datetime(2027, 7, 1, tzinfo=ZONE)
    short = replace(campaign("aid"), ends_at=day - timedelta(days=60))
    assert (
        giving._monthly(john, short, GiveMonthly(1, 10000, "mad", "20270630"), NOW).ends_at == short.ends_at
    )
    months = giving._monthly(john, campaign("aid"), GiveMonthly(1, 10000, "mad", "3m"), NOW)
    assert (months.months, months.ends_at) == (3, None)
    ending = giving._monthly(john, short, GiveMonthly(1, 10000, "mad", "3m"), NOW)
    assert (ending.months, ending.ends_at) == (3, short.ends_at)


async def test_stripes_page_is_in_the_donors_language_and_names_the_fees_and_the_rhythm(stage: Stage) -> None:
    john = await john_of(stage)
    found = await stage.services.db.read(lambda tx: campaigns.get(tx, 1))
    assert found is not None
    aid, money, fees = replace(found, ends_at=None), Money(10000, "MAD"), Money(300, "MAD")
    plan = giving._monthly(john, aid, GiveMonthly(1, 10000, "mad", "open"), NOW)

    def asked(language: str, gift: MonthlyGift | None, cover: Money | None) -> str:
        donor = replace(john, language=language)
        return giving._fresh(REFERENCE, donor, aid, money, gift, stage.services, cover).params

    plain = asked("en", None, None)
    assert "Your gift goes to" in plain
    assert "The payment's fees" not in plain
    assert "Associations d’aide humanitaire" in asked("fr", None, None)
    assert "The payment's fees" in asked("en", None, fees)
    monthly = asked("en", plan, None)
    assert "Your monthly gift goes to" in monthly
    assert plan.id in monthly


@pytest.fixture
async def apart(stage: Stage, tmp_path: Path) -> AsyncIterator[Services]:
    """A book that no worker looks at, with one page of John's, an hour after it was opened."""
    (tmp_path / "apart").mkdir()
    db = Database(engine.fresh(tmp_path / "apart"))
    await db.open()
    await db.write(people)
    await db.write(lambda tx: opened(tx, REFERENCE, 1, session_id="cs_one"))
    yield replace(stage.services, db=db, clock=lambda: NOW + timedelta(hours=1))
    await db.close()


async def only_row(services: Services) -> tuple[int, int]:
    """Whether the page is to be closed, and when it is looked at."""
    found = await services.db.read(lambda tx: tx.plain("SELECT cancel_asked, look_at FROM donations"))
    [(asked, look_at)] = found
    return asked, look_at


async def test_what_a_donor_could_not_wait_for_is_due_at_once(apart: Services) -> None:
    await giving._go_on(apart, REFERENCE)
    assert await only_row(apart) == (CancelAsked.NO, seconds(apart.clock()))


async def test_a_cancel_is_written_down_with_its_next_try_before_stripe_is_asked(apart: Services) -> None:
    john = await apart.db.read(lambda tx: donors.get(tx, 1))
    assert john is not None
    async with apart.gift(REFERENCE), asyncio.timeout(15):
        canceling = asyncio.ensure_future(giving.cancel(apart, john, REFERENCE))
        while (kept := await only_row(apart))[0] == CancelAsked.NO:
            await asyncio.sleep(0.005)
        canceling.cancel()
    assert kept == (CancelAsked.BY_DONOR, seconds(apart.clock()) + 30)
