"""The HTTP face: only the paths that exist, nothing told to strangers, and nobody refused who can prove themselves."""

import ast
import json
import time
from pathlib import Path

import aiohttp
import pytest

from bot.knocks import Knocks, address_of
from bot.web import HEADERS
from sandbox.app import Sandbox
from tests.knocking import secret_of
from tests.stage import ROOT, Stage, bot_beside, settings_for

ROUTES = {"/healthz": {"GET", "HEAD"}, "/telegram": {"POST"}, "/stripe/webhook": {"POST"}}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


async def asked(stage: Stage, method: str, path: str, **more) -> tuple[int, bytes, dict[str, str]]:
    async with (
        aiohttp.ClientSession() as web,
        web.request(method, f"{stage.url}{path}", allow_redirects=False, **more) as answer,
    ):
        return answer.status, await answer.read(), dict(answer.headers)


def _json(stage: Stage, secret: str | None = None) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Telegram-Bot-Api-Secret-Token": secret_of(stage) if secret is None else secret,
    }


@pytest.mark.parametrize("path", list(ROUTES))
async def test_a_path_takes_its_own_methods_only(stage: Stage, path: str) -> None:
    for method in METHODS:
        status, body, headers = await asked(stage, method, path)
        if method in ROUTES[path]:
            assert status not in (404, 405), method
        else:
            assert (status, body) == (405, b""), method
            assert set(headers["Allow"].replace(" ", "").split(",")) == ROUTES[path]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/telegram/",
        "/healthz/",
        "/stripe",
        "/stripe/webhook/",
        "/TELEGRAM",
        "/docs",
        "/.env",
        "/metrics",
        "//telegram",
    ],
)
async def test_a_path_that_does_not_exist_is_nothing_at_all(stage: Stage, path: str) -> None:
    status, body, _ = await asked(stage, "POST", path)
    assert (status, body) == (404, b"")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/telegram", 405),
        ("POST", "/telegram", 401),
        ("GET", "/healthz", 200),
    ],
)
async def test_every_answer_has_the_headers_of_safety_and_names_no_server(
    stage: Stage, method: str, path: str, status: int
) -> None:
    await stage.until_health("ok")
    found, _, headers = await asked(stage, method, path)
    assert found == status
    assert {name: headers.get(name.lower(), headers.get(name)) for name, _ in HEADERS} == dict(HEADERS)
    assert "Server" not in headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_what_is_not_json_is_not_read(stage: Stage, kind: str) -> None:
    headers = _json(stage) | {"Content-Type": kind}
    assert (await asked(stage, "POST", "/telegram", data=b"{}", headers=headers))[0] == 415
    body = b"{}"
    signed = {"Content-Type": kind, "Stripe-Signature": stage.stripe.sign(body)}
    assert (await asked(stage, "POST", "/stripe/webhook", data=body, headers=signed))[0] == 415


async def test_an_update_larger_than_telegram_makes_any_is_refused(stage: Stage) -> None:
    body = b" " * ((256 << 10) + 1)
    assert (await asked(stage, "POST", "/telegram", data=body, headers=_json(stage)))[0] == 413


async def test_a_handler_that_breaks_shows_nothing_of_itself(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take(_: bytes) -> None:
        raise LookupError("of the inner house")

    monkeypatch.setattr(stage.app.door, "take", take)
    status, body, _ = await asked(stage, "POST", "/telegram", data=b"{}", headers=_json(stage))
    assert (status, body) == (500, b"Internal Server Error")


async def test_strangers_are_refused_after_thirty_and_telegram_and_stripe_never(stage: Stage) -> None:
    """All from one address, as behind a proxy that tells of nobody."""
    for number in range(40):
        status = (await asked(stage, "POST", "/telegram", data=b"{}", headers=_json(stage, "wrong")))[0]
        assert status == (401 if number < 30 else 429)
    for _ in range(100):
        assert (await asked(stage, "POST", "/telegram", data=b'{"update_id": 1}', headers=_json(stage)))[
            0
        ] == 200
    body = json.dumps({"object": "event", "id": "evt_1", "type": "a.b", "data": {"object": {}}}).encode()
    for _ in range(100):
        assert await stage.stripe.outbox.post_raw(body, stage.stripe.sign(body)) == 200
    assert await stage.stripe.outbox.post_raw(body, "t=1,v1=aa") == 429
    assert (await asked(stage, "GET", "/nothing"))[0] == 429
    assert (await asked(stage, "GET", "/healthz"))[0] in (200, 503)


async def test_what_stripe_signed_itself_is_never_a_strangers_however_late_or_odd(stage: Stage) -> None:
    body = b"[]"
    late = stage.stripe.sign(body, timestamp=int(time.time()) - 86400)
    for _ in range(35):
        assert await stage.stripe.outbox.post_raw(body, late) == 400
        assert await stage.stripe.outbox.post_raw(body, stage.stripe.sign(body)) == 400


async def test_behind_a_proxy_one_stranger_shuts_out_no_other(sandbox: Sandbox, tmp_path: Path) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True, trusted_hops=1)) as stage:
        for number in range(35):
            # What stands further left was written by the stranger.
            headers = {"X-Forwarded-For": f"9.9.9.{number}, 203.0.113.5"}
            status = (await asked(stage, "GET", "/nothing", headers=headers))[0]
            assert status == (404 if number < 30 else 429)
        assert (await asked(stage, "GET", "/nothing", headers={"X-Forwarded-For": "203.0.113.6"}))[0] == 404


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ([], 0, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
        (["1.1.1.1"], 0, "10.0.0.1"),
        (["1.1.1.1"], 1, "1.1.1.1"),
        (["8.8.8.8, 1.1.1.1"], 1, "1.1.1.1"),
        (["8.8.8.8", "1.1.1.1, 2.2.2.2"], 2, "1.1.1.1"),
        (["1.1.1.1"], 2, "10.0.0.1"),
        (["nonsense"], 1, "10.0.0.1"),
        (["2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::/64"),
        (["[2001:db8:1:2::9]"], 1, "2001:db8:1:2::/64"),
    ],
)
def test_only_our_own_proxies_are_believed(forwarded: list[str], hops: int, address: str) -> None:
    assert address_of("10.0.0.1", forwarded, hops) == address


def test_knocks_are_counted_by_the_minute_and_the_memory_of_them_is_bounded() -> None:
    knocks = Knocks(kept=10)
    assert [knocks.count("a", now) for now in (0, 1, 59.9, 60, 61)] == [1, 2, 3, 1, 2]
    assert knocks.count("a", 5) == 1, "a clock that went back begins anew"
    for number in range(50):
        knocks.count(str(number), 5)
    assert len(knocks._seen) == 10


def test_no_secret_is_compared_by_a_way_that_tells_how_much_of_it_was_right() -> None:
    hits = [
        f"{name}:{node.lineno}"
        for name in ("bot/web.py", "bot/payments/webhooks.py")
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and any(word in ast.unparse(node) for word in ("secret", "signature", "given", "expected"))
    ]
    assert hits == []
