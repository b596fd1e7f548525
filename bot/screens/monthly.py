"""Monthly gifts: how long (S4), the check that names "every month" and its end, the plan in My gifts (S11), and its messages."""

from collections.abc import Sequence
from datetime import datetime

from bot.actions import (
    ChangeMonthly,
    Check,
    CheckMonthly,
    ChooseTerm,
    GiveMonthly,
    Home,
    MyGifts,
    NewCard,
    PauseMonthly,
    ShowMonthly,
    StopMonthly,
)
from bot.i18n import ZONE, Words
from bot.model import Campaign, Donation, MonthlyGift, MonthlyState, Rhythm
from bot.money import Money
from bot.months import Term, charges_before, number, step
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.home import raised
from bot.screens.paperwork import papers_of
from bot.screens.received import particulars, undo

MONTHS = (3, 6, 12)
_GO_ON = 99


def _title(words: Words, campaign: Campaign) -> str:
    return campaign.text(words.language).title


def last_charge(anchor: datetime, end: datetime) -> datetime:
    return step(anchor, charges_before(anchor, end) - 1)


# Agreeing to one.


def terms(
    words: Words,
    campaign: Campaign,
    money: Money,
    now: datetime,
    rhythms: Sequence[Rhythm] = (),
    note: str | None = None,
) -> Screen:
    """How long? `note` is what was wrong before, already in words."""
    example = last_charge(now, step(now, 12))
    text = paragraphs(
        note,
        words.text(
            "Give <b>{amount} every month</b> to <b>{title}</b>. Until when?",
            amount=money,
            title=_title(words, campaign),
        ),
        words.text(
            "Tap, or write the last day, for example {example}.",
            example=f"{example.astimezone(ZONE):%d/%m/%Y}",
        ),
    )
    back = Button(words.label("Give once"), _once(campaign, money))
    choices = [_choice(words, campaign, money, Term(months=months), now) for months in MONTHS]
    named = [
        _named(words, campaign, money, one, now) for one in rhythms if one.until > now.astimezone(ZONE).date()
    ]
    open_end = Button(
        words.label("Until the campaign ends") if campaign.ends_at else words.label("Until I stop"),
        _check(campaign, money, Term()),
    )
    asked = ChooseTerm(campaign.id, money.minor, money.currency.lower())
    return Screen(text, rows(*choices, *named, open_end, back), awaiting=asked)


def _once(campaign: Campaign, money: Money) -> Check:
    return Check(campaign.id, money.minor, money.currency.lower())


def _check(campaign: Campaign, money: Money, term: Term) -> CheckMonthly:
    return CheckMonthly(campaign.id, money.minor, money.currency.lower(), term.token)


def _choice(words: Words, campaign: Campaign, money: Money, term: Term, now: datetime) -> Button | None:
    """None where the campaign ends before."""
    end = step(now, term.months or 0)
    if campaign.ends_at is not None and campaign.ends_at < end:
        return None
    label = words.plural(
        "{n} month, until {date}",
        "{n} months, until {date}",
        term.months or 0,
        date=words.short_date(last_charge(now, end)),
    )
    return Button(label, _check(campaign, money, term))


def _named(words: Words, campaign: Campaign, money: Money, rhythm: Rhythm, now: datetime) -> Button | None:
    term = Term(until=rhythm.until)
    end = term.end(now, ZONE, campaign.ends_at)
    if end is None or charges_before(now, end) < 2:
        return None
    title = rhythm.titles.get(words.language) or rhythm.titles["en"]
    return Button(f"{title}, {words.short_date(last_charge(now, end))}", _check(campaign, money, term))


def check(
    words: Words,
    campaign: Campaign,
    money: Money,
    term: Term,
    end: datetime | None,
    now: datetime,
    statement: str,
) -> Screen:
    """The one screen that begins a monthly gift. `end`: nothing is charged from then on."""
    last = last_charge(now, end) if end else None
    text = paragraphs(
        words.text(
            "Gift of <b>{amount} every month</b> to <b>{title}</b>.",
            amount=money,
            title=_title(words, campaign),
        ),
        lines(
            _course(words, money, end, now),
            words.text("We write to you three days before each charge."),
            words.text("You can stop it here in two taps, pause it or change it, at any time: /mygifts."),
            words.text("Your name stays hidden."),
            words.text("Your card statement will show {statement}.", statement=statement)
            if statement
            else None,
        ),
    )
    label = (
        words.label("{amount} every month until {date}", amount=money, date=words.short_date(last))
        if last
        else words.label("{amount} every month until I stop", amount=money)
    )
    code = money.currency.lower()
    pay = Button(label, GiveMonthly(campaign.id, money.minor, code, term.token), style="success")
    until = Button(words.label("Another end"), ChooseTerm(campaign.id, money.minor, code))
    once = Button(words.label("Give once"), _once(campaign, money))
    return Screen(
        text,
        rows(pay, (until, once), Button(words.label("Cancel"), Home())),
        awaiting=_check(campaign, money, term),
    )


