"""The evidence on a contested gift, for staff to hand to the bank: facts of the payment and of the conversation."""

from datetime import datetime, timedelta

from msgspec import Struct

from bot.i18n import Words
from bot.model import Donation
from bot.money import Money
from bot.papering import descriptor_of, gift_of, issuer_of, receipt_in
from bot.papers import facts
from bot.papers.printing import printed, render_evidence
from bot.services import Services
from bot.store import donations, donors, papers, refunds
from bot.store.sql import Tx


class Pack(Struct, frozen=True):
    """The evidence as PDF, and when it must be with the bank."""

    content: bytes
    due_by: datetime | None


async def pack(services: Services, words: Words, donation_id: str, dispute_id: str) -> Pack | None:
    """None where the gift or the dispute is unknown."""
    found = await services.db.read(lambda tx: _evidence(tx, services, words, donation_id, dispute_id))
    return Pack(await printed(render_evidence, words, found), found.due_by) if found else None


def _evidence(
    tx: Tx, services: Services, words: Words, donation_id: str, dispute_id: str
) -> facts.Evidence | None:
    donation, dispute = donations.get(tx, donation_id), papers.dispute(tx, dispute_id)
    gift = gift_of(tx, donation) if donation else None
    if donation is None or gift is None or dispute is None:
        return None
    payment = donations.payment_for(tx, donation.id)
    gone = refunds.of_payment(tx, payment.payment_intent) if payment else []
    donor, receipt = donors.get(tx, donation.donor_id), receipt_in(gift.papers)
    # Nobody taps for a renewal: it is an invoice that Stripe makes by itself.
    subject = payment.subject if payment else ""
    return facts.Evidence(
        reference=donation.id.upper(),
        campaign=gift.campaign.text(words.language).title,
        issuer=issuer_of(services, words, [gift.campaign]),
        gift=donation.money,
        cover=donation.cover if donation.cover_minor else None,
        contested=dispute.money,
        refunded=Money(sum(one.money.minor for one in gone if one.counts), donation.money.currency),
        reason=dispute.reason,
        dispute_id=dispute.id,
        due_by=dispute.due_by,
        language=donor.language if donor else "",
        asked_at=None if subject.startswith("in_") else donation.created_at,
        paid_at=donation.settled_at,
        thanked_at=papers.thanked_at(tx, donation.id),
        undo_until=_could_undo_until(services, donation, has_refund=bool(gone)),
        receipt_number=receipt.paper.name if receipt else "",
        descriptor=descriptor_of(services, gift),
        subject=subject,
        payment_intent=payment.payment_intent if payment else "",
        contact=gift.campaign.appeal.contact,
        made_at=services.clock(),
    )


def _could_undo_until(services: Services, donation: Donation, *, has_refund: bool) -> datetime | None:
    """Until when the donor could have taken the gift back, where that time passed unused."""
    minutes = services.settings.undo_minutes
    if donation.settled_at is None or not minutes or has_refund:
        return None
    until = donation.settled_at + timedelta(minutes=minutes)
    return until if until <= services.clock() else None
