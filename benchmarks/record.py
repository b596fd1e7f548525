"""`python -m benchmarks.record`: write benchmarks/screens.json, the walk's five screens as our bot draws them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from benchmarks.screens import FILE, URL
from bot.actions import ShowCampaign, link, pack
from bot.campaigns_file import read_file
from bot.i18n import Catalogues
from bot.model import Campaign, Donation, DonationState
from bot.money import Money
from bot.screens import giving, home
from bot.screens.base import Button, Screen

_GIFT = Money(20000, "MAD")


def record() -> dict[str, Any]:
    """The screens of a first gift of 200 MAD, for a reader of English."""
    words = Catalogues("en").words("en")
    campaign = replace(read_file(str(FILE.parent.parent / "campaigns.toml"))[0], id=1)
    share = f"https://t.me/entraide_bot?start={link(ShowCampaign(campaign.id), 'share')}"
    donation = _donation(campaign)
    received = replace(campaign, received=(_GIFT,), donors=1)
    screens = {
        "campaign": home.campaign(words, campaign, share, is_open=True),
        "amount": giving.amount(words, campaign, _GIFT.currency),
        "check": giving.check(words, campaign, _GIFT, ""),
        "bridge": giving.bridge(words, donation, campaign),
        "thanks": giving.thanks(words, donation, received, ""),
    }
    return {name: _drawn(screen) for name, screen in screens.items()}


def _donation(campaign: Campaign) -> Donation:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Donation(
        id="k7m2p9q4xz",
        donor_id=1,
        campaign_id=campaign.id,
        money=_GIFT,
        state=DonationState.AWAITING,
        attempt=1,
        params="{}",
        expires_at=now + timedelta(hours=2),
        created_at=now,
        url=URL,
    )


def _drawn(screen: Screen) -> dict[str, Any]:
    return {"text": screen.text, "inline_keyboard": [[_button(one) for one in row] for row in screen.rows]}


def _button(button: Button) -> dict[str, str]:
    act = {"callback_data": pack(button.action)} if button.action else {"url": button.url or ""}
    style = {"style": button.style} if button.style else {}
    return {"text": button.label, **act, **style}


if __name__ == "__main__":
    FILE.write_text(json.dumps(record(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE} was written")