def _course(words: Words, money: Money, end: datetime | None, now: datetime) -> str:
    if end is None:
        return words.text(
            "The first gift today, then one on day {day} of each month, until you stop it.",
            day=now.astimezone(ZONE).day,
        )
    count = charges_before(now, end)
    total = Money(money.minor * count, money.currency)
    return lines(
        words.text(
            "The first gift today, the last on {date}; then it ends by itself.",
            date=words.date(last_charge(now, end)),
        ),
        words.plural("{n} gift, {total}.", "{n} gifts, {total} in all.", count, total=total),
    )


def too_short(words: Words) -> str:
    return words.text("A monthly gift has two charges at least: this end comes before the second one.")


def not_a_day(words: Words) -> str:
    return words.text("This is not a day that we can read. Please write it as day/month/year.")


def offer(words: Words, campaign: Campaign, money: Money) -> Screen:
    """S7b, once, after a paid gift."""
    text = paragraphs(
        words.text(
            "Would you like to give {amount} to {title} <b>every month</b>? You choose until when, and stop it in two taps.",
            amount=money,
            title=_title(words, campaign),
        ),
        words.text("We ask this once only."),
    )
    yes = Button(
        words.label("{amount} every month…", amount=money),
        ChooseTerm(campaign.id, money.minor, money.currency.lower()),
    )
    return Screen(text, rows(yes, Button(words.label("No, thank you"), Home())), stays=True)


# One that goes on.


def _every_month(words: Words, gift: MonthlyGift, campaign: Campaign) -> str:
    return words.text(
        "🔁 <b>{amount} every month</b> · {title}", amount=gift.money, title=_title(words, campaign)
    )


def _when(words: Words, gift: MonthlyGift) -> str:
    """How it goes on from here."""
    if gift.paused_until is not None and gift.next_at is not None:
        return words.text("Paused; the next gift is on {date}.", date=words.date(gift.next_at))
    if gift.next_at is None:
        return words.text("Nothing more will be charged.")
    following = words.text("Next gift: {date}.", date=words.date(gift.next_at))
    return f"{following} {_until(words, gift)}"


def _until(words: Words, gift: MonthlyGift) -> str:
    if gift.ends_at is None or gift.anchor_at is None:
        return words.text("It goes on until you stop it.")
    return words.text("The last one: {date}.", date=words.date(last_charge(gift.anchor_at, gift.ends_at)))


def in_list(words: Words, gift: MonthlyGift, campaign: Campaign) -> str:
    """One plan among the donor's gifts."""
    return lines(_every_month(words, gift, campaign), _when(words, gift))


def list_button(words: Words, gift: MonthlyGift) -> Button:
    return Button(words.label("Monthly gift: {amount}", amount=gift.money), ShowMonthly(gift.id))


def plan(
    words: Words, gift: MonthlyGift, campaign: Campaign, count: int, given: Money, note: str | None = None
) -> Screen:
    """`count` gifts arrived so far, `given` in all."""
    trouble = (
        words.text("⚠️ The last charge did not go through. We wrote to you why.")
        if gift.state is MonthlyState.PAST_DUE
        else None
    )
    waits = (
        words.text("Stripe is slow to answer; what you want is kept and will be done.")
        if gift.wanted
        else None
    )
    text = paragraphs(
        note,
        _every_month(words, gift, campaign),
        lines(
            _when(words, gift),
            words.plural(
                "{n} gift so far, {total}.", "{n} gifts so far, {total} in all.", count, total=given
            ),
            trouble,
            waits,
        ),
    )
    pause = (
        Button(words.label("Go on now"), PauseMonthly(_GO_ON, gift.id))
        if gift.paused_until
        else Button(words.label("Pause"), PauseMonthly(0, gift.id))
    )
    return Screen(
        text,
        rows(
            (Button(words.label("Stop"), StopMonthly("no", gift.id), style="danger"), pause),
            (
                Button(words.label("Change the amount"), ChangeMonthly("no", 0, gift.id)),
                Button(words.label("Another card"), NewCard(gift.id)),
            ),
            Button(words.label("My gifts"), MyGifts()),
        ),
        awaiting=ShowMonthly(gift.id),
    )


