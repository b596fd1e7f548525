"""How people ask for papers in words: commands, and the same words typed without a slash in three languages."""

from dataclasses import dataclass

from bot.actions import Action


@dataclass(frozen=True, slots=True)
class ReceiptCommand(Action):
    """A receipt, by reference or number where one is named."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class StatementCommand(Action):
    """A statement of a year, or of the days between two; this year where none is named."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class VerifyCommand(Action):
    """A gift's proof, by reference where one is named."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class ReportCommand(Action):
    """For staff: the report for the authorities."""

    text: str = ""


_COMMANDS: dict[str, type[ReceiptCommand | StatementCommand | VerifyCommand | ReportCommand]] = {
    "receipt": ReceiptCommand,
    "statement": StatementCommand,
    "verify": VerifyCommand,
    "report": ReportCommand,
}
_WORDS = {
    **dict.fromkeys(("receipt", "reçu", "recu", "وصل", "الوصل"), ReceiptCommand),
    **dict.fromkeys(("statement", "relevé", "releve", "كشف", "الكشف"), StatementCommand),
    **dict.fromkeys(("verify", "vérifier", "verifier", "تحقق"), VerifyCommand),
}
# A longer sentence that begins with such a word asks for something else.
_MOST_WORDS = 3


def command(name: str, rest: str) -> Action | None:
    """What `/name rest` asks for, if it is about papers."""
    kind = _COMMANDS.get(name)
    return kind(rest.strip()) if kind else None


def typed(text: str) -> Action | None:
    """What a message without a slash asks for, if it is just such a word, perhaps with a year, two days or a reference."""
    first, *rest = text.split() or [""]
    kind = _WORDS.get(first.casefold())
    return kind(" ".join(rest)) if kind and len(rest) < _MOST_WORDS else None
