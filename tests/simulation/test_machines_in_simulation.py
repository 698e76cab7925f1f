"""Machines that give goods, in the simulation (daemon.simulation.vending, daemon.simulation.pulses, daemon.simulation.turns): what
befalls them, and that tills which are made wrong are found out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from till_histories import MOST, breaks, found, play_some

from daemon.goods import Owing, Stand
from daemon.payment import State
from daemon.simulation import pulses, vending, world
from daemon.simulation.cable import Cable
from daemon.simulation.kinds import TillKind
from daemon.simulation.pulses import Pulses
from daemon.simulation.vending import Vending, Way
from daemon.tills import mdb_lines
from daemon.tills.base import NotStorable
from daemon.tills.handing_over import HandingOver
from daemon.tills.mdb import MdbTill
from daemon.tills.mdb_session import Asked, Session
from daemon.tills.mdb_table import TABLE, Do, News, Phase, Row
from daemon.tills.mdb_vending import Vending as MdbVending
from daemon.tills.pulse import PulseTill
from daemon.tills.pulse_giving import PulseGiving
from hw.interfaces import PulseEnd

MDB, PULSE = TillKind.MDB, TillKind.PULSE
MACHINES = pytest.mark.parametrize("kind", [MDB, PULSE])


@MACHINES
def test_goods_come_to_every_end(kind: TillKind) -> None:
    tally = play_some(kind, 60)
    assert set(tally.histories) == {kind}
    assert {stand for _, stand in tally.goods} == {Stand.GIVEN, Stand.FAILED, Stand.IN_DOUBT}
    assert tally.goods[kind, Stand.GIVEN] > 20
    assert tally.states[State.REFUNDED] > 0
    assert tally.sales[kind] > tally.sales[TillKind.HTTP] > 0


def test_vending_machines_are_of_every_sort_and_everything_befalls_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Vending] = []
    _watch(monkeypatch, Vending, made)
    play_some(MDB, 40)
    assert {machine._way for machine in made} == set(Way)
    assert {machine._waits_s for machine in made} == {None, 5.0, 60.0}
    assert sum(machine.machine.dispensed for machine in made) > 15
    assert len({machine.machine.habits.gives_up_s for machine in made}) == 2
    assert any(machine.machine.wrong for machine in made), "lines are doubled and damaged"


def test_pulses_are_cut_off_inhibited_and_of_the_wrong_width(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Pulses] = []
    _watch(monkeypatch, Pulses, made)
    ends: set[PulseEnd] = set()
    pulse = pulses.CreditLine.pulse

    async def watched(line: pulses.CreditLine) -> Any:
        result = await pulse(line)
        ends.add(result.end)
        return result

    monkeypatch.setattr(pulses.CreditLine, "pulse", watched)
    play_some(PULSE, 40)
    assert ends == set(PulseEnd)
    assert {machine._price for machine in made} == {100, 250, 500}
    assert any(payment.amount.minor == pulses.CHOSEN for machine in made for payment in machine.payments)


def _watch(monkeypatch: pytest.MonkeyPatch, kind: type[Any], made: list[Any]) -> None:
    begin = kind.__init__

    def watched(shop: Any, *arguments: Any) -> None:
        begin(shop, *arguments)
        made.append(shop)

    monkeypatch.setattr(kind, "__init__", watched)


# -- tills that are made wrong --


@MACHINES
def test_goods_that_are_given_before_that_is_stored_are_found_out(kind: TillKind, monkeypatch: pytest.MonkeyPatch) -> None:
    async def begun(_handing: HandingOver, owing: Owing) -> Owing:
        return owing.begin()

    monkeypatch.setattr(HandingOver, "begun", begun)
    found(kind, "a unit is given, and the disk has 0 begun")


def test_goods_that_are_given_though_that_was_not_stored_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = HandingOver.begun

    async def hopeful(handing: HandingOver, owing: Owing) -> Owing:
        try:
            return await begun(handing, owing)
        except NotStorable:
            return owing.begin()

    monkeypatch.setattr(HandingOver, "begun", hopeful)
    found(PULSE, "the box was told that this could not be stored")


@pytest.mark.parametrize(("kind", "text"), [(PULSE, "is given twice"), (MDB, "and the box says: goods: failed")])
def test_what_nobody_knows_of_and_is_taken_for_not_given_is_found_out(kind: TillKind, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def doubted(handing: HandingOver, owing: Owing, _why: str) -> Owing:
        return await handing.store(owing.not_given())

    monkeypatch.setattr(HandingOver, "doubted", doubted)
    found(kind, text)


@MACHINES
def test_what_nobody_knows_of_and_is_taken_for_given_is_found_out(kind: TillKind, monkeypatch: pytest.MonkeyPatch) -> None:
    async def doubted(handing: HandingOver, owing: Owing, _why: str) -> Owing:
        return await handing.store(owing.certain())

    monkeypatch.setattr(HandingOver, "doubted", doubted)
    found(kind, "and the box says: goods: given")


@MACHINES
def test_money_of_goods_that_failed_and_is_kept_is_found_out(kind: TillKind, monkeypatch: pytest.MonkeyPatch) -> None:
    async def give_back(handing: HandingOver, owing: Owing) -> Owing:
        return await handing.store(owing.close())

    monkeypatch.setattr(HandingOver, "give_back", give_back)
    found(kind, "the money is forgotten")


@MACHINES
def test_goods_that_are_forgotten_are_found_out(kind: TillKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paid, and the till does not look into the journal again."""
    till = {MDB: MdbTill, PULSE: PulseTill}[kind]
    monkeypatch.setattr(till, "changed", lambda till, payment: till._offering.changed(payment) if payment.till == till.name else None)
    monkeypatch.setattr(world, "MOST_STEPS", 3000)
    found(kind, "it comes to no end")


