"""Where a donor's clock stands, and the hours in which they are not written to."""

from datetime import datetime, timedelta

from msgspec import Struct

from bot.zones import zone as clock_of

# Telegram tells nobody's zone: the currency that a donor chose says best where they live.
HOME = "Africa/Casablanca"
ZONES = {"MAD": HOME, "EUR": "Europe/Paris", "USD": "America/New_York"}
PLACES = tuple(dict.fromkeys((HOME, *ZONES.values())))
_STEP = timedelta(minutes=15)


class Quiet(Struct, frozen=True):
    """From hour `begin` up to, not including, hour `end` of the local clock; over midnight where `begin` is the later."""

    begin: int
    end: int

    def holds(self, hour: int) -> bool:
        if self.begin <= self.end:
            return self.begin <= hour < self.end
        return hour >= self.begin or hour < self.end


def read_quiet(value: object) -> object:
    """`21-9`, or `off` where there are none. Raises ValueError."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() in ("", "off"):
        return None
    begin, _, end = value.partition("-")
    hours = (begin.strip(), end.strip())
    if not all(one.isdigit() and int(one) < 24 for one in hours) or hours[0] == hours[1]:
        raise ValueError("QUIET_HOURS is two different hours like 21-9, or off")
    return Quiet(int(begin), int(end))


def zone_of(currency: str) -> str:
    return ZONES.get(currency, HOME)


def is_awake(zone: str, now: datetime, quiet: Quiet | None) -> bool:
    return quiet is None or not quiet.holds(now.astimezone(clock_of(zone)).hour)


def awake_at(zone: str, now: datetime, quiet: Quiet | None) -> datetime:
    """The first quarter of an hour from `now` on in which this zone is awake: `now` itself, if it is.

    Looked for on the clock, since the night in which the clock changes is shorter or longer than its hours say.
    """
    moment = now
    while not is_awake(zone, moment, quiet):
        moment = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0) + _STEP
    return moment
