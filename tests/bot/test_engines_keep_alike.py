"""What is kept and in which order it comes back is the same on SQLite and on PostgreSQL."""

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from bot.broadcasts import Audience
from bot.contents import Content, ContentKind
from bot.figures import Step
from bot.guarding import HOUR
from bot.letters import LetterKind
from bot.model import (
    BalanceTransaction,
    CampaignState,
    DeliveryKind,
    Dispute,
    Donor,
    MonthlyGift,
    MonthlyState,
    OrderState,
    Payment,
    Pledge,
    PledgeState,
    ReceiptKind,
    Refund,
    RefundOrder,
)
from bot.staff import Member, Role
from bot.store import (
    acts,
    attempts,
    balance,
    broadcasts,
    campaigns,
    deliveries,
    donations,
    donors,
    drafts,
    inbox,
    marks,
    monthly,
    papers,
    pledges,
    questions,
    rates,
    receipts,
    refunds,
    staff,
    steps,
    sums,
    updates,
)
from bot.store.sql import Tx
from bot.store.sums import ALWAYS, Of
from tests import postgres
from tests.bot.engines import DAY, EUR, JOHN, MAD, NOW, SECOND, alike, campaign, opened, paid, people

pytestmark = pytest.mark.skipif(not postgres.is_here(), reason=postgres.MISSING)


TEXT = Content(ContentKind.TEXT, "Bonjour")


def test_campaigns_are_numbered_by_us_and_never_by_the_database() -> None:
    """A number that the database chose by itself would be one that was chosen here before."""

    def story(tx: Tx) -> dict[str, int]:
        people(tx)
        draft = campaigns.add(tx, replace(campaign("draft"), state=CampaignState.DRAFT))
        assert draft is not None
        assert campaigns.drop(tx, draft)
        for slug in ("aid", "new", "school"):
            campaigns.put(tx, replace(campaign(slug), authorisation="again"), 2)
        campaigns.add(tx, campaign("last"))
        assert all(one.authorisation == "again" for one in campaigns.every(tx) if one.slug != "last")
        return {one.slug: one.id for one in campaigns.every(tx)}

    assert alike(story) == {"aid": 1, "school": 2, "new": 4, "last": 5}


def test_what_is_told_twice_is_kept_once() -> None:
    def story(tx: Tx) -> list[Any]:
        people(tx)
        opened(tx, "aaaaaaaaaa", 1)
        return [[_once(tx), tx.plain("SELECT count(*) FROM deliveries")[0][0]] for _ in range(2)]

    first, second = alike(story)
    assert first == [[True] * 7 + [JOHN, "one", 1, 1, {Step.START: 1, Step.AMOUNT: 1}], 1]
    assert second == [[False] * 7 + [JOHN, "one", 1, 1, {Step.START: 2, Step.AMOUNT: 2}], 1]


def _once(tx: Tx) -> list[Any]:
    marks.put(tx, "mark", "one")
    staff.put(tx, Member(JOHN, Role.READER, "settings", SECOND))
    steps.count(tx, date(2026, 11, 27), None, (Step.START, Step.AMOUNT))
    updates.done(tx, 2**40, NOW)
    pledge = Pledge("k427p", 1, 1, MAD, PledgeState.PROMISED, NOW)
    owed = deliveries.Owed(DeliveryKind.THANKS, "thanks", donor_id=1)
    return [
        inbox.add(tx, inbox.Hint("evt_1", "charge.updated", "cs_1"), "webhook", NOW)(),
        updates.keep(tx, updates.Kept(2**41, "{}"), NOW),
        pledges.add(tx, pledge),
        deliveries.is_news(tx, owed, NOW),
        attempts.add_decline(tx, "ch_1", 1, "aaaaaaaaaa", NOW),
        questions.write(tx, 1, LetterKind.QUESTION, "letter", TEXT, NOW),
        balance.add(tx, "pi_1", "aaaaaaaaaa", _transaction("txn_1"), NOW),
        donors.add(tx, JOHN, "fr", "EUR", SECOND).telegram_id,
        marks.get(tx, "mark"),
        len(staff.everybody(tx)),
        questions.opened(tx, 1, NOW).donor_id,
        {step: n for step, n in steps.sums(tx, date(2026, 11, 27), date(2026, 11, 27)).items() if n},
    ]


def _transaction(id: str) -> BalanceTransaction:
    return BalanceTransaction(id, "ch_1", "charge", 20_000, 500, 19_500, "MAD")


