"""Is this a request that Telegram would take? Names, types, required fields and limits of Bot API 10.3."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

_TABLES = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))
METHODS: dict[str, dict[str, list[Any]]] = _TABLES["methods"]
_TYPES: dict[str, dict[str, Any]] = _TABLES["types"]
_BUTTON_ACTS = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
]
_URL = re.compile(r"(https?|tg|ton)://[^\s]+")


class Refused(Exception):
    """What Telegram would say, with its HTTP status."""

    def __init__(self, description: str, status: int = 400, **parameters: int) -> None:
        super().__init__(description)
        self.description, self.status, self.parameters = description, status, parameters


def checked(method: str, raw: dict[str, Any]) -> dict[str, Any]:
    """The parameters as values. Raises Refused, in Telegram's words where they are known."""
    known = METHODS[method]
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise Refused(f"Bad Request: unknown parameter {unknown[0]} of {method}")
    missing = [name for name, (required, *_) in known.items() if required and name not in raw]
    if missing:
        raise Refused(f"Bad Request: parameter {missing[0]} is required")
    values = {name: _value(name, known[name][1:], value) for name, value in raw.items()}
    for name, value in values.items():
        limit = _LIMITS.get(name)
        if limit:
            limit(method, value)
    return values


def _value(name: str, types: list[str], value: Any) -> Any:
    """A form field is text, a file, or JSON for everything that has structure."""
    arrays = [kind[9:] for kind in types if kind.startswith("Array of ")]
    if len(arrays) > 1:  # An album's parts are of several kinds.
        read = _json(value)
        if isinstance(read, list) and all(
            any(_fits(one, part) for one in arrays) for part in cast("list[Any]", read)
        ):
            return cast("list[Any]", read)
    for kind in types:
        read = _read(kind, value)
        if read is not _NO:
            return read
    raise Refused(f"Bad Request: can't parse {name}: expected {' or '.join(types)}")


_NO: Any = object()


def _read(kind: str, value: Any) -> Any:
    simple: dict[str, Callable[[Any], Any]] = {
        "String": lambda v: v if isinstance(v, str) else _NO,
        "Integer": _integer,
        "Float": _float,
        "Boolean": _boolean,
        "True": _boolean,
        "InputFile": lambda v: v if hasattr(v, "filename") or isinstance(v, str) else _NO,
    }
    if kind in simple:
        return simple[kind](value)
    value = _json(value)
    return value if _fits(kind, value) else _NO


def _json(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return _NO


def _integer(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,20}", value) else _NO


def _float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return _NO


def _boolean(value: Any) -> Any:
    return (
        value
        if isinstance(value, bool)
        else {"true": True, "True": True, "false": False, "False": False}.get(value, _NO)
    )


def _fits(kind: str, value: Any) -> bool:
    """Whether parsed JSON has the shape of a Telegram type, closed to names that it does not have."""
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(kind[9:], one) for one in cast("list[Any]", value))
    check = _json_kinds().get(kind)
    if check:
        return check(value)
    fields = _TYPES[kind]
    if "one_of" in fields:
        return any(_fits(one, value) for one in cast("list[str]", fields["one_of"]))
    return isinstance(value, dict) and _has_shape(kind, fields, cast("dict[str, Any]", value))


@cache
def _json_kinds() -> dict[str, Callable[[Any], bool]]:
    return {
        "String": lambda v: isinstance(v, str),
        "Integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "Float": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
        "Boolean": lambda v: isinstance(v, bool),
        "True": lambda v: v is True,
        "InputFile": lambda v: isinstance(v, str),
    }


def _has_shape(kind: str, fields: dict[str, Any], value: dict[str, Any]) -> bool:
    if set(value) - set(fields) or any(
        required and name not in value for name, (required, *_) in fields.items()
    ):
        return False
    if not all(any(_fits(one, value[name]) for one in fields[name][1:]) for name in value):
        return False
    if kind == "InlineKeyboardButton":
        _button(value)
    return True


def _button(button: dict[str, Any]) -> None:
    acts = [name for name in _BUTTON_ACTS if name in button]
    if len(acts) != 1:
        raise Refused(
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not button["text"].strip():
        raise Refused("Bad Request: inline keyboard button text is empty")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise Refused("Bad Request: BUTTON_DATA_INVALID")
    if "url" in button and not _URL.fullmatch(button["url"]):
        raise Refused(f"Bad Request: inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if "url" in button:
        start_payload(button["url"])
    if "copy_text" in button and not 1 <= len(button["copy_text"]["text"]) <= 256:
        raise Refused("Bad Request: COPY_TEXT_INVALID")
    if button.get("style", "primary") not in ("primary", "success", "danger"):
        raise Refused("Bad Request: invalid button style specified")


def start_payload(url: str) -> None:
    """A t.me link whose payload Telegram would drop is a dead link."""
    found = re.match(r"https://t\.me/\w+\?start=([^&]*)", url)
    if found and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", found.group(1)):
        raise Refused("Bad Request: START_PARAM_INVALID")


def _between(low: int, high: int, words: str) -> Callable[[str, Any], None]:
    def check(_: str, value: Any) -> None:
        if not low <= len(value) <= high:
            raise Refused(f"Bad Request: {words}")

    return check


def _command_list(_: str, commands: list[dict[str, str]]) -> None:
    for one in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]):
            raise Refused("Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(one["description"]) <= 256:
            raise Refused("Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    if len(commands) > 100:
        raise Refused("Bad Request: too many commands")


def _two_letters(_: str, code: str) -> None:
    if code and not re.fullmatch(r"[a-z]{2}", code):
        raise Refused("Bad Request: invalid language code specified")


def _modes(_: str, mode: str) -> None:
    if mode.lower() not in ("html", "markdown", "markdownv2"):
        raise Refused("Bad Request: unsupported parse_mode")


def _secret(_: str, value: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value):
        raise Refused("Bad Request: secret token contains unallowed characters")


_LIMITS: dict[str, Callable[[str, Any], None]] = {
    "commands": _command_list,
    "language_code": _two_letters,
    "parse_mode": _modes,
    "secret_token": _secret,
    "description": _between(0, 512, "description is too long"),
    "short_description": _between(0, 120, "short description is too long"),
}