@MACHINES
def test_doubtful_goods_of_which_no_person_hears_are_found_out(kind: TillKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.goods_owed.JournalGoods.store", _store_in_silence)
    found(kind, "payments are in doubt, and the box says")


async def _store_in_silence(goods: Any, owing: Owing) -> None:
    await goods._journal.put_owing(owing)


def test_a_vend_that_is_approved_before_it_is_paid_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    hear = MdbTill._hear_request

    def trusting(till: MdbTill, request: Asked) -> None:
        hear(till, request)
        till.act(till.session.approve(request.number, 0.0))

    monkeypatch.setattr(MdbTill, "_hear_request", trusting)
    found(MDB, "a unit is given, and the disk has 0 begun")


def test_another_product_than_was_paid_for_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MdbVending, "_is_for", lambda *_: True)
    found(MDB, "goods of 300 are given for 500")


def test_a_vend_of_which_the_machine_says_nothing_and_that_is_taken_for_failed_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE[Phase.DISPENSING], News.TOO_LONG, Row(Phase.IDLE, (Do.FAILED,)))  # type: ignore[index]  # a dict in truth
    found(MDB, "and the box says: goods: failed")


def test_an_approval_that_is_said_again_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after no answer, say: a machine whose next customer has chosen by then takes it for that one."""
    approve = Session.approve
    monkeypatch.setattr(Session, "approve", lambda session, number, now: approve(session, number, now) * 2)
    found(MDB, "is given twice")


def test_an_offer_that_the_machine_cannot_honour_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PulseTill, "_trouble", lambda _till: None)
    found(PULSE, "something is offered, and the machine inhibits")


def test_a_pulse_too_many_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    give_one = PulseGiving._give_one

    async def generous(giving: PulseGiving, owing: Owing) -> Owing:
        after = await give_one(giving, owing)
        if after.is_all_begun:
            await giving._output.pulse()
        return after

    monkeypatch.setattr(PulseGiving, "_give_one", generous)
    found(PULSE, "a unit is given, and the disk has 0 begun")


# -- what the simulation has found once: with the mistake, that history breaks its promise; without, it does not --


def test_no_pulse_goes_to_a_machine_that_inhibits_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Storing the pulse took a worn card 0.4 s; the machine had begun to inhibit by then, and did not count it."""

    async def give_one(giving: PulseGiving, owing: Owing) -> Owing:
        owing = await giving._handing.begun(owing)
        pulse = await giving._output.pulse()
        after = {PulseEnd.GIVEN: Owing.certain, PulseEnd.NOT_GIVEN: Owing.not_given}.get(pulse.end)
        return await giving._handing.store(after(owing)) if after else await giving._handing.doubted(owing, pulse.detail)

    with monkeypatch.context() as wrong:
        wrong.setattr(PulseGiving, "_give_one", give_one)
        assert "4 units were given for T15, and the box says: goods: given" in breaks("23/7332")
    assert breaks("23/7332") == ""


def test_these_are_all_mishaps_of_turns() -> None:
    """`Vending` and `Pulses` draw from these; one that is misspelt would do nothing."""
    assert set(vending.HAPPENINGS) == {None, "jam", "return", "reset", "adapter", "door", "cable"}
    assert set(pulses.HAPPENINGS) == {None, "before", "between", "pulled", "chooses"}


def test_a_line_whose_end_was_lost_does_not_take_the_next_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The million found it: that a request was over came without its end, and the next request was not heard behind it."""
    with monkeypatch.context() as wrong:
        wrong.setattr(mdb_lines, "_BEGINNING", re.compile(b"^$"))
        assert breaks("31/57517") == "goods: the machine was told: approved 8.38 for 14.59"
    assert breaks("31/57517") == ""


def test_a_box_that_could_not_hear_the_request_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that the request is over nor the next one arrives; it approves what was paid (docs/mdb-till.md)."""
    do, befallen, left = Cable.do, Cable._befallen, {"pieces": 0}

    def watched(cable: Cable, typed: str) -> None:
        if typed == "return":
            left["pieces"] = 2
        do(cable, typed)

    def lost(cable: Cable, data: bytes) -> list[bytes]:
        if left["pieces"] and data.startswith(b"c,"):
            left["pieces"] -= 1
            return []
        return befallen(cable, data)

    monkeypatch.setattr(Cable, "do", watched)
    monkeypatch.setattr(Cable, "_befallen", lost)
    with monkeypatch.context() as strict:
        strict.setattr(Vending, "_unheard_of", lambda _shop, _said: None)
        told = found(MDB, "the machine was told: approved")
    assert told.startswith("goods: the machine was told: approved ")
    play_some(MDB, MOST)
