"""What Telegram shows beside the chat: commands with their descriptions, and who the bot is."""

from collections.abc import Callable, Collection

from bot.i18n import Words
from bot.staff import Right

# Commands of the staff: name, the right that their handler needs, and what they do.
STAFF: tuple[tuple[str, Right, Callable[[Words], str]], ...] = (
    ("admin", Right.READ, lambda words: words.label("The desk")),
    ("today", Right.READ, lambda words: words.label("Today in numbers")),
    ("stats", Right.READ, lambda words: words.label("Gifts as charts")),
    ("find", Right.READ, lambda words: words.label("Find a gift")),
    ("report", Right.READ, lambda words: words.label("The report for the authorities")),
    ("export", Right.MONEY, lambda words: words.label("Gifts as a table")),
    ("refund", Right.MONEY, lambda words: words.label("Give a gift back")),
    ("pledges", Right.MONEY, lambda words: words.label("Open promises")),
    ("rate", Right.MONEY, lambda words: words.label("Rates of currencies")),
    ("freeze", Right.MONEY, lambda words: words.label("Freeze card payments")),
    ("unfreeze", Right.MONEY, lambda words: words.label("Open card payments again")),
    ("broadcast", Right.SPEAK, lambda words: words.label("Write to many donors")),
    ("broadcasts", Right.SPEAK, lambda words: words.label("All broadcasts")),
    ("link", Right.SPEAK, lambda words: words.label("A link with its QR code")),
    ("sources", Right.READ, lambda words: words.label("Where donors came from")),
    ("questions", Right.SPEAK, lambda words: words.label("Open questions")),
    ("campaigns", Right.READ, lambda words: words.label("Create and change campaigns")),
    ("roles", Right.ROLES, lambda words: words.label("Who is staff")),
    ("audit", Right.ROLES, lambda words: words.label("What was done")),
)


def commands(words: Words) -> list[tuple[str, str]]:
    return [
        ("donate", words.label("Give to a campaign")),
        ("mygifts", words.label("My gifts")),
        ("receipt", words.label("The receipt of a gift")),
        ("statement", words.label("All gifts of a year on one paper")),
        ("verify", words.label("Find a gift in the public ledger")),
        ("undo", words.label("Take your newest gift back")),
        ("language", words.label("Change the language")),
        ("currency", words.label("Change the currency")),
        ("help", words.label("How it works, and who answers")),
        ("privacy", words.label("What we keep about you")),
        ("cancel", words.label("Cancel what is in front of you")),
        ("start", words.label("Begin again")),
    ]


def staff(words: Words, rights: Collection[Right], known: Collection[str]) -> list[tuple[str, str]]:
    """The staff's commands for these rights; one whose name is not `known` has no handler."""
    return [(one, label(words)) for one, right, label in STAFF if right in rights and one in known]


def description(words: Words) -> str:
    return words.label(
        "Give to a campaign in three taps: choose a campaign and an amount, pay on Stripe's secure page, and hear here "
        "when your gift arrives. No account, no name, no e-mail address."
    )


def short(words: Words) -> str:
    return words.label("Give to a campaign in three taps.")
