"""The Bot API over HTTP: requests read and checked, faults suffered, answers and refusals written as Telegram does."""

import asyncio
import inspect
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Fault
from sandbox.telegram.contract import METHODS, Refused, checked
from sandbox.telegram.emulator import Call, TelegramEmulator
from sandbox.telegram.messages import File
from sandbox.wire import Cut, Silence

_ATTACHED = re.compile(r'"attach://([^"]+)"')


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
        raw = await self._fields(request)
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

    async def _fields(self, request: Request) -> dict[str, Any]:
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
        return {**request.query_params, **self._attached(read)}

    def _attached(self, fields: dict[str, Any]) -> dict[str, Any]:
        """python-telegram-bot names uploads `attach://key`; the field, or a part of an album, then stands for that part."""
        texts = [value for value in fields.values() if isinstance(value, str)]
        named = {
            name
            for text in texts
            for name in _ATTACHED.findall(json.dumps(text) if text[:9] == "attach://" else text)
        }
        return {key: self._one(value, fields) for key, value in fields.items() if key not in named}

    def _one(self, value: Any, fields: dict[str, Any]) -> Any:
        if isinstance(value, File):
            return _Upload(value)
        if value.startswith("attach://"):
            return _Upload(fields[value.removeprefix("attach://")])
        return _ATTACHED.sub(lambda found: f'"{self._kept_file(fields[found.group(1)])}"', value)

    def _kept_file(self, file: File) -> str:
        return self._emulator.keep(file.name, file.content, file.kind, "").file_id

    async def file(self, request: Request) -> Response:
        file = self._emulator.files.get(request.path_params["path"])
        return Response(file.content, media_type=file.kind) if file else Response(status_code=404)


async def _part(value: UploadFile | str) -> Any:
    if isinstance(value, str):
        return value
    return File(value.filename or "file", await value.read(), value.content_type or "", "")


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
