"""Receipts, credit notes, statements and reports: the same facts, readable, in every language, and never twice different."""

import asyncio
import io
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
import segno
from msgspec.structs import replace
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from bot.errors import CurrencyMismatch, MoneyError
from bot.i18n import Catalogues, Words
from bot.money import Money
from bot.papers import code, printing
from bot.papers.direction import pieces
from bot.papers.facts import (
    Account,
    CreditNote,
    Entry,
    EntryKind,
    Evidence,
    Head,
    Issuer,
    Receipt,
    Report,
    Statement,
)
from bot.papers.press import Press, PressFailed
from bot.papers.printing import (
    as_pictures,
    printed,
    render_credit_note,
    render_evidence,
    render_receipt,
    render_report,
    render_statement,
)
from bot.screens import papers, reports
from bot.screens.sheet import Sheet

CATALOGUES = Catalogues("fr")
LANGUAGES = ("ar", "fr", "en")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
URL = "https://t.me/entraide_bot?start=verify-7KABCDEFGH"
TITLES = {"ar": "جمعيات المساعدة الإنسانية", "fr": "Aide humanitaire", "en": "Humanitarian aid"}
ISSUER = Issuer("MCISE", "AG-2026/17")
HEAD = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def mad(minor: int) -> Money:
    return Money(minor, "MAD")


def receipt(language: str = "fr") -> Receipt:
    title = TITLES[language]
    return Receipt(
        "2026-000123", "7KABCDEFGH", title, ISSUER, mad(123_456_50), mad(620), NOW, "MCISE* AIDE", URL
    )


def credit_note(language: str = "fr", refunded: int = 5_000) -> CreditNote:
    title, paid, before = TITLES[language], mad(206_20), mad(1_000)
    return CreditNote(
        "2026-000124", "2026-000123", "7KABCDEFGH", title, ISSUER, paid, mad(refunded), before, NOW
    )


def statement(language: str = "fr", rows: int = 200) -> Statement:
    return Statement(
        ISSUER,
        date(2026, 1, 1),
        date(2026, 12, 31),
        tuple(entry(language, index) for index in range(rows)),
        NOW,
    )


def entry(language: str, index: int) -> Entry:
    kind = EntryKind.REFUND if index % 17 == 5 else EntryKind.GIFT
    sign = 1 if kind is EntryKind.GIFT else -1
    money = Money(sign * (1_000_00 + index * 137), ("MAD", "EUR", "USD")[index % 3])
    return Entry(NOW - timedelta(days=200 - index), TITLES[language], f"R{index:03d}ABCDEF", kind, money)


def account(currency: str, campaign: str = "", **lines: int) -> Account:
    """An account whose closing follows from its other lines, in minor units; what is not named is nothing."""
    names = [name for name in Account.__struct_fields__ if name not in ("campaign", "closing")]
    out = ("fees", "refunds", "charged_back", "disbursed")
    inside = [name for name in names if name not in ("unmatched", "contested")]
    closing = sum(lines.get(name, 0) * (-1 if name in out else 1) for name in inside)
    sums = {name: Money(lines.get(name, 0), currency) for name in names}
    return Account(campaign=campaign, closing=Money(closing, currency), **sums)


def report(language: str = "fr") -> Report:
    dirhams = account(
        "MAD",
        opening=100,
        gifts=9_000_000_00,
        outside=70_00,
        cover=12_00,
        fees=1_234_56,
        refunds=500_00,
        charged_back=20_00,
        corrections=-90,
        disbursed=8_000_000_00,
        contested=33_00,
        unmatched=44_00,
    )
    yen = account("JPY", gifts=5_000, fees=180)
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    return Report(ISSUER, TITLES[language], first, last, (dirhams, yen), (), Head(4711, HEAD), NOW)


def evidence(language: str = "fr") -> Evidence:
    return Evidence(
        reference="7KABCDEFGH",
        campaign=TITLES[language],
        issuer=ISSUER,
        gift=mad(200_00),
        cover=mad(6_20),
        contested=mad(206_20),
        refunded=mad(0),
        reason="fraudulent",
        dispute_id="dp_1",
        due_by=NOW + timedelta(days=7),
        language="fr",
        asked_at=NOW - timedelta(minutes=4),
        paid_at=NOW,
        thanked_at=NOW + timedelta(seconds=3),
        undo_until=NOW + timedelta(hours=1),
        receipt_number="2026-000123",
        descriptor="MCISE* AIDE",
        subject="cs_test_a1B2",
        payment_intent="pi_3Q",
        contact="dons@example.org",
        made_at=NOW + timedelta(days=1),
    )


