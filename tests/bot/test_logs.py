"""A line of the log is one piece of JSON with everything that was given, and nothing that is nobody's business."""

import json
import logging
from typing import Any

import pytest

from bot import tracing
from bot.logs import formatter


def line(message: str, *given: object, level: int = logging.INFO, **extra: object) -> dict[str, Any]:
    record = logging.makeLogRecord(
        {"name": "x", "msg": message, "args": given, "levelno": level, **extra}
        | {"levelname": logging.getLevelName(level), "created": 1795737600.25}
    )
    return json.loads(formatter("json").format(record))


def test_a_line_holds_what_happened_what_was_given_under_which_id_and_when() -> None:
    with tracing.on("abcd"):
        said = line("a %s", "turn", donor=7, ms=1.5, update=None)
    assert said == {
        "event": "a turn",
        "level": "info",
        "donor": 7,
        "ms": 1.5,
        "update": None,
        "trace": "abcd",
        "timestamp": "2026-11-27T00:00:00.250000Z",
    }


def test_a_line_outside_of_any_id_names_none() -> None:
    assert "trace" not in line("sweep", level=logging.WARNING)


@pytest.mark.parametrize("where", ["message", "given", "extra"])
def test_a_secret_is_struck_out_wherever_it_stands(where: str) -> None:
    secret = "sk_test_" + "y" * 20
    said = {
        "message": lambda: line(f"asked with {secret}"),
        "given": lambda: line("asked with %s", secret),
        "extra": lambda: line("asked", key=secret),
    }[where]()
    assert secret not in json.dumps(said)
    assert "[secret]" in json.dumps(said)


@pytest.mark.parametrize(
    "secret",
    [
        "1234567890:" + "y" * 35,
        "sk_live_yyyyyyyy",
        "rk_test_yyyyyyyy",
        "whsec_yyyyyyyy",
        "https://checkout.example.org/c/pay/cs_yyyyyyyy",
        "http://127.0.0.1:8000/pay/yyyyyyyy",
        "postgresql+psycopg://me:yyyyyyyy@host/one",
    ],
)
def test_each_kind_of_secret_is_struck_out_and_what_stands_around_it_is_not(secret: str) -> None:
    assert line("asked", key=f"before {secret} after")["key"] == "before [secret] after"


def test_what_has_the_marks_of_a_secret_and_is_none_is_left_as_it_is() -> None:
    said = line("asked", event_id="evt_1", call="at 12:30")
    assert (said["event_id"], said["call"]) == ("evt_1", "at 12:30")


def test_what_json_does_not_know_is_written_as_python_would() -> None:
    assert line("odd", what=frozenset([1]))["what"] == "frozenset({1})"


def test_an_error_is_told_with_its_place() -> None:
    try:
        raise OSError(28, "No space left on device")
    except OSError as error:
        said = line("failed", exc_info=(type(error), error, error.__traceback__))
    assert "No space left" in said["exception"]
    assert "test_logs.py" in said["exception"]
