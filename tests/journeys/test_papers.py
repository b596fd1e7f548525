"""Papers in the chat: receipts, credit notes, statements, proofs, scanned codes, the report and the evidence."""

import io
import re
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot import proving
from bot.chores import verify_ledger
from bot.i18n import ZONE
from bot.ledger import line
from bot.store import ledger
from sandbox.telegram import Phone
from tests.journeys.test_monthly import begun
from tests.reading import content_of, plain, sent_file, sums_on, text_of
from tests.stage import Stage, labels, shows, to_the_bridge

YEAR = datetime.now(ZONE).year


async def a_paid_gift(stage: Stage, phone: Phone | None = None, amount: str = "200 MAD") -> str:
    """A gift that was paid and thanked for; its session."""
    session = await to_the_bridge(stage, phone or stage.john(), amount)
    stage.stripe.pay(session)
    await stage.until_rows(
        "SELECT count(*) FROM deliveries WHERE kind = 'thanks' AND state != 'sent'", [(0,)]
    )
    await (phone or stage.john()).until(lambda one: one.last.text.startswith("✅"))
    return session


async def the_gift(stage: Stage) -> str:
    [(gift,)] = await stage.rows("SELECT id FROM donations")
    return gift


async def scanned_link(stage: Stage) -> str:
    """The start payload in the QR code of John's newest receipt."""
    await stage.john().send("/receipt")
    text = text_of(content_of(await sent_file(stage.john(), "receipt-")))
    found = re.search(r"\?start=(v_[A-Za-z0-9_-]+)", text)
    assert found is not None
    return found[1]


async def test_the_thanks_offer_the_receipt_and_three_rows_of_buttons_at_most(stage: Stage) -> None:
    await a_paid_gift(stage)
    rows = [[button.text for button in row] for row in stage.john().last.keyboard]
    assert rows[0] == ["Receipt (PDF)", "Verify my gift"]
    assert rows[1][0].startswith("Undo")
    assert rows[2] == ["My gifts", "All campaigns"]
    await stage.john().tap("Receipt (PDF)")
    sent = await sent_file(stage.john(), f"receipt-{YEAR}-000001.pdf")
    text = text_of(content_of(sent))
    assert sums_on(text) == ["200.00 MAD"] * 3
    assert "MCISE* DON" in text
    assert (await the_gift(stage)).upper() in text


async def test_the_same_receipt_twice_is_the_same_file(stage: Stage) -> None:
    await a_paid_gift(stage)
    john = stage.john()
    await john.send("/receipt")
    first = await sent_file(john, "receipt-")
    await john.send(f"receipt {(await the_gift(stage)).upper()}")
    await john.until(lambda one: one.last.document and one.last.id > first.id)
    assert content_of(john.last) == content_of(first)


@pytest.mark.parametrize("word", ["reçu", "وصل", "Receipt", f"/receipt {YEAR}-000001", "/receipt ٢٠٢٦-١"])
async def test_a_receipt_is_asked_for_in_any_words(stage: Stage, word: str) -> None:
    await a_paid_gift(stage)
    if "٢" in word and YEAR != 2026:
        word = f"/receipt {YEAR}-1"
    await stage.john().send(word)
    assert await sent_file(stage.john(), f"receipt-{YEAR}-000001.pdf")


async def test_nobody_gets_the_receipt_of_another(stage: Stage) -> None:
    await a_paid_gift(stage)
    gift, yasmine = await the_gift(stage), stage.yasmine()
    for asked in (gift, gift.upper(), f"{YEAR}-000001", f"{YEAR}-1"):
        await yasmine.send(f"/receipt {asked}")
        await yasmine.says(f"Aucun de vos dons payés ne porte ce numéro : {asked}")
        await yasmine.send(f"/verify {asked}")
        await yasmine.says("Nous ne trouvons aucun don reçu de votre part")
    await yasmine.send("/receipt")
    await yasmine.says("Vous n’avez pas encore de reçu")
    await yasmine.send("/statement")
    await yasmine.says("Aucun don de votre part n’est arrivé")
    assert not any(message.document for message in yasmine.messages)


