"""How often PostgreSQL is waited for while nobody else can write: what does not depend on the last answer is asked with it."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest

from bot import courier, settling
from bot.errors import StoreDown
from bot.model import DonationState
from bot.payments.checkout import PaymentStatus, SessionStatus
from bot.settling import Record
from bot.store import donations, inbox
from bot.store.database import Database
from bot.store.inbox import Hint
from bot.store.sql import Tx
from bot.store.wire import Wire
from tests.bot.engines import JOHN, NOW, opened, people
from tests.bot.test_rates import SETTINGS, page

GIFT, PAGE = "aaaaaaaaaa", "cs_aaaaaaaaaa"


class Counted:
    """Runs work on the writer; how often that waited, its commit among it."""

    def __init__(self, db: Database, waits: list[object]) -> None:
        self._db, self._waits = db, waits

    async def __call__(self, work: Callable[[Tx], Callable[[], Any]]) -> tuple[int, Any]:
        self._waits.clear()
        found = await self._db.write(work)
        waits = len(self._waits)
        answer = found()
        assert len(self._waits) == waits, "it is answered once it is kept"
        return waits, answer


@pytest.fixture
async def writing(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counted]:
    waits, settled = list[object](), Wire.settled

    async def counted(self: Wire) -> None:
        waits.append(self)
        await settled(self)

    monkeypatch.setattr(Wire, "settled", counted)
    db = Database(postgres_url)
    await db.open()
    yield Counted(db, waits)
    await db.close()


def a_page(tx: Tx) -> Callable[[], None]:
    people(tx)
    opened(tx, GIFT, 1)
    donations.change(tx, GIFT, session_id=PAGE)
    return lambda: None


async def test_a_gift_is_settled_in_four_waits_and_its_thanks_are_taken_in_three(writing: Counted) -> None:
    await writing(a_page)
    hint = Hint("evt_1", "checkout.session.completed", PAGE)
    assert await writing(partial(inbox.add, hint=hint, source="webhook", now=NOW)) == (1, True)
    assert await writing(partial(inbox.add, hint=hint, source="webhook", now=NOW)) == (1, False)

    session = page(await _gift(writing), SessionStatus.COMPLETE, PaymentStatus.PAID)
    facts = Record(session, SETTINGS, NOW, event_id="evt_1")
    waits, gift = await writing(partial(settling._write, donation_id=GIFT, facts=facts))
    assert (waits, gift.state, gift.settled_at) == (4, DonationState.PAID, NOW)

    waits, (parcels, due) = await writing(partial(courier._claim, now=NOW, owner="us"))
    assert waits == 3
    [thanks] = parcels
    assert (thanks.delivery.chat_id, thanks.donation, thanks.campaign.slug) == (JOHN, gift, "aid")
    assert due is not None


async def test_a_page_is_known_after_two_waits(writing: Counted) -> None:
    await writing(a_page)
    await writing(_is_made_again)
    session = page(await _gift(writing), SessionStatus.OPEN, PaymentStatus.UNPAID)
    facts = Record(session, SETTINGS, NOW, asked=True)
    waits, gift = await writing(partial(settling._write, donation_id=GIFT, facts=facts))
    assert (waits, gift.state, gift.session_id) == (2, DonationState.AWAITING, PAGE)


async def test_a_claim_that_fails_although_it_could_not_keeps_nothing(
    writing: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    await writing(a_page)
    session = page(await _gift(writing), SessionStatus.COMPLETE, PaymentStatus.PAID)
    monkeypatch.setattr(donations, "soon_moved", lambda *_, **__: lambda: False)
    with pytest.raises(StoreDown):
        await writing(partial(settling._write, donation_id=GIFT, facts=Record(session, SETTINGS, NOW)))
    assert (await _gift(writing)).state is DonationState.AWAITING
    assert (await writing(_payment))[1] is None


def _is_made_again(tx: Tx) -> Callable[[], object]:
    donations.change(tx, GIFT, session_id=None)
    return donations.soon_moved(tx, GIFT, [DonationState.AWAITING], DonationState.CREATING)


async def _gift(writing: Counted) -> Any:
    return (await writing(partial(donations.soon, donation_id=GIFT)))[1]


def _payment(tx: Tx) -> Callable[[], object]:
    found = donations.payment_of(tx, f"pi_{GIFT}")
    return lambda: found
