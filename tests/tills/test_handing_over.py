"""`daemon.tills.handing_over` and `daemon.tills.pulse_giving`: what has happened at a machine is stored, whatever the journal says."""

from __future__ import annotations

import asyncio

from vending import a_payment, in_virtual_time, yuan

from daemon.goods import Owing, Stand
from daemon.payment import Payment, Ref, State
from daemon.tills.base import Ended, NotStorable
from daemon.tills.handing_over import AGAIN_S, HandingOver
from daemon.tills.pulse_giving import STOP_S, PulseGiving
from daemon.tills.waking import Waking
from hw.settings import PulseSettings
from hw.simulated_pulses import SimulatedPulses

OWING = Owing(a_payment("A-1", State.PAID, amount=yuan(300)), "pulse", 3)


class Box:
    """A desk and a journal; `errors` are raised by the next calls, one each."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.stored: list[Owing] = []
        self.failed: list[tuple[Ref, str]] = []

    def _err(self) -> None:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error

    async def store(self, owing: Owing) -> None:
        self._err()
        self.stored.append(owing)

    async def goods_failed(self, ref: Ref, text: str) -> Payment:
        self._err()
        self.failed.append((ref, text))
        return OWING.payment

    def handing(self) -> HandingOver:
        return HandingOver(self, self)  # type: ignore[arg-type]  # all of a desk and of goods that is asked for


@in_virtual_time
async def test_what_happened_is_stored_again_and_again() -> None:
    box, begun = Box(NotStorable("full"), NotStorable("full")), asyncio.get_running_loop().time()
    assert await box.handing().store(OWING.begin()) == OWING.begin()
    assert (box.stored, asyncio.get_running_loop().time()) == ([OWING.begin()], begun + 2 * AGAIN_S)


@in_virtual_time
async def test_goods_that_the_journal_has_lost_are_let_go_with_a_word(caplog) -> None:  # type: ignore[no-untyped-def]  # pytest's own
    assert await Box(KeyError("A-1")).handing().store(OWING) == OWING
    assert "goods_not_stored ref=A-1" in caplog.text


@in_virtual_time
async def test_nothing_given_asks_for_the_money_to_go_back_and_closes_only_then() -> None:
    box = Box(None, NotStorable("full"))
    end = await box.handing().finish(OWING, "inhibited")
    assert (end.stands, end.is_open, box.failed) == (Stand.FAILED, False, [("A-1", "inhibited")])
    assert [owing.is_open for owing in box.stored] == [True, False]


@in_virtual_time
async def test_money_that_is_on_its_way_back_already_or_of_which_nobody_knows_needs_nothing_more(caplog) -> None:  # type: ignore[no-untyped-def]  # as above
    for error in (Ended("it is refunded"), KeyError("A-1")):
        assert (await Box(None, error).handing().finish(OWING, "inhibited")).is_open is False
    assert "goods_not_paid_back" in caplog.text


@in_virtual_time
async def test_a_pulse_that_takes_too_long_to_be_stored_is_left_in_doubt_when_the_box_stops() -> None:
    output = SimulatedPulses("machine", PulseSettings("simulated"))
    output.open()
    box = Box(None, *[NotStorable("full")] * 100)
    giving = PulseGiving(output, box.handing(), Waking())
    task = asyncio.get_running_loop().create_task(giving.give(OWING))
    await asyncio.sleep(1)
    task.cancel()
    begun = asyncio.get_running_loop().time()
    await giving.stop()
    assert asyncio.get_running_loop().time() <= begun + STOP_S + 0.1
    assert (output.counted, box.stored[-1].in_hand) == (1, 1)
    await asyncio.gather(task, return_exceptions=True)
