"""Who and what stands in the books at every size alike: the staff, one donor with everything, and the moment it is now."""

from datetime import UTC, datetime

from msgspec import Struct

from bot.references import check_letter

NOW = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
HOUR, DAY = 3600, 86400
YEARS = 730 * DAY
START = AT - YEARS
OWNER, SECOND, FINANCE, MESSAGES, READER, AMINA = 1900, 1901, 1902, 1903, 1904, 1001
# Their donor ids: the owner's is 1, and so on.
PEOPLE = (OWNER, SECOND, FINANCE, MESSAGES, READER, AMINA)
ROLES = {SECOND: "owner", FINANCE: "finance", MESSAGES: "messages", READER: "reader"}
OF_AMINA = PEOPLE.index(AMINA) + 1
SLUGS = ("humanitarian", "startups", "innovation")
SOURCES = ("mosque", "radio", "poster", "friends", "market", "school", "flyer", "website")
RATES = {"EUR": "10.85", "USD": "9.92"}
GROUP = -1009001

# Amina's: paid today, still open, given back, the first of a monthly gift, promised and matched, being looked at.
PAID, OPEN, BACK, FIRST, CAME = "paaa222222", "baaa222222", "caaa222222", "daaa222222", "eaaa222222"
MONTHLY, PLEDGE, MATCHED = "monthzyaa2", "zzzz" + check_letter("zzzz"), "zzyz" + check_letter("zzyz")


class Gift(Struct, frozen=True):
    """One try to give. `came`: its money came; `back`: minor units that went back; `lost`: the bank took it back."""

    id: str
    donor: int
    campaign: int
    minor: int
    currency: str
    at: int
    state: str = "paid"
    cover: int = 0
    back: int = 0
    source: str | None = None
    monthly: str | None = None
    pledge: str | None = None
    is_renewal: bool = False

    @property
    def came(self) -> bool:
        return self.state in ("paid", "partly_refunded", "refunded", "charged_back", "disputed")

    @property
    def has_page(self) -> bool:
        return not self.is_renewal and self.pledge is None

    @property
    def subject(self) -> str:
        return self.pledge or (f"in_{self.id}" if self.is_renewal else f"cs_{self.id}")

    @property
    def settled(self) -> int:
        return self.at + 60 if self.has_page else self.at

    @property
    def left(self) -> int:
        return 0 if self.state == "charged_back" else self.minor - self.back
