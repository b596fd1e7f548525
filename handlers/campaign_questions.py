"""What staff write into a campaign: one question, one answer, kept at once; then the next question, or the campaign."""

from bot import campaigning
from bot.actions import (
    CampaignTexts,
    ClearCampaignPart,
    EditCampaign,
    NewCampaign,
    SetCampaignSum,
    SkipQuestion,
    TakeCurrency,
)
from bot.amounts import Unclear
from bot.contents import ContentKind
from bot.drafting import SUMS, TEXTS, Edited, Fault, Part, Refusal, least, read_sum
from bot.model import Campaign, CampaignState
from bot.money import CURRENCIES, Money
from bot.questions import Question, following, may_skip, skipped
from bot.screens import campaigns as screens
from bot.screens import questions
from bot.screens.base import Screen
from bot.screens.questions import Asked
from bot.staff import Right
from handlers.campaigns import by, card, shown
from handlers.routes import Turn, on, takes

_OF_AMOUNTS = (Part.SMALLEST, Part.LARGEST, Part.PRESETS, Part.AMOUNTS)


@on(NewCampaign, Right.CAMPAIGNS)
async def new(turn: Turn, _: NewCampaign) -> Screen:
    return questions.title(turn.words)


@takes(NewCampaign, Right.CAMPAIGNS)
async def take_title(turn: Turn, _: NewCampaign) -> Screen:
    language = turn.words.language
    after = await campaigning.begin(turn.services, by(turn), language, _text(turn))
    if isinstance(after, Refusal):
        return questions.title(turn.words, questions.refused(turn.words, after, Part.TITLE))
    return _next(turn, after, Question(Part.TITLE, language))


@on(EditCampaign, Right.CAMPAIGNS)
async def ask(turn: Turn, action: EditCampaign) -> Screen:
    return await _asked(turn, action)


async def _asked(turn: Turn, edit: EditCampaign, note: str | None = None) -> Screen:
    found = await campaigning.find(turn.services, edit.campaign_id)
    if found is None:
        return questions.gone(turn.words)
    return (
        _question(turn, found.campaign, edit, note)
        if _is_sound(found.campaign, edit)
        else card(turn, found.campaign)
    )


def _is_sound(campaign: Campaign, edit: EditCampaign) -> bool:
    """Strangers cannot get here, but an old button can: the currency may be gone."""
    part, key = edit.part, edit.key
    if part in (*TEXTS, Part.WAYS):
        return key in ("ar", "fr", "en")
    if part in (Part.SMALLEST, Part.LARGEST):
        return key.upper() in campaign.limits
    if part == Part.PRESETS:
        return key[:3].upper() in campaign.limits and key[3:] in ("ar", "fr", "en")
    return part in list(Part) and key == "any"


def _question(turn: Turn, campaign: Campaign, edit: EditCampaign, note: str | None = None) -> Screen:
    question = Question(Part(edit.part), edit.key)
    asked = Asked(edit, edit.walk == "new" and may_skip(campaign, question))
    settings = turn.services.settings
    if asked.part is Part.AMOUNTS:
        others = [code for code in settings.currencies if code not in campaign.limits]
        return questions.amounts(turn.words, campaign, asked, others, note)
    code = edit.key[:3].upper() if edit.key[:3].upper() in CURRENCIES else campaign.goal.currency
    return questions.question(turn.words, campaign, asked, least(code, settings), note)


@takes(EditCampaign, Right.CAMPAIGNS)
async def take(turn: Turn, action: EditCampaign) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id)
    if found is None or not _is_sound(found.campaign, action):
        return await shown(turn, action.campaign_id)
    part = Part(action.part)
    if part in SUMS:
        return await _take_sum(turn, found.campaign, action)
    if part is Part.AMOUNTS:
        return _question(turn, found.campaign, action)
    if part is Part.PHOTO:
        return await _take_photo(turn, action)
    after = await campaigning.write(
        turn.services, action.campaign_id, by(turn), part, action.key, _text(turn)
    )
    return await _answered(turn, action, after)


def _text(turn: Turn) -> str:
    content = turn.incoming.content if turn.incoming else None
    return content.text if content and content.kind is ContentKind.TEXT else ""


async def _take_photo(turn: Turn, action: EditCampaign) -> Screen:
    content = turn.incoming.content if turn.incoming else None
    files = content.files if content else ()
    if not files or files[0][0] is not ContentKind.PHOTO:
        return await _answered(turn, action, Refusal(Fault.NO_PHOTO))
    after = await campaigning.set_photo(turn.services, action.campaign_id, by(turn), files[0][1])
    return await _answered(turn, action, after)


