"""Stripe's API over HTTP: keys, versions, idempotency, faults; and the page that stands for Checkout."""

import asyncio
import hashlib
import html
import json
import secrets
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Fault
from sandbox.stripe.contract import ENDPOINTS, check
from sandbox.stripe.emulator import API_VERSION, Call, StripeEmulator
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.form import read_form
from sandbox.stripe.page import page
from sandbox.stripe.rules import check_session
from sandbox.wire import Cut, Silence

Answer = tuple[int, dict[str, Any]]
_DOWN = {"error": {"type": "api_error", "message": "An error occurred with our connection to Stripe."}}


def routes(emulator: StripeEmulator) -> list[BaseRoute]:
    """Mounted under /stripe."""
    api, pay = _Api(emulator), _Page(emulator)
    listed = [Route(path, api.endpoint(method, path), methods=[method]) for method, path in ENDPOINTS]
    return [
        *listed,
        Route("/v1/{rest:path}", api.unknown, methods=["GET", "POST", "DELETE"]),
        Route("/pay/{id}", pay.show),
        Route("/pay/{id}/{act}", pay.act, methods=["POST"]),
    ]


class _Api:
    def __init__(self, emulator: StripeEmulator) -> None:
        self._emulator = emulator
        self._stored: dict[str, tuple[str, Answer]] = {}
        self._flying: set[str] = set()
        self._work: dict[tuple[str, str], Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            ("POST", "/v1/checkout/sessions"): self._create,
            ("GET", "/v1/checkout/sessions"): self._list,
            ("GET", "/v1/checkout/sessions/{id}"): lambda id, p: emulator.shown(
                emulator.session(id), p.get("expand")
            ),
            ("POST", "/v1/checkout/sessions/{id}/expire"): lambda id, _: emulator.shown(
                emulator.expire_session(id)
            ),
            ("GET", "/v1/events"): self._events,
            ("GET", "/v1/events/{id}"): lambda id, _: _found(
                next((e for e in emulator.events if e["id"] == id), None), "event"
            ),
            ("GET", "/v1/payment_intents/{id}"): lambda id, _: _found(
                emulator.intents.get(id), "payment_intent"
            ),
            ("GET", "/v1/charges/{id}"): lambda _, __: _found(None, "charge"),
            ("GET", "/v1/account"): lambda _, __: {
                "id": "acct_sandbox",
                "object": "account",
                "country": "FR",
                "default_currency": "eur",
            },
        }

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

    def _answer(
        self, request: Request, endpoint: tuple[str, str], params: dict[str, Any], fault: Fault | None
    ) -> tuple[Answer, Response]:
        if fault and fault.kind == "500":
            self._note(request, params, 500, "fault")
            return (500, _DOWN), JSONResponse(_DOWN, 500, headers={"request-id": _request_id()})
        try:
            check(endpoint, params)
            if endpoint == ("POST", "/v1/checkout/sessions"):
                check_session(params)
            result = self._work[endpoint](request.path_params.get("id", ""), params)
        except StripeRefusal as refusal:
            is_state = (
                refusal.status == 404
                or "expired" in refusal.message
                or (refusal.code or "").startswith("amount_")
            )
            return (refusal.status, refusal.body()), self._kept(
                request, params, refusal, breaks_contract=not is_state
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

    def _create(self, _: str, params: dict[str, Any]) -> dict[str, Any]:
        return self._emulator.shown(self._emulator.create_session(params))

    def _list(self, _: str, params: dict[str, Any]) -> dict[str, Any]:
        newest = reversed(self._emulator.sessions.values())
        wanted = [one for one in newest if params.get("status") in (None, one["status"])]
        return _page([self._emulator.shown(one, None) for one in wanted], params, "/v1/checkout/sessions")

    def _events(self, _: str, params: dict[str, Any]) -> dict[str, Any]:
        types = params.get("types")
        wanted = [
            event for event in reversed(self._emulator.events) if types is None or event["type"] in types
        ]
        return _page(wanted, params, "/v1/events")


def _page(rows: list[dict[str, Any]], params: dict[str, Any], url: str) -> dict[str, Any]:
    """Newest first, as every list of Stripe's."""
    created = params.get("created") or {}
    low, high = int(created.get("gte", 0)), int(created.get("lte", 1 << 62))
    rows = [row for row in rows if low <= row["created"] <= high]
    ids = [row["id"] for row in rows]
    limit = int(params.get("limit", 10))
    if (after := params.get("starting_after")) in ids:
        rows = rows[ids.index(after) + 1 :]
    if (before := params.get("ending_before")) in ids:
        rows = rows[max(0, ids.index(before) - limit) : ids.index(before)]
    return {"object": "list", "url": url, "data": rows[:limit], "has_more": len(rows) > limit}


def _found(thing: dict[str, Any] | None, kind: str) -> dict[str, Any]:
    if thing is None:
        raise StripeRefusal(f"No such {kind}", status=404, code="resource_missing", param="id")
    return thing


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


class _Page:
    """Stands for Stripe Checkout."""

    def __init__(self, emulator: StripeEmulator) -> None:
        self._emulator = emulator

    async def show(self, request: Request) -> Response:
        session = self._emulator.sessions.get(request.path_params["id"])
        if session is None:
            return HTMLResponse("No such page.", 404)
        return HTMLResponse(page(session, declined="declined" in request.query_params))

    async def act(self, request: Request) -> Response:
        session_id, act = request.path_params["id"], request.path_params["act"]
        session = self._emulator.sessions.get(session_id)
        acts = {
            "pay": self._emulator.pay,
            "later": self._emulator.pay_later,
            "decline": self._emulator.decline,
        }
        if session is None or act not in (*acts, "abandon"):
            return HTMLResponse("No such page.", 404)
        try:
            if act in acts:
                acts[act](session_id)
        except StripeRefusal:
            return RedirectResponse(f"/stripe/pay/{session_id}", 303)
        if act == "decline":
            return RedirectResponse(f"/stripe/pay/{session_id}?declined=1", 303)
        target = session["cancel_url"] if act == "abandon" else session["success_url"]
        return HTMLResponse(
            _RETURN.substitute(
                target=html.escape(target), script=json.dumps(target), home=quote(target, safe="")
            )
        )


_RETURN = string.Template(
    (Path(__file__).parent.parent / "static" / "return.html").read_text(encoding="utf-8")
)
