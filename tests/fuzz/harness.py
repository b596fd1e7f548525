"""The same targets under atheris, which looks for new paths: `python -m tests.fuzz.harness updates -max_total_time=60`.

It runs in an environment of its own (`make fuzz`); what libFuzzer prints at the end is how much it ran.
"""

import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PERSON = {"id": 1001, "is_bot": False, "first_name": "A", "language_code": "ar"}
_CHAT = {"id": 1001, "type": "private"}
_MESSAGE = {"message_id": 1, "date": 1, "from": _PERSON, "chat": _CHAT, "text": "/start c_aid_200_MAD__x"}
_QUERY = {"id": "1", "from": _PERSON, "chat_instance": "1", "data": "give-1-20000-mad", "message": _MESSAGE}
_EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "invoice.paid",
    "created": 1,
    "livemode": False,
    "data": {"object": {"id": "in_1", "parent": {"subscription_details": {"subscription": "sub_1"}}}},
}
# Where the fuzzer begins: it would take days to come upon these by itself.
SEEDS: dict[str, tuple[object, ...]] = {
    "buttons": ("give-1-20000-mad", "term-1-20000-mad"),
    "starts": ("c_aid_200_MAD__x", "v_0123456789abcdef01234567_2026_1", "j_secret", "r_abc"),
    "amounts": ("1.000,50 MAD", "٢٠٠ درهم", "US$20", "1 000 000"),
    "signatures": ("t=1796000000,v1=aa",),
    "webhooks": (
        _EVENT,
        {**_EVENT, "type": "charge.refunded", "data": {"object": {"payment_intent": "pi_1"}}},
    ),
    "updates": ({"update_id": 1, "message": _MESSAGE}, {"update_id": 1, "callback_query": _QUERY}),
}


def _targets() -> dict[str, Callable[[bytes], None]]:
    from tests.fuzz import targets

    def written(check: Callable[[str], None]) -> Callable[[bytes], None]:
        return lambda raw: check(raw.decode("utf-8", "surrogateescape"))

    return {
        "buttons": written(targets.button),
        "starts": written(targets.start),
        "amounts": written(targets.amount),
        "signatures": written(targets.signature),
        "campaigns": written(targets.campaigns),
        "webhooks": targets.webhook,
        "updates": targets.update,
    }


def _seeds(name: str) -> list[str]:
    if name == "campaigns":
        return [Path("campaigns.toml").read_text(encoding="utf-8")]
    return [one if isinstance(one, str) else json.dumps(one) for one in SEEDS[name]]


def main() -> None:
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["bot", "handlers", "json", "tomllib"]):
        known = _targets()
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        sys.exit(f"one of: {' '.join(known)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(_seeds(sys.argv[1])):
            (Path(folder) / str(number)).write_text(seed, encoding="utf-8")
        atheris.Setup([sys.argv[0], "-max_len=8192", *sys.argv[2:], folder], known[sys.argv[1]])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
