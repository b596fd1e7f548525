"""How people ask in words for papers, for their gifts, and for one back: commands, and the same words typed without a slash
in three languages."""

from bot.actions import Action, MyGifts
from handlers.commands import command


class ReceiptCommand(Action, frozen=True):
    """A receipt, by reference or number where one is named."""

    text: str = ""


class StatementCommand(Action, frozen=True):
    """A statement of a year, or of the days between two; this year where none is named."""

    text: str = ""


class VerifyCommand(Action, frozen=True):
    """A gift's proof, by reference where one is named."""

    text: str = ""


class UndoCommand(Action, frozen=True):
    """The newest gift back, while that may be."""


command("receipt", ReceiptCommand)
command("statement", StatementCommand)
command("verify", VerifyCommand)
command("undo", UndoCommand())
_WORDS = {
    **dict.fromkeys(("receipt", "reçu", "recu", "وصل", "الوصل"), ReceiptCommand),
    **dict.fromkeys(("statement", "relevé", "releve", "كشف", "الكشف"), StatementCommand),
    **dict.fromkeys(("verify", "vérifier", "verifier", "تحقق"), VerifyCommand),
}
_ALONE: dict[str, Action] = {
    **dict.fromkeys(("undo", "remboursement", "rembourser", "استرجاع", "استرداد"), UndoCommand()),
    **dict.fromkeys(("stop", "arrêter", "arreter", "أوقف", "توقف"), MyGifts()),
    **dict.fromkeys(("history", "historique", "السجل"), MyGifts()),
}
# A longer sentence that begins with such a word asks for something else.
_MOST_WORDS = 3


def typed(text: str) -> Action | None:
    """What a message without a slash asks for, if it is just such a word, perhaps with a year, two days or a reference."""
    first, *rest = text.split() or [""]
    if not rest and (alone := _ALONE.get(first.casefold())):
        return alone
    kind = _WORDS.get(first.casefold())
    return kind(" ".join(rest)) if kind and len(rest) < _MOST_WORDS else None
