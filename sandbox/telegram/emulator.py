"""The Bot API's methods, their effects on chats, and the refusals that bots meet."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.faults import Faults
from sandbox.telegram.contract import Refused
from sandbox.telegram.delivery import Updates, Webhook
from sandbox.telegram.markup import parse, units
from sandbox.telegram.people import Button, Chat, File, Message, Phone, now

ADMIN = 1900
_PEOPLE = ((1001, "Amina", "ar"), (1002, "Yasmine", "fr"), (1003, "John", "en"), (ADMIN, "Karim", "fr"))
_CALLBACK_LIFE = 150


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived. `status` is what was answered; 0 where the connection was cut or left silent."""

    method: str
    params: dict[str, Any]
    status: int
    description: str = ""


class TelegramEmulator:
    """One bot, its people, and every request that it made."""

    def __init__(
        self,
        token: str = "7000000001:sandbox-token-of-no-value-aaaaaaaaa",  # noqa: S107  opens nothing
        username: str = "entraide_bot",
        name: str = "Entraide",
        pause: float = 2.0,
    ) -> None:
        self.token, self.username, self.name = token, username, name
        self.updates = Updates(pause)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.rejected: list[Call] = []
        self.chats: dict[int, Chat] = {}
        self.phones: dict[int, Phone] = {}
        # Groups that became supergroups: the old id to the new.
        self.moved: dict[int, int] = {}
        self.members: dict[int, list[int]] = {}
        self.files: dict[str, File] = {}
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.on_change: list[Callable[[int], None]] = []
        # Called with "before" or "after" the effect, and the method.
        self.spies: list[Callable[[str, str], None]] = []
        self._queries: dict[str, tuple[int, float]] = {}
        self._number = 900_000_000
        for id, first_name, language in _PEOPLE:
            self.person(id, first_name, language)
        self.group(-1001, "Famille", [id for id, *_ in _PEOPLE])

    async def start(self) -> None:
        await self.updates.start()

    async def stop(self) -> None:
        await self.updates.stop()

    async def acknowledged(self, update_id: int, timeout: float = 5) -> None:
        await self.updates.acknowledged(update_id, timeout)

    def person(self, id: int, first_name: str = "Donor", language_code: str | None = "fr") -> Phone:
        if id not in self.phones:
            person: dict[str, Any] = {"id": id, "is_bot": False, "first_name": first_name}
            person |= {"language_code": language_code} if language_code else {}
            self.chats[id] = Chat(id, first_name)
            self.phones[id] = Phone(self, person, self.chats[id])
        return self.phones[id]

    def group(self, id: int, title: str, members: list[int]) -> Chat:
        self.chats.setdefault(id, Chat(id, title))
        self.members[id] = members
        return self.chats[id]

    # What people do.

    def written(self, phone: Phone, chat_id: int, text: str) -> int:
        chat = self.chats[chat_id]
        message = Message(chat.next_id(), phone.id, text, _commands(text), now())
        chat.messages[message.id] = message
        self._changed(chat)
        return self._update({"message": self._as_sent(chat, message)}, f"chat-{chat_id}")

    def shared(self, phone: Phone, other: Phone) -> int:
        """Send somebody's contact to the bot."""
        chat, person = phone.chat, other.person
        message = Message(chat.next_id(), phone.id, f"👤 {person['first_name']}", [], now())
        chat.messages[message.id] = message
        self._changed(chat)
        contact = {"phone_number": "+212600000000", "first_name": person["first_name"], "user_id": other.id}
        sent = {
            key: value
            for key, value in self._as_sent(chat, message).items()
            if key not in ("text", "entities")
        }
        return self._update({"message": sent | {"contact": contact}}, f"chat-{chat.id}")

    def tapped(self, phone: Phone, chat: Chat, message: Message, button: Button) -> int:
        self._number += 1
        query_id = str(self._number * 7919)
        self._queries[query_id] = (chat.id, time.monotonic())
        query = {
            "id": query_id,
            "from": phone.person,
            "message": self._as_sent(chat, message),
            "chat_instance": str(chat.id),
            "data": button.data,
        }
        return self._update({"callback_query": query}, f"taps-{phone.id}")

    def blocked(self, phone: Phone, *, is_blocked: bool) -> int:
        phone.chat.blocked = is_blocked
        self._changed(phone.chat)
        old, new = ("member", "kicked") if is_blocked else ("kicked", "member")
        member = {"chat": self._chat(phone.chat), "from": phone.person, "date": now()}
        member |= {"old_chat_member": self._me_as(old), "new_chat_member": self._me_as(new)}
        return self._update({"my_chat_member": member}, f"member-{phone.id}")

    def _me_as(self, status: str) -> dict[str, Any]:
        return {"user": self._me(), "status": status} | ({"until_date": 0} if status == "kicked" else {})

    def _update(self, body: dict[str, Any], queue: str) -> int:
        self._number += 1
        return self.updates.add({"update_id": self._number, **body}, queue)

    # What the bot asks for: `method(name)(params)` returns the result or raises Refused.

    def method(self, name: str) -> Callable[[dict[str, Any]], Any]:
        known = getattr(self, f"_do_{name}", None)
        if known is None:
            raise Refused(f"Not Found: the sandbox does not know {name} yet", 404)
        return cast("Callable[[dict[str, Any]], Any]", known)

    def _me(self) -> dict[str, Any]:
        return {
            "id": int(self.token.partition(":")[0]),
            "is_bot": True,
            "first_name": self.name,
            "username": self.username,
        }

    def _do_getMe(self, _: dict[str, Any]) -> dict[str, Any]:
        flags = dict.fromkeys(("can_join_groups", "has_main_web_app"), True)
        return (
            self._me()
            | flags
            | {
                "can_read_all_group_messages": False,
                "supports_inline_queries": False,
                "can_connect_to_business": False,
            }
        )

    def _do_logOut(self, _: dict[str, Any]) -> bool:
        return True

    _do_close = _do_setChatMenuButton = _do_logOut

    def _do_setWebhook(self, params: dict[str, Any]) -> bool:
        url = params["url"]
        if not url:
            return self._do_deleteWebhook({})
        if not url.startswith(("https://", "http://127.0.0.1")):
            raise Refused("Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.updates.set_webhook(
            Webhook(url, params.get("secret_token"), tuple(params.get("allowed_updates") or ()))
        )
        return True

    def _do_deleteWebhook(self, _: dict[str, Any]) -> bool:
        self.updates.set_webhook(None)
        return True

    def _do_getWebhookInfo(self, _: dict[str, Any]) -> dict[str, Any]:
        webhook = self.updates.webhook
        info: dict[str, Any] = {"url": webhook.url if webhook else "", "has_custom_certificate": False}
        info["pending_update_count"] = len(self.updates.waiting)
        if self.updates.last_error:
            info |= {"last_error_date": now(), "last_error_message": self.updates.last_error}
        return info

    async def _do_getUpdates(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        if self.updates.webhook:
            raise Refused(
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
                409,
            )
        return await self.updates.fetch(
            params.get("offset", 0), params.get("limit", 100), params.get("timeout", 0)
        )

    def _do_sendMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        text, entities = _text(params, "text", 4096)
        return self._post(params, text, entities)

    def _do_sendDocument(self, params: dict[str, Any]) -> dict[str, Any]:
        text, entities = _text(params, "caption", 1024, is_needed=False)
        return self._post(params, text, entities, document=self._file(params["document"]))

    def _do_sendPhoto(self, params: dict[str, Any]) -> dict[str, Any]:
        text, entities = _text(params, "caption", 1024, is_needed=False)
        return self._post(params, text, entities, photo=self._file(params["photo"]))

    def _file(self, given: Any) -> File:
        if isinstance(given, str):
            if given not in self.files:
                raise Refused("Bad Request: wrong file identifier/HTTP URL specified")
            return self.files[given]
        file = File(
            given.filename,
            given.content,
            given.content_type or "application/octet-stream",
            f"file{len(self.files) + 1}",
        )
        self.files[file.file_id] = file
        return file

    def _do_copyMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        source = self._message(
            self._reach(params["from_chat_id"]), params["message_id"], "message to copy not found"
        )
        sent = self._post(params, source.text, source.entities, document=source.document, photo=source.photo)
        return {"message_id": sent["message_id"]}

    def _do_forwardMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        source = self._message(
            self._reach(params["from_chat_id"]), params["message_id"], "message to forward not found"
        )
        return self._post(params, source.text, source.entities, document=source.document, photo=source.photo)

    def _post(
        self, params: dict[str, Any], text: str, entities: list[dict[str, Any]], **files: Any
    ) -> dict[str, Any]:
        chat = self._reach(params["chat_id"])
        markup = _markup(params)
        message = Message(chat.next_id(), "bot", text, entities, now(), _keyboard(markup), markup, **files)
        chat.messages[message.id] = message
        chat.typing_until = 0
        self._changed(chat)
        return self._as_sent(chat, message)

    def _do_editMessageText(self, params: dict[str, Any]) -> dict[str, Any]:
        chat = self._reach(params["chat_id"])
        message = self._message(chat, params["message_id"], "message to edit not found")
        if message.sender != "bot":
            raise Refused("Bad Request: message can't be edited")
        if message.document or message.photo:
            raise Refused("Bad Request: there is no text in the message to edit")
        text, entities = _text(params, "text", 4096)
        markup = _markup(params)
        if (text, entities, markup) == (message.text, message.entities, message.markup):
            raise Refused(
                "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        message.text, message.entities, message.edited = text, entities, True
        message.markup, message.keyboard = markup, _keyboard(markup)
        self._changed(chat)
        return self._as_sent(chat, message)

    def _do_editMessageReplyMarkup(self, params: dict[str, Any]) -> dict[str, Any]:
        chat = self._reach(params["chat_id"])
        message = self._message(chat, params["message_id"], "message to edit not found")
        message.markup = _markup(params)
        message.keyboard = _keyboard(message.markup)
        self._changed(chat)
        return self._as_sent(chat, message)

    def _do_deleteMessage(self, params: dict[str, Any]) -> bool:
        chat = self._reach(params["chat_id"])
        message = self._message(chat, params["message_id"], "message to delete not found")
        del chat.messages[message.id]
        self._changed(chat)
        return True

    def _do_answerCallbackQuery(self, params: dict[str, Any]) -> bool:
        chat_id, at = self._queries.pop(params["callback_query_id"], (0, 0.0))
        if time.monotonic() - at > _CALLBACK_LIFE:
            raise Refused("Bad Request: query is too old and response timeout expired or query ID is invalid")
        chat = self.chats[chat_id]
        chat.alerts.append((params.get("text", ""), params.get("show_alert", False)))
        self._changed(chat)
        return True

    def _do_sendChatAction(self, params: dict[str, Any]) -> bool:
        chat = self._reach(params["chat_id"])
        chat.typing_until = time.monotonic() + 5
        self._changed(chat)
        return True

    def _do_getChat(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._chat(self._reach(params["chat_id"])) | {
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": {},
        }

    def _do_getFile(self, params: dict[str, Any]) -> dict[str, Any]:
        file = self._file(params["file_id"])
        return {
            "file_id": file.file_id,
            "file_unique_id": file.file_id,
            "file_size": len(file.content),
            "file_path": file.file_id,
        }

    def _do_setMyCommands(self, params: dict[str, Any]) -> bool:
        self.menus[_scope(params)] = params["commands"]
        return True

    def _do_getMyCommands(self, params: dict[str, Any]) -> list[dict[str, str]]:
        return self.menus.get(_scope(params), [])

    def _do_deleteMyCommands(self, params: dict[str, Any]) -> bool:
        self.menus.pop(_scope(params), None)
        return True

    def _do_setMyDescription(self, params: dict[str, Any]) -> bool:
        self.texts["description", params.get("language_code", "")] = params.get("description", "")
        return True

    def _do_setMyShortDescription(self, params: dict[str, Any]) -> bool:
        self.texts["short", params.get("language_code", "")] = params.get("short_description", "")
        return True

    def _do_getMyDescription(self, params: dict[str, Any]) -> dict[str, str]:
        return {"description": self.texts.get(("description", params.get("language_code", "")), "")}

    def _do_getMyShortDescription(self, params: dict[str, Any]) -> dict[str, str]:
        return {"short_description": self.texts.get(("short", params.get("language_code", "")), "")}

    def commands(self, language: str | None, chat_id: int | None = None) -> list[dict[str, str]]:
        """The menu that a person with this language sees, in this chat."""
        for one in (language or "", ""):
            if own := self.menus.get((f"chat:{chat_id}", one)):
                return own
        return self.menus.get(("default", language or "")) or self.menus.get(("default", ""), [])

    # Shapes.

    def _reach(self, chat_id: Any) -> Chat:
        if chat_id in self.moved:
            new = self.moved[chat_id]
            raise Refused("Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=new)
        chat = self.chats.get(chat_id)
        if chat is None:
            raise Refused("Bad Request: chat not found")
        if chat.blocked:
            raise Refused("Forbidden: bot was blocked by the user", 403)
        return chat

    def _message(self, chat: Chat, message_id: int, otherwise: str) -> Message:
        message = chat.messages.get(message_id)
        if message is None:
            raise Refused(f"Bad Request: {otherwise}")
        return message

    def _chat(self, chat: Chat) -> dict[str, Any]:
        if chat.is_group:
            return {"id": chat.id, "type": "supergroup", "title": chat.title}
        return {"id": chat.id, "type": "private", "first_name": chat.title}

    def _as_sent(self, chat: Chat, message: Message) -> dict[str, Any]:
        sender = self._me() if message.sender == "bot" else self.phones[cast("int", message.sender)].person
        sent: dict[str, Any] = {
            "message_id": message.id,
            "from": sender,
            "chat": self._chat(chat),
            "date": message.at,
        }
        body = "caption" if message.document or message.photo else "text"
        if message.text:
            sent |= {
                body: message.text,
                ("caption_entities" if body == "caption" else "entities"): message.entities,
            }
        if message.document:
            file = message.document
            sent["document"] = {
                "file_id": file.file_id,
                "file_unique_id": file.file_id,
                "file_name": file.name,
            }
        if message.photo:
            size = {
                "file_id": message.photo.file_id,
                "file_unique_id": message.photo.file_id,
                "width": 640,
                "height": 480,
            }
            sent["photo"] = [size]
        return (
            sent
            | ({"reply_markup": message.markup} if message.markup else {})
            | ({"edit_date": now()} if message.edited else {})
        )

    def _changed(self, chat: Chat) -> None:
        chat.changes += 1
        for tell in self.on_change:
            tell(chat.id)
        asyncio.get_running_loop().create_task(_notify(chat))


async def _notify(chat: Chat) -> None:
    async with chat.changed:
        chat.changed.notify_all()


def _commands(text: str) -> list[dict[str, Any]]:
    return (
        [{"type": "bot_command", "offset": 0, "length": units(text.split(maxsplit=1)[0])}]
        if text.startswith("/")
        else []
    )


def _text(
    params: dict[str, Any], name: str, most: int, *, is_needed: bool = True
) -> tuple[str, list[dict[str, Any]]]:
    text, entities = parse(params.get(name, ""), params.get("parse_mode"))
    if is_needed and not text.strip():
        raise Refused("Bad Request: message text is empty")
    if units(text) > most:
        raise Refused(
            "Bad Request: message is too long"
            if name == "text"
            else "Bad Request: message caption is too long"
        )
    return text, params.get("entities") or entities


def _markup(params: dict[str, Any]) -> dict[str, Any] | None:
    return params.get("reply_markup")


def _keyboard(markup: dict[str, Any] | None) -> tuple[tuple[Button, ...], ...]:
    rows = (markup or {}).get("inline_keyboard", [])
    return tuple(tuple(_button(button) for button in row) for row in rows)


def _button(button: dict[str, Any]) -> Button:
    copy = button.get("copy_text", {}).get("text")
    return Button(button["text"], button.get("callback_data"), button.get("url"), copy, button.get("style"))


def _scope(params: dict[str, Any]) -> tuple[str, str]:
    scope = params.get("scope", {})
    where = ":".join(str(scope[one]) for one in ("type", "chat_id", "user_id") if one in scope)
    return where or "default", params.get("language_code", "")
