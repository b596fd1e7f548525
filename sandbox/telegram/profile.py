"""The methods about the bot itself: who it is, where its updates go, its menus and descriptions."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.telegram.contract import Refused
from sandbox.telegram.delivery import Webhook
from sandbox.telegram.messages import Chat, now
from sandbox.telegram.reading import Params
from sandbox.telegram.shapes import me

if TYPE_CHECKING:
    from sandbox.telegram.emulator import TelegramEmulator

Commands = list[dict[str, str]]


def _me(emulator: "TelegramEmulator", _: Params) -> dict[str, Any]:
    flags = dict.fromkeys(("can_join_groups", "has_main_web_app"), True)
    absent = ("can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business")
    return me(emulator) | flags | dict.fromkeys(absent, False)


def _yes(_: "TelegramEmulator", __: Params) -> bool:
    return True


def _set_webhook(emulator: "TelegramEmulator", params: Params) -> bool:
    url = params["url"]
    if not url:
        return _delete_webhook(emulator, {})
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise Refused("Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    allowed = tuple(params.get("allowed_updates") or ())
    emulator.updates.set_webhook(Webhook(url, params.get("secret_token"), allowed))
    return True


def _delete_webhook(emulator: "TelegramEmulator", _: Params) -> bool:
    emulator.updates.set_webhook(None)
    return True


def _webhook(emulator: "TelegramEmulator", _: Params) -> dict[str, Any]:
    webhook = emulator.updates.webhook
    info: dict[str, Any] = {"url": webhook.url if webhook else "", "has_custom_certificate": False}
    info["pending_update_count"] = len(emulator.updates.waiting)
    if emulator.updates.last_error:
        info |= {"last_error_date": now(), "last_error_message": emulator.updates.last_error}
    return info


async def _updates(emulator: "TelegramEmulator", params: Params) -> list[dict[str, Any]]:
    if emulator.updates.webhook:
        raise Refused(
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
            409,
        )
    return await emulator.updates.fetch(
        params.get("offset", 0), params.get("limit", 100), params.get("timeout", 0)
    )


def _scope(emulator: "TelegramEmulator", params: Params) -> tuple[str, str]:
    """A scope that names a chat or a member carries their ids: `chat 1900`."""
    scope = params.get("scope", {"type": "default"})
    if "chat_id" in scope and int(scope["chat_id"]) not in emulator.chats:
        raise Refused("Bad Request: chat not found")
    named = [str(scope[name]) for name in ("type", "chat_id", "user_id") if name in scope]
    return " ".join(named), params.get("language_code", "")


def _set_commands(emulator: "TelegramEmulator", params: Params) -> bool:
    emulator.menus[_scope(emulator, params)] = params["commands"]
    _redraw(emulator, params)
    return True


def _commands(emulator: "TelegramEmulator", params: Params) -> Commands:
    return emulator.menus.get(_scope(emulator, params), [])


def _delete_commands(emulator: "TelegramEmulator", params: Params) -> bool:
    emulator.menus.pop(_scope(emulator, params), None)
    _redraw(emulator, params)
    return True


def _redraw(emulator: "TelegramEmulator", params: Params) -> None:
    """Whoever looks at a chat whose menu may be another now is told so."""
    named = params.get("scope", {}).get("chat_id")
    chats = emulator.chats.values() if named is None else [emulator.chats[int(named)]]
    for chat in chats:
        if not chat.is_simulated:
            emulator.tell(chat)


def menu(emulator: "TelegramEmulator", language: str | None, person_id: int, chat: Chat | None) -> Commands:
    """The commands that this person sees there: the narrowest scope that has any, in their language first."""
    scopes = ["all_private_chats", "default"]
    if chat and chat.is_group:
        scopes = [f"chat_member {chat.id} {person_id}", f"chat {chat.id}", "all_group_chats", "default"]
        if person_id in emulator.admins:
            scopes[1:1] = [f"chat_administrators {chat.id}"]
            scopes[3:3] = ["all_chat_administrators"]
    elif chat:
        scopes = [f"chat {chat.id}", *scopes]
    found = (emulator.menus.get((scope, one)) for scope in scopes for one in (language or "", ""))
    return next((one for one in found if one), [])


def _describe(kind: str, field: str) -> Callable[["TelegramEmulator", Params], bool]:
    def describe(emulator: "TelegramEmulator", params: Params) -> bool:
        emulator.texts[kind, params.get("language_code", "")] = params.get(field, "")
        return True

    return describe


def _described(kind: str, field: str) -> Callable[["TelegramEmulator", Params], dict[str, str]]:
    return lambda emulator, params: {
        field: emulator.texts.get((kind, params.get("language_code", "")), ""),
    }


PROFILE: dict[str, Callable[["TelegramEmulator", Params], Any]] = {
    "getMe": _me,
    "logOut": _yes,
    "close": _yes,
    "setChatMenuButton": _yes,
    "setWebhook": _set_webhook,
    "deleteWebhook": _delete_webhook,
    "getWebhookInfo": _webhook,
    "getUpdates": _updates,
    "setMyCommands": _set_commands,
    "getMyCommands": _commands,
    "deleteMyCommands": _delete_commands,
    "setMyDescription": _describe("description", "description"),
    "getMyDescription": _described("description", "description"),
    "setMyShortDescription": _describe("short", "short_description"),
    "getMyShortDescription": _described("short", "short_description"),
}
