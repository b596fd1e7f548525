"""Sentry hears which fault happened and where, and nothing of a donor."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from typer.testing import CliRunner

from bot import sentry, tracing
from bot.command_line import cli
from bot.errors import TelegramRefused

SECRETS = ("Zoubida", "Bonjour", "https://checkout", "200 MAD", "20000", "1003", "sk_test_", "7000000001:")


class Kept(Transport):
    """Sends nothing anywhere."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.bodies: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.bodies.append(envelope.serialize().decode())


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    sentry.set_up("https://public@sentry.example/1", transport=transport)
    yield transport
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def fail(name: str) -> None:
    text = (
        f"{name} wrote Bonjour about 200 MAD at https://checkout.stripe.com/c/pay/cs_1, sk_test_" + "x" * 20
    )
    raise TelegramRefused(text)


def log_a_fault(logger: str = "entraide.turn") -> None:
    try:
        fail("Zoubida")
    except TelegramRefused:
        logging.getLogger(logger).exception("a handler failed", extra={"donor": 1003, "minor": 20000})


def test_the_fault_its_place_and_its_trace_arrive_and_no_word_of_anybody(kept: Kept) -> None:
    with tracing.on("abcdefghjk"):
        log_a_fault()
    (body,) = kept.bodies
    event = json.loads(body.splitlines()[-1])
    assert event["logentry"] == {"message": "a handler failed"}
    assert event["tags"] == {"trace": "abcdefghjk"}
    (raised,) = event["exception"]["values"]
    assert raised["type"] == "TelegramRefused"
    assert [one["function"] for one in raised["stacktrace"]["frames"]] == ["log_a_fault", "fail"]
    assert [word for word in SECRETS if word in body] == []


def test_what_a_library_logs_arrives_without_its_words(kept: Kept) -> None:
    logging.getLogger("some.library").error("cannot send %s to %s", "Bonjour", "Zoubida")
    (body,) = kept.bodies
    assert "logentry" not in json.loads(body.splitlines()[-1])
    assert "cannot send" not in body
    assert [word for word in SECRETS if word in body] == []


def test_what_is_no_fault_is_not_told(kept: Kept) -> None:
    logging.getLogger("entraide").warning("background work failed", extra={"error": "Zoubida"})
    logging.getLogger("entraide").info("turn")
    assert kept.bodies == []


def test_without_a_dsn_nothing_of_it_is_imported() -> None:
    code = "import sys, bot.__main__, bot.app, bot.logs; sys.exit('sentry_sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_dsn_without_the_package_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_BOT_TOKEN", "STRIPE_SECRET_KEY", "SENTRY_DSN"):
        monkeypatch.setenv(name, "https://public@sentry.example/1")
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    monkeypatch.setattr("bot.logs.set_up", lambda _: None)
    result = CliRunner().invoke(cli, ["run"])
    assert result.exit_code == 2
    assert "sentry-sdk is not installed" in result.output
