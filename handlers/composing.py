"""The composer: a draft, its message in each language, and its buttons. Only staff who may speak get here."""

from bot import appeals, composing, edits, wording
from bot.actions import AddButton, Compose, ComposePart, EditButton, FallBack, NewBroadcast
from bot.amounts import Clear, read_amount
from bot.broadcasts import Broadcast, BroadcastButton, ButtonKind
from bot.config import LANGUAGES
from bot.contents import Content, ContentKind
from bot.model import Campaign
from bot.money import Money
from bot.screens import composing as screens
from bot.screens import under
from bot.screens.base import Screen
from bot.staff import Right
from handlers.commands import command
from handlers.composed import changed, otherwise, own, previewed
from handlers.routes import Turn, on, takes

command("broadcast", NewBroadcast())
_OFFERED = 4


@on(NewBroadcast, Right.SPEAK)
async def new_broadcast(turn: Turn, action: NewBroadcast) -> Screen:
    broadcast = await composing.begin(turn.services, turn.donor.id, is_fresh=action.fresh == "yes")
    if broadcast.version == 1:
        return screens.start(turn.words, broadcast)
    draft = await composing.looked_at(turn.services, broadcast)
    note = screens.taken_up(turn.words, broadcast)
    return screens.fresh(turn.words, screens.main(turn.words, draft, turn.campaigns, note))


@on(ComposePart, Right.SPEAK)
async def part(turn: Turn, action: ComposePart) -> Screen:
    broadcast = await own(turn, action.broadcast_id)
    language, is_known = action.language, action.language in LANGUAGES
    if action.step == "remove" and is_known:
        return await _changed(turn, action.broadcast_id, f"removed {language}", edits.removing(language))
    if broadcast is None or not (is_known or action == ComposePart("write", "any", broadcast.id)):
        return await otherwise(turn, action.broadcast_id)
    if action.step == "write":
        return screens.write(turn.words, broadcast, language)
    if action.step == "is":
        return await _is_in(turn, broadcast, language)
    page = screens.part(turn.words, await composing.looked_at(turn.services, broadcast), language)
    return previewed(turn, broadcast, page, language) if action.step == "look" else page


async def _is_in(turn: Turn, broadcast: Broadcast, language: str) -> Screen:
    """The one part that there is was asked about."""
    if len(broadcast.parts) != 1:
        return await otherwise(turn, broadcast.id)
    [old] = broadcast.parts
    if old == language:
        return await otherwise(turn, broadcast.id)
    return await _changed(turn, broadcast.id, f"language {language}", edits.moving(old, language))


@on(FallBack, Right.SPEAK)
async def fall_back(turn: Turn, action: FallBack) -> Screen:
    other = "" if action.other == "none" else action.other
    if action.language not in LANGUAGES:
        return await otherwise(turn, action.broadcast_id)
    change = edits.falling_back(action.language, other)
    return await _changed(turn, action.broadcast_id, f"choice {action.language}", change)


@takes(ComposePart, Right.SPEAK)
async def take_part(turn: Turn, place: ComposePart) -> Screen:
    return await _take(turn, place.broadcast_id, place.language if place.step == "write" else None)


async def take_message(turn: Turn, place: Compose) -> Screen:
    """A message on the composer's own page: the first one, or one more part of an album."""
    return await _take(turn, place.broadcast_id, None)


async def _take(turn: Turn, broadcast_id: int, asked: str | None) -> Screen:
    broadcast = await own(turn, broadcast_id)
    content = turn.incoming.content if turn.incoming else None
    if broadcast is None:
        return await otherwise(turn, broadcast_id)
    asked = "any" if asked is None and not broadcast.parts else asked
    if content is None:
        return screens.write(turn.words, broadcast, asked or "any", screens.cannot_keep(turn.words))
    album = wording.album_of(broadcast, content)
    if album is None and asked is None:
        draft = await composing.looked_at(turn.services, broadcast)
        return screens.main(turn.words, draft, turn.campaigns, screens.tap_a_language(turn.words))
    return await _keep(turn, broadcast, content, asked, album)


async def _keep(
    turn: Turn, broadcast: Broadcast, content: Content, asked: str | None, album: str | None
) -> Screen:
    guess = wording.script(content, turn.donor.language)
    language = album or (asked if asked in LANGUAGES else guess)
    whole = wording.with_part(broadcast, language, content)
    if excess := wording.excess(whole):
        problem = screens.too_long(turn.words, whole, excess)
        return screens.write(turn.words, broadcast, asked or language, problem)
    if len(whole.files) > wording.MOST_FILES:
        return screens.write(
            turn.words, broadcast, language, screens.too_many_files(turn.words, wording.MOST_FILES)
        )
    change = edits.putting(language, content)
    if album:
        # Telegram brings an album part by part: the screen below it is there already.
        await composing.edit(turn.services, broadcast.id, turn.donor.id, f"message {language}", change)
        return Screen("", is_silent=True)
    return await changed(
        turn,
        broadcast.id,
        f"message {language}",
        change,
        lambda draft: (
            screens.which_language(turn.words, draft.broadcast, language)
            if asked == "any" and len(draft.broadcast.parts) == 1
            else screens.main(turn.words, draft, turn.campaigns)
        ),
    )


