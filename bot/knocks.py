"""Who knocks without a key: counted by address, so that only strangers are ever refused, and memory stays bounded."""

import ipaddress
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

_WINDOW = 60.0  # Seconds.


@dataclass
class Knocks:
    """Failed proofs by address; `most` of them within a minute are answered, the ones beyond are only refused."""

    most: int = 30
    kept: int = 4096
    _seen: OrderedDict[str, tuple[float, int]] = field(default_factory=OrderedDict[str, tuple[float, int]])

    def count(self, address: str, now: float) -> int:
        """One more from this address, and how many that makes in its minute; `now` in seconds."""
        began, number = self._seen.pop(address, (now, 0))
        if not 0 <= now - began < _WINDOW:
            began, number = now, 0
        self._seen[address] = (began, number + 1)
        if len(self._seen) > self.kept:
            self._seen.popitem(last=False)
        return number + 1


def address_of(peer: str, forwarded: Sequence[str], hops: int) -> str:
    """Whom a request comes from, where `hops` proxies of ours stand in front and each adds who came to it.

    Only as many entries are believed as there are proxies, counted from the right: those further left a stranger wrote.
    Whoever has an IPv6 address has 2**64 of them, so they count as one.
    """
    named = [one.strip() for line in forwarded for one in line.split(",")]
    written = named[-hops] if 0 < hops <= len(named) else peer
    try:
        found = ipaddress.ip_address(written.strip("[]"))
    except ValueError:
        return peer
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
