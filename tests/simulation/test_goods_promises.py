"""What is promised of goods (daemon.simulation.goods_promises), on a disk that knows what machines owe (daemon.simulation.disk_goods)."""

from __future__ import annotations

import pytest

from daemon.goods import Owing, Stand
from daemon.journal_file import Note
from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Reason, Ref, State
from daemon.simulation.disk import Disk, FiledDisk
from daemon.simulation.goods_promises import GoodsPromises
from daemon.simulation.kinds import TillKind
from daemon.simulation.promises import Broken

AMOUNT = Amount(Minor(250), "CNY")
PULSE, MDB = TillKind.PULSE.value, TillKind.MDB.value


class Machine:
    """A disk, and the promises about it."""

    def __init__(self, till: str = PULSE, disk: Disk | None = None) -> None:
        self.till = till
        self.disk = disk or Disk()
        self.failed: list[Ref] = []
        self.goods = GoodsPromises(self.disk, self.failed.append)

    def stores(self, state: State, reason: str = "") -> Payment:
        payment = Payment(Ref("S1"), self.till, AMOUNT, Mode.SCAN, state, "then", "then")
        if reason:
            payment = payment.but(reason=Reason(reason, ""))
        self.disk.write(payment, "boot-1", Note("then", None, "replied", {}))
        return payment

    @property
    def owing(self) -> Owing:
        owing = self.disk.owing(Ref("S1"))
        assert owing is not None
        return owing


@pytest.fixture
def machine() -> Machine:
    return Machine()


def given(machine: Machine, units: int) -> Owing:
    for _ in range(units):
        machine.disk.put_owing(machine.owing.begin())
        machine.goods.counts(machine.goods.begins(machine.till))
        machine.disk.put_owing(machine.owing.certain())
    return machine.owing


# -- the disk --


@pytest.mark.parametrize("make", [Disk, FiledDisk])
def test_goods_are_owed_with_paid_and_settled_row_by_row(make: type[Disk]) -> None:
    """A filed disk raises where the journal's own file does not give back the same."""
    machine = Machine(disk=make())
    machine.stores(State.SUBMITTING)
    assert machine.disk.owing(Ref("S1")) is None
    machine.stores(State.PAID)
    assert (machine.owing.units, machine.owing.stands, machine.disk.open_goods(PULSE)) == (2, Stand.OWED, [machine.owing])
    machine.disk.put_owing(machine.owing.begin())
    machine.stores(State.PAID)
    assert (machine.owing.in_hand, machine.disk.open_goods(MDB), machine.disk.goods.is_settled) == (1, [], False)
    assert machine.disk.open_ones() == []
    machine.disk.put_owing(machine.owing.doubt("cut off").begin().certain().end())
    assert (machine.disk.in_doubt(), machine.disk.goods.is_settled) == ({"S1"}, True)
    machine.disk.end()


def test_what_was_in_doubt_is_owed_to_nobody(machine: Machine) -> None:
    machine.stores(State.IN_DOUBT)
    machine.stores(State.PAID)
    assert (machine.owing.stands, machine.failed) == (Stand.FAILED, ["S1"])


def test_other_tills_owe_nothing_and_nothing_is_stored_of_what_is_not_owed() -> None:
    machine = Machine("http")
    payment = machine.stores(State.PAID)
    assert machine.disk.owing(Ref("S1")) is None
    with pytest.raises(KeyError):
        machine.disk.put_owing(Owing(payment, "pulse", 2))


# -- the promises --


def test_goods_that_are_given_as_they_should_be_break_nothing(machine: Machine) -> None:
    payment = machine.stores(State.PAID)
    machine.disk.put_owing(given(machine, 2).end())
    machine.goods.ended(payment)
    machine.goods.listed(0)


def test_a_unit_needs_to_be_stored_as_begun(machine: Machine) -> None:
    machine.stores(State.PAID)
    with pytest.raises(Broken, match="the disk has 0 begun"):
        machine.goods.begins(PULSE)


def test_a_unit_that_was_told_to_be_unstored_is_not_begun(machine: Machine) -> None:
    machine.stores(State.PAID)
    machine.disk.put_owing(machine.owing.begin())
    machine.disk.goods.unsynced.add(Ref("S1"))
    with pytest.raises(Broken, match="could not be stored"):
        machine.goods.begins(PULSE)


def test_a_unit_is_given_once(machine: Machine) -> None:
    machine.stores(State.PAID)
    machine.disk.put_owing(machine.owing.begin())
    machine.goods.begins(PULSE)
    with pytest.raises(Broken, match="pulse 1 of S1 is given twice"):
        machine.goods.begins(PULSE)


def test_goods_of_what_is_not_paid_or_of_another_price_are_not_given() -> None:
    machine = Machine(MDB)
    machine.stores(State.PAID)
    machine.disk.put_owing(machine.owing.begin())
    with pytest.raises(Broken, match="goods of 300 are given for 250"):
        machine.goods.begins(MDB, 300)
    machine.stores(State.REVOKED)
    with pytest.raises(Broken, match="goods of S1 are given, and it is revoked"):
        machine.goods.begins(MDB, 250)


def test_no_more_is_given_than_was_paid_for(machine: Machine) -> None:
    machine.stores(State.PAID)
    given(machine, 2)
    with pytest.raises(Broken, match="3 units were given for S1, and 2 were paid for"):
        machine.goods.counts(Ref("S1"))


def test_nothing_is_forgotten_in_the_end(machine: Machine) -> None:
    payment = machine.stores(State.PAID)
    with pytest.raises(Broken, match="forgotten: owed"):
        machine.goods.ended(payment)
    with pytest.raises(Broken, match="no goods are owed"):
        machine.goods.ended(Payment(Ref("S2"), PULSE, AMOUNT, Mode.SCAN, State.PAID, "then", "then"))


def test_what_failed_must_go_back_or_be_for_a_person(machine: Machine) -> None:
    payment = machine.stores(State.PAID)
    machine.disk.put_owing(machine.owing.end("inhibited").close())
    assert machine.failed == ["S1", "S1"][: len(machine.failed)] != []
    with pytest.raises(Broken, match="its money is kept"):
        machine.goods.ended(payment)
    machine.goods.ended(machine.stores(State.PAID, "goods_failed"))
    machine.goods.ended(machine.stores(State.REFUNDED))


def test_what_the_box_says_of_units_is_what_the_machine_counted(machine: Machine) -> None:
    payment = machine.stores(State.PAID)
    machine.disk.put_owing(given(machine, 1).end("inhibited"))
    machine.goods.ended(payment)
    machine.goods.listed(1)
    machine.goods.counts(Ref("S1"))
    with pytest.raises(Broken, match="2 units were given for S1, and the box says: goods: in_doubt, 1 of 2"):
        machine.goods.ended(payment)
    with pytest.raises(Broken, match="1 payments are in doubt, and the box says 0"):
        machine.goods.listed(0)


def test_goods_that_were_given_send_no_money_back(machine: Machine) -> None:
    machine.stores(State.PAID)
    machine.disk.put_owing(given(machine, 2).end())
    with pytest.raises(Broken, match="goods of S1 are given, and it is refunded"):
        machine.goods.ended(machine.stores(State.REFUNDED))
