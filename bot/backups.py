"""`entraide backup` and `entraide restore`: a copy that is proven before it has a name, and its way back."""

import contextlib
import gzip
import hashlib
import os
import re
import shutil
import sqlite3
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from msgspec import Struct

from bot.config import Settings
from bot.errors import BackupError, StoreBroken
from bot.store import snapshot
from bot.store.migrate import HEAD
from bot.store.snapshot import SIDES, Proof

_NAME = re.compile(r"entraide-\d{8}T\d{12}Z\.(db|db\.gz|dump)")


class Backup(Struct, frozen=True):
    """A file that was proven, and what it holds; `proof` is None for PostgreSQL, whose tools prove only that it can be read."""

    file: Path
    size: int
    proof: Proof | None


class Restored(Struct, frozen=True):
    """`aside` is where the database that stood there was put; `lost` how many rows of its ledger the backup lacks.

    `paused` are broadcasts that were being sent at the time of the backup.
    """

    proof: Proof
    aside: Path | None
    lost: int | None
    paused: list[int]

    @property
    def said(self) -> list[str]:
        """What an operator should know, a line each."""
        lines = [f"restored: {self.proof.said}"]
        if self.aside:
            lines.append(f"what was there is kept as {self.aside}")
        if self.lost:
            lines.append(
                f"the ledger there had {self.lost} rows more: `entraide audit` names what Stripe knows of them"
            )
        if self.paused:
            numbers = ", ".join(str(one) for one in self.paused)
            lines.append(f"paused, since nobody knows who got them after the backup: broadcasts {numbers}")
        return [*lines, "now start the bot: it asks Stripe at once what happened since"]


def back_up(settings: Settings, to: Path | None, *, zipped: bool, keep: int, now: datetime) -> Backup:
    """Copy the database as it is at this moment, beside a bot that goes on. Raises BackupError and StoreBroken."""
    source = _sqlite(settings)
    if not source.exists():
        raise BackupError(f"{source}: there is no database")
    file = target(to or folder(settings), "db.gz" if zipped else "db", now)
    with _named_once_whole(file) as part, _refusals(file):
        snapshot.copy(source, part)
        proof = snapshot.prove(part)
        if file.suffix == ".gz":
            _zip(part)
    _forget(file, keep)
    return Backup(file, file.stat().st_size, proof)


def restore(settings: Settings, file: Path, *, replace: bool, now: datetime) -> Restored:
    """Put a backup where the database is. Raises BackupError and StoreBroken; nothing is changed then."""
    path = _sqlite(settings)
    if not file.exists():
        raise BackupError(f"{file}: there is no such file")
    if not replace and not snapshot.is_empty(path):
        raise BackupError(f"{path} is not empty: --replace keeps it aside and puts the backup in its place")
    if snapshot.is_in_use(path):
        raise BackupError(f"{path} is in use: stop the bot first")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _named_once_whole(path, over=True) as part, _refusals(path):
        _unpack(file, part)
        proof = snapshot.prove(part)
        if proof.version > HEAD:
            raise BackupError(
                f"{file} is of a newer version ({proof.version}); this one knows {HEAD}: update first"
            )
        paused = _tame(part, now)
        lost = _lost(path, proof)
        _sync(part)
        aside = _put_aside(path, now)
    return Restored(proof, aside, lost, paused)


def folder(settings: Settings) -> Path:
    """Where backups go unless told otherwise: beside the database."""
    return _sqlite(settings).parent / "backups"


def newest(settings: Settings) -> Path | None:
    """The newest backup in the usual folder."""
    found = sorted(one for one in folder(settings).glob("entraide-*") if _NAME.fullmatch(one.name))
    return found[-1] if found else None


def mend(settings: Settings) -> str:
    """What to do about a damaged database, as a command."""
    file = newest(settings)
    return f"stop the bot and run `entraide restore --replace {file or 'YOUR-NEWEST-BACKUP'}`"


