"""The two faces of the emulator over HTTP: the Bot API for the bot, JSON and events for the phone page."""

import asyncio
import inspect
import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.faults import Fault
from sandbox.telegram.contract import METHODS, Refused, checked
from sandbox.telegram.emulator import ADMIN, Call, TelegramEmulator
from sandbox.telegram.people import Button, File, Message, Phone
from sandbox.wire import Cut, Silence

_SLOW_KINDS = ("timeout", "timeout_after")


def bot_api(emulator: TelegramEmulator) -> list[BaseRoute]:
    """Mounted under /telegram."""
    face = _BotApi(emulator)
    return [
        Route("/bot{token}/{method}", face.call, methods=["GET", "POST"]),
        Route("/file/bot{token}/{path}", face.file),
    ]


class _BotApi:
    def __init__(self, emulator: TelegramEmulator) -> None:
        self._emulator = emulator

    async def call(self, request: Request) -> Response:
        name = request.path_params["method"]
        if request.path_params["token"] != self._emulator.token:
            return _refusal(Refused("Unauthorized", 401))
        if name not in METHODS:
            return self._kept(name, {}, Refused("Not Found: method not found", 404))
        raw = await _fields(request)
        chat_id = int(raw["chat_id"]) if str(raw.get("chat_id", "")).lstrip("-").isdigit() else None
        fault = self._emulator.faults.take(name, chat_id=chat_id)
        if fault and (answer := await _before(fault)):
            self._emulator.calls.append(Call(name, raw, 0, fault.kind))
            return answer
        self._spied("before", name)
        answer = await self._answer(name, raw)
        self._spied("after", name)
        return self._after(fault, answer)

    def _spied(self, when: str, name: str) -> None:
        for spy in self._emulator.spies:
            spy(when, name)

    async def _answer(self, name: str, raw: dict[str, Any]) -> Response:
        try:
            params = checked(name, raw)
        except Refused as refused:
            return self._kept(name, raw, refused, breaks_contract=True)
        try:
            result = self._emulator.method(name)(params)
            result = await result if inspect.isawaitable(result) else result
        except Refused as refused:
            too_long = "too long" in refused.description or "parse entities" in refused.description
            return self._kept(name, params, refused, breaks_contract=too_long)
        self._emulator.calls.append(Call(name, params, 200))
        return JSONResponse({"ok": True, "result": result})

    def _kept(
        self, name: str, params: dict[str, Any], refused: Refused, *, breaks_contract: bool = False
    ) -> Response:
        call = Call(name, params, refused.status, refused.description)
        self._emulator.calls.append(call)
        if breaks_contract or refused.status == 404:
            self._emulator.rejected.append(call)
        return _refusal(refused)

    def _after(self, fault: Fault | None, answer: Response) -> Response:
        if fault and fault.kind == "timeout_after":
            return Silence()
        return Cut() if fault and fault.kind == "cut_after" else answer

    async def file(self, request: Request) -> Response:
        file = self._emulator.files.get(request.path_params["path"])
        return Response(file.content, media_type=file.kind) if file else Response(status_code=404)


async def _fields(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        return {**request.query_params, **(await request.json())}
    if not kind.startswith("multipart/"):
        return {
            **request.query_params,
            **dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)),
        }
    async with request.form() as form:
        read = {key: await _part(value) for key, value in form.multi_items()}
    return {**request.query_params, **_attached(read)}


async def _part(value: UploadFile | str) -> Any:
    if isinstance(value, str):
        return value
    return File(value.filename or "file", await value.read(), value.content_type or "", "")


def _attached(fields: dict[str, Any]) -> dict[str, Any]:
    """python-telegram-bot names uploads `attach://key`; the field then stands for the part of that name."""
    whole: dict[str, Any] = {}
    used: set[str] = set()
    for key, value in fields.items():
        if isinstance(value, str) and value.startswith("attach://"):
            used.add(value.removeprefix("attach://"))
            value = fields[value.removeprefix("attach://")]  # noqa: PLW2901
        whole[key] = _Upload(value) if isinstance(value, File) else value
    return {key: value for key, value in whole.items() if key not in used}


class _Upload:
    def __init__(self, file: File) -> None:
        self.filename, self.content, self.content_type = file.name, file.content, file.kind


async def _before(fault: Fault) -> Response | None:
    """Faults that strike before anything was done."""
    match fault.kind:
        case "429":
            return _refusal(
                Refused(
                    f"Too Many Requests: retry after {fault.retry_after}", 429, retry_after=fault.retry_after
                )
            )
        case "400":
            return _refusal(Refused("Bad Request: something that no bot could mend"))
        case "500":
            return _refusal(Refused("Internal Server Error", 500))
        case "502":
            return Response("<html><body>502 Bad Gateway</body></html>", 502, media_type="text/html")
        case "403":
            return _refusal(Refused("Forbidden: bot was blocked by the user", 403))
        case "timeout":
            return Silence()
        case "cut":
            return Cut()
        case "slow":
            await asyncio.sleep(fault.seconds)
            return None
        case _:
            return None


