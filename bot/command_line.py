"""The command line: `entraide run` (or `web` and `worker`), `check`, `migrate`, `copy`, `backup`, `restore`, `reconcile` and more."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from bot import __version__
from bot.config import LANGUAGES
from bot.errors import EntraideError
from bot.i18n import ZONE
from bot.serving import serve, settings

if TYPE_CHECKING:
    from bot.periods import Period

T = TypeVar("T")

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
campaigns_cli = typer.Typer(no_args_is_help=True)
cli.add_typer(campaigns_cli, name="campaigns", help="The campaigns that donors can give to.")


@cli.command()
def run() -> None:
    """Serve donors until SIGTERM: everything in one process."""
    serve("run")


@cli.command()
def web() -> None:
    """Serve donors' taps and Stripe's webhooks, one of several such processes; at least one `entraide worker` is needed."""
    serve("web")


@cli.command()
def worker() -> None:
    """Do what donors do not wait for, one of several such processes: sends what is owed, asks Stripe, broadcasts."""
    serve("worker")


@cli.command()
def check() -> None:
    """Say what is right and wrong with the configuration, each failure with its mend."""
    from bot.checking import check_all, table

    findings = asyncio.run(check_all(settings()))
    typer.echo(table(findings))
    raise typer.Exit(0 if all(finding.is_right for finding in findings) else 1)


@cli.command()
def migrate() -> None:
    """Bring the database to this version's tables."""
    from bot.store.migrate import migrate as bring_up

    done = asyncio.run(_told(asyncio.to_thread(bring_up, settings().database_url)))
    typer.echo("migrated" if done else "up to date")


@cli.command()
def copy(
    *,
    source: Annotated[str, typer.Option("--from", help="The book, as in DATABASE_URL; it is only read.")],
    target: Annotated[str, typer.Option("--to", help="An empty database; DATABASE_URL if left out.")] = "",
) -> None:
    """Copy a whole book into an empty database of either engine, while the bot is stopped; again goes on."""
    from bot.copying import copy as copied
    from bot.copying import table

    compared = asyncio.run(_told(copied(source, target or settings().database_url, typer.echo)))
    typer.echo(table(compared))
    raise typer.Exit(1 if any(one.wrong for one in compared) else 0)


@cli.command()
def backup(
    *,
    to: Annotated[Path | None, typer.Option(help="A folder, or a file that does not exist yet.")] = None,
    zipped: Annotated[bool, typer.Option("--gzip", help="Packed: a quarter of the size.")] = False,
    keep: Annotated[int, typer.Option(min=0, help="Keep this many of that folder's; 0: all.")] = 0,
) -> None:
    """Copy the database while the bot runs, prove the copy, and say the ledger's head."""
    from bot import backups, dumps

    chosen, now = settings(), datetime.now(ZONE)
    if chosen.database_url.startswith("sqlite"):
        made = _or_exit(lambda: backups.back_up(chosen, to, zipped=zipped, keep=keep, now=now))
    else:
        made = _or_exit(lambda: dumps.dump(chosen.database_url, to or Path("var/backups"), now))
    typer.echo(f"{made.file}: {made.size} bytes{f', {made.proof.said}' if made.proof else ''}")


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `entraide backup` made.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Put aside what is there.")] = False,
) -> None:
    """Put a proven backup in the database's place, with the bot stopped."""
    from bot import backups

    chosen, now = settings(), datetime.now(ZONE)
    done = _or_exit(lambda: backups.restore(chosen, file, replace=replace, now=now))
    typer.echo("\n".join(done.said))


@cli.command()
def reconcile() -> None:
    """Compare Stripe's finished sessions with the database and repair what differs."""
    from bot.chores import reconcile_once

    repaired = asyncio.run(_told(reconcile_once(settings())))
    typer.echo(f"{len(repaired)} repaired: {' '.join(repaired)}" if repaired else "nothing differed")