async def _changed(turn: Turn, broadcast_id: int, what: str, change: edits.Change) -> Screen:
    """Back to the composer's own page."""
    return await changed(
        turn, broadcast_id, what, change, lambda draft: screens.main(turn.words, draft, turn.campaigns)
    )


@on(AddButton, Right.SPEAK)
async def add_button(turn: Turn, action: AddButton) -> Screen:
    broadcast = await own(turn, action.broadcast_id)
    campaign = appeals.find(turn.campaigns, action.campaign_id)
    if action.step == "done" and campaign and action.kind in ("give", "share"):
        return await _add(turn, action.broadcast_id, _made(action, campaign))
    if broadcast is None or action.kind not in set(ButtonKind):
        return await otherwise(turn, action.broadcast_id)
    if action.kind == ButtonKind.LINK:
        return under.which_link(turn.words, broadcast)
    if campaign is None or action.kind == ButtonKind.SHARE:
        return under.which_campaign(turn.words, broadcast, action.kind, turn.open_campaigns)
    return under.which_amount(turn.words, broadcast, campaign, _amounts(campaign))


def _made(action: AddButton, campaign: Campaign) -> BroadcastButton:
    """Button data can be forged: an amount that the campaign does not take is none."""
    code = action.currency.upper()
    limits = campaign.limits.get(code)
    fits = limits and limits.smallest.minor <= action.minor <= limits.largest.minor
    money = Money(action.minor, code) if fits and action.kind == ButtonKind.GIVE else None
    return BroadcastButton(ButtonKind(action.kind), campaign.id, money)


def _amounts(campaign: Campaign) -> list[Money]:
    return [one.money for one in campaign.presets.get(campaign.goal.currency, ())[:_OFFERED]]


async def _add(turn: Turn, broadcast_id: int, button: BroadcastButton) -> Screen:
    return await _changed_buttons(turn, broadcast_id, f"button {button.kind}", edits.adding(button))


async def _changed_buttons(turn: Turn, broadcast_id: int, what: str, change: edits.Change) -> Screen:
    def then(draft: composing.Draft) -> Screen:
        note = screens.voided(turn.words) if draft.is_voided else None
        return under.buttons(turn.words, draft.broadcast, turn.campaigns, note)

    return await changed(turn, broadcast_id, what, change, then)


@takes(AddButton, Right.SPEAK)
async def typed_for_button(turn: Turn, place: AddButton) -> Screen:
    broadcast, text = await own(turn, place.broadcast_id), written(turn)
    campaign = appeals.find(turn.campaigns, place.campaign_id)
    if broadcast is None:
        return await otherwise(turn, place.broadcast_id)
    if place.kind == ButtonKind.LINK:
        if not wording.is_link(text):
            return under.which_link(turn.words, broadcast, under.no_link(turn.words))
        return await _add(turn, broadcast.id, BroadcastButton(ButtonKind.LINK, url=text))
    if campaign is None:
        return await otherwise(turn, broadcast.id)
    if money := _typed_amount(turn, campaign, text):
        return await _add(turn, broadcast.id, BroadcastButton(ButtonKind.GIVE, campaign.id, money))
    return under.which_amount(
        turn.words, broadcast, campaign, _amounts(campaign), under.no_amount(turn.words)
    )


def written(turn: Turn) -> str:
    """The words of the message; none where it is no text."""
    content = turn.incoming.content if turn.incoming else None
    return content.text.strip() if content and content.kind is ContentKind.TEXT else ""


def _typed_amount(turn: Turn, campaign: Campaign, text: str) -> Money | None:
    match read_amount(text, campaign.goal.currency, turn.services.settings.currencies):
        case Clear(money=money, rest=""):
            limits = campaign.limits.get(money.currency)
            fits = limits and limits.smallest.minor <= money.minor <= limits.largest.minor
            return money if fits else None
        case _:
            return None


@on(EditButton, Right.SPEAK)
async def edit_button(turn: Turn, action: EditButton) -> Screen:
    if action.step == "drop":
        change = edits.dropping(action.place)
        return await _changed_buttons(turn, action.broadcast_id, "button removed", change)
    broadcast = await own(turn, action.broadcast_id)
    if broadcast is None or action.place >= len(broadcast.buttons):
        return await otherwise(turn, action.broadcast_id)
    if action.step == "label" and action.language in LANGUAGES:
        return under.label(turn.words, broadcast, action.place, action.language, wording.LONGEST_LABEL)
    return under.button(turn.words, broadcast, action.place, turn.campaigns)


@takes(EditButton, Right.SPEAK)
async def typed_label(turn: Turn, place: EditButton) -> Screen:
    broadcast, text = await own(turn, place.broadcast_id), written(turn)
    if broadcast is None or place.step != "label" or place.place >= len(broadcast.buttons):
        return await edit_button(turn, place)
    if not text or len(text) > wording.LONGEST_LABEL or "\n" in text:
        return under.label(
            turn.words,
            broadcast,
            place.place,
            place.language,
            wording.LONGEST_LABEL,
            is_too_long=bool(text),
        )
    change = edits.labeling(place.place, place.language, "" if text == "." else text)
    return await _changed_buttons(turn, broadcast.id, f"label {place.language}", change)
