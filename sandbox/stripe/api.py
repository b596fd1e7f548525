"""Stripe's API over HTTP: keys, versions, idempotency, and the faults that strike it."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sandbox.faults import Fault
from sandbox.stripe.contract import check
from sandbox.stripe.emulator import API_VERSION, Call, StripeEmulator
from sandbox.stripe.endpoints import check_rules, endpoints
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.form import read_form
from sandbox.wire import Cut, Silence

Answer = tuple[int, dict[str, Any]]
_DOWN = {"error": {"type": "api_error", "message": "An error occurred with our connection to Stripe."}}


class Api:
    def __init__(self, emulator: StripeEmulator) -> None:
        self._emulator = emulator
        self._work = endpoints(emulator)
        self._stored: dict[str, tuple[str, Answer]] = {}
        self._flying: set[str] = set()

    def endpoint(self, method: str, path: str) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            return await self._handle(request, method, path)

        return handle

    async def unknown(self, request: Request) -> Response:
        refusal = StripeRefusal(
            f"Unrecognized request URL ({request.method}: {request.url.path})", status=404
        )
        return self._kept(request, {}, refusal, breaks_contract=True)

    async def _handle(self, request: Request, method: str, path: str) -> Response:
        raw = (await request.body()).decode() if method == "POST" else request.url.query
        try:
            self._admit(request)
            params = read_form(raw)
        except StripeRefusal as refusal:
            return self._kept(request, {}, refusal, breaks_contract=refusal.status != 401)
        fault = self._emulator.faults.take(method, path)
        if fault and (early := await _before(fault)) is not None:
            self._note(request, params, early.status_code if fault.kind != "timeout" else 0, fault.kind)
            return early
        self._spied("before", f"{method} {path}")
        answer = await self._keyed(request, (method, path), params, raw, fault)
        self._spied("after", f"{method} {path}")
        return _late(fault, answer)

    def _spied(self, when: str, name: str) -> None:
        for spy in self._emulator.spies:
            spy(when, name)

    def _admit(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self._emulator.secret_key}":
            raise StripeRefusal("Invalid API Key provided: sk_test_***", status=401)
        if request.headers.get("stripe-version") != API_VERSION:
            raise StripeRefusal(f"The version must be {API_VERSION}")
        if request.method == "POST" and not request.headers.get("idempotency-key"):
            raise StripeRefusal("A POST of this project carries an Idempotency-Key")

    async def _keyed(
        self,
        request: Request,
        endpoint: tuple[str, str],
        params: dict[str, Any],
        raw: str,
        fault: Fault | None,
    ) -> Response:
        """The first answer under a key, a failure included, is the answer for ever."""
        key = request.headers.get("idempotency-key") if endpoint[0] == "POST" else None
        if key is None:
            await asyncio.sleep(fault.seconds if fault and fault.kind == "slow" else 0)
            return self._answer(request, endpoint, params, fault)[1]
        body = hashlib.sha256(f"{request.url.path} {raw}".encode()).hexdigest()
        if key in self._flying:
            message = "There is currently another in-progress request using this Idempotent Key."
            return self._kept(request, params, StripeRefusal(message, status=409, kind="idempotency_error"))
        if key in self._stored:
            return self._repeated(request, params, key, body)
        self._flying.add(key)
        try:
            if fault and fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
            answer, response = self._answer(request, endpoint, params, fault)
        finally:
            self._flying.discard(key)
        # A request that was refused before it began is not stored.
        if answer[0] == 200 or answer[0] >= 500:
            self._stored[key] = (body, answer)
        return response

    def _repeated(self, request: Request, params: dict[str, Any], key: str, body: str) -> Response:
        known, answer = self._stored[key]
        if known != body:
            message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            return self._kept(
                request, params, StripeRefusal(message, kind="idempotency_error"), breaks_contract=True
            )
        self._note(request, params, answer[0], "replayed")
        return JSONResponse(
            answer[1], answer[0], headers={"Idempotent-Replayed": "true", "request-id": _request_id()}
        )

    def _answer(
        self, request: Request, endpoint: tuple[str, str], params: dict[str, Any], fault: Fault | None
    ) -> tuple[Answer, Response]:
        if fault and fault.kind == "500":
            self._note(request, params, 500, "fault")
            return (500, _DOWN), JSONResponse(_DOWN, 500, headers={"request-id": _request_id()})
        try:
            check(endpoint, params)
            check_rules(endpoint, params, self._emulator.clock.wall())
            result = self._work[endpoint](request.path_params.get("id", ""), params)
        except StripeRefusal as refusal:
            return (refusal.status, refusal.body()), self._kept(
                request, params, refusal, breaks_contract=not refusal.is_news
            )
        self._note(request, params, 200)
        return (200, result), JSONResponse(result, headers={"request-id": _request_id()})

    def _kept(
        self,
        request: Request,
        params: dict[str, Any],
        refusal: StripeRefusal,
        *,
        breaks_contract: bool = False,
    ) -> Response:
        call = self._note(request, params, refusal.status, refusal.message)
        if breaks_contract:
            self._emulator.rejected.append(call)
        return JSONResponse(refusal.body(), refusal.status, headers={"request-id": _request_id()})

    def _note(self, request: Request, params: dict[str, Any], status: int, message: str = "") -> Call:
        path = request.url.path.removeprefix("/stripe")
        call = Call(request.method, path, params, request.headers.get("idempotency-key"), status, message)
        self._emulator.calls.append(call)
        return call


def _request_id() -> str:
    return "req_" + secrets.token_hex(7)


async def _before(fault: Fault) -> Response | None:
    """Faults that strike before anything was done."""
    headers = {"request-id": _request_id()}
    match fault.kind:
        case "429":
            body = {
                "error": {
                    "type": "invalid_request_error",
                    "code": "rate_limit",
                    "message": "Too many requests.",
                }
            }
            return JSONResponse(body, 429, headers=headers)
        case "401":
            return JSONResponse(StripeRefusal("Invalid API Key provided").body(), 401, headers=headers)
        case "503_html":
            return HTMLResponse("<html><body>Service Unavailable</body></html>", 503)
        case "timeout":
            return Silence()
        case "cut":
            return Cut()
        case _:
            return None


def _late(fault: Fault | None, answer: Response) -> Response:
    """Faults that strike after the effect."""
    match fault.kind if fault else "":
        case "timeout_after":
            return Silence()
        case "cut_after":
            return Cut()
        case "cut_body":
            whole = bytes(answer.body)
            return Cut(whole[: len(whole) // 2], len(whole))
        case _:
            return answer
