"""`python -m benchmarks.pictures`: every paper and the poster in every language as PNG in docs/pictures, to be looked at."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from bot.campaigns_file import read_file
from bot.i18n import Catalogues, Words
from bot.money import Money
from bot.papers import postering
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
from bot.papers.printing import as_pictures
from bot.screens import papers, poster, reports
from bot.screens.sheet import Sheet

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "pictures" / "papers"
PPI = 72
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
URL = f"https://t.me/entraide_bot?start=v_{HASH[:24]}_2026_123"
ISSUER = Issuer("MCISE", "AG-2026/17")
TITLES = {
    "ar": ("جمعيات المساعدة الإنسانية", "المقاولات الناشئة المتضررة"),
    "fr": ("Associations d'aide humanitaire", "Startups touchées par l'arrêt"),
    "en": ("Humanitarian aid organisations", "Startups hit by the shutdown"),
}


def mad(minor: int) -> Money:
    return Money(minor, "MAD")


def receipt(words: Words) -> Sheet:
    title = TITLES[words.language][0]
    return papers.receipt(
        words,
        Receipt("2026-000123", "7KABCDEFGH", title, ISSUER, mad(20000), mad(620), NOW, "MCISE* AIDE", URL),
    )


def credit_note(words: Words) -> Sheet:
    note = CreditNote(
        number="2026-000124",
        receipt_number="2026-000123",
        reference="7KABCDEFGH",
        campaign=TITLES[words.language][0],
        issuer=ISSUER,
        paid=mad(20620),
        refunded=mad(5000),
        before=mad(1000),
        refunded_at=NOW,
        descriptor="MCISE* AIDE",
        verify_url=URL.replace("_123", "_124"),
    )
    return papers.credit_note(words, note)


def entries(language: str, count: int) -> tuple[Entry, ...]:
    """A year of gifts in three currencies, some given back, some with the fees."""
    return tuple(_entry(language, index) for index in range(count))


def _entry(language: str, index: int) -> Entry:
    is_back = index % 9 == 5
    cover = 310 if index % 4 == 0 else 0
    currency = ("MAD", "MAD", "EUR", "USD")[index % 4]
    minor = (-1 if is_back else 1) * (5000 + index * 1375 + cover)
    kind = EntryKind.REFUND if is_back else EntryKind.GIFT
    on = datetime(2026, 1, 3, 12, tzinfo=UTC) + timedelta(days=index)
    part = Money(-cover if is_back else cover, currency) if cover else None
    return Entry(on, TITLES[language][index % 2], f"R{index:03d}KMNPQR", kind, Money(minor, currency), part)


def statement(words: Words, count: int = 14) -> Sheet:
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    return papers.statement(words, Statement(ISSUER, first, last, entries(words.language, count), NOW))


def report(words: Words) -> Sheet:
    title = TITLES[words.language][0]
    accounts = (
        _account("MAD", 10_000_00, 234_567_00, 1_250_00, 5_000_00, 200_00, 150_000_00, 350_00),
        _account("EUR", 0, 4_210_00, 0, 50_00, 0, 0, 0, fees=2_412_30),
    )
    head = Head(4711, HASH)
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    return reports.report(words, Report(ISSUER, title, first, last, accounts, (), head, NOW))


def _account(currency: str, *lines: int, fees: int = 0) -> Account:
    opening, gifts, cover, refunds, banks, out, contested = lines
    closing = opening + gifts + cover - fees - refunds - banks - out
    ordered = (opening, gifts, 0, cover, fees, refunds, banks, 0, out, closing, 0, contested)
    return Account("", *(Money(minor, currency) for minor in ordered))


def evidence(words: Words) -> Sheet:
    one = Evidence(
        reference="7KABCDEFGH",
        campaign=TITLES[words.language][0],
        issuer=ISSUER,
        gift=mad(20000),
        cover=mad(620),
        contested=mad(20620),
        refunded=mad(0),
        reason="fraudulent",
        dispute_id="dp_1SABCdEFgHiJkLmN",
        due_by=NOW + timedelta(days=7),
        language="fr",
        asked_at=NOW - timedelta(minutes=4),
        paid_at=NOW,
        thanked_at=NOW + timedelta(seconds=3),
        undo_until=NOW + timedelta(hours=1),
        receipt_number="2026-000123",
        descriptor="MCISE* AIDE",
        subject="cs_test_a1B2c3D4e5F6g7H8i9J0",
        payment_intent="pi_3SABCdEFgHiJkLmN",
        contact="dons@example.org",
        made_at=NOW + timedelta(days=1),
    )
    return papers.evidence(words, one)


def a_poster(spoken: list[Words]) -> poster.Poster:
    one = replace(read_file(str(ROOT / "campaigns.toml"))[0], authorisation=ISSUER.authorisation)
    url = f"https://t.me/entraide_bot?start=c_{one.slug}__mosquee3"
    return poster.poster(spoken, one, None, url, NOW)


PAPERS = {
    "receipt": receipt,
    "credit-note": credit_note,
    "statement": statement,
    "report": report,
    "evidence": evidence,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    catalogues = Catalogues("fr")
    for name, draw in PAPERS.items():
        for language in catalogues.languages:
            picture, *_ = as_pictures(draw(catalogues.words(language)), PPI)
            (FOLDER / f"{name}-{language}.png").write_bytes(picture)
    for name, spoken in {
        **{one: (one,) for one in catalogues.languages},
        "all": catalogues.languages,
    }.items():
        picture = postering.as_picture(a_poster([catalogues.words(one) for one in spoken]), PPI)
        (FOLDER.parent / f"poster-{name}.png").write_bytes(picture)
    print(f"{len(PAPERS) * len(catalogues.languages)} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