def over(words: Words, gift: MonthlyGift, campaign: Campaign, count: int, given: Money) -> Screen:
    """One that ended, or that its donor stopped a moment ago."""
    if gift.state is MonthlyState.ENDED:
        state = words.text("It has ended. Nothing more will be charged.")
    else:
        state = words.text(
            "We are stopping it. Stripe is slow to answer; we will write here as soon as it is done. "
            "You need to do nothing more."
        )
    text = paragraphs(
        _every_month(words, gift, campaign),
        lines(
            state,
            words.plural(
                "{n} gift so far, {total}.", "{n} gifts so far, {total} in all.", count, total=given
            ),
        ),
    )
    again = Button(
        words.label("Start again"), ChooseTerm(campaign.id, gift.money.minor, gift.money.currency.lower())
    )
    mine = Button(words.label("My gifts"), MyGifts())
    shown = (again, mine) if gift.state is MonthlyState.ENDED else (mine,)
    return Screen(text, rows(shown), awaiting=ShowMonthly(gift.id))


def sure_to_stop(words: Words, gift: MonthlyGift, campaign: Campaign) -> Screen:
    """The first of two taps."""
    text = paragraphs(
        _every_month(words, gift, campaign), words.text("Stop it? Nothing more will be charged from now on.")
    )
    yes = Button(words.label("Yes, stop it"), StopMonthly("yes", gift.id), style="danger")
    return Screen(
        text,
        rows(yes, Button(words.label("No, keep it"), ShowMonthly(gift.id))),
        awaiting=ShowMonthly(gift.id),
    )


def how_long_to_pause(words: Words, gift: MonthlyGift, campaign: Campaign) -> Screen:
    """Each button says when the next charge is."""
    text = paragraphs(
        _every_month(words, gift, campaign),
        words.text("How many gifts shall be left out? The end stays as it is."),
    )
    return Screen(
        text,
        rows(
            *(_pause(words, gift, months) for months in (1, 2, 3)),
            Button(words.label("Back"), ShowMonthly(gift.id)),
        ),
        awaiting=ShowMonthly(gift.id),
    )


def _pause(words: Words, gift: MonthlyGift, months: int) -> Button | None:
    if gift.anchor_at is None or gift.next_at is None:
        return None
    following = step(gift.anchor_at, number(gift.anchor_at, gift.next_at) - 1 + months)
    if gift.ends_at is not None and following >= gift.ends_at:
        return None
    label = words.label("{n}: next gift {date}", n=months, date=words.short_date(following))
    return Button(label, PauseMonthly(months, gift.id))


def new_amount(words: Words, gift: MonthlyGift, campaign: Campaign) -> Screen:
    code = gift.money.currency
    text = paragraphs(
        _every_month(words, gift, campaign),
        words.text("Which amount from the next charge on? Tap or write one."),
    )
    presets = tuple(
        Button(words.money(preset.money), ChangeMonthly("no", preset.money.minor, gift.id))
        for preset in campaign.presets.get(code, ())
        if preset.money != gift.money
    )
    return Screen(
        text,
        rows(presets[:2], presets[2:4], Button(words.label("Back"), ShowMonthly(gift.id))),
        awaiting=ChangeMonthly("no", 0, gift.id),
    )


def sure_to_change(words: Words, gift: MonthlyGift, campaign: Campaign, money: Money) -> Screen:
    text = paragraphs(
        _every_month(words, gift, campaign),
        words.text("From the next charge on: <b>{amount} every month</b>.", amount=money),
    )
    yes = Button(
        words.label("{amount} every month", amount=money),
        ChangeMonthly("yes", money.minor, gift.id),
        style="success",
    )
    return Screen(
        text,
        rows(yes, Button(words.label("No, keep it"), ShowMonthly(gift.id))),
        awaiting=ChangeMonthly("no", money.minor, gift.id),
    )


def card(words: Words, gift: MonthlyGift, url: str | None) -> Screen:
    """The way to Stripe's portal, which speaks French or English."""
    back = Button(words.label("Back"), ShowMonthly(gift.id))
    if url is None:
        return Screen(
            words.text("Stripe is slow to answer. Please try again in a moment."),
            rows(Button(words.label("Another card"), NewCard(gift.id)), back),
            awaiting=ShowMonthly(gift.id),
        )
    text = paragraphs(
        words.text("Give Stripe another card on its own page; we never see it."),
        words.text("Stripe's secure page opens in English."),
    )
    return Screen(
        text,
        rows(Button(words.label("Open Stripe"), url=url, style="success"), back),
        awaiting=ShowMonthly(gift.id),
    )


# Its messages.