def _refusal(refused: Refused) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": refused.status, "description": refused.description}
    return JSONResponse(
        body | ({"parameters": refused.parameters} if refused.parameters else {}), refused.status
    )


def phone_api(emulator: TelegramEmulator) -> list[BaseRoute]:
    """Mounted under /phone."""
    face = _PhoneApi(emulator)
    return [
        Route("/people", face.people),
        Route("/chats/{id:int}", face.chat),
        Route("/chats/{id:int}/send", face.send, methods=["POST"]),
        Route("/chats/{id:int}/tap", face.tap, methods=["POST"]),
        Route("/chats/{id:int}/block", face.block, methods=["POST"]),
        Route("/files/{id}", face.file),
        Route("/events", face.events),
    ]


class _PhoneApi:
    def __init__(self, emulator: TelegramEmulator) -> None:
        self._emulator = emulator

    async def people(self, _: Request) -> Response:
        emulator = self._emulator
        people = [
            {**phone.person, "role": "admin" if phone.id == ADMIN else "donor"}
            for phone in emulator.phones.values()
        ]
        groups = [{"id": chat.id, "title": chat.title} for chat in emulator.chats.values() if chat.is_group]
        return JSONResponse(
            {
                "bot": {"username": emulator.username, "name": emulator.name},
                "people": people,
                "groups": groups,
            }
        )

    def _phone(self, person: Any) -> Phone:
        return self._emulator.phones[int(person)]

    async def chat(self, request: Request) -> Response:
        chat = self._emulator.chats.get(request.path_params["id"])
        if chat is None:
            return JSONResponse({"error": "no such chat"}, 404)
        me = self._phone(request.query_params.get("as", chat.id))
        alert = chat.alerts[-1] if chat.alerts and chat.alerts[-1][0] else None
        return JSONResponse(
            {
                "id": chat.id,
                "title": self._emulator.name if not chat.is_group else chat.title,
                "blocked": chat.blocked,
                "typing": chat.typing_until > time.monotonic(),
                "commands": self._emulator.commands(me.person.get("language_code"), chat.id),
                "messages": [self._message(message, me) for message in chat.messages.values()],
                "alert": {"n": len(chat.alerts), "text": alert[0], "show_alert": alert[1]} if alert else None,
            }
        )

    def _message(self, message: Message, me: Phone) -> dict[str, Any]:
        sender = "bot" if message.sender == "bot" else "me" if message.sender == me.id else "other"
        name = self._emulator.name if sender == "bot" else self._phone(message.sender).person["first_name"]
        shown: dict[str, Any] = {
            "id": message.id,
            "sender": sender,
            "name": name,
            "html": message.html,
            "time": message.at,
        }
        shown |= {
            "edited": message.edited,
            "keyboard": [[_shown(button) for button in row] for row in message.keyboard],
        }
        if message.document:
            file = message.document
            shown["document"] = {
                "name": file.name,
                "size": len(file.content),
                "url": f"/phone/files/{file.file_id}",
            }
        if message.photo:
            shown["photo"] = {"url": f"/phone/files/{message.photo.file_id}"}
        return shown

    async def send(self, request: Request) -> Response:
        body = await request.json()
        await self._phone(body["as"]).send(str(body["text"])[:4096], request.path_params["id"])
        return JSONResponse({"ok": True})

    async def tap(self, request: Request) -> Response:
        body, chat = await request.json(), self._emulator.chats[request.path_params["id"]]
        try:
            message = chat.messages[body["message_id"]]
            button = message.keyboard[body["row"]][body["column"]]
        except (KeyError, IndexError):
            return JSONResponse({"error": "that button is gone"}, 409)
        if button.data is not None:
            self._emulator.tapped(self._phone(body["as"]), chat, message, button)
        return JSONResponse({"ok": True})

    async def block(self, request: Request) -> Response:
        body = await request.json()
        self._emulator.blocked(self._phone(request.path_params["id"]), is_blocked=bool(body["blocked"]))
        return JSONResponse({"ok": True})

    async def file(self, request: Request) -> Response:
        file = self._emulator.files.get(request.path_params["id"])
        if file is None:
            return Response(status_code=404)
        return Response(
            file.content,
            media_type=file.kind,
            headers={"Content-Disposition": f'inline; filename="{file.name}"'},
        )

    async def events(self, _: Request) -> Response:
        return StreamingResponse(
            self._stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self) -> AsyncIterator[str]:
        news: asyncio.Queue[int] = asyncio.Queue()
        self._emulator.on_change.append(news.put_nowait)
        try:
            yield ": hello\n\n"
            while True:
                chat_id = await news.get()
                yield f"event: change\ndata: {json.dumps({'chat': chat_id})}\n\n"
        finally:
            self._emulator.on_change.remove(news.put_nowait)


def _shown(button: Button) -> dict[str, Any]:
    whole = {
        "text": button.text,
        "kind": button.kind,
        "url": button.url,
        "copy": button.copy,
        "style": button.style,
    }
    return {key: value for key, value in whole.items() if value is not None}
