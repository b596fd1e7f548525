"""Clocks of the places where donors are.

From the tzdata package, which is pinned and renewed with the other dependencies, and not from the machine's own copy: Morocco
changes its clock by decree, and a server may be years behind. See docs/decisions/0024.
"""

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@lru_cache
def zone(name: str) -> ZoneInfo:
    """The clock of `Africa/Casablanca`, say. Raises KeyError for a name that nobody knows."""
    found = files("tzdata").joinpath("zoneinfo", *name.split("/"))
    if not found.is_file():
        raise KeyError(name)
    with found.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
