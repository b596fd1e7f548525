"""Count everything again from the facts, and name what differs. Reads only; mends nothing."""

from collections.abc import Iterable, Iterator

from bot.ledger import OF_GIFTS, EntryKind, faults
from bot.services import Services
from bot.store import audit, auditsums, ledger
from bot.store.sql import Tx


async def audit_books(services: Services) -> list[str]:
    """What differs between the ledger, the totals, the states, the receipts and the facts under them."""
    return await services.db.read(lambda tx: list(_books(tx)))


def _books(tx: Tx) -> Iterator[str]:
    for fault in faults(ledger.all_rows(tx)):
        yield f"ledger row {fault.seq} {fault.why}"
    facts, (totals, count) = audit.held(tx), audit.kept(tx)
    booked = ledger.by_kind(tx)
    yield from _differ("", facts=facts.gifts, totals=totals, ledger=_booked(booked, OF_GIFTS))
    yield from _differ("gifts: ", facts=facts.count, totals=count)
    covers = _booked(booked, (EntryKind.COVER, EntryKind.COVER_BACK))
    yield from _differ("cover: ", facts=facts.covers, ledger=covers)
    fees = {key: -minor for key, minor in _booked(booked, (EntryKind.FEE,)).items()}
    yield from _differ("fees: ", facts=audit.fees(tx), ledger=fees)
    for donation_id, counted, due in audit.miscounted(tx):
        yield f"gift {donation_id} counts {counted} for its goal, its rate and its facts say {due}"
    for slug, counted, summed, donors, people in audit.goals(tx):
        if counted != summed:
            yield f"{slug}: counts {counted} for its goal, its gifts {summed}"
        if donors != people:
            yield f"{slug}: {donors} donors, its gifts came from {people}"
    for donation_id, state, due in audit.wrong_states(tx):
        yield f"gift {donation_id} is {state}, its facts say {due}"
    yield from _pledges(tx)
    for year, missing in audit.gaps(tx):
        yield f"receipts of {year}: {missing} numbers are missing"
    for donation_id in audit.unpapered(tx):
        yield f"gift {donation_id} was paid and has no receipt"
    for key, kept, counted in auditsums.wrong(tx):
        yield f"running sum {key}: kept {kept}, counted {counted}"


def _pledges(tx: Tx) -> Iterator[str]:
    facts, totals = audit.promised(tx), audit.kept_promised(tx)
    for key in sorted({*facts, *totals}):
        if facts.get(key, 0) != totals.get(key, 0):
            counted = f"pledges {facts.get(key, 0)}, totals {totals.get(key, 0)}"
            yield f"{key[0]} {key[1]} promised: {counted}"
    for slug, currency, kept, many in audit.wrong_pledges(tx):
        yield f"{slug} {currency} pledges: kept {kept}, there are {many}"
    for pledge, state in audit.orphans(tx):
        yield f"pledge {pledge} is {state}, its gift says otherwise"


def _booked(booked: dict[EntryKind, audit.Sums], kinds: Iterable[EntryKind]) -> audit.Sums:
    """The ledger's sums of these kinds together."""
    sums: audit.Sums = {}
    for kind in kinds:
        for key, minor in booked.get(kind, {}).items():
            sums[key] = sums.get(key, 0) + minor
    return sums


def _differ(what: str, **sums: audit.Sums) -> Iterator[str]:
    """A sentence for each campaign and currency whose sums are not the same in every book; what is missing is 0."""
    for key in sorted({key for book in sums.values() for key in book}):
        counted = {name: book.get(key, 0) for name, book in sums.items()}
        if len(set(counted.values())) > 1:
            yield f"{key[0]} {key[1]}: {what}" + ", ".join(
                f"{name} {minor}" for name, minor in counted.items()
            )
