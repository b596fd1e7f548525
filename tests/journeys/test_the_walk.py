"""A donor gives, with webhooks and without."""

from tests.stage import Stage, to_the_bridge


async def test_a_donor_gives_and_is_thanked(stage: Stage) -> None:
    john = stage.john()
    session = await to_the_bridge(stage, john)
    stage.stripe.pay(session)
    await john.says("Received: 200 MAD")
    assert await stage.rows("SELECT state, amount_minor, currency FROM donations") == [("paid", 20000, "MAD")]
