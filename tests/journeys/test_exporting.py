"""Gifts as files for spreadsheets: the same numbers in CSV, XLSX and LibreOffice, and no text that becomes a formula."""

import asyncio
import csv
import io
import json
import shutil
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from bot import exporting
from bot.command_line import cli
from bot.exporting import Export
from bot.periods import Period
from tests.journeys.test_back import a_paid_gift
from tests.stage import Stage, press

runner = CliRunner()
YEARS = Period.read(20200101, 20991231)
SOFFICE = shutil.which("soffice")


async def a_gift_from(stage: Stage, source: str) -> None:
    """A paid gift of 200 MAD whose source was written by a stranger, as no deep link could."""
    await a_paid_gift(stage)
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET source = ?", (source,)))


async def written(stage: Stage, tmp_path: Path, language: str, form: exporting.Form) -> Path:
    assert YEARS is not None
    wanted = Export("", YEARS, form)
    words = stage.services.catalogues.words(language)
    file = tmp_path / f"{language}-{wanted.name}"
    assert await exporting.export_to(stage.services, words, wanted, file, "staff 1") == 1
    return file


def read_csv(file: Path, delimiter: str) -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(file.read_bytes().decode("utf-8-sig"), newline=""), delimiter=delimiter)
    )


async def test_staff_take_the_file_and_it_is_in_the_audit_log(stage: Stage) -> None:
    await a_paid_gift(stage)
    karim = stage.karim()
    await karim.send("/export")
    await karim.says("Les dons en fichier")
    for form, start in (("CSV", b"\xef\xbb\xbf"), ("XLSX", b"PK")):
        known = karim.last.id
        await karim.tap(form)
        await karim.until(lambda one, known=known: one.last.id != known and one.last.document, 15)
        document = karim.last.document
        assert document is not None
        assert document.content.startswith(start)
        assert document.name.startswith("gifts-all-")
    acts = await stage.rows("SELECT act, subject, after FROM acts")
    assert [(act, subject, json.loads(after)["rows"]) for act, subject, after in acts] == [
        ("export", "all", 1)
    ] * 2


async def test_what_cannot_be_read_is_explained_and_a_year_can(stage: Stage) -> None:
    karim = stage.karim()
    await karim.send("/export tomorrow")
    await karim.says("Écrivez deux jours")
    await karim.send("/export 2020")
    await press(karim, "CSV", "0 don", first="1er janvier 2020")


@pytest.mark.parametrize(
    ("language", "delimiter", "sum"), [("fr", ";", "200,00"), ("ar", ";", "200,00"), ("en", ",", "200.00")]
)
async def test_csv_is_for_the_excel_of_its_language(
    stage: Stage, tmp_path: Path, language: str, delimiter: str, sum: str
) -> None:
    await a_gift_from(stage, "=cmd()")
    file = await written(stage, tmp_path, language, "csv")
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    head, row = read_csv(file, delimiter)
    assert len(head) == len(row) == 14
    assert row[6:10] == ["MAD", sum, sum.replace("200", "0"), sum.replace("200", "0")]
    assert row[12] == "'=cmd()"
    [(donor,)] = await stage.rows("SELECT donor_id FROM donations")
    assert row[13] == f"D{donor}"
    assert "John" not in file.read_text("utf-8")


@pytest.mark.parametrize("source", ["=cmd()", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
async def test_a_source_never_becomes_a_formula(stage: Stage, tmp_path: Path, source: str) -> None:
    await a_gift_from(stage, source)
    [_, row] = read_csv(await written(stage, tmp_path, "fr", "csv"), ";")
    assert row[12] == f"'{source}"
    file = await written(stage, tmp_path, "fr", "xlsx")
    cell = openpyxl.load_workbook(file).worksheets[0]["M2"]
    assert cell.data_type == "s"
    assert str(cell.value).endswith(source.strip())
    assert b"<f>" not in zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml")


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed: apt-get install libreoffice-calc")
@pytest.mark.parametrize("language", ["fr", "ar"])
async def test_libreoffice_reads_the_same_numbers_from_both(
    stage: Stage, tmp_path: Path, language: str
) -> None:
    await a_gift_from(stage, "=cmd()")
    await stage.services.db.write(lambda tx: tx.plain("UPDATE donations SET amount_minor = 1234567"))
    tables: list[list[str]] = []
    forms: tuple[tuple[exporting.Form, str], ...] = (("csv", "CSV:59,34,76,1,,1036,false,true"), ("xlsx", ""))
    for form, options in forms:
        file = await written(stage, tmp_path, language, form)
        tables.append(await converted(file, options))
    sums = [[Decimal(cell.replace(",", "")) for cell in table[7:10]] for table in tables]
    assert sums[0] == sums[1] == [Decimal("12345.67"), 0, 0]
    assert tables[0][12] == "'=cmd()"
    assert tables[1][12] == "=cmd()"
    assert tables[0][0] == tables[1][0]


async def converted(file: Path, options: str) -> list[str]:
    """The second row, as LibreOffice understands it and writes it again: unformatted, with points."""
    out = file.parent / file.suffix.strip(".")
    command = [
        str(SOFFICE),
        f"-env:UserInstallation=file://{file.parent}/profile",
        "--headless",
        *([f"--infilter={options}"] if options else []),
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1,,1033,false,false",
        "--outdir",
        str(out),
        str(file),
    ]
    made = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said = await made.communicate()
    assert made.returncode == 0, said
    return read_csv(out / f"{file.stem}.csv", ",")[1]


async def test_a_file_larger_than_telegram_takes_is_refused_kindly(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "LARGEST", 10)
    karim = stage.karim()
    await karim.send("/export 2026")
    await press(
        karim, "XLSX", "entraide export --from 2026-01-01 --to 2026-12-31 --form xlsx", first="Les dons"
    )


async def test_the_command_line_writes_the_file_too(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_paid_gift(stage)
    monkeypatch.setenv("DATABASE_URL", stage.settings.database_url)
    asked = ["export", "--form", "xlsx", "--out", str(tmp_path / "out"), "--language", "ar"]
    result = await asyncio.to_thread(runner.invoke, cli, asked)
    assert result.exit_code == 0, result.output
    assert "1 gifts" in result.output
    [file] = (tmp_path / "out").iterdir()
    sheet = openpyxl.load_workbook(file).worksheets[0]
    assert sheet["H2"].value == 200
    assert sheet.sheet_view.rightToLeft
    for wrong in (["--campaign", "nowhere"], ["--form", "pdf"], ["--language", "xx"]):
        assert (await asyncio.to_thread(runner.invoke, cli, ["export", *wrong])).exit_code != 0
