"""The walk of one gift: amount (S3), check (S4), bridge (S5), waiting (S6), thanks (S7), expired (S8), refused (S9)."""

from collections.abc import Sequence
from datetime import datetime

from bot.actions import (
    Bridge,
    CancelGift,
    Check,
    CheckCovered,
    ChooseAmount,
    ChooseTerm,
    Give,
    GiveCovered,
    Home,
    Look,
    MyGifts,
    PickCampaign,
    Refused,
    Remind,
    ShowCampaign,
)
from bot.i18n import Words
from bot.model import Campaign, Donation, Preset
from bot.money import Money
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.home import neediest_first, raised
from bot.screens.paperwork import papers_of
from bot.screens.pledges import other_way
from bot.screens.received import particulars, undo, with_fees


def amount(words: Words, campaign: Campaign, currency: str, note: str | None = None) -> Screen:
    """`note` is what was wrong with the amount before, already in words."""
    presets = campaign.presets.get(currency, ())
    example = presets[1].money if len(presets) > 1 else campaign.limits[currency].smallest
    text = paragraphs(
        note,
        words.text("<b>{title}</b>\nHow much do you want to give?", title=_title(words, campaign)),
        words.text("Tap an amount or write one, for example {example}.", example=words.money(example)),
    )
    others = tuple(
        Button(code, ChooseAmount(campaign.id, code.lower())) for code in campaign.limits if code != currency
    )
    back = Button(words.label("Back"), ShowCampaign(campaign.id))
    asked = ChooseAmount(campaign.id, currency.lower())
    return Screen(text, rows(*_presets(words, campaign, presets), others, back), awaiting=asked)


def _presets(words: Words, campaign: Campaign, presets: Sequence[Preset]) -> list[tuple[Button, ...]]:
    plain = [_preset(words, campaign, preset) for preset in presets if not preset.impact]
    telling = [(_preset(words, campaign, preset),) for preset in presets if preset.impact]
    wide = 2 if len(plain) in (2, 4) else 3
    return [tuple(plain[i : i + wide]) for i in range(0, len(plain), wide)] + telling


def _preset(words: Words, campaign: Campaign, preset: Preset) -> Button:
    impact = preset.impact.get(words.language)
    shown = f"{words.money(preset.money)} · {impact}" if impact else words.money(preset.money)
    return Button(shown, _check(campaign, preset.money))


def _check(campaign: Campaign, money: Money) -> Check:
    return Check(campaign.id, money.minor, money.currency.lower())


def _title(words: Words, campaign: Campaign) -> str:
    return campaign.text(words.language).title


def unclear(words: Words, campaign: Campaign | None, written: str, options: Sequence[Money]) -> Screen:
    """S3b: never guess between 1.000 and 1000."""
    if campaign is None:
        buttons = [
            Button(words.money(money), PickCampaign(money.minor, money.currency.lower())) for money in options
        ]
        again = Home()
    else:
        buttons = [Button(words.money(money), _check(campaign, money)) for money in options]
        again = ChooseAmount(campaign.id, options[0].currency.lower())
    text = words.text("You wrote {written}. Which amount do you mean?", written=written)
    return Screen(text, rows(tuple(buttons), Button(words.label("Another amount"), again)), awaiting=again)


def pick_campaign(words: Words, campaigns: Sequence[Campaign], money: Money) -> Screen:
    """An amount came first; `campaigns` are those that take it."""
    choices = [
        Button(_title(words, campaign), _check(campaign, money)) for campaign in neediest_first(campaigns)
    ]
    text = words.text("{amount}: for which campaign?", amount=money)
    return Screen(
        text,
        rows(*choices, Button(words.label("All campaigns"), Home())),
        awaiting=PickCampaign(money.minor, money.currency.lower()),
    )


def check(
    words: Words,
    campaign: Campaign,
    money: Money,
    statement: str,
    *,
    fees: Money | None = None,
    is_covered: bool = False,
) -> Screen:
    """S4. `statement` is what the card statement will show, or empty; `fees` what may be added for them, if anything.

    Nothing is added unless the donor ticks it: `is_covered`.
    """
    added = fees if is_covered else None
    total = money + added if added else money
    text = paragraphs(
        words.text("Gift of <b>{amount}</b> to <b>{title}</b>.", amount=money, title=_title(words, campaign)),
        words.text(
            "With {fees} for the payment's fees, your card is charged <b>{total}</b>. The whole gift reaches the campaign.",
            fees=added,
            total=total,
        )
        if added
        else None,
        lines(
            words.text("Once, not every month. Your name stays hidden."),
            words.text("Your card statement will show {statement}.", statement=statement)
            if statement
            else None,
        ),
    )
    pay = Button(words.label("Pay {amount}", amount=total), _give(campaign.id, money, added), style="success")
    change = Button(words.label("Change the amount"), ChooseAmount(campaign.id, money.currency.lower()))
    cancel = Button(words.label("Cancel"), Home())
    monthly = Button(
        words.label("Every month instead…"), ChooseTerm(campaign.id, money.minor, money.currency.lower())
    )
    other = other_way(words, campaign, money)
    here = (
        CheckCovered(campaign.id, money.minor, money.currency.lower()) if added else _check(campaign, money)
    )
    return Screen(
        text,
        rows(
            pay,
            _tick(words, campaign, money, fees, is_covered=is_covered),
            other,
            monthly,
            (change, cancel),
        ),
        awaiting=here,
    )


