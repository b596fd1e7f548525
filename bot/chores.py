"""Commands that an operator runs beside the bot: load campaigns, reconcile, audit, publish and verify the ledger, write the report."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot import auditing, campaigns_file, comparing, counting, exporting, looking, reporting
from bot.config import Settings
from bot.errors import NoSuchCampaign
from bot.exporting import Export
from bot.i18n import Catalogues
from bot.ledger import LedgerFault, LedgerRow, faults, line, read_line
from bot.model import Campaign
from bot.payments.stripe_api import Payments
from bot.periods import Period
from bot.services import Services
from bot.store import campaigns, ledger
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.sql import Tx


async def load_campaigns(
    settings: Settings, agree: Callable[[], bool], tell: Callable[[str], object]
) -> None:
    """Show what the file would change, and apply it if `agree` says so. Raises CampaignsFileError."""
    wanted = campaigns_file.read_file(settings.campaigns_file)
    await asyncio.to_thread(migrate, settings.database_url)
    db = Database(settings.database_url)
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
            is_loaded = await db.write(lambda tx: _loaded(tx, settings, wanted, found))
            tell(
                "loaded"
                if is_loaded
                else "the campaigns were changed meanwhile: nothing was loaded, try again"
            )
    finally:
        await db.close()


def _loaded(tx: Tx, settings: Settings, wanted: list[Campaign], agreed: list[campaigns_file.Change]) -> bool:
    """Apply what was agreed to; not what staff changed in the chat while the question stood."""
    if campaigns_file.changes(tx, wanted) != agreed:
        return False
    now = datetime.now(UTC)
    campaigns_file.load(tx, wanted, now)
    counting.seed(tx, settings, now)
    return True


@asynccontextmanager
async def _beside(settings: Settings) -> AsyncGenerator[Services]:
    """What a chore needs, on the database of a bot that may be running."""
    await asyncio.to_thread(migrate, settings.database_url)
    db = Database(settings.database_url)
    await db.open()
    payments = Payments(settings.stripe_secret_key.get_secret_value(), settings.stripe_api_url)
    catalogues = Catalogues(settings.default_language)
    try:
        yield Services(settings, db, payments, lambda: datetime.now(UTC), catalogues, "")
    finally:
        await payments.close()
        await db.close()


async def reconcile_once(settings: Settings) -> list[str]:
    """The gifts that differed from Stripe, repaired; their messages are sent by the running bot."""
    async with _beside(settings) as services:
        return await looking.reconcile(services)


async def audit_all(settings: Settings, *, with_stripe: bool) -> list[str]:
    """What differs, a sentence each."""
    async with _beside(settings) as services:
        found = await auditing.audit_books(services)
        return [*found, *(await comparing.audit_stripe(services) if with_stripe else ())]


async def publish_ledger(settings: Settings, file: Path) -> tuple[int, str]:
    """Write the ledger's rows, a line each; how many, and the hash of the last."""

    def write(tx: Tx) -> tuple[int, str]:
        with file.open("w", encoding="ascii", newline="\n") as out:
            out.writelines(f"{line(row)}\n" for row in ledger.all_rows(tx))
        return ledger.head(tx)

    async with _beside(settings) as services:
        return await services.db.read(write)


async def write_report(settings: Settings, slug: str, period: Period, out: Path, language: str) -> list[Path]:
    """The report on one campaign, or on all where `slug` is empty, as PDF and XLSX. Raises NoSuchCampaign."""
    async with _beside(settings) as services:
        words = services.catalogues.words(language)
        found = await reporting.report(services, words, slug, period)
        if found is None:
            raise NoSuchCampaign(slug)
        found = await reporting.with_entries(services, words, slug, found)
    made = {"pdf": await reporting.as_pdf(words, found), "xlsx": await reporting.as_xlsx(words, found)}
    out.mkdir(parents=True, exist_ok=True)
    files = [out / reporting.file_name(slug, period, form) for form in made]
    for file, content in zip(files, made.values(), strict=True):
        file.write_bytes(content)
    return files


async def export_gifts(settings: Settings, wanted: Export, out: Path, language: str) -> tuple[Path, int]:
    """The file of gifts, and how many are in it. Raises NoSuchCampaign."""
    async with _beside(settings) as services:
        if wanted.slug and await services.db.read(lambda tx: campaigns.named(tx, wanted.slug)) is None:
            raise NoSuchCampaign(wanted.slug)
        out.mkdir(parents=True, exist_ok=True)
        file = out / wanted.name
        words = services.catalogues.words(language)
        return file, await exporting.export_to(services, words, wanted, file, "command line")


def verify_ledger(file: Path, gift: str) -> tuple[list[str], bool]:
    """What there is to say of a published ledger, and whether it holds; `gift` must be in it where it is given."""
    bad: list[LedgerFault] = []
    sums: dict[tuple[str, str], int] = {}
    mine: list[LedgerRow] = []
    count, head = 0, ""

    def rows() -> Iterator[LedgerRow]:
        nonlocal count, head
        with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            for number, text in enumerate(lines, 1):
                row = read_line(text.removesuffix("\n"), number)
                if isinstance(row, LedgerFault):
                    bad.append(row)
                    continue
                count, head = count + 1, row.hash
                sums[row.campaign, row.currency] = (
                    sums.get((row.campaign, row.currency), 0) + row.amount_minor
                )
                mine.extend([row] if row.donation == gift else ())
                yield row

    bad += faults(rows())
    said = [f"row {one.seq} {one.why}" for one in sorted(bad, key=lambda one: one.seq)]
    said += [f"{count} rows, head {head}"] if not bad else []
    said += [f"{slug} {currency}: {minor} minor units" for (slug, currency), minor in sorted(sums.items())]
    said += [f"gift {gift}: row {one.seq}, {one.kind} {one.amount_minor} {one.currency}" for one in mine]
    said += [f"gift {gift} is not in this ledger"] if gift and not mine else []
    return said, not bad and bool(mine or not gift)
