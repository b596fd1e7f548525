"""Every screen, in every language, with the longest words and the largest sums, fits Telegram and reads right."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot import errors
from bot.actions import pack
from bot.amounts import Reason
from bot.broadcasts import Audience, Broadcast, BroadcastButton, BroadcastState, ButtonKind
from bot.campaigns_file import read_file
from bot.i18n import Catalogues, Words, guess
from bot.ledger import Entry, EntryKind, chained
from bot.model import Campaign, Donation, DonationState, Pledge, PledgeState, Receipt, ReceiptKind
from bot.money import LARGEST, Money
from bot.periods import Period
from bot.rates import Rate
from bot.screens import (
    broadcasts,
    giving,
    guard,
    home,
    match,
    menu,
    mine,
    paperwork,
    pledges,
    proof,
    rates,
    stripe_page,
    trouble,
)
from bot.screens.base import Screen
from tests.bot.composer_screens import composer

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 11, 24, tzinfo=UTC)
MUCH = Money(LARGEST, "MAD")
RATE = Rate("EUR", "MAD", Decimal("99999.12345678"), NOW, "settings")
CATALOGUES = Catalogues("fr")
BUTTONS = (
    BroadcastButton(ButtonKind.GIVE, 1, MUCH),
    BroadcastButton(ButtonKind.LINK, url="https://example.org"),
    BroadcastButton(ButtonKind.SHARE, 1),
)
BROADCAST = Broadcast(
    2**31, BroadcastState.RUNNING, 1, 1, Audience(), BUTTONS, {}, {}, holdout=5, is_paid=False, created_at=NOW
)


def campaigns() -> list[Campaign]:
    found = read_file(str(ROOT / "campaigns.toml"))
    return [
        replace(
            one,
            id=index + 1,
            received=(MUCH, Money(LARGEST, "EUR"), Money(LARGEST, "USD")),
            donors=9_999_999,
            promised=(MUCH,),
            ways=dict.fromkeys(("ar", "fr", "en"), "RIB <1> & 2\n" * 80),
        )
        for index, one in enumerate(found)
    ]


def donation(state: DonationState = DonationState.AWAITING) -> Donation:
    return Donation(
        "abcdefghjk", 1, 1, MUCH, state, 1, "{}", NOW, NOW, "cs_x", "https://checkout.example/c/pay/cs#x"
    )


def screens(words: Words) -> dict[str, Screen]:
    all_three = campaigns()
    one, gift = all_three[0], donation()
    made = {
        "home": home.home(words, all_three),
        "home without campaigns": home.home(words, []),
        "campaign": home.campaign(
            words, one, "https://t.me/entraide_bot?start=campaign-1__share", is_open=True
        ),
        "closed campaign": home.campaign(
            words, one, "https://t.me/entraide_bot?start=campaign-1__share", is_open=False
        ),
        "story": home.story(words, one, is_open=True),
        "languages": home.languages(words),
        "currencies": home.currencies(words, ["MAD", "EUR", "USD"], "MAD"),
        "help": home.help_screen(words, "MCISE", "contact@example.org"),
        "amount": giving.amount(words, one, "MAD", trouble.limit(words, errors.GiftTooSmall(MUCH, MUCH, 1))),
        "unclear": giving.unclear(words, one, "<1.000>" * 5, [MUCH, Money(1, "MAD")]),
        "unclear without campaign": giving.unclear(words, None, "1.000", [MUCH]),
        "pick": giving.pick_campaign(words, all_three, MUCH),
        "check": giving.check(words, one, MUCH, "MCISE* DON"),
        "check covered": giving.check(words, one, MUCH, "MCISE* DON", fees=MUCH, is_covered=True),
        "bridge": giving.bridge(words, gift, one),
        "rates": rates.listing(words, [RATE], ["MAD"]),
        "rate change": rates.change(words, RATE, RATE, 999, 20261125, is_sure=True),
        "first rate": rates.change(words, RATE, None, 0, 20261125, is_sure=False),
        "rate kept": rates.kept(words, RATE, 3),
        "rate usage": rates.usage(words, ["EUR", "MAD"]),
        "preparing": giving.preparing(words, gift),
        "waiting": giving.waiting(words, gift),
        "processing": giving.processing(words, gift),
        "thanks": giving.thanks(words, gift, one, "MCISE* DON"),
        "paid": giving.paid(words, gift),
        "expired": giving.expired(words, gift, one),
        "refused": giving.refused(words, gift, one),
        "failed": giving.failed(words, gift),
        "canceled": giving.canceled(words, gift),
        "canceling": giving.canceling(words, gift),
        "in review": giving.in_review(words, gift),
        "reminder": giving.reminder(words, gift, one),
        "will remind": giving.will_remind(words),
        "gifts": mine.gifts(words, [donation(state) for state in DonationState], {1: one}, 2, 20),
        "no gifts": mine.gifts(words, [], {}, 1, 0),
        "privacy": mine.privacy(words, "العربية", "MAD", 99),
        "muted_privacy": mine.privacy(words, "العربية", "MAD", 99, is_muted=True),
        "stopped": broadcasts.stopped(words),
        "back_again": broadcasts.back_again(words),
        "broadcast": Screen(
            broadcasts.below_album(words),
            broadcasts.rows_for(words, BROADCAST, {1: campaigns()[0]}, "entraide_bot"),
        ),
        "export": mine.export(words, b"{}"),
        "sure": mine.sure_to_erase(words, 3),
        "not yet": mine.cannot_erase_yet(words),
        "erased": mine.erased(words),
        "group": trouble.group(words, "https://t.me/entraide_bot?start=home"),
        "unknown": trouble.unknown_text(words),
        **about_papers(words, one, gift),
    }
    faults = [
        errors.GiftTooSmall(MUCH, MUCH, 1),
        errors.GiftTooLarge(MUCH, MUCH, 1),
        errors.CampaignNotOpen(1),
        errors.CurrencyNotTaken("EUR"),
    ]
    faults += [
        errors.PaymentsLocked("x"),
        errors.PaymentsRefused("x"),
        errors.NotYours("x"),
        errors.EntraideError(),
    ]
    made |= {f"error {type(fault).__name__}": trouble.of(words, fault) for fault in faults}
    return (
        made
        | promises(words, one, gift)
        | guards(words)
        | composer(words, all_three)
        | {
            f"alert {what}": trouble.alert(words, what, "ABC")
            for what in ("review", "late", "locked", "refused", "no_rate")
        }
    )


def a_pledge(state: PledgeState) -> Pledge:
    return Pledge("k427p", 9_999_999, 1, MUCH, state, NOW, None, "abcdefghjk", "D9999999", NOW)


def promises(words: Words, one: Campaign, gift: Donation) -> dict[str, Screen]:
    open_ones = [(a_pledge(PledgeState.SAID_PAID), one)] * match.PAGE
    promised, less = a_pledge(PledgeState.PROMISED), Money(1, "MAD")
    made = {
        "my pledges": mine.gifts(words, [], {1: one}, 1, 0, promised=[promised, open_ones[0][0]]),
        "pledge noted": pledges.pledge(words, promised, one, page=gift, note=pledges.will_remind(words, NOW)),
        "pledge reminded": pledges.pledge(
            words, promised, one, is_reminded=True, note=pledges.reminded(words)
        ),
        "sure to cancel": pledges.sure_to_cancel(words, promised),
        "pledge thanks": pledges.thanks(words, replace(gift, money=less), one, promised),
        "beside": pledges.beside(words, giving.thanks(words, gift, one, "X"), promised),
        "corrected": pledges.corrected(words, one, promised, MUCH),
        "paid back": pledges.paid_back(words, one, promised, MUCH),
        "listed": match.listed(words, open_ones, 2, 99),
        "none listed": match.listed(words, [], 1, 0),
        "of amount": match.of_amount(words, open_ones, MUCH),
        "none of amount": match.of_amount(words, [], MUCH),
        "wrong": match.wrong(words, "K4-27<", open_ones),
        "nothing near": match.wrong(words, "K4-27<", []),
        "unknown reference": match.unknown(words, "K4-27P"),
        "other currency": match.other_currency(words, promised),
        "usage of pledges": match.usage(words),
        "sure to unmatch": match.sure_to_unmatch(words, promised, one, MUCH),
        "said paid": match.said_paid(words, promised, one),
        "outside": match.gift(words, gift, promised, one),
        "no ways": trouble.of(words, errors.NoWays(1)),
        "too many pledges": trouble.of(words, errors.TooManyPledges(5)),
    }
    for state in PledgeState:
        made[f"pledge {state}"] = pledges.pledge(words, a_pledge(state), one)
        made[f"desk {state}"] = match.pledge(words, a_pledge(state), one, less)
    return made


def guards(words: Words) -> dict[str, Screen]:
    kinds = ("donor_opened", "donor_declined", "all_declined", "all_open", "all_opened", "frozen", "unfrozen")
    made = {f"alarm {kind}": guard.alarm(words, f"{kind}.12.5") for kind in kinds}
    for why in errors.Pause:
        error = errors.CheckoutPaused(why, 5, NOW, 1, MUCH, True, "abcdefghjk", MUCH)
        made[f"paused {why}"] = trouble.of(words, error)
    until_later = errors.CheckoutPaused(errors.Pause.ALL, 5, None, 1, Money(9, "EUR"), True, None, None)
    return made | {
        "paused till later": trouble.of(words, until_later),
        "freeze": guard.sure(words, 1000, 1000, 1000, None),
        "unfreeze": guard.sure(words, 1000, 1000, 1000, guard.banner(words, NOW, "D12")),
    }


def about_papers(words: Words, one: Campaign, gift: Donation) -> dict[str, Screen]:
    receipt, note = (Receipt(2026, 999_999, kind, gift.id, MUCH, NOW) for kind in ReceiptKind)
    row = chained(
        Entry(EntryKind.COVER_BACK, gift.id, one.slug, -LARGEST, "MAD", 1_800_000_000), 10**9, "f" * 64
    )
    return {
        "receipt": paperwork.paper(words, receipt, gift, b"%PDF", [note] * 9),
        "credit note": paperwork.paper(words, note, gift, b"%PDF", [receipt]),
        "no receipt": paperwork.no_receipt(words, ""),
        "no such receipt": paperwork.no_receipt(words, "<x>" * 99),
        "no credit note": paperwork.no_credit_note(words),
        "statement": paperwork.statement(words, Period.year_of(NOW.date()), b"%PDF", range(2026, 2000, -1)),
        "no statement": paperwork.no_statement(words, Period.month_of(NOW.date()), [2026]),
        "how to ask for a statement": paperwork.how_to_ask(words),
        "evidence": paperwork.evidence(words, gift, NOW, b"%PDF"),
        "proof": proof.own(words, gift, [row] * 9, (10**9, "f" * 64), b"{}", is_whole=True),
        "proof of a part": proof.own(words, gift, [row] * 9, (10**9, "f" * 64), b"{}", is_whole=False),
        "no proof": proof.unknown(words),
        "genuine": proof.genuine(words, receipt, gift, one, MUCH, row, is_void=False),
        "genuine and void": proof.genuine(words, note, gift, one, MUCH, row, is_void=True),
        "not ours": proof.not_ours(words),
        "thanks with undo": giving.thanks(words, gift, one, "MCISE* DON", NOW),
    }


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_the_thanks_have_three_rows_of_buttons_at_most(language: str) -> None:
    screen = giving.thanks(CATALOGUES.words(language), donation(), campaigns()[0], "MCISE* DON", NOW)
    assert [len(row) for row in screen.rows] == [2, 1, 2]


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_every_screen_fits_telegram(language: str) -> None:
    for name, screen in screens(CATALOGUES.words(language)).items():
        plain = re.sub(r"<[^>]+>", "", screen.text)
        assert 0 < len(plain.encode("utf-16-le")) // 2 <= (1024 if screen.document else 4096), name
        # What people wrote stands in isolates, and may hold anything.
        assert "{" not in re.sub("\u2068[^\u2069]*\u2069", "", plain), name
        for button in [button for row in screen.rows for button in row]:
            assert 0 < len(button.label) <= 64, (name, button.label)
            assert sum(x is not None for x in (button.action, button.url, button.copy)) == 1, name
            assert button.action is None or len(pack(button.action).encode()) <= 64, name
        assert screen.awaiting is None or pack(screen.awaiting)


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_every_sentence_is_said_in_the_readers_language(language: str) -> None:
    spoken, english = screens(CATALOGUES.words(language)), screens(CATALOGUES.words("en"))
    assert [name for name in spoken if spoken[name].text == english[name].text] == ["languages"]


def test_every_arabic_screen_reads_from_the_right() -> None:
    for name, screen in screens(CATALOGUES.words("ar")).items():
        first = re.sub(r"<[^>]+>", "", screen.text).splitlines()[0]
        letters = [one for one in map(unicodedata.bidirectional, first) if one in ("L", "R", "AL")]
        # Three languages stand side by side where none is known yet.
        assert letters[0] in ("R", "AL") or name == "languages", (name, first)


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_amounts_are_isolated_and_what_people_wrote_is_escaped(language: str) -> None:
    words = CATALOGUES.words(language)
    assert re.search("\u2068[^\u2069]*MAD\u2069", giving.check(words, campaigns()[0], MUCH, "").text)
    assert "\u2068&lt;1.000&gt;\u2069" in giving.unclear(words, None, "<1.000>", [MUCH]).text


@pytest.mark.parametrize(
    ("minor", "says"),
    [
        (0, "Be the first"),
        (1000, "received of"),
        (12000000, "\u206834%"),
        (30000000, "to go"),
        (35000000, "is reached"),
        (99000000, "is reached"),
    ],
)
def test_progress_is_honest(minor: int, says: str) -> None:
    one = replace(campaigns()[0], counted_minor=minor)
    assert says in home.raised(CATALOGUES.words("en"), one)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_unreadable_amount_has_its_sentence(reason: Reason) -> None:
    assert trouble.not_an_amount(CATALOGUES.words("en"), reason)


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_the_menu_keeps_to_telegrams_limits(language: str) -> None:
    words = CATALOGUES.words(language)
    assert all(
        len(text) <= 256 and re.fullmatch("[a-z0-9_]{1,32}", name) for name, text in menu.commands(words)
    )
    assert len(menu.description(words)) <= 512
    assert len(menu.short(words)) <= 120


def test_stripes_page_gets_plain_text() -> None:
    words = CATALOGUES.words("ar")
    texts = [
        stripe_page.title(words, campaigns()[0]),
        stripe_page.description(words, campaigns()[0]),
        stripe_page.message(words, campaigns()[0]),
    ]
    assert all("\u2068" not in text and "<" not in text for text in texts)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("AR", "ar"),
        ("ary", "ar"),
        ("ar_MA", "ar"),
        ("en-US", "en"),
        ("pt-br", None),
        ("zh-hans", None),
        ("", None),
        (None, None),
    ],
)
def test_the_language_is_guessed_from_any_tag(tag: str | None, language: str | None) -> None:
    assert guess(tag) == language


@pytest.mark.parametrize(
    ("n", "form"),
    [(1, "شخص واحد"), (2, "شخصين"), (3, "أشخاص"), (11, "شخصا"), (99, "شخصا"), (100, "شخص"), (103, "أشخاص")],
)
def test_arabic_counts_in_its_six_forms(n: int, form: str) -> None:
    assert form in CATALOGUES.words("ar").plural("From {n} person.", "From {n} people.", n)


def test_an_unknown_language_speaks_the_default() -> None:
    assert CATALOGUES.words("xx").language == "fr"
    assert CATALOGUES.words(None).language == "fr"


def test_catalogues_speak_even_when_nothing_was_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = ROOT / "locales" / "fr" / "LC_MESSAGES" / "entraide.po"
    (folder / "entraide.po").write_bytes(source.read_bytes())
    monkeypatch.setattr("bot.i18n.LOCALES", tmp_path)
    assert Catalogues("fr").words("fr").label("Give") == "Donner"
    assert Catalogues("fr").words("ar").label("Give") == "Give"


def test_an_account_number_reads_left_to_right_and_is_copied_whole() -> None:
    words = CATALOGUES.words("ar")
    way = "رقم الحساب: 007 780 0001234567 24\nMCISE & Cie <AIDE>\n\n+212 600-000000"
    first, second, third, last = pledges.written(words, way).splitlines()
    assert "\u2066<code>007 780 0001234567 24</code>\u2069" in first
    assert second == "\u2068MCISE &amp; Cie &lt;AIDE&gt;\u2069"
    assert third == ""
    assert "<code>+212 600-000000</code>" in last


def test_what_a_tap_on_a_reference_copies_holds_no_marks_of_direction() -> None:
    one = replace(campaigns()[0], ways={"fr": "x"})
    screen = pledges.pledge(CATALOGUES.words("ar"), a_pledge(PledgeState.PROMISED), one)
    assert "\u2068<code>K4-27P</code>\u2069" in screen.text
