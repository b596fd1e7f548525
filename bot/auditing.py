"""Count everything again, from the facts and from Stripe, and name what differs. Reads only; mends nothing."""

from collections.abc import Iterator

from bot.ledger import EntryKind, faults
from bot.model import Dispute, Refund
from bot.services import Services
from bot.store import audit, donations, ledger, refunds
from bot.store.sql import Tx


async def audit_books(services: Services) -> list[str]:
    """What differs between the ledger, the totals, the states, the receipts and the facts under them."""
    return await services.db.read(lambda tx: list(_books(tx)))


def _books(tx: Tx) -> Iterator[str]:
    for fault in faults(ledger.all_rows(tx)):
        yield f"ledger row {fault.seq} {fault.why}"
    yield from _differ("", facts=audit.held(tx), totals=audit.kept(tx), ledger=ledger.sums(tx))
    covers = ledger.sums(tx, (EntryKind.COVER, EntryKind.COVER_BACK))
    yield from _differ("cover: ", facts=audit.covered(tx), ledger=covers)
    gifts, kept = audit.gifts(tx)
    yield from _differ("gifts: ", facts=gifts, totals=kept)
    for donation_id, counted, due in audit.miscounted(tx):
        yield f"gift {donation_id} counts {counted} for its goal, its rate and its facts say {due}"
    for slug, counted, summed, donors, people in audit.goals(tx):
        if counted != summed:
            yield f"{slug}: counts {counted} for its goal, its gifts {summed}"
        if donors != people:
            yield f"{slug}: {donors} donors, its gifts came from {people}"
    for donation_id, state, due in audit.wrong_states(tx):
        yield f"gift {donation_id} is {state}, its facts say {due}"
    for year, missing in audit.gaps(tx):
        yield f"receipts of {year}: {missing} numbers are missing"
    for donation_id in audit.unpapered(tx):
        yield f"gift {donation_id} was paid and has no receipt"


def _differ(what: str, **sums: dict[tuple[str, str], int]) -> Iterator[str]:
    """A sentence for each campaign and currency whose sums are not the same in every book; what is missing is 0."""
    for key in sorted({key for book in sums.values() for key in book}):
        counted = {name: book.get(key, 0) for name, book in sums.items()}
        if len(set(counted.values())) > 1:
            yield f"{key[0]} {key[1]}: {what}" + ", ".join(
                f"{name} {minor}" for name, minor in counted.items()
            )


async def audit_stripe(services: Services) -> list[str]:
    """What differs between Stripe's books and ours, both ways for payments, one way for what went back."""
    found: list[str] = []
    async for session in services.payments.all_completed():
        reference = session.reference or ""
        donation = await services.db.read(lambda tx: donations.get(tx, reference))  # noqa: B023  awaited at once
        if donation is None or session.payment_status != "paid":
            continue
        intent = session.payment_intent or ""
        payment = await services.db.read(lambda tx: donations.payment_of(tx, intent))  # noqa: B023
        if payment is None or payment.money != session.total:
            found.append(
                f"gift {reference}: Stripe has a payment that differs from ours, or that we do not have"
            )
            continue
        found += await _went_back(services, reference, intent)
    return found


async def _went_back(services: Services, reference: str, intent: str) -> list[str]:
    theirs = (await services.payments.refunds(intent), await services.payments.disputes(intent))
    ours = await services.db.read(
        lambda tx: (refunds.of_payment(tx, intent), refunds.disputes_of(tx, intent))
    )
    pairs = (("refunds", theirs[0], ours[0]), ("disputes", theirs[1], ours[1]))
    return [f"gift {reference}: {name} differ" for name, a, b in pairs if _facts(a) != _facts(b)]


def _facts(some: list[Refund] | list[Dispute]) -> set[tuple[str, int, str]]:
    return {(one.id, one.money.minor, one.status) for one in some}
