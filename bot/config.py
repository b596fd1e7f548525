"""Settings: the only reader of the environment; it checks values and never reaches out."""

import json
import re
from collections.abc import Mapping
from datetime import time
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.fees import Fee, read_fees
from bot.money import CURRENCIES, Money
from bot.nights import Quiet, read_quiet
from bot.rates import Quote, read_rates

LANGUAGES = ("ar", "fr", "en")
STRIPE_API = "https://api.stripe.com"
TELEGRAM_API = "https://api.telegram.org"


def _listed(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _fees(value: object) -> object:
    return read_fees(value) if isinstance(value, str) else value


def _rates(value: object) -> object:
    return read_rates(value) if isinstance(value, str) else value


def _hour(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.strip().lower() in ("", "off"):
        return None
    if not _HOUR.fullmatch(value.strip()):
        raise ValueError("is an hour like 09:00, or off")
    return time.fromisoformat(value.strip())


# How others write it, with and without the driver.
_POSTGRES = re.compile(r"\Apostgres(ql)?(\+\w+)?://")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
CommaList = BeforeValidator(_listed)


def _by_language(value: object) -> object:
    """One text for all languages, or a JSON object with one for some of them."""
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("{"):
        return dict.fromkeys(LANGUAGES, value.strip()) if value.strip() else {}
    try:
        texts = json.loads(value)
    except ValueError as error:
        raise ValueError(f"is no JSON object of texts by language ({error})") from None
    wrong = [code for code, text in texts.items() if code not in LANGUAGES or not isinstance(text, str)]
    if wrong:
        raise ValueError(f"takes texts for {', '.join(LANGUAGES)}; not: {', '.join(wrong)}")
    return texts


TextByLanguage = Annotated[Mapping[str, str], NoDecode, BeforeValidator(_by_language)]


@lru_cache(maxsize=8)
def _floors(written: tuple[str, ...]) -> dict[str, Money]:
    """Raises ValueError, MoneyError among them."""
    pairs = (one.split("=") for one in written)
    return {code.strip().upper(): Money.of(amount.strip(), code.strip().upper()) for code, amount in pairs}


class Settings(BaseSettings):
    """Everything an operator may set; each field is an environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True)

    telegram_bot_token: SecretStr = SecretStr("")
    telegram_api_url: str = TELEGRAM_API
    telegram_rate: Annotated[int, Field(ge=1, le=1_000_000)] = 28
    stripe_secret_key: SecretStr = SecretStr("")
    stripe_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode, CommaList] = ()
    stripe_api_url: str = STRIPE_API
    public_url: str | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    # Where a worker says how it does; 0: nowhere.
    worker_port: Annotated[int, Field(ge=0, le=65535)] = 0
    trusted_hops: Annotated[int, Field(ge=0, le=10)] = 0
    # It may hold a password.
    database_url: Annotated[str, Field(repr=False)] = "sqlite:///var/entraide.db"
    help_chat_id: int | None = None
    admin_ids: Annotated[tuple[int, ...], NoDecode, CommaList] = ()
    default_language: Literal["ar", "fr", "en"] = "fr"
    currencies: Annotated[tuple[str, ...], NoDecode, CommaList] = ("MAD", "EUR", "USD")
    campaigns_file: str = "campaigns.toml"
    statement_descriptor: str = ""
    tax_note: TextByLanguage = {}
    floors: Annotated[tuple[str, ...], NoDecode, CommaList] = ("MAD=10", "EUR=1", "USD=1")
    checkouts_per_donor: Annotated[int, Field(ge=0)] = 5
    checkouts_per_hour: Annotated[int, Field(ge=0)] = 5000
    checkouts_open: Annotated[int, Field(ge=0)] = 5000
    declines_per_donor: Annotated[int, Field(ge=0)] = 5
    declines_per_hour: Annotated[int, Field(ge=0)] = 50
    pledges_per_donor: Annotated[int, Field(ge=1, le=100)] = 5
    fees: Annotated[Mapping[str, Fee], NoDecode, BeforeValidator(_fees)] = {}
    rates: Annotated[tuple[Quote, ...], NoDecode, BeforeValidator(_rates)] = ()
    undo_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 30)] = 60
    offer_monthly: bool = True
    # The hour of the staff's daily digest where the campaigns are; None sends none.
    digest_at: Annotated[time | None, BeforeValidator(_hour)] = time(9)
    broadcasts_per_week: Annotated[int, Field(ge=0, le=100)] = 2
    holdout: Annotated[int, Field(ge=0, le=50)] = 5
    quiet_hours: Annotated[Quiet | None, NoDecode, BeforeValidator(read_quiet)] = Quiet(21, 9)
    approval_above: Annotated[int, Field(ge=0)] = 200
    first_names: bool = False
    allow_paid_broadcast: bool = False
    metrics_token: SecretStr = SecretStr("")
    sentry_dsn: SecretStr = SecretStr("")
    log_format: Literal["console", "json"] = "console"

    @field_validator("currencies")
    @classmethod
    def _known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        codes = tuple(code.upper() for code in codes)
        unknown = [code for code in codes if code not in CURRENCIES]
        if unknown or not codes:
            raise ValueError(
                f"CURRENCIES needs codes that Stripe can charge; unknown: {', '.join(unknown) or 'none given'}"
            )
        return codes

    @field_validator("floors")
    @classmethod
    def _amounts(cls, floors: tuple[str, ...]) -> tuple[str, ...]:
        try:
            _floors(floors)
        except ValueError as error:
            raise ValueError("FLOORS is a list like MAD=10,EUR=1") from error
        return floors

    @field_validator("database_url")
    @classmethod
    def _engine(cls, url: str) -> str:
        url = _POSTGRES.sub("postgresql://", url)
        if url.startswith("postgresql://"):
            if missing := [name for name in ("psycopg", "greenlet") if find_spec(name) is None]:
                raise ValueError(
                    f"DATABASE_URL is PostgreSQL's, and {' and '.join(missing)} is missing:"
                    " pip install 'entraide-bot[postgres]'"
                )
        elif not url.startswith("sqlite:///"):
            raise ValueError("DATABASE_URL must begin with sqlite:/// or postgresql://")
        return url

    @field_validator("telegram_api_url", "stripe_api_url", "public_url")
    @classmethod
    def _bare(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else None

    @model_validator(mode="after")
    def _webhooks_need_a_secret(self) -> "Settings":
        if self.public_url and not self.stripe_webhook_secret:
            raise ValueError(
                "PUBLIC_URL is set, so STRIPE_WEBHOOK_SECRET is needed (Stripe, Developers, Webhooks)"
            )
        return self

    @property
    def mode(self) -> Literal["webhook", "polling"]:
        """How news reaches us: pushed to PUBLIC_URL, or asked for."""
        return "webhook" if self.public_url else "polling"

    def tax_note_in(self, language: str) -> str:
        """The operator's own sentence on receipts and statements; another language's where this one has none."""
        notes = (self.tax_note.get(one) for one in (language, self.default_language, *LANGUAGES))
        return next((note for note in notes if note), "")

    def floor(self, currency: str) -> Money | None:
        """The smallest card payment in this currency, whatever a campaign says."""
        return _floors(self.floors).get(currency)

    @property
    def home_currency(self) -> str:
        return self.currencies[0]

    @property
    def database_file(self) -> Path | None:
        """SQLite's; PostgreSQL's is not ours to see."""
        url = self.database_url
        return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None

    @property
    def database_name(self) -> str:
        """For people: nothing secret is in it."""
        parts = urlsplit(self.database_url)
        return str(self.database_file or f"{parts.hostname or 'localhost'}{parts.path}")

    @property
    def live(self) -> bool:
        """Whether the Stripe key moves real money."""
        return "_live_" in self.stripe_secret_key.get_secret_value()[:9]
