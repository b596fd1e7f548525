"""Commands that an operator runs beside the bot: load campaigns, reconcile."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot import campaigns_file, looking
from bot.config import Settings
from bot.i18n import Catalogues
from bot.payments.stripe_api import Payments
from bot.services import Services
from bot.store.database import Database
from bot.store.migrate import migrate


async def load_campaigns(
    settings: Settings, agree: Callable[[], bool], tell: Callable[[str], object]
) -> None:
    """Show what the file would change, and apply it if `agree` says so. Raises CampaignsFileError."""
    wanted = campaigns_file.read_file(settings.campaigns_file)
    migrate(settings.database_path)
    db = Database(settings.database_path)
    await db.open()
    try:
        found = await db.read(lambda tx: campaigns_file.changes(tx, wanted))
        for change in found:
            tell(
                f"{change.slug}: new"
                if change.field is None
                else f"{change.slug}: {change.field}: {change.old} -> {change.new}"
            )
        if not found:
            tell("nothing to change")
        elif agree():
            await db.write(lambda tx: campaigns_file.load(tx, wanted))
            tell("loaded")
    finally:
        await db.close()


async def reconcile_once(settings: Settings) -> list[str]:
    """The gifts that differed from Stripe, repaired; their messages are sent by the running bot."""
    migrate(settings.database_path)
    db = Database(settings.database_path)
    await db.open()
    payments = Payments(settings.stripe_secret_key.get_secret_value(), settings.stripe_api_url)
    catalogues = Catalogues(settings.default_language)
    try:
        return await looking.reconcile(
            Services(settings, db, payments, lambda: datetime.now(UTC), catalogues, "")
        )
    finally:
        await payments.close()
        await db.close()
