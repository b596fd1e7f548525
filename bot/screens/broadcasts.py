"""What stands below a broadcast, and what is said to those who want no more, or want them again."""

from collections.abc import Mapping
from urllib.parse import urlencode

from bot.actions import BroadcastGive, Home, MessagesAgain, ShowCampaign, StopMessages, link
from bot.broadcasts import Broadcast, BroadcastButton, ButtonKind
from bot.i18n import Words
from bot.model import Campaign
from bot.screens.base import Button, Rows, Screen, paragraphs, rows


def rows_for(words: Words, broadcast: Broadcast, campaigns: Mapping[int, Campaign], username: str) -> Rows:
    """The broadcast's buttons in the reader's language, and always the way out as the last row."""
    drawn = (
        _button(words, broadcast, number, one, campaigns.get(one.campaign_id), username)
        for number, one in enumerate(broadcast.buttons)
    )
    return rows(*drawn, Button(words.label("Stop these messages"), StopMessages(broadcast.id)))


def _button(
    words: Words,
    broadcast: Broadcast,
    number: int,
    one: BroadcastButton,
    campaign: Campaign | None,
    username: str,
) -> Button:
    label = one.labels.get(words.language) or default_label(words, one, campaign)
    match one.kind:
        case ButtonKind.GIVE:
            return Button(label, BroadcastGive(broadcast.id, number), style="primary")
        case ButtonKind.LINK:
            return Button(label, url=one.url)
        case ButtonKind.SHARE:
            return Button(label, url=_share(words, broadcast, campaign, username))


def default_label(words: Words, one: BroadcastButton, campaign: Campaign | None) -> str:
    """The bot's own words for a button."""
    match one.kind:
        case ButtonKind.GIVE if one.money:
            return words.label("Give {amount}", amount=one.money)
        case ButtonKind.GIVE:
            return words.label("Give")
        case ButtonKind.LINK:
            return words.label("Open the link")
        case ButtonKind.SHARE:
            return words.label("Share")


def _share(words: Words, broadcast: Broadcast, campaign: Campaign | None, username: str) -> str:
    start = link(ShowCampaign(campaign.id) if campaign else Home(), f"b{broadcast.id}s")
    text = campaign.text(words.language).title if campaign else ""
    url = f"https://t.me/{username}?start={start}"
    return f"https://t.me/share/url?{urlencode({'url': url, 'text': text})}"


def below_album(words: Words) -> str:
    """The short message that carries the buttons of an album."""
    return words.text("About the pictures above:")


def friend(words: Words) -> str:
    """For whoever has no first name."""
    return words.label("friend")


def stopped(words: Words) -> Screen:
    text = paragraphs(
        words.text("You get no more messages of this kind."),
        words.text("What concerns your own gifts, such as receipts, still comes."),
    )
    again = Button(words.label("Send them again"), MessagesAgain())
    return Screen(text, rows(again, Button(words.label("All campaigns"), Home())), stays=True)


def back_again(words: Words) -> Screen:
    text = words.text("You get our messages again, a few at most each week.")
    stop = Button(words.label("Stop these messages"), StopMessages())
    return Screen(text, rows(stop, Button(words.label("All campaigns"), Home())), stays=True)
