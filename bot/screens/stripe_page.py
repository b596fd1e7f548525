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


def message(words: Words, campaign: Campaign, *, is_monthly: bool = False) -> str:
    """The line under the pay button."""
    places = {"title": campaign.text(words.language).title, "operator": campaign.appeal.operator}
    shown = (
        words.label(
            "Your monthly gift goes to “{title}”, run by {operator}. You can stop it at any time in the chat, with /mygifts.",
            **places,
        )
        if is_monthly
        else words.label("Your gift goes to “{title}”, run by {operator}.", **places)
    )
    return shown.translate(_PLAIN)
