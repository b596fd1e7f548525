"""The report and the statement say what the ledger says: over random books, per currency, in PDF and in XLSX."""

import asyncio
import io
import tempfile
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl import load_workbook
from typer.testing import CliRunner

from bot import reporting, stating
from bot.campaigns_file import load, read_file
from bot.command_line import cli
from bot.config import Settings
from bot.i18n import ZONE, Catalogues, Words
from bot.ledger import GENESIS, Entry, EntryKind, LedgerRow, chained
from bot.model import Donation, DonationState, Donor
from bot.money import Money
from bot.papers.facts import Account, Issuer, Report
from bot.papers.printing import render_report
from bot.papers.workbook import render_workbook
from bot.payments.stripe_api import Payments
from bot.periods import Period
from bot.screens.reports import balance
from bot.services import Services
from bot.store import donations, donors, ledger, papers
from bot.store.database import Database
from bot.store.sql import Tx
from tests import engine
from tests.reading import exact, sums_on, text_of

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUES = Catalogues("fr")
LANGUAGES = ("ar", "fr", "en")
SLUGS = ("humanitarian", "startups")
GIFTS = ("aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc")
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
BEGIN = int(datetime(2026, 9, 1, tzinfo=UTC).timestamp())
SIGNS = {
    EntryKind.FEE: -1,
    EntryKind.COVER_BACK: -1,
    EntryKind.DISBURSEMENT: -1,
    EntryKind.REFUND: -1,
    EntryKind.CHARGEBACK: -1,
    EntryKind.UNMATCHED_BACK: -1,
}


def entries() -> st.SearchStrategy[list[Entry]]:
    """A few months of books, in the order of their moments."""
    one = st.builds(
        lambda kind, gift, slug, minor, currency, at: Entry(
            kind, gift, slug, SIGNS.get(kind, 1) * minor, currency, at
        ),
        st.sampled_from(list(EntryKind)),
        st.sampled_from(GIFTS),
        st.sampled_from(SLUGS),
        st.integers(1, 99_999_999),
        st.sampled_from(["MAD", "EUR", "JPY"]),
        st.integers(BEGIN, BEGIN + 150 * 86_400),
    )
    return st.lists(one, max_size=25).map(lambda some: sorted(some, key=lambda entry: entry.at))


def rows_of(some: list[Entry]) -> list[LedgerRow]:
    made: list[LedgerRow] = []
    for seq, entry in enumerate(some, 1):
        made.append(chained(entry, seq, made[-1].hash if made else GENESIS))
    return made


@cache
def _template() -> str:
    """A database with the campaigns, one donor and three gifts of theirs."""
    made = engine.lasting()
    _on(made, _fill)
    return made


async def _fill(services: Services) -> None:
    def write(tx: Tx) -> None:
        load(tx, read_file(str(ROOT / "campaigns.toml")))
        donor = donors.add(tx, 1, "en", "MAD", 0)
        now = datetime(2026, 9, 1, tzinfo=UTC)
        for gift in GIFTS:
            state = DonationState.PAID
            donation = Donation(gift, donor.id, 1, Money(1, "MAD"), state, 1, "{}", now, now)
            donations.add(tx, donation, None, None)

    await services.db.write(write)