def _tick(
    words: Words, campaign: Campaign, money: Money, fees: Money | None, *, is_covered: bool
) -> Button | None:
    if fees is None:
        return None
    if is_covered:
        return Button(words.label("☑ Fees added: {fees}", fees=fees), _check(campaign, money))
    covered = CheckCovered(campaign.id, money.minor, money.currency.lower())
    return Button(words.label("☐ Add the fees: {fees}", fees=fees), covered)


def _give(campaign_id: int, money: Money, cover: Money | None) -> Give | GiveCovered:
    code = money.currency.lower()
    if cover is None or cover.is_zero:
        return Give(campaign_id, money.minor, code)
    return GiveCovered(campaign_id, money.minor, code, cover.minor)


def bridge(words: Words, donation: Donation, campaign: Campaign) -> Screen:
    """S5: what Stripe's page will show, in the donor's language, before it opens."""
    text = paragraphs(
        _ready(words, donation, campaign),
        lines(
            with_fees(words, donation),
            _page_language(words),
            words.text(
                "It will show {exact}, and your bank may send you a code.", exact=words.exact(donation.total)
            ),
            words.text("The link works for two hours. We write here by ourselves when your gift arrives."),
        ),
    )
    pay = Button(words.label("Open Stripe"), url=donation.url, style="success")
    change = Button(
        words.label("Change the amount"), ChooseAmount(campaign.id, donation.money.currency.lower())
    )
    return Screen(
        text,
        rows(
            pay,
            _trouble(words, donation),
            other_way(words, campaign, donation.money),
            (change, _cancel(words, donation)),
        ),
        awaiting=Bridge(donation.id),
    )


def _ready(words: Words, donation: Donation, campaign: Campaign) -> str:
    places: dict[str, str | Money] = {"amount": donation.money, "title": _title(words, campaign)}
    if donation.monthly_id:
        return words.text("Your gift of <b>{amount} every month</b> to <b>{title}</b> is ready.", **places)
    return words.text("Your gift of <b>{amount}</b> to <b>{title}</b> is ready.", **places)


def _page_language(words: Words) -> str:
    # The English sentence is for readers of English, whose page is in English; translators of other languages say theirs.
    return words.text("Stripe's secure page opens in English.")


def _trouble(words: Words, donation: Donation) -> tuple[Button, ...]:
    return (
        Button(words.label("I have paid"), Look(donation.id)),
        Button(words.label("My card was refused"), Refused(donation.id)),
    )


def _cancel(words: Words, donation: Donation) -> Button:
    return Button(words.label("Cancel"), CancelGift(donation.id))


def preparing(words: Words, donation: Donation) -> Screen:
    """Stripe could not answer yet; the link follows as a message of its own."""
    text = words.text(
        "Your link for {amount} is being prepared. Stripe is slow to answer; we will write here as soon as it is ready. "
        "Nothing was charged.",
        amount=donation.money,
    )
    again = Button(words.label("Check now"), Bridge(donation.id))
    return Screen(text, rows(again, _cancel(words, donation)), awaiting=Bridge(donation.id))


def waiting(words: Words, donation: Donation) -> Screen:
    """S6: the page is open and not paid."""
    text = words.text(
        "Waiting for Stripe to confirm your gift of {amount}. We will write here by ourselves; no need to send a screenshot.",
        amount=donation.money,
    )
    pay = Button(words.label("Open Stripe"), url=donation.url, style="success") if donation.url else None
    now = (Button(words.label("Check now"), Look(donation.id)), _cancel(words, donation))
    return Screen(text, rows(pay, now), awaiting=Look(donation.id))


def processing(words: Words, donation: Donation) -> Screen:
    text = words.text(
        "Your payment of {amount} is on its way: your bank confirms it within a few days, and we will write to you then. "
        "Please do not pay again.",
        amount=donation.total,
    )
    return Screen(text, rows(Button(words.label("My gifts"), MyGifts())), awaiting=Look(donation.id))