async def _take_sum(turn: Turn, campaign: Campaign, action: EditCampaign) -> Screen:
    part = Part(action.part)
    match read_sum(campaign, part, action.key, _text(turn), turn.services.settings):
        case Unclear(options=options):
            return questions.unclear(turn.words, campaign, action, _text(turn)[:40], options)
        case Money() as money if part is Part.GOAL and campaign.state is not CampaignState.DRAFT:
            return _sure_of_goal(turn, campaign, money)
        case Money() as money:
            return await set_sum(
                turn, SetCampaignSum(part, money.minor, money.currency.lower(), action.walk, campaign.id)
            )
        case Refusal() as refusal:
            return await _answered(turn, action, refusal)


def _sure_of_goal(turn: Turn, campaign: Campaign, goal: Money) -> Screen:
    yes = SetCampaignSum(Part.GOAL, goal.minor, goal.currency.lower(), "sure", campaign.id)
    return screens.sure_of_goal(turn.words, campaign, goal, yes)


@on(SetCampaignSum, Right.CAMPAIGNS)
async def set_sum(turn: Turn, action: SetCampaignSum) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id)
    if found is None or action.part not in SUMS or action.currency == "any":
        return questions.gone(turn.words)
    part, money = Part(action.part), Money(action.minor, action.currency.upper())
    is_open_goal = part is Part.GOAL and found.campaign.state is not CampaignState.DRAFT
    if is_open_goal and action.walk != "sure":
        return _sure_of_goal(turn, found.campaign, money)
    after = await campaigning.set_sum(turn.services, action.campaign_id, by(turn), part, money)
    walk = "new" if action.walk == "new" else "one"
    return await _answered(turn, EditCampaign(part, action.key, walk, action.campaign_id), after)


@on(TakeCurrency, Right.CAMPAIGNS)
async def take_currency(turn: Turn, action: TakeCurrency) -> Screen:
    await campaigning.take_currency(turn.services, action.campaign_id, by(turn), action.currency.upper())
    return await _asked(turn, EditCampaign(Part.AMOUNTS, "any", action.walk, action.campaign_id))


@on(ClearCampaignPart, Right.CAMPAIGNS)
async def clear(turn: Turn, action: ClearCampaignPart) -> Screen:
    if action.part not in list(Part):
        return questions.gone(turn.words)
    part = Part(action.part)
    after = await campaigning.clear(turn.services, action.campaign_id, by(turn), part, action.key)
    key = "any" if part is Part.AMOUNTS else action.key
    return await _answered(turn, EditCampaign(part, key, "one", action.campaign_id), after)


@on(SkipQuestion, Right.CAMPAIGNS)
async def skip(turn: Turn, action: SkipQuestion) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id)
    if found is None or action.part not in list(Part):
        return questions.gone(turn.words)
    after = skipped(Question(Part(action.part), action.key), turn.words.language)
    return _at(turn, found.campaign, after)


@on(CampaignTexts, Right.CAMPAIGNS)
async def show_texts(turn: Turn, action: CampaignTexts) -> Screen:
    found = await campaigning.find(turn.services, action.campaign_id)
    return questions.gone(turn.words) if found is None else screens.texts(turn.words, found.campaign)


async def _answered(turn: Turn, edit: EditCampaign, after: Edited) -> Screen:
    """The next question, or what was changed; the same question again where the answer cannot be taken."""
    if isinstance(after, Refusal):
        return await _asked(turn, edit, questions.refused(turn.words, after, Part(edit.part)))
    part = Part(edit.part)
    if part in _OF_AMOUNTS:
        back = EditCampaign(Part.AMOUNTS, "any", edit.walk, after.id)
        return _question(turn, after, back, screens.saved(turn.words))
    if edit.walk == "new":
        return _next(turn, after, Question(part, edit.key))
    if part in (*TEXTS, Part.WAYS):
        return screens.texts(turn.words, after, screens.saved(turn.words))
    return card(turn, after, screens.saved(turn.words))


def _next(turn: Turn, campaign: Campaign, question: Question) -> Screen:
    return _at(turn, campaign, following(question, turn.words.language))


def _at(turn: Turn, campaign: Campaign, question: Question | None) -> Screen:
    if question is None:
        return card(turn, campaign)
    return _question(turn, campaign, EditCampaign(question.part, question.key, "new", campaign.id))
