"""Clocks of the places where donors are.

From the tzdata package, which is pinned and renewed with the other dependencies, and not from the machine's own copy: Morocco
changes its clock by decree, and a server may be years behind. See docs/decisions/0024.
"""

import zoneinfo

zoneinfo.reset_tzpath(to=())


def zone(name: str) -> zoneinfo.ZoneInfo:
    """The clock of `Africa/Casablanca`, say. Raises KeyError for a name that nobody knows."""
    return zoneinfo.ZoneInfo(name)