def thanks(
    words: Words, donation: Donation, campaign: Campaign, statement: str, undo_until: datetime | None = None
) -> Screen:
    """S7, a message that stays. `undo_until`: how long the donor may take the gift back."""
    text = paragraphs(
        words.text(
            "✅ Received: <b>{amount}</b> for <b>{title}</b>. Thank you!",
            amount=donation.money,
            title=_title(words, campaign),
        ),
        raised(words, campaign),
        particulars(words, donation, statement),
    )
    return Screen(
        text,
        rows(
            papers_of(words, donation),
            undo(words, donation, undo_until),
            (Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home())),
        ),
        stays=True,
    )


def paid(words: Words, donation: Donation) -> Screen:
    """What the walk's message says once its gift was received."""
    text = words.text("✅ Your gift of {amount} was received.", amount=donation.money)
    return Screen(
        text,
        rows((Button(words.label("My gifts"), MyGifts()), Button(words.label("All campaigns"), Home()))),
        awaiting=Home(),
    )


def expired(words: Words, donation: Donation, campaign: Campaign | None = None) -> Screen:
    """S8."""
    text = words.text(
        "The link for your gift of {amount} has expired; nothing was charged.", amount=donation.money
    )
    return Screen(
        text,
        rows(
            _again(words, donation),
            other_way(words, campaign, donation.money),
            Button(words.label("Remind me tomorrow"), Remind(donation.id)),
            _no(words),
        ),
        awaiting=Home(),
    )


def _again(words: Words, donation: Donation) -> Button:
    # A monthly gift is agreed to again, with its end.
    again = (
        ChooseTerm(donation.campaign_id, donation.money.minor, donation.money.currency.lower())
        if donation.monthly_id
        else _give(donation.campaign_id, donation.money, donation.cover)
    )
    return Button(words.label("Try {amount} again", amount=donation.total), again, style="success")


def _no(words: Words) -> Button:
    return Button(words.label("No, thank you"), Home())


def refused(words: Words, donation: Donation, campaign: Campaign | None = None) -> Screen:
    """S9: the bank said no; the page is still open."""
    text = paragraphs(
        words.text("Your bank refused the payment of {amount}; nothing was charged.", amount=donation.total),
        words.text(
            "It may need to allow internet payments, or payments abroad, on this card. Another card may work too."
        ),
    )
    pay = Button(words.label("Try another card"), url=donation.url, style="success") if donation.url else None
    return Screen(
        text,
        rows(
            pay,
            other_way(words, campaign, donation.money),
            Button(words.label("I have paid"), Look(donation.id)),
            _cancel(words, donation),
        ),
        awaiting=Look(donation.id),
    )


def failed(words: Words, donation: Donation) -> Screen:
    """A delayed payment did not come."""
    text = words.text(
        "The payment of {amount} did not go through; nothing was received.", amount=donation.total
    )
    return Screen(text, rows(_again(words, donation), _no(words)), awaiting=Home())


def canceled(words: Words, donation: Donation) -> Screen:
    text = words.text("Your gift of {amount} is canceled; nothing was charged.", amount=donation.money)
    return Screen(
        text, rows(_again(words, donation), Button(words.label("All campaigns"), Home())), awaiting=Home()
    )


def canceling(words: Words, donation: Donation) -> Screen:
    """Asked, but Stripe has not said yes yet."""
    text = words.text(
        "We are canceling your gift of {amount}. Stripe is slow to answer: please do not pay on the open page.",
        amount=donation.money,
    )
    return Screen(text, rows(Button(words.label("Check now"), Look(donation.id))), awaiting=Look(donation.id))


def in_review(words: Words, donation: Donation) -> Screen:
    """Stripe reports something that does not match the gift: a person must look."""
    text = words.text(
        "Your payment reached us, and a person is checking it. You need to do nothing. Reference: {reference}",
        reference=donation.id.upper(),
    )
    return Screen(text, rows(Button(words.label("My gifts"), MyGifts())), awaiting=Home())


def reminder(words: Words, donation: Donation, campaign: Campaign) -> Screen:
    text = words.text(
        "You asked us to remind you of your gift of {amount} to {title}.",
        amount=donation.money,
        title=_title(words, campaign),
    )
    return Screen(text, rows(_again(words, donation), _no(words)), awaiting=Home())


def will_remind(words: Words) -> Screen:
    return Screen(
        words.text("We will remind you tomorrow, once."),
        rows(Button(words.label("All campaigns"), Home())),
        awaiting=Home(),
    )
