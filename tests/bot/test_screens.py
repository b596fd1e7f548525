"""Every screen, in every language, with the longest words and the largest sums, fits Telegram and reads right."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from bot import errors
from bot.actions import (
    Admin,
    EditCampaign,
    ExportGifts,
    LinkSource,
    SetCampaignSum,
    ShowLink,
    ShowStats,
    pack,
)
from bot.amounts import Reason
from bot.broadcasts import Audience, Broadcast, BroadcastButton, BroadcastState, ButtonKind
from bot.campaigns_file import read_file
from bot.drafting import TEXTS, Fault, Part
from bot.drafting import Refusal as Refused
from bot.figures import Funnel, Group, Promised, Span, Stats, Step, Tally
from bot.i18n import Catalogues, Words, guess
from bot.ledger import Entry, EntryKind, chained
from bot.letters import TO_DONOR, LetterKind, Question, QuestionState
from bot.model import (
    Campaign,
    CampaignState,
    CampaignText,
    Donation,
    DonationState,
    Pledge,
    PledgeState,
    Receipt,
    ReceiptKind,
)
from bot.money import LARGEST, Money
from bot.papers.printing import render_chart
from bot.periods import Period
from bot.questions import first_open
from bot.rates import Rate
from bot.screens import (
    audit,
    broadcasts,
    exporting,
    finding,
    giving,
    guard,
    helpdesk,
    home,
    match,
    menu,
    mine,
    numbers,
    paperwork,
    pledges,
    proof,
    questions,
    rates,
    roles,
    sources,
    stats,
    stripe_page,
    trouble,
    watching,
)
from bot.screens import campaigns as campaigns_desk
from bot.screens.base import Button, Screen
from bot.staff import Person, Refusal, Right, Role
from bot.watching import CHECKS
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
        | staff_screens(words)
        | figures(words, gift, one)
        | campaigns_of_staff(words, one)
        | asked(words, all_three)
        | links(words, one)
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


def figures(words: Words, gift: Donation, one: Campaign) -> dict[str, Screen]:
    """What staff see of numbers, with every line that there can be."""
    tallies = tuple(Tally(slug, 10**6, MUCH, MUCH, MUCH) for slug in ("humanitarian", "startups", "unknown"))
    euros = Tally("humanitarian", 0, Money(0, "EUR"), Money(0, "EUR"), Money(LARGEST, "EUR"))
    much = Span(NOW, NOW, (*tallies, euros), (Promised(9, MUCH), Promised(9, Money(1, "EUR"))), 99, 99, 10**6)
    nothing = Span(NOW, NOW, (), (), 0, 0, 0)
    titles = {"humanitarian": one.text(words.language).title}
    day = NOW.date()
    groups = tuple(Group(f"source{at}", 10**6, (MUCH,)) for at in range(20))
    found = Stats(day, day, None, ((day, 10**6),), groups, groups, None)
    of_one = replace(found, campaign="humanitarian")
    promises = [a_pledge(PledgeState.SAID_PAID)] * 8
    span = exporting.Choices(*(ExportGifts("look", 1, 20261101, 20261130) for _ in range(5)))
    made = {
        "today": numbers.today(words, much, nothing, titles, is_sent=True),
        "today, unsent": numbers.today(words, nothing, much, titles, is_sent=False),
        "today without digest": numbers.today(words, nothing, nothing, titles, is_sent=None),
        "digest": numbers.digest(words, much, much, titles),
        "stats": stats.picture(words, found, b"PNG", campaigns(), ShowStats(90, 0), may_export=True),
        "stats of one": stats.picture(words, of_one, b"PNG", campaigns(), ShowStats(7, 1), may_export=False),
        "found": finding.found(words, [gift] * 8, promises, [one], may_match=True),
        "found by a reader": finding.found(words, [], promises[:1], [one], may_match=False),
        "nothing found": finding.nothing(words),
        "what can be found": finding.usage(words),
        "export": exporting.look(words, Period.month_of(day), campaigns(), span),
        "exported": exporting.file(words, "gifts.csv", b"x", 10**6),
        "export too large": exporting.too_large(words, Period.year_of(day), "humanitarian", "xlsx"),
        "how to export": exporting.usage(words),
    }
    return made | {
        f"{what} {when}": watching.alert(words, f"watch.{what}.{when}.12")
        for what in CHECKS
        for when in ("begin", "end")
    }


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
@pytest.mark.parametrize("days", [7, 30, 90])
def test_a_chart_of_any_size_is_one_picture(language: str, days: int) -> None:
    words, first = CATALOGUES.words(language), NOW.date()
    groups = tuple(Group(f"<source> #{at} & *x*", 20 - at, (MUCH, Money(1, "EUR"))) for at in range(20))
    every = tuple((first + timedelta(days=at), at * 1000) for at in range(days))
    funnel = Funnel(dict.fromkeys(Step, 0), 0, first)
    found = Stats(first, every[-1][0], None, every, groups, groups[:1], funnel)
    drawn = stats.chart(words, found, {}, NOW)
    assert len(drawn.blocks[1].bars) == 8
    assert sum(bar.value for bar in drawn.blocks[1].bars) == sum(one.gifts for one in groups)
    assert sum(span for _, span in drawn.blocks[0].ticks) == days
    assert render_chart(words, found, {}, NOW).startswith(b"\x89PNG")
    assert render_chart(words, replace(found, days=((first, 0),), campaigns=(), sources=()), {}, NOW)


def staff_screens(words: Words) -> dict[str, Screen]:
    far, first = Person(2**52 - 1, Role.MESSAGES, "D9999999", "D9999999", NOW), Person(1, Role.OWNER, "T0001")
    money = {"minor": LARGEST, "currency": "MAD", "state": "matched"}
    kinds = (*audit.NAMES, "broadcast.<x>")
    acts = [
        audit.Shown(9_999_999_999, NOW, "staff 9999999", kind, "D9999999", money, money) for kind in kinds
    ]
    commands = [(one, label(words)) for one, _, label in menu.STAFF]
    made = {
        "roles": roles.listed(words, [far] * 99, 2),
        "first owner": roles.member(words, first),
        "member": roles.member(words, far),
        "other role": roles.other_role(words, far),
        "sure to take": roles.sure_to_take(words, far),
        "which role": roles.which(words),
        "no contact": roles.who(words, Role.READER, roles.no_contact(words)),
        "contact elsewhere": roles.who(words, Role.READER, roles.contact_without_telegram(words)),
        "link for a role": roles.link(words, Role.OWNER, "https://t.me/entraide_bot?start=j_" + "x" * 22),
        "taken": roles.news(words, "taken"),
        "given": roles.news(words, "given.finance"),
        "role joined": roles.news(words, "joined.owner.D9999999.D1"),
        "nothing done": audit.listed(words, [], 0, has_older=False),
    }
    for at in range(0, len(acts), audit.PAGE):
        made[f"done {at}"] = audit.listed(words, acts[at : at + audit.PAGE], 1, has_older=True)
    for role in Role:
        buttons = [Button(label, Admin()) for _, label in commands]
        made[f"front {role}"] = roles.front(words, role, commands, buttons)
        made[f"joined {role}"] = roles.joined(words, replace(far, role=role))
    made |= {f"refused {why}": roles.refused(words, why) for why in Refusal}
    return made | {f"ask {right}": roles.ask_them(words, Role.READER, right) for right in Right}


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


def campaigns_of_staff(words: Words, one: Campaign) -> dict[str, Screen]:
    draft = replace(
        one, state=CampaignState.DRAFT, goal=Money(0, "MAD"), texts={"fr": CampaignText("", "Résumé", "")}
    )
    link = "https://t.me/entraide_bot?start=c_humanitarian"
    told = replace(
        one, goal_was=MUCH, goal_changed_at=NOW, starts_at=NOW, ends_at=NOW, authorisation="A" * 60
    )
    seen = home.campaign(words, told, link, is_open=False, earlier=MUCH, next_need=one)
    made = {
        "told campaign": seen,
        "not open": trouble.of(words, errors.CampaignNotOpen(1), [one, replace(one, id=2)]),
        "campaigns of staff": campaigns_desk.listed(
            words, [replace(told, state=state) for state in CampaignState] * 9, 2, NOW, may_change=True
        ),
        "texts": campaigns_desk.texts(words, draft, campaigns_desk.saved(words)),
        "sure to open": campaigns_desk.sure_to_open(words, draft),
        "sure to open again": campaigns_desk.sure_to_open(words, told),
        "sure to pause": campaigns_desk.sure_to_pause(words, one, 0, 0),
        "sure to close": campaigns_desk.sure_to_close(words, one, 99, 11, told),
        "sure to drop": campaigns_desk.sure_to_drop(words, draft),
        "sure of goal": campaigns_desk.sure_of_goal(
            words, one, MUCH, SetCampaignSum("goal", LARGEST, "mad", "sure", 1)
        ),
        "title of a campaign": questions.title(words),
        "gone campaign": questions.gone(words),
        "unclear goal": questions.unclear(words, one, EditCampaign("goal", "any", "new", 1), "1.000", [MUCH]),
    }
    for state in CampaignState:
        shown = replace(told if state is not CampaignState.DRAFT else draft, state=state)
        note = campaigns_desk.moved(words, state)
        go_on = first_open(shown, words.language)
        made[f"managed {state}"] = campaigns_desk.managed(
            words, shown, link, NOW, go_on, note, may_change=True
        )
    for face in campaigns_desk.FACES:
        made[f"preview {face}"] = campaigns_desk.preview(
            words, draft, face, "ar", home.story(words, one, is_open=True)
        )
    return made | asked_of_staff(words, replace(told, texts=draft.texts))


def asked_of_staff(words: Words, one: Campaign) -> dict[str, Screen]:
    made: dict[str, Screen] = {}
    for part in Part:
        language = words.language
        key = {Part.SMALLEST: "mad", Part.LARGEST: "eur", Part.PRESETS: f"mad{language}"}.get(part, "any")
        key = language if part in (*TEXTS, Part.WAYS) else key
        for walk in ("one", "new"):
            asked = questions.Asked(EditCampaign(part, key, walk, 1), walk == "new")
            made[f"asked {part} {walk}"] = questions.question(words, one, asked, MUCH)
    made["asked amounts"] = questions.amounts(
        words, one, questions.Asked(EditCampaign("amounts", "any", "new", 1), True), ["JPY", "TND"]
    )
    edit = questions.Asked(EditCampaign("title", "fr", "one", 1))
    for fault in Fault:
        note = questions.refused(words, Refused(fault, 40, MUCH, "<x>"), Part.TITLE)
        made[f"refused {fault}"] = questions.question(words, one, edit, MUCH, note)
    return made


def asked(words: Words, found: list[Campaign]) -> dict[str, Screen]:
    operator = found[0].appeal.operator
    waiting = Question(1, 9_999_999, QuestionState.OPEN, NOW, NOW, -1002234567890, 123456)
    made = {
        "privacy of who asked": mine.privacy(words, "العربية", "MAD", 99, has_asked=True),
        "help with a person": home.help_screen(words, "MCISE", "contact@example.org", can_ask=True),
        "ask a person": helpdesk.ask(words, operator),
        "question kept": helpdesk.kept(words),
        "question of no kind": helpdesk.cannot(words),
        "too many questions": trouble.of(words, errors.TooManyQuestions(20)),
        "question closed": helpdesk.closed(words),
        "question refused": helpdesk.unheard(words),
        "question refused, to staff": helpdesk.unheard_by_staff(words, "D9999999"),
        "question solved": helpdesk.solved(words),
        "answer": Screen(helpdesk.answer_head(words, operator), helpdesk.answer_rows(words)),
        "topic": Screen(helpdesk.intro(words, "D9999999", "English")),
        "head": Screen(helpdesk.head(words, "D9999999", "English")),
        "questions": helpdesk.listed(
            words, [waiting, replace(waiting, waiting_since=None)] * 10, 999, NOW + timedelta(days=400)
        ),
        "no questions": helpdesk.listed(words, [], 0, NOW),
        "whose": helpdesk.nobody(words),
    }
    notes = {
        f"note {kind}": Screen(helpdesk.note(words, kind, "D9999999"))
        for kind in LetterKind
        if kind not in (*TO_DONOR, LetterKind.QUESTION, LetterKind.REOPENED)
    }
    for yes in (True, False):
        made[f"here {yes}"] = helpdesk.here(
            words, -1002234567890, has_topics=True, may_manage=yes, hears_all=yes, is_public=not yes
        )
    plain = helpdesk.here(words, -5, has_topics=False, may_manage=False, hears_all=False, is_public=False)
    return made | notes | {"here plain": plain}


def links(words: Words, one: Campaign) -> dict[str, Screen]:
    link = ShowLink(9_999_999, LARGEST, "mad", "a" * 16)
    made = sources.Made(
        one, MUCH, "a" * 16, f"https://t.me/entraide_bot?start=c_{one.slug}_99_mad__{'a' * 16}"
    )
    came = [
        sources.Came("facebook", 9_999_999, 3, (MUCH, Money(LARGEST, "EUR"))),
        sources.Came("x", 1, 0, ()),
    ]
    return {
        "link to which": sources.campaigns(words, campaigns()),
        "link with which amount": sources.amount(words, one, "MAD", sources.not_whole(words)),
        "link from where": sources.source(words, LinkSource(1, LARGEST, "mad"), is_unreadable=True),
        "link": sources.link(words, made, link),
        "code of a link": sources.file(words, made, "qr", b"PNG"),
        "poster": sources.file(words, made, "all", b"%PDF"),
        "sources": sources.listed(words, came * 40),
        "no sources": sources.listed(words, []),
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
    whole = menu.staff(words, frozenset(Right), [name for name, _, _ in menu.STAFF])
    assert len(whole) == len(menu.STAFF)
    assert all(len(text) <= 256 and re.fullmatch("[a-z0-9_]{1,32}", name) for name, text in whole)
    assert len(whole) + len(menu.commands(words)) <= 100
    assert menu.staff(words, Role.READER.rights, ["report", "refund"]) == [whole[4]]
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
