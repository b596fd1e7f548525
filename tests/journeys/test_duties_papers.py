"""Duties 8 and 17 of the conversation: receipts and statements that equal the ledger, and no unknown charge."""

import pytest

from bot.i18n import Catalogues
from bot.money import Money
from sandbox.telegram import Phone
from tests.reading import content_of, exact, plain, sent_file, sums_on, text_of
from tests.stage import Stage, to_the_bridge

CATALOGUES = Catalogues("fr")
DESCRIPTOR = "MCISE* DON"


def donor(stage: Stage, language: str) -> Phone:
    return {"ar": stage.amina, "fr": stage.yasmine, "en": stage.john}[language]()


async def pays(stage: Stage, phone: Phone, amount: str, link: str = "c_humanitarian") -> str:
    session = await to_the_bridge(stage, phone, amount, link)
    stage.stripe.pay(session)
    thanks = "SELECT count(*) FROM deliveries WHERE kind = 'thanks' AND state = 'sent'"
    paid = await stage.rows("SELECT count(*) FROM donations")
    await stage.until_rows(thanks, paid)
    return session


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
async def test_duty_8_a_receipt_is_its_row_of_the_ledger_and_a_statement_its_rows(
    stage: Stage, language: str
) -> None:
    phone, words = donor(stage, language), CATALOGUES.words(language)
    await pays(stage, phone, "200 MAD")
    session = await pays(stage, phone, "100 MAD")
    stage.stripe.refund(session, 3000)
    await stage.until_rows("SELECT count(*) FROM receipts", [(3,)])
    rows = await stage.rows("SELECT donation, kind, amount_minor, currency FROM ledger ORDER BY seq")
    for donation, kind, minor, currency in rows:
        if kind == "gift":
            await phone.send(f"/receipt {donation}")
            [(year, count)] = await stage.rows(
                f"SELECT year, number FROM receipts WHERE donation_id = '{donation}' AND kind = 'receipt'"
            )
            number = f"{year}-{count:06d}"
            text = text_of(content_of(await sent_file(phone, f"receipt-{number}")))
            assert set(sums_on(text)) == {exact(words, Money(minor, currency))}
            assert donation.upper() in text
            assert number in text
    await phone.send("/statement")
    text = text_of(content_of(await sent_file(phone, "statement-")))
    sums, lines = sums_on(text)[:3], sums_on(text)[3:]
    assert lines == [exact(words, Money(minor, currency)) for _, _, minor, currency in rows]
    given, back, kept = (exact(words, Money(minor, "MAD")) for minor in (30000, -3000, 27000))
    assert sums == [given, back, kept]


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
async def test_duty_17_what_the_bank_will_show_is_said_before_after_and_on_the_paper(
    stage: Stage, language: str
) -> None:
    phone = donor(stage, language)
    session = await to_the_bridge(stage, phone)
    # The check screen has become the bridge: ask for it again as it stood before the payment.
    await phone.start("check-1-20000-mad")
    before = await phone.says(DESCRIPTOR)
    stage.stripe.pay(session)
    await phone.until(lambda one: one.last.id > before.id and DESCRIPTOR in plain(one.last.text))
    await phone.send("/receipt")
    assert DESCRIPTOR in text_of(content_of(await sent_file(phone, "receipt-")))
    assert stage.settings.statement_descriptor == DESCRIPTOR
