"""`daemon.tills.offering`: the till's own offers, and when one is over."""

from __future__ import annotations

import pytest
from vending import PulseShop, a_payment, in_virtual_time, settle, yuan

from daemon.payment import State
from daemon.tills.offering import ARMED_S, Wanted, is_over
from daemon.tills.pulse import PulseTerms


@pytest.mark.parametrize("state", State)
def test_an_offer_is_over_when_nothing_more_comes_of_it_now(state: State) -> None:
    assert is_over(a_payment(state=state)) is (state.is_final or state is State.IN_DOUBT)


def test_what_nobody_chose_stands_for_an_hour() -> None:
    assert Wanted(yuan(500)).ttl_s == ARMED_S
    assert PulseTerms("machine").prices == {}


@pytest.mark.usefixtures("impatient")
@in_virtual_time
async def test_an_offer_that_cannot_be_taken_back_now_is_taken_back_later(tmp_path) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    async with PulseShop(tmp_path) as shop:
        ref = await shop.offered()
        shop.lock()
        shop.output.inhibit(True)
        await settle()
        assert shop.payment.state is State.AWAITING_CODE
        shop.unlock()
        await shop.ends(ref, State.CANCELLED)


@in_virtual_time
async def test_what_is_in_doubt_is_waited_for(tmp_path) -> None:  # type: ignore[no-untyped-def]  # as above
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays("78")
        await shop.ends(ref, State.IN_DOUBT)
        await settle()
        assert (shop.ref, shop.desk.status()["busy_ref"], shop.output.counted) == (ref, ref, 0)