def test_somebody_new_is_written_down_whole_and_somebody_known_is_found_and_moved() -> None:
    def story(tx: Tx) -> list[Any]:
        people(tx)
        where = {"awaiting": "home", "source": "radio", "reached": 202611271}
        made = donors.add(tx, 77, "ar", "EUR", SECOND, **where)
        known = donors.add(tx, JOHN, "ar", "EUR", SECOND, **where)
        plain = donors.add(tx, JOHN, "fr", "MAD", SECOND)
        return [
            made,
            donors.find(tx, 77),
            known,
            plain,
            sums.upto(tx, ALWAYS, Of.COMERS),
            sums.upto(tx, ALWAYS, Of.DONORS),
        ]

    made, found, known, moved, comers, count = alike(story)
    assert made == found == Donor(4, 77, "ar", "EUR", awaiting="home", source="radio", reached=202611271)
    assert known == Donor(1, JOHN, "en", "MAD")
    assert moved == replace(known, awaiting="home", source="radio", reached=202611271)
    assert (comers, count) == ({("radio",): (2, 0)}, {(): (4, 0)})


def test_of_the_pages_of_the_last_hour_the_nth_newest_is_known_and_what_is_forgotten_does_not_change_that() -> (
    None
):
    ages = (timedelta(days=3), timedelta(days=3), 2 * HOUR, HOUR, HOUR / 2, HOUR / 2, timedelta(minutes=1))

    def story(tx: Tx) -> list[Any]:
        for age in ages:
            attempts.add_opened(tx, NOW - age)

        def seen() -> list[Any]:
            found = [
                attempts.soon_lately(tx, 1, NOW - HOUR, attempts.Limits(0, 0, 0, limit), "none")()
                for limit in range(5)
            ]
            return [attempts.count_opened(tx, NOW - HOUR), *(one.opened for one in found)]

        before = seen()
        assert attempts.prune(tx, NOW - timedelta(days=2)) == 0
        attempts.add_opened(tx, NOW - timedelta(days=5))
        assert attempts.prune(tx, NOW - timedelta(days=2)) == 1
        return [before, seen()]

    minute, half = NOW - timedelta(minutes=1), NOW - HOUR / 2
    before, after = alike(story)
    assert before == after == [3, None, minute, half, half, None]


def test_what_came_of_late_is_seen_only_where_it_is_as_much_as_the_limit() -> None:
    def story(tx: Tx) -> list[Any]:
        people(tx)
        for number, reference in enumerate(("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"), 1):
            opened(tx, reference, min(number, 2))
            attempts.add_opened(tx, NOW)
            attempts.add_decline(tx, f"ch_{number}", min(number, 2), reference, NOW)
        marks.put(tx, "mark", "said")

        def seen(number: int, mark: str) -> attempts.Lately:
            return attempts.soon_lately(tx, 2, NOW - DAY, attempts.Limits(*[number] * 4), mark)()

        return [seen(0, "none"), seen(2, "mark"), seen(3, "none"), seen(4, "none")]

    off, two, three, four = alike(story)
    assert off == four == attempts.Lately(None, None, None, None, is_full=False)
    assert two == attempts.Lately("said", NOW, NOW, NOW, is_full=True)
    assert three == attempts.Lately(None, None, None, NOW, is_full=True)


def test_papers_are_numbered_without_a_gap_each_year_and_each_once() -> None:
    def story(tx: Tx) -> list[Any]:
        people(tx)
        opened(tx, "aaaaaaaaaa", 1)
        for subject, when in (("cs_1", NOW), ("cs_1", NOW), ("re_1", NOW), ("re_2", NOW + 365 * DAY)):
            receipts.issue(tx, ReceiptKind.RECEIPT, subject, "aaaaaaaaaa", MAD, when)
        return [(one.year, one.number) for one in receipts.of_donation(tx, "aaaaaaaaaa")]

    assert alike(story) == [(2026, 1), (2026, 2), (2027, 1)]


def test_a_number_that_is_too_great_for_an_id_is_nobodys() -> None:
    """As a forged button may name it."""

    def story(tx: Tx) -> list[Any]:
        people(tx)
        forged = 9_999_999_999
        return [
            campaigns.get(tx, forged),
            donors.get(tx, forged),
            broadcasts.get(tx, forged),
            donations.of_donor(tx, forged, 5, forged),
            pledges.open_page(tx, 5, forged),
            drafts.page(tx, 5, forged),
            papers.find(tx, forged, forged),
            campaigns.move(tx, forged, CampaignState.OPEN, CampaignState.CLOSED),
            acts.newest(tx, 5),
        ]

    assert alike(story) == [None, None, None, [], [], [], None, False, []]


