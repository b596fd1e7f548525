"""`python -m bot.healthcheck`: does the bot on this machine answer, with its database? For containers; stdlib only, so it is cheap.
Another port than PORT, as a worker has it, may follow.

A Telegram or Stripe that is down is no reason to start the bot again: it waits for them by itself.
"""

import json
import os
import sys
import urllib.error
import urllib.request


def main(*port: str) -> int:
    """0 where the process answers and its database does; what /healthz says is printed."""
    [own] = port or [os.environ.get("PORT") or "8080"]
    url = f"http://127.0.0.1:{own}/healthz"
    try:
        body = _asked(url)
    except (OSError, ValueError) as error:
        print(f"{url}: {error}")  # noqa: T201
        return 1
    print(body.get("status"))  # noqa: T201
    return 0 if body.get("database") in ("ok", "starting") else 1


def _asked(url: str) -> dict[str, str]:
    """Also where it says 503: the words count."""
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:  # noqa: S310  # nosec B310  a fixed address of this machine
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
