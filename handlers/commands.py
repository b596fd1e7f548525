"""Commands: `/name` and the Action that it asks for. Handlers register theirs; who may ask stands at the Action's handler."""

from collections.abc import Callable

from bot.actions import Action

_COMMANDS: dict[str, Callable[[str], Action]] = {}


def command(name: str, asks: Callable[[str], Action] | Action) -> None:
    """`/name rest` asks for `asks(rest)`, or for `asks` whatever stands behind it."""
    if name in _COMMANDS:
        raise LookupError(f"/{name} is taken")
    _COMMANDS[name] = (lambda _: asks) if isinstance(asks, Action) else asks


def find(name: str, rest: str) -> Action | None:
    """None where no such command is known."""
    asks = _COMMANDS.get(name)
    return asks(rest.strip()) if asks else None


def names() -> list[str]:
    return sorted(_COMMANDS)
