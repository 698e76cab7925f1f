"""`daemon.tills.pulse` before a whole box: always armed, pulses for what was paid, and nothing offered that could not be honoured."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from vending import NOTE, PulseShop, a_payment, in_virtual_time, settle, until, yuan

from daemon.events import Cancelled
from daemon.goods import Owing, Stand
from daemon.health import Link
from daemon.payment import Ref, State
from daemon.signals import RESULT_S
from daemon.tills.offering import ARMED_S
from daemon.tills.pulse import INHIBIT_GRACE_S
from daemon.tills.pulse_giving import INHIBIT_MOST_S
from daemon.view import Outage, Part
from hw.interfaces import Condition, Health, PulseEnd
from hw.settings import PulseSettings
from hw.simulated_pulses import SimulatedPulses

PAID_S = RESULT_S[State.PAID]
DOWN = Link(Health(Condition.FAILING, "no route"))


@in_virtual_time
async def test_the_price_is_offered_from_the_start_and_paid_for_in_pulses(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        assert shop.payment.amount == yuan(500)
        await shop.counts(5)
        owing = await shop.owing(ref)
        assert (owing.stands, owing.done, owing.is_open) == (Stand.GIVEN, 5, False)
        assert shop.board.doubts == 0


@in_virtual_time
async def test_after_each_end_it_offers_anew_once_its_result_was_seen(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        for count in (5, 10):
            ref = await shop.pays()
            await shop.counts(count)
            await until(lambda ref=ref: shop.ref != ref)
        refused = await shop.pays("15")
        await shop.ends(refused, State.REFUSED)
        await asyncio.sleep(RESULT_S[State.REFUSED] - 0.5)
        assert shop.presenter.screen == "refused"
        await asyncio.sleep(1)
        assert (shop.ref != refused, shop.presenter.screen, shop.output.counted) == (True, "awaiting_code", 10)


@in_virtual_time
async def test_paid_stays_to_be_seen_while_the_pulses_are_given(tmp_path: Path) -> None:
    async with PulseShop(tmp_path, price=100) as shop:
        await shop.pays()
        await asyncio.sleep(PAID_S - 0.2)
        assert (shop.presenter.screen, shop.output.counted) == ("paid", 1)
        await asyncio.sleep(0.4)
        assert shop.presenter.screen == "awaiting_code"


@in_virtual_time
async def test_an_offer_that_nobody_takes_is_made_anew_without_a_word(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        first = await shop.offered()
        seen = []
        shop.presenter.listeners.append(lambda: seen.append((shop.presenter.screen, shop.presenter.patterns["red"])))
        heard = shop.presenter.heard
        await asyncio.sleep(ARMED_S + 1)
        assert (shop.payment.state, shop.ref != first) == (State.AWAITING_CODE, True)
        assert set(seen) <= {("awaiting_code", "off"), ("ready", "off")}
        assert shop.presenter.heard is not None
        assert shop.presenter.heard.name == heard.name == "tick"
        assert shop.presenter.view.left_s is None, "no countdown that keeps an idle box awake"


@in_virtual_time
async def test_the_payers_cancel_is_shown_and_then_it_offers_anew(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.offered()
        await shop.runner.feed(ref, Cancelled("button", at=shop.runner.at()))
        await asyncio.sleep(RESULT_S[State.CANCELLED] - 0.5)
        assert (shop.presenter.screen, shop.ref) == ("cancelled", ref)
        await asyncio.sleep(1)
        assert shop.presenter.screen == "awaiting_code"


# -- what could not be honoured is not offered --


@in_virtual_time
async def test_an_inhibited_machine_is_offered_nothing_and_soon_says_so(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.offered()
        shop.output.inhibit(True)
        await settle()
        assert (shop.payment.state, shop.payment.reason and shop.payment.reason.text) == (State.CANCELLED, "given up by the machine")
        assert (shop.presenter.screen, shop.desk.not_ready()) == ("ready", []), "it may only be busy with the last sale"
        await asyncio.sleep(INHIBIT_GRACE_S + 0.1)
        assert shop.desk.not_ready() == ["till machine: the machine takes no credit (inhibit)"]
        assert shop.board.outages() == (Outage(Part.GOODS, "machine", "the machine takes no credit (inhibit)"),)
        assert (shop.presenter.screen, shop.presenter.patterns) == ("not_ready", {"green": "off", "amber": "off", "red": "slow"})
        assert shop.ref == ref, "nothing was offered"
        shop.output.inhibit(False)
        await settle()
        assert (shop.presenter.screen, shop.desk.not_ready()) == ("awaiting_code", [])


@in_virtual_time
async def test_a_machine_that_is_busy_for_seconds_calls_nobody(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        seen = []
        shop.presenter.listeners.append(lambda: seen.append(shop.presenter.patterns["red"]))
        for _ in range(3):
            shop.output.inhibit(True)
            await asyncio.sleep(INHIBIT_GRACE_S - 0.5)
            shop.output.inhibit(False)
            await shop.offered()
        assert "slow" not in seen


@in_virtual_time
async def test_while_the_line_is_away_nothing_is_offered(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        shop.output.unplug()
        await settle()
        assert shop.payment.state is State.CANCELLED
        assert shop.desk.not_ready() == ["till machine: its credit line is missing: unplugged"]
        assert shop.board.outages() == (Outage(Part.TILL, "machine", "unplugged"),)
        shop.output.plug()
        await shop.offered()
        assert shop.desk.not_ready() == []


@in_virtual_time
async def test_while_no_provider_answers_nothing_is_offered(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        shop.board.link("trial", DOWN)
        await settle()
        assert shop.payment.state is State.CANCELLED
        assert shop.desk.not_ready() == ["till machine: gateway trial: no route"]
        shop.board.link("trial", Link())
        await shop.offered()


@in_virtual_time
async def test_what_the_box_itself_lacks_is_said_once_and_holds_the_offer_back(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        shop.board.device("scanner", Health(Condition.MISSING, "unplugged"))
        await settle()
        assert shop.payment.state is State.CANCELLED
        assert shop.desk.not_ready() == ["scanner missing: unplugged"]
        shop.board.device("scanner", Health(Condition.OK))
        await shop.offered()


@in_virtual_time
async def test_a_payment_under_way_goes_on_when_the_machine_inhibits(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays("01")
        await until(lambda: shop.payment.state is State.PENDING)
        shop.output.inhibit(True)
        await shop.ends(ref, State.PAID)
        await asyncio.sleep(20)
        assert shop.output.counted == 0
        shop.output.inhibit(False)
        await shop.counts(5)
        assert (await shop.owing(ref)).stands is Stand.GIVEN


# -- pulses --


@in_virtual_time
async def test_between_pulses_an_inhibited_machine_is_waited_for(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        await until(lambda: shop.output.counted == 2)
        shop.output.inhibit(True)
        await asyncio.sleep(INHIBIT_MOST_S - 5)
        assert shop.output.counted == 2
        shop.output.inhibit(False)
        await shop.counts(5)
        assert (await shop.owing(ref)).stands is Stand.GIVEN


@in_virtual_time
async def test_a_machine_that_takes_no_pulse_at_all_gets_none_and_the_money_goes_back(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays("01")
        shop.output.inhibit(True)
        await shop.ends(ref, State.REFUNDED)
        assert (await shop.owing(ref)).lines() == [
            "goods: failed, 0 of 5 pulses given",
            "pulses 1 to 5 of 5 not given",
            "why: the machine inhibited",
        ]
        assert (shop.output.counted, shop.board.doubts) == (0, 0)


@in_virtual_time
async def test_a_machine_that_stops_in_the_middle_is_for_a_person(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        await until(lambda: shop.output.counted == 2)
        shop.output.inhibit(True)
        await until(lambda: shop.board.doubts == 1)
        assert (await shop.owing(ref)).lines()[:2] == ["goods: in_doubt, 2 of 5 pulses given", "pulses 3 to 5 of 5 not given"]
        await asyncio.sleep(600)
        assert "refund" not in shop.asked
        shop.output.inhibit(False)
        await until(lambda: shop.ref != ref)
        assert shop.output.counted == 2


@in_virtual_time
async def test_a_pulse_of_another_width_is_in_doubt_and_the_others_go_on(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        shop.output.ends.extend([PulseEnd.GIVEN, PulseEnd.UNSURE])
        ref = await shop.pays()
        await shop.counts(5)
        assert (await shop.owing(ref)).lines()[:2] == ["goods: in_doubt, 4 of 5 pulses given", "pulse 2 of 5 is in doubt"]
        assert shop.board.doubts == 1


@in_virtual_time
async def test_a_pulse_that_was_surely_not_given_is_given(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        shop.output.ends.extend([PulseEnd.NOT_GIVEN, PulseEnd.GIVEN, PulseEnd.NOT_GIVEN])
        ref = await shop.pays()
        await shop.counts(5)
        assert (await shop.owing(ref)).stands is Stand.GIVEN


@in_virtual_time
async def test_a_machine_that_inhibits_while_a_pulse_is_stored_gets_none(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        store = shop.goods.store

        async def slow(owing: Owing) -> None:
            await store(owing)
            if owing.begun == 3 and owing.in_hand:
                shop.goods.store = store  # type: ignore[method-assign]  # as it was
                shop.output.inhibit(True)

        await shop.offered()
        shop.goods.store = slow  # type: ignore[method-assign]  # a worn card
        ref = await shop.pays()
        await until(lambda: shop.output.inhibited)
        await asyncio.sleep(20)
        assert shop.output.counted == 2
        shop.output.inhibit(False)
        await shop.counts(5)
        assert (await shop.owing(ref)).stands is Stand.GIVEN


@in_virtual_time
async def test_a_line_that_is_gone_when_it_is_paid_sends_the_money_back(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays("01")
        shop.output.unplug()
        await shop.ends(ref, State.REFUNDED)
        assert "unplugged" in (await shop.owing(ref)).note


# -- restarts, and the journal --


@in_virtual_time
async def test_what_was_owed_before_a_restart_is_given_after_it(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        await until(lambda: shop.output.counted == 2)
    output = shop.output
    async with PulseShop(tmp_path, output=output) as again:
        assert again.till.is_giving
        await again.counts(5)
        assert (await again.owing(ref)).stands is Stand.GIVEN
        assert not again.till.is_giving


@in_virtual_time
async def test_the_pulse_that_a_power_cut_met_is_in_doubt_and_not_given_again(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.till.stop()
        await shop.journal.store(a_payment("P-1", State.PAID, till="machine"), NOTE)
        owing = (await shop.owing(Ref("P-1"))).begin().certain().begin().certain().begin()
        await shop.goods.store(owing)
    async with PulseShop(tmp_path) as again:
        await again.counts(2)
        owing = await again.owing(Ref("P-1"))
        assert owing.lines()[:2] == ["goods: in_doubt, 4 of 5 pulses given", "pulse 3 of 5 is in doubt"]
        assert "pulse 3" in owing.note
        await until(lambda: again.board.doubts == 1)
        await again.offered()


@in_virtual_time
async def test_a_refund_that_was_cut_off_is_asked_for_after_the_start(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        await shop.till.stop()
        owing = await shop.owing(ref)
        if owing.in_hand is not None or owing.begun:
            pytest.fail("stopped before the first pulse")
        await shop.goods.store(owing.end("inhibited"))
    async with PulseShop(tmp_path, gateways={"trial": shop.provider}) as again:
        await again.ends(ref, State.REFUNDED)
        await until(lambda: not again.till.is_giving)
        assert again.output.counted == 0
        assert not (await again.owing(ref)).is_open


@in_virtual_time
async def test_a_payment_that_was_in_doubt_too_long_is_paid_back_and_gives_nothing(tmp_path: Path) -> None:
    async with PulseShop(tmp_path, sell_while_in_doubt=True) as shop:
        await shop.till.stop()
        await shop.journal.store(a_payment("P-1", State.IN_DOUBT, till="machine"), NOTE)
        await shop.journal.store(a_payment("P-1", State.PAID, till="machine"), NOTE)
    async with PulseShop(tmp_path) as again:
        await again.offered()
        owing = await again.owing(Ref("P-1"))
        assert (owing.stands, owing.is_open, again.output.counted) == (Stand.FAILED, False, 0)


@pytest.mark.usefixtures("impatient")
@in_virtual_time
async def test_a_pulse_that_cannot_be_stored_is_not_given(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        await until(lambda: shop.output.counted == 2)
        shop.lock()
        await asyncio.sleep(30)
        assert shop.output.counted == 2
        shop.unlock()
        await shop.counts(5)
        assert (await shop.owing(ref)).stands is Stand.GIVEN, "it was only not stored, and none is in doubt"


@in_virtual_time
async def test_a_box_that_stops_gives_the_pulse_in_hand_and_no_more(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        ref = await shop.pays()
        await until(lambda: shop.output.counted == 2)
        await asyncio.sleep(0.26)
        await shop.till.stop()
        owing = await shop.owing(ref)
        assert (owing.in_hand, owing.done) == (None, shop.output.counted)
        assert owing.done < 5
        await shop.till.stop()


# -- others --


@in_virtual_time
async def test_another_tills_payment_is_waited_for(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.till.stop()
    async with PulseShop(tmp_path) as shop:
        ref = await shop.offered()
        await shop.runner.feed(ref, Cancelled("button", at=shop.runner.at()))
        await shop.sell("H-1", till="http")
        await asyncio.sleep(30)
        assert shop.payment.ref == "H-1"
        await shop.runner.feed(Ref("H-1"), Cancelled("till", at=shop.runner.at()))
        await shop.offered()
        assert shop.payment.till == "machine"


@in_virtual_time
async def test_a_product_button_changes_the_offer_until_its_end(tmp_path: Path) -> None:
    async with PulseShop(tmp_path, prices={5: 300, 6: 200}) as shop:
        first = await shop.offered()
        shop.output.choose(5)
        await until(lambda: shop.ref != first)
        assert (shop.payment.amount, shop.payment.ttl_s) == (yuan(300), None)
        chosen = shop.ref
        shop.output.choose(5)
        await settle()
        assert shop.ref == chosen
        await shop.scan("01", chosen)
        shop.output.choose(6)  # a payer's choice is not changed by who comes next
        await shop.counts(3)
        await until(lambda: shop.ref != chosen)
        assert shop.payment.amount == yuan(500)


@in_virtual_time
async def test_without_a_fixed_price_nothing_is_offered_before_a_choice(tmp_path: Path) -> None:
    async with PulseShop(tmp_path, price=None, prices={5: 300}) as shop:
        await asyncio.sleep(100)
        assert shop.changes == []
        shop.output.choose(5)
        await settle()
        assert shop.payment.amount == yuan(300)
        await asyncio.sleep(shop.rules.scan_s + 30)
        assert (shop.payment.state, shop.presenter.screen) == (State.EXPIRED, "ready")


@in_virtual_time
async def test_check_only_looks(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.till.stop()
        shop.output = SimulatedPulses("machine", PulseSettings("simulated"))
        shop.till = shop.make_till()
        healths: list[Health] = []
        shop.till.look(healths.append)
        await asyncio.sleep(100)
        assert [health.condition for health in healths] == [Condition.OK]
        await shop.till.stop()


@in_virtual_time
async def test_a_fault_of_this_program_does_not_end_the_till(tmp_path: Path) -> None:
    async with PulseShop(tmp_path) as shop:
        await shop.offered()
        pulse = shop.output.pulse

        def once() -> object:
            shop.output.pulse = pulse  # type: ignore[method-assign]  # as it was
            raise RuntimeError("a mistake")

        shop.output.pulse = once  # type: ignore[method-assign, assignment]  # a fault
        ref = await shop.pays()
        await shop.counts(4)
        assert (await shop.owing(ref)).lines()[1] == "pulse 1 of 5 is in doubt", "begun, and nobody knows"