async def test_a_refund_has_a_credit_note_beside_the_receipt(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    john = stage.john()
    stage.stripe.refund(session, 5000)
    await john.says("Refunded: 50 MAD")
    await john.tap("Credit note (PDF)")
    note = await sent_file(john, f"credit-note-{YEAR}-000002.pdf")
    assert sums_on(text_of(content_of(note))) == [
        "-50.00 MAD",
        "200.00 MAD",
        "-50.00 MAD",
        "150.00 MAD",
    ]
    assert labels(john) == [f"Receipt {YEAR}-000001"]
    await john.tap(f"Receipt {YEAR}-000001")
    receipt = await sent_file(john, "receipt-")
    assert sums_on(text_of(content_of(receipt))) == ["200.00 MAD"] * 3
    assert labels(john) == [f"Credit note {YEAR}-000002"]


async def test_a_second_refund_counts_what_went_back_before_and_a_failed_one_is_void(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    john = stage.john()
    failed = stage.stripe.refund(session, 5000)
    await john.says("Refunded: 50 MAD")
    stage.stripe.refund_status(failed, "failed")
    await stage.until_rows("SELECT state FROM donations", [("paid",)])
    stage.stripe.refund(session)
    await john.says("Refunded: 200 MAD")
    await john.tap("Credit note (PDF)")
    whole = text_of(content_of(await sent_file(john, f"credit-note-{YEAR}-000003")))
    assert sums_on(whole) == ["-200.00 MAD", "200.00 MAD", "-200.00 MAD", "0.00 MAD"]
    await john.send(f"/receipt {YEAR}-2")
    assert "void" in text_of(content_of(await sent_file(john, f"credit-note-{YEAR}-000002")))


async def test_a_credit_note_that_is_not_made_yet_is_promised(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    stage.stripe.next_refunds = "pending"
    stage.stripe.refund(session)
    await stage.john().says("Refunded: 200 MAD")
    await stage.john().tap("Credit note (PDF)")
    await stage.john().says("The credit note is made when the money has really left us")


async def test_a_statement_tells_what_was_given_and_what_went_back(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    stage.stripe.refund(session, 5000)
    john = stage.john()
    await john.says("Refunded: 50 MAD")
    await john.send("/statement")
    text = text_of(content_of(await sent_file(john, f"statement-{YEAR}.pdf")))
    assert sums_on(text) == ["200.00 MAD", "-50.00 MAD", "150.00 MAD", "200.00 MAD", "-50.00 MAD"]
    await john.send("/statement 2019")
    await john.says("No gift of yours arrived in this time: 2019")
    await john.tap(str(YEAR))
    assert await sent_file(john, f"statement-{YEAR}.pdf")
    await john.send(f"statement {YEAR}-01-01 {YEAR}-12-30")
    days = text_of(content_of(await sent_file(john, f"statement-{YEAR}-01-01-{YEAR}-12-30.pdf")))
    assert sums_on(days) == sums_on(text)
    await john.send("statement soon")
    await john.says("Write /statement and a year")


async def test_a_gift_is_found_in_the_public_ledger(stage: Stage, tmp_path: Path) -> None:
    await a_paid_gift(stage)
    gift, john = await the_gift(stage), stage.john()
    await john.tap("Verify my gift")
    sent = await sent_file(john, "ledger.jsonl")
    [(hash,)] = await stage.rows("SELECT hash FROM ledger")
    assert hash in sent.text
    assert "200.00 MAD" in plain(sent.text)
    (tmp_path / "ledger.jsonl").write_bytes(content_of(sent))
    said, holds = verify_ledger(tmp_path / "ledger.jsonl", gift)
    assert holds
    assert f"gift {gift}: row 1, gift 20000 MAD" in said


async def test_whoever_scans_a_receipt_hears_that_it_is_genuine_and_nobodys_name(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    link, gift = await scanned_link(stage), await the_gift(stage)
    assert len(link) <= 64
    yasmine = stage.yasmine()
    await yasmine.start(link)
    said = await yasmine.says("Ce document est authentique")
    seen = plain(said.text)
    assert f"Reçu {YEAR}-000001" in seen
    assert "200,00 MAD" in seen
    assert "reçu" in seen.split("Le don aujourd’hui")[1]
    for secret in ("John", "1003", gift, gift.upper()):
        assert secret not in seen
    stage.stripe.refund(session)
    await stage.until_rows("SELECT state FROM donations", [("refunded",)])
    await yasmine.start(link)
    await yasmine.says("Remboursé à ce jour : 200,00 MAD")


async def test_a_forged_code_opens_nothing_and_accuses_nobody(stage: Stage) -> None:
    await a_paid_gift(stage)
    link = await scanned_link(stage)
    code = link.split("_")[1]
    other = ("0" if code[0] != "0" else "1") + code[1:]
    forged = [f"v_{other}_{YEAR}_1", f"v_{code}_{YEAR}_2", f"v_{code[:8]}_{YEAR}_1", f"v_{YEAR}_1"]
    for number, payload in enumerate(forged):
        amina = stage.amina()
        await amina.start(payload)
        said = "لا نجد وثيقة بهذا الرمز" if number < 3 else "نتعاونو"
        await amina.says(said)
        assert "200,00" not in amina.last.text


async def test_staff_read_the_report_and_take_its_files(stage: Stage) -> None:
    await a_paid_gift(stage)
    karim = stage.karim()
    await karim.send("/report")
    await karim.says("Toutes les campagnes")
    await karim.says("Dons reçus: 200,00 MAD".replace(": ", " : "))
    await karim.tap("PDF")
    pdf = text_of(content_of(await sent_file(karim, "report-all-")))
    [(hash,)] = await stage.rows("SELECT hash FROM ledger")
    assert hash in pdf
    await karim.tap("XLSX")
    await karim.until(lambda one: one.last.document and one.last.document.name.endswith(".xlsx"))
    assert hash in str(list(load_workbook(io.BytesIO(content_of(karim.last))).worksheets[0].values))
    await karim.tap("Cette année")
    await karim.until(lambda one: f"1er janvier {YEAR}" in plain(one.messages[1].text))
    await karim.tap("Précédent")
    await karim.until(lambda one: f"1er janvier {YEAR - 1}" in plain(one.messages[1].text))
    await karim.tap("Startups")
    await karim.until(lambda one: "Startups" in plain(one.messages[1].text))
    assert "0,00 MAD" in plain(karim.messages[1].text)


async def test_a_stranger_who_types_report_learns_nothing(stage: Stage) -> None:
    await a_paid_gift(stage)
    await stage.john().send("/report")
    await stage.john().says("How to give")
    assert not shows(stage.john(), "XLSX")


async def test_a_dispute_brings_its_evidence_to_every_admin_once(stage: Stage) -> None:
    session = await a_paid_gift(stage)
    dispute = stage.stripe.dispute(session)
    sent = await sent_file(stage.karim(), "evidence-")
    text = text_of(content_of(sent))
    [(intent,)] = await stage.rows("SELECT payment_intent FROM payments")
    for written in (session, intent, dispute, f"{YEAR}-000001", "MCISE* DON", "200,00 MAD", "fraudulent"):
        assert written in text
    for secret in ("John", "1003", "@"):
        assert secret not in text
    stage.stripe.dispute_reviewed(dispute)
    await stage.until_rows("SELECT status FROM disputes", [("under_review",)])
    assert await stage.rows("SELECT count(*) FROM deliveries WHERE kind = 'evidence'") == [(1,)]


async def test_in_a_large_ledger_the_proof_is_the_gifts_own_rows(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_paid_gift(stage)
    await a_paid_gift(stage, stage.yasmine())
    monkeypatch.setattr(proving.own, "__defaults__", (1,))
    await stage.john().send("/verify")
    [(gift,)] = await stage.rows("SELECT donation FROM ledger WHERE seq = 1")
    sent = await sent_file(stage.john(), f"gift-{gift.upper()}.jsonl")
    rows = await stage.services.db.read(lambda tx: ledger.of_donation(tx, gift))
    assert content_of(sent).decode() == "".join(f"{line(row)}\n" for row in rows)
    assert "find the same lines in the published ledger" in sent.text


async def test_each_month_of_a_monthly_gift_has_its_receipt_and_its_line(stage: Stage) -> None:
    await begun(stage)
    john = stage.john()
    stage.stripe.forward(32 * 86400)
    await john.says("Gift number 2 of your monthly gift")
    assert [button.text for button in john.last.keyboard[0]] == ["Receipt (PDF)", "Verify my gift"]
    await john.tap("Receipt (PDF)")
    text = text_of(content_of(await sent_file(john, "receipt-")))
    assert sums_on(text) == ["100.00 MAD"] * 3
    booked = await stage.rows("SELECT min(at), max(at) FROM ledger")
    first, last = (datetime.fromtimestamp(at, ZONE).date() for at in booked[0])
    await john.send(f"/statement {first} {last}")
    lines = sums_on(text_of(content_of(await sent_file(john, "statement-"))))
    assert lines == ["200.00 MAD", "0.00 MAD", "200.00 MAD", "100.00 MAD", "100.00 MAD"]
