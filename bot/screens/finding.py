"""What /find shows: the gifts and pledges that fit, each one tap away. A donor is a code, never a name."""

from collections.abc import Sequence

from bot.actions import Find, Home, MatchPledge, ShowGift
from bot.i18n import Words
from bot.model import Campaign, Donation, Pledge
from bot.references import shown
from bot.screens.base import Button, Screen, lines, paragraphs, rows
from bot.screens.match import code, item
from bot.screens.mine import state


def found(
    words: Words,
    gifts: Sequence[Donation],
    pledges: Sequence[Pledge],
    campaigns: Sequence[Campaign],
    *,
    may_match: bool,
) -> Screen:
    """`may_match`: whether this person may open pledges."""
    by_id = {one.id: one for one in campaigns}
    buttons = [
        Button(
            words.label("{reference} · {amount}", reference=one.id.upper(), amount=one.total),
            ShowGift(one.id),
        )
        for one in gifts
    ]
    if may_match:
        buttons += [
            Button(
                words.label("{reference} · {amount}", reference=shown(one.id), amount=one.money),
                MatchPledge("no", 0, one.id),
            )
            for one in pledges
        ]
    text = paragraphs(
        *(_gift(words, one, by_id[one.campaign_id]) for one in gifts),
        *(item(words, one, by_id[one.campaign_id]) for one in pledges),
        words.text("The newest ones are shown. A day behind the amount narrows it.")
        if len(gifts) + len(pledges) > 1
        else None,
    )
    return Screen(text, rows(*buttons, _home(words)), awaiting=Find())


def _gift(words: Words, one: Donation, campaign: Campaign) -> str:
    return lines(
        words.text(
            "<b>{reference}</b> · {amount} · {title}",
            reference=one.id.upper(),
            amount=one.total,
            title=campaign.text(words.language).title,
        ),
        words.text(
            "{state} · {date} · donor {code}",
            state=state(words, one.state),
            date=words.date(one.settled_at or one.created_at),
            code=code(one.donor_id),
        ),
    )


def nothing(words: Words) -> Screen:
    text = paragraphs(words.text("Nothing fits."), _usage(words))
    return Screen(text, rows(_home(words)), awaiting=Find())


def usage(words: Words) -> Screen:
    return Screen(_usage(words), rows(_home(words)), awaiting=Find())


def _usage(words: Words) -> str:
    return words.text(
        "Write what you have: a receipt’s number <code>2026-000123</code>, a reference <code>K4-27P</code>, a donor’s code "
        "<code>D12</code>, or an amount, with a day if you know it: <code>200 MAD 2026-11-25</code>."
    )


def _home(words: Words) -> Button:
    return Button(words.label("All campaigns"), Home())