def target(to: Path, ending: str, now: datetime) -> Path:
    """`to` itself where it names a file; a file of a new name where it is a folder. Raises BackupError where it exists."""
    is_file = to.name.endswith((".db", ".gz", ".dump")) and not to.is_dir()
    file = to if is_file else to / f"entraide-{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z.{ending}"
    if file.exists():
        raise BackupError(f"{file} exists: a backup is never written over another")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BackupError(f"{file.parent}: {error.strerror}") from error
    return file


def _sqlite(settings: Settings) -> Path:
    if settings.database_file is None:
        raise BackupError("this is for SQLite: docs/operating.md says how PostgreSQL is restored")
    return settings.database_file


@contextlib.contextmanager
def _named_once_whole(file: Path, *, over: bool = False) -> Generator[Path]:
    """A path to write to; it gets its name, on disk, once the block is through, and is gone where it is not."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        _sync(part)
        if not over and file.exists():
            raise BackupError(f"{file} exists: a backup is never written over another")
        part.replace(file)
        # A new name is on disk only once its folder is.
        _sync(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextlib.contextmanager
def _refusals(file: Path) -> Generator[None]:
    try:
        yield
    except (OSError, sqlite3.OperationalError, EOFError) as error:
        raise BackupError(f"{file}: {error}") from error


def _zip(part: Path) -> None:
    """In place, and read again: what comes out is what went in."""
    packed = part.with_suffix(".gz")
    try:
        with part.open("rb") as plain, _private(packed) as raw, gzip.GzipFile("", "wb", 6, raw) as out:
            shutil.copyfileobj(plain, out, 1 << 20)
        with part.open("rb") as plain, gzip.open(packed) as again:
            if _digest(plain) != _digest(again):
                raise BackupError(f"{packed}: what was packed is not what was copied")
        packed.replace(part)
    finally:
        packed.unlink(missing_ok=True)


def _private(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _digest(stream: IO[bytes] | gzip.GzipFile) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()


def _unpack(file: Path, part: Path) -> None:
    """By what the file is, not by its name."""
    with file.open("rb") as raw:
        is_zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source = gzip.GzipFile(fileobj=raw) if is_zipped else raw
        with _private(part) as out:
            shutil.copyfileobj(source, out, 1 << 20)


def _tame(part: Path, now: datetime) -> list[int]:
    """What must not go on as if no time had passed: who got a broadcast since is not known, and the books are compared at once."""
    with contextlib.closing(sqlite3.connect(part)) as connection, connection:
        connection.execute("DELETE FROM marks WHERE key = 'stripe.reconciled'")
        found = connection.execute(
            "UPDATE broadcasts SET state = 'paused' WHERE state = 'running' OR (state = 'scheduled' AND due_at <= ?)"
            " RETURNING id",
            (int(now.timestamp()),),
        )
        return sorted(row[0] for row in found.fetchall())


def _lost(path: Path, proof: Proof) -> int | None:
    """How many rows of the present ledger are newer than the backup; None where it cannot be read."""
    if snapshot.is_empty(path):
        return None
    try:
        return snapshot.prove(path).rows - proof.rows
    except (StoreBroken, sqlite3.Error):
        return None


def _put_aside(path: Path, now: datetime) -> Path | None:
    """With the files beside it: a -wal left behind would be taken for the restored database's own.

    The database keeps its name too until the restored one takes it, so that a kill in between leaves no empty place.
    """
    aside = path.with_name(f"{path.name}.before-{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z")
    beside = [one for one in SIDES if path.with_name(path.name + one).exists()]
    if path.exists():
        aside.hardlink_to(path)
    for ending in beside:
        path.with_name(path.name + ending).replace(aside.with_name(aside.name + ending))
    return aside if beside or aside.exists() else None


def _forget(file: Path, keep: int) -> None:
    """Of the backups with names of ours the newest `keep` stay; 0: all of them."""
    found = sorted(one for one in file.parent.glob("entraide-*") if _NAME.fullmatch(one.name))
    for one in found[:-keep] if keep else ():
        one.unlink()