def test_rows_of_one_second_come_in_one_order_also_after_they_were_changed() -> None:
    """On PostgreSQL a row that is changed moves behind all others."""

    def story(tx: Tx) -> list[Any]:
        people(tx)
        for name in ("c", "a", "b"):
            _of_one_second(tx, name)
        before = _in_order(tx)
        for table in ("donations", "pledges", "refunds", "disputes", "refund_orders", "inbox", "payments"):
            tx.plain(f"UPDATE {table} SET {_SAME[table]} WHERE {_KEY.get(table, 'id')} LIKE '%a'")
        tx.plain("UPDATE monthly_gifts SET wanted = 1 WHERE id LIKE '%a'")
        tx.plain("UPDATE broadcast_parts SET content = content WHERE language = 'ar'")
        assert _in_order(tx) == before
        return before

    names = alike(story)
    assert [[one[-1] for one in some] for some in names[:-2]] == [["a", "b", "c"]] * 12
    assert names[-2:] == [["ar", "en", "fr"], "aaaaaaaaaa"]


_SAME = {
    "donations": "source = source",
    "pledges": "source = source",
    "refunds": "status = status",
    "disputes": "status = status",
    "refund_orders": "reason = reason",
    "inbox": "outcome = outcome",
    "payments": "currency = currency",
}
_KEY = {"inbox": "event_id", "payments": "payment_intent"}


def _of_one_second(tx: Tx, name: str) -> None:
    reference = name * 10
    monthly.add(tx, MonthlyGift(f"m{name}", 1, 1, MAD, MonthlyState.ACTIVE, NOW))
    monthly.change(tx, f"m{name}", look_at=SECOND)
    opened(tx, reference, 1, EUR, monthly_id="ma" if name == "a" else None)
    donations.change(tx, reference, settled_at=SECOND)
    donations.add_payment(tx, Payment(reference, f"pi_{name}", reference, EUR, True), NOW - DAY)
    refunds.keep(tx, "pi", reference, [Refund(f"re_{name}", EUR, "succeeded")], NOW)
    refunds.keep_disputes(tx, "pi", reference, [Dispute(f"dp_{name}", EUR, "lost", "fraud", None)], NOW)
    order = RefundOrder(f"o{name}", reference, EUR, "", "donor", OrderState.ASKED)
    refunds.order(tx, order, NOW, NOW)
    pledges.add(tx, Pledge(f"p{name}", 1, 1, MAD, PledgeState.PROMISED, NOW))
    inbox.add(tx, inbox.Hint(f"evt_{name}", "charge.updated", "ch_1"), "webhook", NOW)
    if name == "c":
        draft = broadcasts.add(tx, 1, Audience(), 0, NOW)
        for language in ("fr", "ar", "en"):
            broadcasts.put_part(tx, draft, language, TEXT)


def _in_order(tx: Tx) -> list[Any]:
    found = broadcasts.newest(tx, 1)[0]
    return [
        [one.id for one in donations.open_of(tx, 1)],
        [one.id for one in donations.open_of(tx, 1, 1)],
        [one.id for one in donations.to_look_at(tx, NOW, 9)],
        [one.id for one in monthly.to_look_at(tx, NOW, 9)],
        rates.waiting(tx, "EUR", "MAD"),
        [one.id for one in refunds.of_payment(tx, "pi")],
        [one.id for one in refunds.disputes_of(tx, "pi")],
        [one.id for one in refunds.orders_due(tx, NOW, 9)],
        [one.id for one in pledges.open_of(tx, 1)],
        [one.event_id for one in inbox.waiting(tx, 9)],
        inbox.about(tx, "ch_1"),
        [intent for intent, _ in balance.due(tx, NOW, 9)],
        list(found.parts),
        monthly.first_donation(tx, "ma"),
    ]


def test_the_last_news_of_a_payment_is_the_latest_of_all_that_came() -> None:
    def story(tx: Tx) -> list[Any]:
        people(tx)
        for name in ("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"):
            paid(tx, name, 1)
        refunds.keep(tx, "pi_bbbbbbbbbb", "bbbbbbbbbb", [Refund("re_1", EUR, "succeeded")], NOW + DAY)
        disputed = [Dispute("dp_1", EUR, "lost", "fraud", None)]
        refunds.keep_disputes(tx, "pi_cccccccccc", "cccccccccc", disputed, NOW + 2 * DAY)
        return [when for _, when in balance.due(tx, NOW + DAY, 9)]

    assert alike(story) == [NOW, NOW + DAY, NOW + 2 * DAY]