Made = Callable[[Words], bytes]
PAPERS: dict[str, Made] = {
    "receipt": lambda words: render_receipt(words, receipt(words.language)),
    "credit note": lambda words: render_credit_note(words, credit_note(words.language)),
    "statement": lambda words: render_statement(words, statement(words.language)),
    "report": lambda words: render_report(words, report(words.language)),
    "evidence": lambda words: render_evidence(words, evidence(words.language)),
}


def pages(pdf: bytes) -> list[str]:
    """The text of each page, every kind of space being a space."""
    found = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    return [re.sub(r"\s+", " ", text) for text in found]


def exact(words: Words, money: Money) -> str:
    return re.sub(r"\s", " ", words.exact(money))


def sums(text: str) -> list[str]:
    """Every sum on a paper, as written: digits, separators and the currency's code."""
    return re.findall(r"(?<!\d)-?\d{1,3}(?:[., ]\d{3})*(?:[.,]\d\d)? (?:MAD|EUR|USD|JPY)(?![A-Z])", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_says_what_was_paid(language: str) -> None:
    words = CATALOGUES.words(language)
    (text,) = pages(render_receipt(words, receipt(language)))
    gift, cover, total = (exact(words, money) for money in (mad(123_456_50), mad(620), mad(123_462_70)))
    assert sums(text) == [total, gift, cover, total]
    assert text.count("2026-000123") == 2
    for written in ("7KABCDEFGH", "MCISE* AIDE", "AG-2026/17", URL):
        assert written in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_without_covered_fees_speaks_of_none(language: str) -> None:
    words = CATALOGUES.words(language)
    plain = replace(receipt(language), cover=None, verify_url="", descriptor="", issuer=Issuer("MCISE"))
    (text,) = pages(render_receipt(words, plain))
    assert sums(text) == [exact(words, mad(123_456_50))] * 3
    assert words.label("Fees you covered") not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_credit_note_names_its_receipt_and_takes_away(language: str) -> None:
    words = CATALOGUES.words(language)
    (text,) = pages(render_credit_note(words, credit_note(language)))
    expected = [mad(-5_000), mad(206_20), mad(-1_000), mad(-5_000), mad(146_20)]
    assert sums(text) == [exact(words, money) for money in expected]
    assert "2026-000123" in text
    assert text.count("2026-000124") == 2


def test_a_credit_note_says_whether_all_or_a_part_came_back() -> None:
    words = CATALOGUES.words("en")
    assert papers.credit_note(words, credit_note()).lead == "Refunded in part."
    assert papers.credit_note(words, credit_note(refunded=196_20)).lead == "Refunded in full."


@pytest.mark.parametrize("refunded", [0, -1, 196_21])
def test_no_more_is_refunded_than_was_paid(refunded: int) -> None:
    with pytest.raises(MoneyError):
        credit_note(refunded=refunded)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_has_every_gift_once_and_its_head_on_every_page(language: str) -> None:
    words, facts = CATALOGUES.words(language), statement(language)
    found = pages(render_statement(words, facts))
    assert len(found) > 4
    assert re.findall(r"R\d{3}ABCDEF", " ".join(found)) == [one.reference for one in facts.entries]
    rows = [exact(words, one.money) for one in facts.entries]
    assert sums(" ".join(found))[9:] == rows
    assert all(words.label("Amount") in text and words.label("Kind") in text for text in found)
    assert [re.findall(r"\d+", text)[-2:] for text in found] == [
        [str(number), str(len(found))] for number in range(1, len(found) + 1)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_adds_up_each_currency_apart(language: str) -> None:
    words, facts = CATALOGUES.words(language), statement(language)
    shown = sums(pages(render_statement(words, facts))[0])[:9]
    expected: list[str] = []
    for currency in ("EUR", "MAD", "USD"):
        mine = [one for one in facts.entries if one.money.currency == currency]
        given = sum(one.money.minor for one in mine if one.kind is EntryKind.GIFT)
        back = -sum(one.money.minor for one in mine if one.kind is EntryKind.REFUND)
        expected += [exact(words, Money(minor, currency)) for minor in (given, -back, given - back)]
    assert shown == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_statement_says_how_much_of_a_gift_was_for_the_fees(language: str) -> None:
    words = CATALOGUES.words(language)
    gift = replace(entry(language, 0), money=mad(206_20), cover=mad(6_20))
    back = replace(gift, kind=EntryKind.REFUND, money=mad(-206_20), cover=mad(-6_20))
    facts = replace(statement(language), entries=(gift, back, replace(gift, money=mad(50_00), cover=None)))
    (text,) = pages(render_statement(words, facts))
    total = [mad(256_20), mad(6_20), mad(-206_20), mad(50_00)]
    rows = [mad(6_20), mad(206_20), mad(-6_20), mad(-206_20), mad(50_00)]
    assert sums(text) == [exact(words, money) for money in total + rows]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_year_without_gifts_has_a_statement_too(language: str) -> None:
    words = CATALOGUES.words(language)
    (text,) = pages(render_statement(words, replace(statement(rows=0), first=date(2026, 2, 1))))
    assert sums(text) == []
    assert "2026" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_leads_from_the_opening_to_the_closing_balance(language: str) -> None:
    words = CATALOGUES.words(language)
    (text,) = pages(render_report(words, report(language)))
    lines = [100, 900_000_000, 7_000, 1_200, -123_456, -50_000, -2_000, -90, -800_000_000, 99_832_754]
    beside = [3_300, 4_400]
    expected = [mad(minor) for minor in lines + beside]
    expected += [Money(minor, "JPY") for minor in (0, 5_000, -180, 0, 0, 0, 4_820)]
    assert sums(text) == [exact(words, money) for money in expected]
    assert HEAD in text
    assert "4711" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_evidence_holds_the_payment_and_the_conversation(language: str) -> None:
    words = CATALOGUES.words(language)
    (text,) = pages(render_evidence(words, evidence(language)))
    expected = [mad(206_20), mad(200_00), mad(6_20), mad(206_20)]
    assert sums(text) == [exact(words, money) for money in expected]
    for written in ("7KABCDEFGH", "2026-000123", "MCISE* AIDE", "cs_test_a1B2", "pi_3Q", "dp_1"):
        assert written in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_credit_note_whose_refund_failed_says_so(language: str) -> None:
    words = CATALOGUES.words(language)
    said = papers.credit_note(words, replace(credit_note(language), is_void=True)).notes
    assert said != papers.credit_note(words, credit_note(language)).notes


def test_a_report_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(MoneyError):
        replace(report().accounts[0], closing=mad(0))
    with pytest.raises(CurrencyMismatch):
        replace(report().accounts[0], fees=Money(1, "EUR"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAPERS)
def test_the_same_facts_make_the_same_bytes(name: str, language: str) -> None:
    words = CATALOGUES.words(language)
    first, _ = PAPERS[name](words), render_receipt(words, replace(receipt(), number="2026-000999"))
    assert PAPERS[name](words) == first


def test_another_process_makes_the_same_bytes() -> None:
    script = "import sys; from tests.bot.test_papers import *; sys.stdout.buffer.write(PAPERS['receipt'](CATALOGUES.words('ar')))"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    assert other == PAPERS["receipt"](CATALOGUES.words("ar"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAPERS)
def test_no_paper_shows_a_box_or_a_hidden_mark(name: str, language: str) -> None:
    text = " ".join(pages(PAPERS[name](CATALOGUES.words(language))))
    assert re.findall("[\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufffd]", text) == []


HOSTILE = (
    '#panic("x")',
    "*x* _y_ $a^2$ <b> @ref `z`",
    '"); #read("/etc/passwd")',
    "]#sys.inputs[",
    "{page} of {pages} %s {title}",
    "\\u{41} // no /* comment",
    "= Heading",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_what_people_wrote_stays_text(title: str) -> None:
    words = CATALOGUES.words("en")
    issuer = Issuer(title, title, title)
    (text,) = pages(
        render_receipt(words, replace(receipt(), campaign=title, issuer=issuer, descriptor=title))
    )
    assert text.count(title) == 8
    rows = tuple(replace(one, campaign=title, reference=title) for one in statement(rows=3).entries)
    assert pages(render_statement(words, replace(statement(), entries=rows)))[0].count(title) == 6


def test_a_title_cannot_turn_the_sums_around_it() -> None:
    assert pieces("to \u2068\u202eevil\u202c\u2069!") == [("to ", ""), ("evil", "ltr"), ("!", "")]
    assert pieces("\u2068تبرع 5 MAD\u2069") == [("تبرع 5 MAD", "rtl")]
    assert pieces("\u20682026-000123\u2069") == [("2026-000123", "ltr")]


def test_a_long_title_stays_on_the_paper() -> None:
    long = replace(receipt(), campaign="Une très longue campagne " * 12)
    (text,) = pages(render_receipt(CATALOGUES.words("fr"), long))
    assert text.count("Une très longue campagne") == 12


def sentences(sheet: Sheet) -> str:
    return f"{sheet}".lower()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_paper_promises_tax_relief_by_itself(language: str) -> None:
    words = CATALOGUES.words(language)
    said = sentences(papers.receipt(words, receipt(language))) + sentences(
        papers.credit_note(words, credit_note())
    )
    said += sentences(papers.statement(words, statement(language))) + sentences(
        reports.report(words, report())
    )
    for word in ("tax", "deduct", "déduct", "impôt", "fisc", "ضريب", "خصم", "إعفاء"):
        assert word not in said
    note = "Article 10 du code général des impôts."
    spoken = papers.receipt(words, replace(receipt(language), issuer=replace(ISSUER, tax_note=note)))
    assert any(note in one for one in spoken.notes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_paper_carries_no_name_of_a_donor(language: str) -> None:
    fields = {
        *Receipt.__struct_fields__,
        *CreditNote.__struct_fields__,
        *Statement.__struct_fields__,
        *Entry.__struct_fields__,
        *Report.__struct_fields__,
        *Evidence.__struct_fields__,
    }
    assert not [name for name in fields if "donor" in name or "name" in name]
    metadata = PdfReader(io.BytesIO(PAPERS["receipt"](CATALOGUES.words(language)))).metadata
    assert metadata is not None
    assert (metadata.author, metadata.creation_date) == ("MCISE", NOW)


def drawn(page: PageObject) -> list[tuple[str, float]]:
    """Each run of text with how far from the left edge it stands."""
    found: list[tuple[str, float]] = []

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], *_: object) -> None:
        if text.strip():
            found.append((text.strip(), tm[4] * cm[0] + cm[4]))

    page.extract_text(visitor_text=visit)
    return found


def test_arabic_runs_from_right_to_left_and_its_sums_do_not() -> None:
    words = CATALOGUES.words("ar")
    reader = PdfReader(io.BytesIO(render_receipt(words, receipt("ar"))))
    root = reader.root_object
    assert root["/Lang"] == "ar"
    assert cast("DictionaryObject", root["/ViewerPreferences"])["/Direction"] == "/R2L"
    where = dict(drawn(reader.pages[0]))
    label, value = where[words.label("Number")], where["2026-000123"]
    assert label > 400
    assert value < 150
    french = PdfReader(io.BytesIO(render_receipt(CATALOGUES.words("fr"), receipt()))).pages[0]
    assert dict(drawn(french))["Numéro"] < 150


def as_seen(pdf: bytes) -> str:
    """All text by its place on the page, from left to right, whatever order it was written in."""
    seen = [page.extract_text(extraction_mode="layout") for page in PdfReader(io.BytesIO(pdf)).pages]
    return re.sub(r"\s+", " ", " ".join(seen))


@pytest.mark.parametrize("name", PAPERS)
def test_the_eye_meets_arabic_sums_in_the_order_of_their_digits(name: str) -> None:
    words = CATALOGUES.words("ar")
    pdf = PAPERS[name](words)
    assert sorted(sums(as_seen(pdf))) == sorted(sums(" ".join(pages(pdf))))


def test_the_eye_meets_arabic_numbers_unturned() -> None:
    words = CATALOGUES.words("ar")
    seen = as_seen(PAPERS["receipt"](words))
    for written in ("2026-000123", "7KABCDEFGH", "AG-2026/17", URL):
        assert written in seen
    assert "2026-000123" in as_seen(PAPERS["credit note"](words))
    assert HEAD in as_seen(PAPERS["report"](words))
    issuer = Issuer("MCISE", "17-AG 5")
    assert as_seen(render_receipt(words, replace(receipt("ar"), issuer=issuer))).count("17-AG 5") == 2


def test_the_code_holds_the_address() -> None:
    expected = [[bool(cell) for cell in row] for row in segno.make_qr(URL, error="m").matrix]
    assert [list(row) for row in code.matrix(URL)] == expected
    dark = {(x, y) for y, row in enumerate(expected) for x, cell in enumerate(row) if cell}
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", code.drawing(URL))
    painted = [(int(x) + step, int(y)) for x, y, width in runs for step in range(int(width))]
    assert len(painted) == len(dark)
    assert set(painted) == dark
    assert code.matrix(URL) != code.matrix(URL + "X")


def test_the_code_is_on_the_paper_only_with_an_address() -> None:
    words = CATALOGUES.words("en")
    caption = "Scan the code"
    assert caption in pages(render_receipt(words, receipt()))[0]
    assert caption not in pages(render_receipt(words, replace(receipt(), verify_url="")))[0]


async def test_the_loop_goes_on_while_a_statement_is_printed() -> None:
    words, facts = CATALOGUES.words("ar"), statement("ar")
    printing = asyncio.ensure_future(printed(render_statement, words, facts))
    beats = 0
    while not printing.done():
        await asyncio.sleep(0.001)
        beats += 1
    assert beats > 5
    assert await printing == render_statement(words, facts)


def _whereabouts() -> bytes:
    return threading.current_thread().name.encode()


async def test_many_papers_at_once_do_not_mix() -> None:
    words = [CATALOGUES.words(language) for language in LANGUAGES] * 3
    made = await asyncio.gather(*(printed(render_receipt, one, receipt(one.language)) for one in words))
    assert made == [PAPERS["receipt"](one) for one in words]
    where = await printed(_whereabouts)
    assert where.startswith(b"papers")


def test_who_prints_nothing_loads_nothing() -> None:
    script = "import sys, bot.papers.printing; print({'typst', 'segno', 'pymupdf_fonts'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    assert said.strip() == "set()"


def test_what_typst_remembers_is_not_the_bots_and_an_error_names_no_words() -> None:
    with closing(Press()) as press, pytest.raises(PressFailed, match=r"^TypstError$"):
        press.print(printing.TEMPLATE, {"sheet": "what stands on it"}, 0, "pdf", None)
    script = "import sys; from tests.bot.test_papers import CATALOGUES, PAPERS; "
    script += "print(len(PAPERS['receipt'](CATALOGUES.words('fr'))) > 1000, {'typst', 'pymupdf_fonts'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout
    assert said.strip() == "True set()"


def test_the_press_knows_none_of_the_bots_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_secret")
    with closing(Press()) as press:
        with pytest.raises(PressFailed):
            press.print(printing.TEMPLATE, {}, 0, "pdf", None)
        child = press._child
        assert child is not None
        known = Path(f"/proc/{child.pid}/environ").read_bytes()
    assert b"PATH=" in known
    assert b"sk_test_secret" not in known


def test_a_press_that_is_gone_is_begun_again() -> None:
    before = render_receipt(CATALOGUES.words("fr"), receipt("fr"))
    child = printing._office()._child
    assert child is not None
    child.kill()
    child.wait()
    assert render_receipt(CATALOGUES.words("fr"), receipt("fr")) == before


@pytest.mark.parametrize("limit", [{"idle": 0.0}, {"idle": 60.0, "many": 0}])
def test_a_press_ends_where_nobody_prints_or_after_many(limit: dict[str, float]) -> None:
    script = f"from bot.papers.press import main; main(**{limit})"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE) as press:
        assert press.wait(60) == 0


def test_a_paper_can_be_looked_at() -> None:
    (picture,) = as_pictures(papers.receipt(CATALOGUES.words("ar"), receipt("ar")), ppi=20)
    assert picture.startswith(b"\x89PNG")


def test_what_is_set_knows_nothing_of_the_moment_but_what_is_printed() -> None:
    words = CATALOGUES.words("fr")
    first, later = (
        replace(papers.receipt(words, receipt("fr")), made_at=when)
        for when in (NOW, NOW + timedelta(seconds=1))
    )
    assert printing._data(first) == printing._data(later)
