"""Events as Stripe signs them: odd ones are refused with words that hold nothing of them, unknown ones are taken."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from bot.errors import BadWebhook, NotProven
from bot.payments.webhooks import Event, verify

NOW = 1_796_000_000
EVENT = {"id": "evt_1", "object": "event", "type": "charge.refunded", "created": 5, "livemode": False}


def _verified(body: bytes, now: int = NOW) -> Event:
    signed = hmac.new(b"whsec_x", f"{NOW}.".encode() + body, hashlib.sha256).hexdigest()
    return verify(body, f"t={NOW},v1={signed}", ("whsec_x",), now)


def _event(subject: Any, **more: Any) -> bytes:
    return json.dumps(EVENT | {"data": {"object": subject}} | more).encode()


@pytest.mark.parametrize("kind", ["balance.available", "account.updated", "a.b.c", "\ud800"])
def test_an_event_that_does_not_concern_us_need_not_be_about_anything(kind: str) -> None:
    assert not _verified(_event({"object": "balance"}, type=kind)).concerns_us


@pytest.mark.parametrize("made", [None, "5", [], {}, True, -1, 1e300, float("inf"), float("nan"), 10**30])
def test_a_time_that_cannot_be_is_none(made: Any) -> None:
    assert _verified(_event({"id": "ch_1"}, created=made)).created in (0, 1)


@pytest.mark.parametrize(
    "parent", [None, 5, "x", [], {"subscription_details": 5}, {"subscription_details": {"subscription": {}}}]
)
def test_an_invoice_with_an_odd_parent_is_about_itself(parent: Any) -> None:
    event = _verified(_event({"id": "in_1", "parent": parent}, type="invoice.paid"))
    assert event.object_id == "in_1"


@pytest.mark.parametrize(
    "id", ["", "\ud800", "a\0b", "x" * 300, "../../v1/accounts", "ch_1?expand[]=x", 5, None, ["ch_1"]]
)
def test_an_id_that_is_none_is_refused(id: Any) -> None:
    """It becomes part of an address at Stripe, and a key in the database."""
    with pytest.raises(BadWebhook):
        _verified(_event({"id": id}))
    with pytest.raises(BadWebhook):
        _verified(_event({"id": "ch_1"}, id=id))


@pytest.mark.parametrize("live", ["true", 1, [1], None])
def test_only_true_is_live(live: Any) -> None:
    assert _verified(_event({"id": "ch_1"}, livemode=live)).live is False


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 100_000, b"9" * 5000, b"\xff", b""])
def test_a_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(BadWebhook, match="not JSON"):
        _verified(body)


def test_only_what_is_not_signed_with_our_secret_is_a_strangers() -> None:
    with pytest.raises(NotProven):
        verify(b"{}", f"t={NOW},v1=aa", ("whsec_x",), NOW)
    with pytest.raises(BadWebhook, match="clock") as late:
        _verified(_event({"id": "ch_1"}), NOW + 3600)
    assert not isinstance(late.value, NotProven)
