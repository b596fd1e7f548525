"""What is imported, and what is not."""

import os
import ssl
import subprocess
import sys

import pytest

from bot.lean import trusting_nobody, without

_ASK = """
import sys
from bot import lean
lean.load()
import bot.__main__, bot.serving, bot.app
heavy = {"typer", "rich", "pygments", "requests", "httpx", "telegram.ext", "sqlalchemy.dialects.postgresql", "alembic"}
print(sorted(heavy & set(sys.modules)))
import requests
"""


def test_a_library_that_is_hidden_cannot_be_imported_and_can_be_afterwards() -> None:
    sys.modules.pop("colorsys", None)
    with without("colorsys"), pytest.raises(ImportError):
        __import__("colorsys")
    assert __import__("colorsys").__name__ == "colorsys"


def test_what_is_there_already_stays() -> None:
    with without("json"):
        assert __import__("json").dumps(1) == "1"


def test_the_bot_serves_without_what_its_libraries_could_use() -> None:
    """In a process of its own: here they may have been imported long ago."""
    said = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"


_TRUST = """
from bot import lean
lean.load()
import aiohttp.connector as theirs
from bot.botapi import transport
print(len(transport._trusted().get_ca_certs()) > 0, len(theirs._SSL_CONTEXT_VERIFIED.get_ca_certs()))
print(transport._trusted().verify_mode.name, theirs._SSL_CONTEXT_VERIFIED.verify_mode.name)
"""


def test_our_connections_trust_whom_the_system_trusts_and_those_that_are_not_ours_nobody() -> None:
    said = subprocess.run([sys.executable, "-c", _TRUST], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "0", "CERT_REQUIRED", "CERT_REQUIRED"]


def test_what_the_operator_says_of_certificates_holds_again_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/somewhere")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with trusting_nobody():
        assert ssl.create_default_context().get_ca_certs() == []
    assert os.environ["SSL_CERT_FILE"] == "/somewhere"
    assert "SSL_CERT_DIR" not in os.environ
