"""Papers and proofs: receipts, credit notes, statements, one's gift in the ledger, and what a scanned code says."""

from datetime import date

from bot import papering, proving, stating
from bot.actions import GetCreditNote, GetPaper, GetReceipt, GetStatement, Scan, VerifyGift
from bot.i18n import ZONE
from bot.periods import Period
from bot.screens import paperwork as screens
from bot.screens import proof
from bot.screens.base import Screen
from handlers.asking import ReceiptCommand, StatementCommand, VerifyCommand
from handlers.routes import Turn, on


@on(ReceiptCommand)
async def receipt_command(turn: Turn, action: ReceiptCommand) -> Screen:
    found = await papering.paper(turn.services, turn.donor, turn.words, action.text)
    return _paper(turn, found) if found else screens.no_receipt(turn.words, action.text)


@on(GetReceipt)
async def get_receipt(turn: Turn, action: GetReceipt) -> Screen:
    return await receipt_command(turn, ReceiptCommand(action.donation_id))


@on(GetPaper)
async def get_paper(turn: Turn, action: GetPaper) -> Screen:
    return await receipt_command(turn, ReceiptCommand(f"{action.year}-{action.number}"))


@on(GetCreditNote)
async def get_credit_note(turn: Turn, action: GetCreditNote) -> Screen:
    found = await papering.credit_note(turn.services, turn.donor, turn.words, action.donation_id)
    return _paper(turn, found) if found else screens.no_credit_note(turn.words)


def _paper(turn: Turn, found: papering.Printed) -> Screen:
    return screens.paper(turn.words, found.paper, found.donation, found.content, found.others)


@on(StatementCommand)
async def statement_command(turn: Turn, action: StatementCommand) -> Screen:
    period = Period.written(action.text, _today(turn))
    return await _statement(turn, period) if period else screens.how_to_ask(turn.words)


@on(GetStatement)
async def get_statement(turn: Turn, action: GetStatement) -> Screen:
    return await statement_command(turn, StatementCommand(str(action.year or "")))


async def _statement(turn: Turn, period: Period) -> Screen:
    found = await stating.statement(turn.services, turn.donor, turn.words, period)
    if found.content is None:
        return screens.no_statement(turn.words, period, found.years)
    return screens.statement(turn.words, period, found.content, found.years)


def _today(turn: Turn) -> date:
    return turn.services.clock().astimezone(ZONE).date()


@on(VerifyCommand)
async def verify_command(turn: Turn, action: VerifyCommand) -> Screen:
    found = await proving.own(turn.services, turn.donor, action.text)
    if found is None:
        return proof.unknown(turn.words)
    return proof.own(turn.words, found.donation, found.rows, found.head, found.file, is_whole=found.is_whole)


@on(VerifyGift)
async def verify_gift(turn: Turn, action: VerifyGift) -> Screen:
    return await verify_command(turn, VerifyCommand(action.donation_id))


@on(Scan)
async def scan(turn: Turn, action: Scan) -> Screen:
    found = await proving.scan(turn.services, action.code, action.year, action.number)
    if found is None:
        return proof.not_ours(turn.words)
    return proof.genuine(
        turn.words,
        found.paper,
        found.donation,
        found.campaign,
        found.refunded,
        found.row,
        is_void=found.is_void,
    )
