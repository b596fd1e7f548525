"""What Stripe's page says about a gift, in the donor's language: plain text, since Stripe shows no HTML."""

from bot.i18n import Words
from bot.model import Campaign

_PLAIN = str.maketrans("", "", "\u2068\u2069")


def title(words: Words, campaign: Campaign) -> str:
    return words.label("Gift: {title}", title=campaign.text(words.language).title).translate(_PLAIN)


def description(words: Words, campaign: Campaign) -> str:
    return campaign.text(words.language).summary


def cover_title(words: Words) -> str:
    """The line of what the donor adds for the fees."""
    return words.label("The payment's fees").translate(_PLAIN)


def message(words: Words, campaign: Campaign) -> str:
    """The line under the pay button."""
    shown = words.label(
        "Your gift goes to “{title}”, run by {operator}.",
        title=campaign.text(words.language).title,
        operator=campaign.appeal.operator,
    )
    return shown.translate(_PLAIN)
