"""What staff read when something beneath the bot begins to fail, and when it is well again."""

from bot.i18n import Words
from bot.screens.base import Screen, paragraphs

PREFIX = "watch."


def alert(words: Words, payload: str) -> Screen:
    """`watch.<what>.<begin or end>.<number>`: a message of its own."""
    _, what, when, number = payload.split(".")
    text = runbook(words, _begins(words, what, int(number)), what) if when == "begin" else _ends(words, what)
    return Screen(text, stays=True)


def runbook(words: Words, text: str, what: str) -> str:
    """The alert, and where what to do about it stands; not below news that ask for nothing."""
    if not text.startswith("⚠️"):
        return text
    return paragraphs(text, words.text("What to do: {place}", place=f"docs/runbook.md#{what}"))


def _begins(words: Words, what: str, n: int) -> str:
    match what:
        case "webhooks":
            return words.text(
                "⚠️ Stripe’s webhooks do not arrive. Gifts are not lost: the bot asks Stripe by itself, only some minutes "
                "later. Look at PUBLIC_URL, STRIPE_WEBHOOK_SECRET and Stripe’s page of the endpoint."
            )
        case "key":
            return words.text(
                "⚠️ Stripe refuses our key: no gift can be begun, and what was paid is not heard of. Set a valid "
                "STRIPE_SECRET_KEY and start the bot again."
            )
        case "courier":
            return words.plural(
                "⚠️ Messages are late: the oldest has been waiting for {n} minute.",
                "⚠️ Messages are late: the oldest has been waiting for {n} minutes.",
                n,
            )
        case "disk":
            return words.text(
                "⚠️ The disk is nearly full: {n} MB are left. When it is full, nothing can be kept any more.",
                n=n,
            )
        case _:
            return words.plural(
                "⚠️ This machine’s clock is wrong by {n} second. Webhooks are refused, and pages end too early or too late.",
                "⚠️ This machine’s clock is wrong by {n} seconds. Webhooks are refused, and pages end too early or too late.",
                n,
            )


def _ends(words: Words, what: str) -> str:
    match what:
        case "webhooks":
            return words.text("✅ Stripe’s webhooks arrive again.")
        case "key":
            return words.text("✅ Stripe takes our key again.")
        case "courier":
            return words.text("✅ Messages go out in time again.")
        case "disk":
            return words.text("✅ There is room on the disk again.")
        case _:
            return words.text("✅ This machine’s clock is right again.")