def thanks(
    words: Words,
    donation: Donation,
    campaign: Campaign,
    gift: MonthlyGift,
    count: int,
    statement: str,
    undo_until: datetime | None = None,
) -> Screen:
    """S7 for the gift of one month, a message that stays; `count` is which one it is."""
    following = _when(words, gift) if gift.next_at else words.text("It was the last one; it is finished.")
    if gift.anchor_at is None:
        # Stripe has not said yet when the next one is.
        following = words.text("You can stop it at any time.")
    text = paragraphs(
        words.text(
            "✅ Received: <b>{amount}</b> for <b>{title}</b>. Thank you!",
            amount=donation.money,
            title=_title(words, campaign),
        ),
        words.text("Gift number {n} of your monthly gift.", n=count) + " " + following,
        raised(words, campaign),
        particulars(words, donation, statement),
    )
    goes_on = gift.is_live and (gift.next_at is not None or gift.anchor_at is None)
    stop = Button(words.label("Stop the monthly gift"), StopMonthly("no", gift.id)) if goes_on else None
    mine = Button(words.label("My gifts"), MyGifts())
    return Screen(
        text,
        rows(
            papers_of(words, donation),
            undo(words, donation, undo_until),
            stop,
            mine if stop else (mine, Button(words.label("All campaigns"), Home())),
        ),
        stays=True,
    )


def upcoming(words: Words, gift: MonthlyGift, campaign: Campaign) -> Screen | None:
    """Before a charge; None when there is none to come any more."""
    if not gift.is_live or gift.next_at is None:
        return None
    text = paragraphs(
        words.text(
            "On {date} your monthly gift of <b>{amount}</b> to <b>{title}</b> will be charged.",
            date=words.date(gift.next_at),
            amount=gift.total,
            title=_title(words, campaign),
        ),
        words.text("You need to do nothing. To leave it out or to stop, tap here before."),
    )
    return Screen(text, rows(_stop_or_pause(words, gift)), stays=True)


def _stop_or_pause(words: Words, gift: MonthlyGift) -> tuple[Button, ...]:
    return (
        Button(words.label("Stop"), StopMonthly("no", gift.id)),
        Button(words.label("Pause"), PauseMonthly(0, gift.id)),
        Button(words.label("Change the amount"), ChangeMonthly("no", 0, gift.id)),
    )


def failed(
    words: Words, gift: MonthlyGift, campaign: Campaign, code: str, next_try: datetime | None
) -> Screen:
    """Why a month was not charged, when it is tried again, and what can be done."""
    text = paragraphs(
        words.text(
            "⚠️ Your monthly gift of <b>{amount}</b> to <b>{title}</b> could not be charged: {reason}. Nothing was taken.",
            amount=gift.total,
            title=_title(words, campaign),
            reason=_reason(words, code),
        ),
        words.text("Stripe tries again on {date}.", date=words.date(next_try))
        if next_try
        else words.text("It will not be tried again."),
        words.text("You can give another card, or stop it; both are fine.") if gift.is_live else None,
    )
    ways = (
        (
            Button(words.label("Another card"), NewCard(gift.id), style="success"),
            Button(words.label("Stop"), StopMonthly("no", gift.id)),
        )
        if gift.is_live
        else None
    )
    return Screen(text, rows(ways), stays=True)


def _reason(words: Words, code: str) -> str:
    match code:
        case "insufficient_funds":
            return words.label("there was not enough money on the card")
        case "expired_card":
            return words.label("the card has expired")
        case "authentication_required":
            return words.label("your bank wants you to confirm it")
        case "lost_card" | "stolen_card" | "pickup_card":
            return words.label("the card is blocked")
        case _:
            return words.label("your bank said no")


def stopped(words: Words, gift: MonthlyGift, campaign: Campaign, count: int, given: Money) -> Screen:
    """Said once Stripe has confirmed it."""
    text = paragraphs(
        words.text(
            "⏹ Your monthly gift of {amount} to {title} is stopped. Nothing more will be charged.",
            amount=gift.money,
            title=_title(words, campaign),
        ),
        _sum(words, count, given),
    )
    return Screen(text, rows(Button(words.label("My gifts"), MyGifts())), stays=True)


def ended(
    words: Words, gift: MonthlyGift, campaign: Campaign, count: int, given: Money, decline: str = ""
) -> Screen:
    """An end is an end: the last message of all. `decline` is the bank's last reason, where it was the bank."""
    places: dict[str, str | Money] = {"amount": gift.money, "title": _title(words, campaign)}
    text = paragraphs(
        words.text(
            "⚠️ Your monthly gift of {amount} to {title} ended: it could not be charged, {reason}. It will not be tried again.",
            reason=_reason(words, decline),
            **places,
        )
        if gift.stop == "bank"
        else words.text(
            "Your monthly gift of {amount} to {title} is finished, as you wished. Nothing more will be charged.",
            **places,
        ),
        _sum(words, count, given),
    )
    again = Button(
        words.label("Start again"), ChooseTerm(campaign.id, gift.money.minor, gift.money.currency.lower())
    )
    return Screen(text, rows((again, Button(words.label("My gifts"), MyGifts()))), stays=True)


def _sum(words: Words, count: int, given: Money) -> str:
    return words.plural(
        "It brought {n} gift, {total}. Thank you!",
        "It brought {n} gifts, {total} in all. Thank you!",
        count,
        total=given,
    )
