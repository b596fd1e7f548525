"""SQLite's write-ahead log is lost, or its end: the database is an earlier moment of itself, and Stripe knows the rest."""

import contextlib
import os
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot import comparing
from sandbox.app import Sandbox
from tests.faults.dying import time_passes
from tests.faults.holds import IS_WHOLE, well
from tests.faults.test_disk import SEEN, at_writer, file_of
from tests.stage import Stage, bot_beside, settings_for, to_the_bridge


def as_it_lies(stage: Stage, folder: Path) -> Path:
    """What a kill would leave now, in another folder."""
    file = file_of(stage)
    folder.mkdir()
    for one in (file, file.with_name(f"{file.name}-wal")):
        shutil.copy(one, folder / one.name)
    return folder / file.name


def cut(file: Path, kept: float | None) -> None:
    """This share of the log's bytes is left; None: there is no log."""
    log = file.with_name(f"{file.name}-wal")
    if kept is None:
        log.unlink()
    else:
        os.truncate(log, int(log.stat().st_size * kept))


@contextlib.asynccontextmanager
async def begun_again(sandbox: Sandbox, folder: Path, kept: float | None) -> AsyncGenerator[Stage]:
    file = folder / "entraide.db"
    cut(file, kept)
    async with bot_beside(sandbox, settings_for(sandbox, folder, webhook=True)) as stage:
        yield stage


@pytest.mark.parametrize("kept", [None, 0, 0.25, 0.5, 0.75, 0.99] if IS_WHOLE else [None, 0.5])
async def test_a_log_that_is_gone_or_cut_short_is_an_earlier_moment_and_what_was_paid_since_is_found_again(
    sandbox: Sandbox, tmp_path: Path, kept: float | None
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True)) as stage:
        session = await to_the_bridge(stage, stage.john())
        await at_writer(stage, "PRAGMA wal_checkpoint(TRUNCATE)")
        stage.stripe.pay(session)
        await stage.john().says("Received: 200 MAD", SEEN)
        await well(stage)
        as_it_lies(stage, tmp_path / "again")
    async with begun_again(sandbox, tmp_path / "again", kept) as stage:
        await time_passes(stage)
        await stage.until_rows("SELECT state, amount_minor FROM donations", [("paid", 20000)], SEEN)
        await well(stage)
        assert await stage.rows("SELECT received_minor, gifts FROM totals") == [(20000, 1)]
        thanks = [one for one in stage.john().messages if "Received: " in one.text]
        assert 1 <= len(thanks) <= 2


async def test_a_gift_that_was_in_a_lost_log_alone_is_named_to_the_operator(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with bot_beside(sandbox, settings_for(sandbox, tmp_path, webhook=True)) as stage:
        stage.stripe.pay(await to_the_bridge(stage, stage.john()))
        await stage.john().says("Received: 200 MAD", SEEN)
        [(gift,)] = await stage.rows("SELECT id FROM donations")
        as_it_lies(stage, tmp_path / "again")
    async with begun_again(sandbox, tmp_path / "again", None) as stage:
        assert await stage.rows("SELECT id FROM donations") == []
        [said] = await comparing.audit_stripe(stage.services)
        assert said.startswith(f"gift {gift}: Stripe has its money, and our books do not know it")