def _on(url: str, work: Callable[[Services], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        db = Database(url)
        await db.open()
        payments = Payments("sk_test_x", "http://127.0.0.1:1")
        chosen = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
        services = Services(
            chosen, db, payments, lambda: datetime(2026, 12, 5, tzinfo=UTC), CATALOGUES, "bot"
        )
        try:
            return await work(services)
        finally:
            await payments.close()
            await db.close()

    return asyncio.run(run())


def booked(some: list[Entry], work: Callable[[Services], Coroutine[Any, Any, T]]) -> T:
    """What `work` says of a database whose ledger holds these entries."""

    async def fill_and_work(services: Services) -> T:
        await services.db.write(lambda tx: [ledger.append(tx, entry) for entry in some])
        return await work(services)

    with tempfile.TemporaryDirectory() as folder:
        try:
            return _on(engine.copy(_template(), Path(folder)), fill_and_work)
        finally:
            engine.tidy()


async def whole(services: Services, words: Words, slug: str, period: Period) -> Report | None:
    """The report with its entries."""
    one = await reporting.report(services, words, slug, period)
    return await reporting.with_entries(services, words, slug, one) if one else None


def counted(some: list[Entry], slugs: tuple[str, ...], currency: str, until: int) -> int:
    """What these campaigns hold in this currency before `until`, counted in another way."""
    return sum(
        entry.amount_minor
        for entry in some
        if entry.campaign in slugs
        and entry.currency == currency
        and entry.at < until
        and not entry.kind.startswith("unmatched")
    )


@settings(max_examples=engine.examples(60), deadline=None)
@given(some=entries(), slug=st.sampled_from(["", *SLUGS]))
def test_a_reports_sums_are_the_ledgers(some: list[Entry], slug: str) -> None:
    words = CATALOGUES.words("en")
    found = booked(some, lambda services: whole(services, words, slug, NOVEMBER))
    assert found is not None
    first, end = NOVEMBER.bounds
    head = rows_of(some)[-1] if some else None
    assert (found.head.seq, found.head.hash) == ((head.seq, head.hash) if head else (0, GENESIS))
    for account in found.totals or found.accounts:
        slugs = (slug,) if slug else SLUGS
        assert account.opening.minor == counted(some, slugs, account.currency, first)
        assert account.closing.minor == counted(some, slugs, account.currency, end)
    inside = [entry for entry in some if first <= entry.at < end and slug in ("", entry.campaign)]
    assert [(row.kind, row.money.minor) for row in found.entries] == [
        (entry.kind, entry.amount_minor) for entry in inside
    ]
    if not slug:
        for total in found.totals:
            parts = [one for one in found.accounts if one.currency == total.currency]
            for name in ("opening", "gifts", "fees", "refunds", "charged_back", "closing", "unmatched"):
                assert getattr(total, name).minor == sum(getattr(one, name).minor for one in parts)


@settings(max_examples=60, deadline=None)
@given(some=entries())
def test_a_statements_sums_are_its_rows_of_the_ledger(some: list[Entry]) -> None:
    rows = [row for row in rows_of(some) if EntryKind(row.kind) not in _NOT_OF_A_DONOR]
    lines = stating.movements(rows, {})
    for currency in ("MAD", "EUR", "JPY"):
        expected = sum(row.amount_minor for row in rows if row.currency == currency)
        assert sum(line.money.minor for line in lines if line.money.currency == currency) == expected


_NOT_OF_A_DONOR = (EntryKind.FEE, EntryKind.DISBURSEMENT, EntryKind.UNMATCHED, EntryKind.UNMATCHED_BACK)


def test_what_was_added_for_the_fees_stands_on_the_line_of_its_gift() -> None:
    at, slug = BEGIN, SLUGS[0]
    rows = rows_of(
        [
            Entry(EntryKind.GIFT, GIFTS[0], slug, 20000, "MAD", at),
            Entry(EntryKind.COVER, GIFTS[0], slug, 620, "MAD", at),
            Entry(EntryKind.REFUND, GIFTS[0], slug, -20000, "MAD", at + 9),
            Entry(EntryKind.COVER_BACK, GIFTS[0], slug, -620, "MAD", at + 9),
            Entry(EntryKind.COVER_BACK, GIFTS[0], slug, -30, "MAD", at + 99),
        ]
    )
    lines = stating.movements(rows, {slug: "Aid"})
    assert [(one.kind, one.money.minor, one.cover and one.cover.minor) for one in lines] == [
        ("gift", 20620, 620),
        ("refund", -20620, -620),
        ("refund", -30, -30),
    ]


def test_a_statement_is_the_donors_own_and_of_one_year() -> None:
    at = int(datetime(2026, 12, 31, 23, 30, tzinfo=ZONE).timestamp())
    some = [
        Entry(EntryKind.GIFT, GIFTS[0], SLUGS[0], 5000, "MAD", at),
        Entry(EntryKind.GIFT, GIFTS[1], SLUGS[0], 7000, "MAD", at + 3600),
        Entry(EntryKind.FEE, GIFTS[1], SLUGS[0], -12, "EUR", at + 3600),
        Entry(EntryKind.GIFT, "dddddddddd", SLUGS[0], 9000, "MAD", at),
    ]
    words = CATALOGUES.words("en")

    def of(year: int) -> stating.Stated:
        donor, period = Donor(1, 1, "en", "MAD"), Period.year_of(date(year, 1, 1))
        return booked(some, lambda services: stating.statement(services, donor, words, period))

    assert sums_on(text_of(of(2026).content or b""))[-1] == "50.00 MAD"
    assert sums_on(text_of(of(2027).content or b"")) == ["70.00 MAD", "0.00 MAD", "70.00 MAD", "70.00 MAD"]
    assert of(2025).content is None
    assert of(2025).years == (2027, 2026)


def a_report(title: str = "Aide", language: str = "en") -> Report:
    some = [
        Entry(EntryKind.GIFT, GIFTS[0], SLUGS[0], 20_000_00, "MAD", NOVEMBER.bounds[0]),
        Entry(EntryKind.FEE, GIFTS[0], SLUGS[0], -93, "EUR", NOVEMBER.bounds[0] + 60),
        Entry(EntryKind.REFUND, GIFTS[0], SLUGS[0], -5_000, "MAD", NOVEMBER.bounds[0] + 90),
        Entry(EntryKind.GIFT, GIFTS[1], SLUGS[1], 500, "JPY", NOVEMBER.bounds[1] - 1),
        Entry(EntryKind.GIFT, GIFTS[2], SLUGS[0], 100, "MAD", NOVEMBER.bounds[1]),
    ]
    words = CATALOGUES.words(language)
    found = booked(some, lambda services: whole(services, words, "", NOVEMBER))
    assert found is not None
    entries = tuple(replace(one, campaign=title) for one in found.entries)
    return replace(found, entries=entries, issuer=Issuer(title, "AG-1"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_papers_sums_are_the_reports_and_so_are_the_workbooks(language: str) -> None:
    words, one = CATALOGUES.words(language), a_report(language=language)
    accounts = (*one.accounts, *one.totals)
    expected = [
        exact(words, Money(-money.minor if out else money.minor, money.currency))
        for account in accounts
        for _, money, out in balance(words, account)
    ]
    text = text_of(render_report(words, one))
    assert sums_on(text) == expected
    assert one.head.hash in text
    about, sheet, rows = load_workbook(io.BytesIO(render_workbook(words, one))).worksheets
    assert one.head.hash in [cell for row in about.values for cell in row]
    assert [row[1:] for row in list(sheet.values)[1:]] == [_columns(account) for account in accounts]
    read = list(rows.values)[1:]
    assert [(row[0], row[5], Decimal(str(row[6])), row[7], row[8]) for row in read] == [
        (row.seq, row.money.currency, row.money.decimal, row.money.minor, row.hash) for row in one.entries
    ]
    assert bool(sheet.sheet_view.rightToLeft) is (language == "ar")


def _columns(one: Account) -> tuple[object, ...]:
    out = ("fees", "refunds", "charged_back", "disbursed")
    names = [name for name in Account.__struct_fields__ if name != "campaign"]
    ordered = [name for name in names if name not in ("closing", "unmatched", "contested")]
    sums = [getattr(one, name) for name in (*ordered, "closing", "contested", "unmatched")]
    return (
        one.currency,
        *(
            float(money.decimal) * (-1 if name in out and money.minor else 1)
            for name, money in zip((*ordered, "closing", "contested", "unmatched"), sums, strict=True)
        ),
    )


@pytest.mark.parametrize("title", ['=HYPERLINK("http://x";"y")', "+1+1", "-2", "@SUM(A1)", "\t=1", "a=b"])
def test_no_title_becomes_a_formula(title: str) -> None:
    book = load_workbook(io.BytesIO(render_workbook(CATALOGUES.words("en"), a_report(title))))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    mine = [cell for cell in cells if cell.value == title]
    assert len(mine) > 3
    assert all(cell.quotePrefix is (title != "a=b") for cell in mine)


def test_the_same_report_is_the_same_workbook() -> None:
    words, one = CATALOGUES.words("ar"), a_report()
    assert render_workbook(words, one) == render_workbook(words, one)


def test_a_long_report_is_read_in_pages_and_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "PAGE", 3)
    words, first = CATALOGUES.words("en"), NOVEMBER.bounds[0]
    some = [Entry(EntryKind.GIFT, f"g{n:09d}", SLUGS[n % 2], 100 + n, "MAD", first + n) for n in range(20)]
    for slug, expected in (("", range(20)), (SLUGS[1], range(1, 20, 2))):
        found = booked(some, lambda services, slug=slug: whole(services, words, slug, NOVEMBER))
        assert found is not None
        assert [row.money.minor - 100 for row in found.entries] == list(expected)


def test_a_campaign_where_nothing_happened_has_an_account_of_noughts() -> None:
    words = CATALOGUES.words("en")
    found = booked([], lambda services: reporting.report(services, words, SLUGS[0], NOVEMBER))
    assert found is not None
    [account] = found.accounts
    assert (account.currency, account.closing.minor) == ("MAD", 0)
    everything = booked([], lambda services: reporting.report(services, words, "", NOVEMBER))
    assert everything is not None
    assert "Nothing came in" in text_of(render_report(words, everything))
    assert booked([], lambda services: reporting.report(services, words, "nowhere", NOVEMBER)) is None


@pytest.mark.parametrize(
    ("first", "last", "read"),
    [
        (20261101, 20261130, NOVEMBER),
        (20261130, 20261101, None),
        (20261301, 20261302, None),
        (0, 0, None),
        (9999999999, 9999999999, None),
        (10101, 20261130, None),
    ],
)
def test_a_period_is_read_from_a_button_or_is_none(first: int, last: int, read: Period | None) -> None:
    assert Period.read(first, last) == read


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("٢٠٢٤", date(2024, 1, 1), date(2024, 12, 31)),
        ("2026-03-01 2026-05-31", date(2026, 3, 1), date(2026, 5, 31)),
        ("2026-3-1  ٢٠٢٦-٥-٣١", date(2026, 3, 1), date(2026, 5, 31)),
        *(
            (text, None, None)
            for text in (
                "soon",
                "99999999999999999999",
                "1999",
                "0",
                "2026-05-31 2026-03-01",
                "2026-02-30 2026-03-01",
                "2026-03-01",
                "2026-1 2026-2",
                "1-1-1 2026-01-01",
                "2026 2027",
            )
        ),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, first: date | None, last: date | None) -> None:
    found = Period.written(text, date(2026, 11, 24))
    assert (found and found.first, found and found.last) == (first, last)


@given(day=st.dates(date(2000, 2, 1), date(2199, 11, 30)))
def test_months_and_years_follow_one_another_without_a_gap(day: date) -> None:
    for period in (Period.month_of(day), Period.year_of(day)):
        assert period.first <= day <= period.last
        assert period.after.first == period.last + timedelta(days=1)
        assert period.after.before == period
        assert Period.read(*period.packed) == period


def test_the_report_is_written_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", engine.copy(_template(), tmp_path))
    days = ["--from", "2026-11-01", "--to", "2026-11-30"]
    command = ["report", "--campaign", SLUGS[0], *days, "--out", "papers", "--language", "en"]
    said = CliRunner().invoke(cli, command)
    assert said.exit_code == 0, said.output
    names = [f"report-{SLUGS[0]}-2026-11-01-2026-11-30.{form}" for form in ("pdf", "xlsx")]
    assert said.output.splitlines() == [f"papers/{name}" for name in names]
    assert "Report on gifts" in text_of((tmp_path / "papers" / names[0]).read_bytes())
    for wrong, why in (
        (["--campaign", "nowhere"], "no campaign is called nowhere"),
        (["--from", "2026-12-01", "--to", "2026-11-30"], "lies after"),
        (["--language", "xx"], "one of ar, fr, en"),
    ):
        failed = CliRunner().invoke(cli, ["report", *wrong])
        assert failed.exit_code != 0
        assert why in failed.output


def test_the_tax_note_is_one_text_or_one_for_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def note(value: str, language: str) -> str:
        monkeypatch.setenv("TAX_NOTE", value)
        return Settings(_env_file=None).tax_note_in(language)  # pyright: ignore[reportCallIssue]

    assert note("", "fr") == ""
    assert note("Article 10.", "ar") == "Article 10."
    by_language = '{"fr": "Article 10.", "ar": "المادة 10."}'
    assert note(by_language, "ar") == "المادة 10."
    assert note(by_language, "en") == "Article 10."
    for wrong, why in (('{"xx": "?"}', "not: xx"), ("{oops", "no JSON object"), ('{"fr": 1}', "not: fr")):
        with pytest.raises(ValueError, match=why):
            note(wrong, "fr")
