"""The phone page's side of the emulator: chats as JSON, what people do, and a stream of what changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.telegram import acts
from sandbox.telegram.acts import Said
from sandbox.telegram.emulator import TelegramEmulator
from sandbox.telegram.markup import typed
from sandbox.telegram.messages import Chat
from sandbox.telegram.people import Phone
from sandbox.telegram.view import shown_chat


def phone_api(emulator: TelegramEmulator) -> list[BaseRoute]:
    """Mounted under /phone."""
    face = _PhoneApi(emulator)
    return [
        Route("/people", face.people),
        Route("/chats/{id:int}", face.chat),
        Route("/chats/{id:int}/send", face.send, methods=["POST"]),
        Route("/chats/{id:int}/attach", face.attach, methods=["POST"]),
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
            {**phone.person, "role": "admin" if phone.id in emulator.admins else "donor"}
            for phone in emulator.phones.values()
        ]
        groups = [self._group(chat) for chat in emulator.chats.values() if chat.is_group]
        bot = {"username": emulator.username, "name": emulator.name}
        return JSONResponse({"bot": bot, "people": people, "groups": groups})

    def _group(self, chat: Chat) -> dict[str, Any]:
        return {"id": chat.id, "title": chat.title, "members": self._emulator.members[chat.id]}

    def _phone(self, person: Any) -> Phone:
        return self._emulator.phones[int(person)]

    async def chat(self, request: Request) -> Response:
        chat = self._emulator.chats.get(request.path_params["id"])
        if chat is None:
            return JSONResponse({"error": "no such chat"}, 404)
        me = self._phone(request.query_params.get("as", chat.id))
        return JSONResponse(shown_chat(self._emulator, chat, me))

    async def send(self, request: Request) -> Response:
        """Text as typed, with Telegram's signs, to a chat, a topic, as an answer."""
        body = await request.json()
        self._phone(body["as"]).say(_said(body), request.path_params["id"])
        return JSONResponse({"ok": True})

    async def attach(self, request: Request) -> Response:
        """A sample of a kind, `album`, or the contact of a `person`; what is typed is the caption."""
        body, chat_id = await request.json(), request.path_params["id"]
        phone, said, kind = self._phone(body["as"]), _said(body), body["kind"]
        more = {"chat": chat_id, "entities": said.entities, "thread": said.thread, "reply_to": said.reply_to}
        if kind == "contact":
            phone.say(Said(contact=int(body["person"]), thread=said.thread, reply_to=said.reply_to), chat_id)
        elif kind == "album":
            await phone.send_album(said.text, media=("photo", "video", "photo"), **more)
        else:
            await phone.send_file(kind, said.text, **more)
        return JSONResponse({"ok": True})

    async def tap(self, request: Request) -> Response:
        body, chat = await request.json(), self._emulator.chats[request.path_params["id"]]
        try:
            message = chat.messages[body["message_id"]]
            button = message.keyboard[body["row"]][body["column"]]
        except (KeyError, IndexError):
            return JSONResponse({"error": "that button is gone"}, 409)
        if button.data is not None:
            acts.tap(self._emulator, int(body["as"]), chat, message, button)
        return JSONResponse({"ok": True})

    async def block(self, request: Request) -> Response:
        body = await request.json()
        acts.block(self._emulator, request.path_params["id"], is_blocked=bool(body["blocked"]))
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


def _said(body: dict[str, Any]) -> Said:
    text, entities = typed(str(body.get("text", ""))[:4096])
    return Said(text, tuple(entities), thread=body.get("thread"), reply_to=body.get("reply_to"))
