"""What Telegram shows beside the chat: commands with their descriptions, and who the bot is."""

from bot.i18n import Words


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


def description(words: Words) -> str:
    return words.label(
        "Give to a campaign in three taps: choose a campaign and an amount, pay on Stripe's secure page, and hear here "
        "when your gift arrives. No account, no name, no e-mail address."
    )


def short(words: Words) -> str:
    return words.label("Give to a campaign in three taps.")
