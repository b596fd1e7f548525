"""Currencies as Stripe counts them: decimals, steps, least amounts, and our fixed rates to the euro."""

from decimal import ROUND_HALF_UP, Decimal

LARGEST = 99_999_999
ZERO_DECIMALS = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMALS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
STEP = dict.fromkeys(THREE_DECIMALS, 10) | dict.fromkeys(["isk", "ugx"], 100)
LEAST = dict.fromkeys(
    ["eur", "usd", "cad", "chf", "aud", "nzd", "sgd", "brl", "inr", "jpy"], 50
) | dict.fromkeys(["aed", "pln", "ron", "myr"], 200)
LEAST |= {
    "gbp": 30,
    "sek": 300,
    "nok": 300,
    "dkk": 250,
    "hkd": 400,
    "mxn": 1000,
    "thb": 1000,
    "czk": 1500,
    "huf": 17500,
}
CURRENCIES = (
    frozenset(["mad", "sar", "qar", "egp", "dzd", "bgn", "try", "zar"])
    | ZERO_DECIMALS
    | set(STEP)
    | set(LEAST)
)
SETTLEMENT = "eur"
# One unit in euros. A currency that is missing here settles one to one.
RATES = {
    "mad": Decimal("0.092"),
    "usd": Decimal("0.92"),
    "gbp": Decimal("1.15"),
    "cad": Decimal("0.67"),
    "chf": Decimal("1.04"),
}


def decimals(currency: str) -> int:
    return 0 if currency in ZERO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def rate(currency: str) -> Decimal:
    return RATES.get(currency, Decimal(1))


def settled(minor: int, currency: str) -> int:
    """Minor units of `currency` in minor units of the settlement currency, rounded half up."""
    scale = Decimal(1).scaleb(decimals(SETTLEMENT) - decimals(currency))
    return int((minor * rate(currency) * scale).quantize(Decimal(1), ROUND_HALF_UP))


def written(minor: int, currency: str) -> str:
    """An amount as Stripe's messages have it, the code in place of a sign."""
    return f"{Decimal(minor).scaleb(-decimals(currency)):f} {currency.upper()}"