@cli.command()
def audit(
    *, offline: Annotated[bool, typer.Option("--offline", help="Do not compare with Stripe.")] = False
) -> None:
    """Count every total again, from the facts and from Stripe; says what differs, and exits with 1 if anything does."""
    from bot.chores import audit_all

    differences = asyncio.run(_told(audit_all(settings(), with_stripe=not offline)))
    typer.echo("\n".join(differences) or "nothing differs")
    raise typer.Exit(1 if differences else 0)


@cli.command()
def ledger(file: Annotated[Path, typer.Argument(help="Where to write the public ledger.")]) -> None:
    """Publish the ledger: one JSON object a line, without anybody's identity."""
    from bot.chores import publish_ledger

    count, head = asyncio.run(_told(publish_ledger(settings(), file)))
    typer.echo(f"{count} rows, head {head}")


@cli.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A published ledger.")],
    gift: Annotated[str, typer.Option(help="Also look for the gift with this reference.")] = "",
) -> None:
    """Check a published ledger on its own: names every row that does not hold, and exits with 1 if any does not."""
    from bot.chores import verify_ledger

    lines, holds = verify_ledger(file, gift.lower())
    typer.echo("\n".join(lines))
    raise typer.Exit(0 if holds else 1)


@cli.command()
def report(
    *,
    campaign: Annotated[str, typer.Option(help="A campaign's slug; all of them where none is named.")] = "",
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, 2026-11-01.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder for both files.")] = Path(),
    language: Annotated[str, typer.Option(help="ar, fr or en.")] = "",
) -> None:
    """Write the report for the authorities, PDF and XLSX, from the ledger; this month where no day is named."""
    from bot.chores import write_report

    chosen = settings()
    period = _period(first, last)
    spoken = language or chosen.default_language
    if spoken not in LANGUAGES:
        raise typer.BadParameter(f"--language is one of {', '.join(LANGUAGES)}")
    slug = "" if campaign == "all" else campaign
    for file in asyncio.run(_told(write_report(chosen, slug, period, out, spoken))):
        typer.echo(str(file))


@cli.command()
def export(
    *,
    campaign: Annotated[str, typer.Option(help="A campaign's slug; all of them where none is named.")] = "",
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, 2026-11-01.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")
    ] = None,
    form: Annotated[str, typer.Option(help="csv or xlsx.")] = "csv",
    out: Annotated[Path, typer.Option(help="The folder for the file.")] = Path(),
    language: Annotated[str, typer.Option(help="ar, fr or en.")] = "",
) -> None:
    """Write the gifts received as rows, of any number; this month where no day is named."""
    from bot.chores import export_gifts
    from bot.exporting import Export

    chosen = settings()
    spoken, period = language or chosen.default_language, _period(first, last)
    if spoken not in LANGUAGES:
        raise typer.BadParameter(f"--language is one of {', '.join(LANGUAGES)}")
    if form not in ("csv", "xlsx"):
        raise typer.BadParameter("--form is csv or xlsx")
    slug = "" if campaign == "all" else campaign
    wanted = Export(slug, period, "csv" if form == "csv" else "xlsx")
    file, count = asyncio.run(_told(export_gifts(chosen, wanted, out, spoken)))
    typer.echo(f"{file}: {count} gifts")


@campaigns_cli.command("load")
def load_campaigns(
    *, yes: Annotated[bool, typer.Option("--yes", help="Apply without asking.")] = False
) -> None:
    """Load CAMPAIGNS_FILE: the changes are shown before they are applied."""
    from bot.chores import load_campaigns as load

    asyncio.run(_told(load(settings(), lambda: yes or typer.confirm("Apply?"), typer.echo)))


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _period(first: datetime | None, last: datetime | None) -> "Period":
    """The days that were named; this month where none was."""
    from bot.periods import Period

    month = Period.month_of(datetime.now(ZONE).date())
    period = Period(first.date() if first else month.first, last.date() if last else month.last)
    if period.first > period.last:
        raise typer.BadParameter("--from lies after --to")
    return period


def _or_exit(work: Callable[[], T]) -> T:
    try:
        return work()
    except EntraideError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


async def _told(work: Coroutine[Any, Any, T]) -> T:
    try:
        return await work
    except EntraideError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
