"""Gifts as rows: the choice of days and campaign, the words of the file, and the file itself."""

from collections.abc import Sequence

from msgspec import Struct

from bot.actions import ExportGifts, ShowToday
from bot.i18n import Words
from bot.model import Campaign, DonationState
from bot.periods import Period
from bot.screens.base import Button, Document, Screen, lines, paragraphs, rows
from bot.screens.reports import bare
from bot.screens.sheet import days


class Choices(Struct, frozen=True):
    """What the buttons lead to: the span before and after, and whole months and years."""

    here: ExportGifts
    before: ExportGifts
    after: ExportGifts | None
    month: ExportGifts
    year: ExportGifts


def look(words: Words, period: Period, campaigns: Sequence[Campaign], choices: Choices) -> Screen:
    here = choices.here
    titles = {0: words.label("All campaigns")} | {one.id: one.text(words.language).title for one in campaigns}
    text = paragraphs(
        lines(
            words.text("<b>Gifts as a file</b>"),
            words.name(titles.get(here.campaign_id, titles[0])),
            words.name(days(words, period.first, period.last)),
        ),
        words.text(
            "One row for each gift received, donors as codes. That it was taken is written in the audit log."
        ),
        words.text("Other days: <code>/export 2026-11-01 2026-11-15</code>"),
    )
    files = tuple(Button(form.upper(), _with(here, form=form), style="primary") for form in ("csv", "xlsx"))
    moves = (
        Button(words.label("Before"), choices.before),
        *((Button(words.label("After"), choices.after),) if choices.after else ()),
    )
    spans = (
        Button(words.label("This month"), choices.month),
        Button(words.label("This year"), choices.year),
    )
    others = [
        Button(name, _with(here, campaign_id=id)) for id, name in titles.items() if id != here.campaign_id
    ]
    return Screen(
        text, rows(files, moves, spans, *others, Button(words.label("Today"), ShowToday())), awaiting=here
    )


def _with(action: ExportGifts, form: str = "look", campaign_id: int | None = None) -> ExportGifts:
    campaign = action.campaign_id if campaign_id is None else campaign_id
    return ExportGifts(form, campaign, action.first, action.last)


def file(words: Words, name: str, content: bytes, count: int) -> Screen:
    text = words.plural("{n} gift", "{n} gifts", count)
    return Screen(text, document=Document(name, content), stays=True)


def too_large(words: Words, period: Period, slug: str, form: str) -> Screen:
    """Telegram takes no file as large as this one."""
    campaign = f" --campaign {slug}" if slug else ""
    written = f"entraide export --from {period.first} --to {period.last}{campaign} --form {form}"
    text = paragraphs(
        words.text("This file is larger than Telegram takes. Choose fewer days, or one campaign."),
        words.text("Whoever runs the server can write it there: <code>{command}</code>", command=written),
    )
    return Screen(text, rows(Button(words.label("Other days"), ExportGifts())), awaiting=ExportGifts())


def usage(words: Words) -> Screen:
    text = words.text(
        "Write two days, or a year: <code>/export 2026-11-01 2026-11-15</code>, <code>/export 2026</code>"
    )
    return Screen(text, rows(Button(words.label("This month"), ExportGifts())), awaiting=ExportGifts())


def title(words: Words) -> str:
    """The name of the sheet."""
    return words.label("Gifts")


def head(words: Words) -> list[str]:
    """The first row; the cells below it are in this order."""
    return [
        words.label("Reference"),
        words.label("Receipt no."),
        words.label("Received on"),
        words.label("Campaign"),
        words.label("State"),
        words.label("Kind"),
        words.label("Currency"),
        words.label("Amount"),
        words.label("Added for the fees"),
        words.label("Given back"),
        words.label("Currency of the goal"),
        words.label("Counts for the goal"),
        words.label("Source"),
        words.label("Donor"),
    ]


def states(words: Words) -> dict[str, str]:
    """States of gifts whose money arrived."""
    return {
        DonationState.PAID: words.label("received"),
        DonationState.PARTLY_REFUNDED: words.label("given back in part"),
        DonationState.REFUNDED: words.label("given back whole"),
        DonationState.DISPUTED: words.label("under dispute"),
        DonationState.CHARGED_BACK: words.label("taken back by the bank"),
    }


def kinds(words: Words) -> dict[str, str]:
    return {
        "once": words.label("once"),
        "monthly": words.label("monthly"),
        "pledge": bare(words.label("gift outside Stripe")),
    }
