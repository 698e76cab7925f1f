"""What a serial till is owed: `daemon.tills.serial_owed`."""

from __future__ import annotations

from serial_counter import FakeBox

from daemon.money import Amount, Minor
from daemon.payment import Mode, Payment, Ref, State
from daemon.tills.base import Telling
from daemon.tills.serial_owed import Owed, is_plain
from daemon.tills.serial_repeats import Rhythm

NOON = "2026-11-27T12:00:00.000Z"


def a_payment(ref: str = "A-1", state: State = State.AWAITING_CODE) -> Payment:
    return Payment(Ref(ref), "counter", Amount(Minor(5), "CNY"), Mode.SCAN, state, NOON, NOON)


def owed(box: FakeBox | None = None) -> Owed:
    return Owed("counter", box or FakeBox(), Rhythm())


def test_what_is_kept_is_told_when_it_is_due() -> None:
    one = owed()
    end = Telling(a_payment(state=State.PAID), 17)
    one.keep([end], 0.0)
    assert one.take_due(0.0) == [end]
    assert (one.take_due(1.9), one.next_at) == ([], 2.0)
    one.keep([], 1.9)
    assert (one.take_due(2.0), one.next_at, one.get(Ref("A-1"))) == ([], None, None)


def test_a_payment_that_moved_is_told_as_it_is_now() -> None:
    one = owed()
    one.keep([Telling(a_payment(), None)], 0.0)
    moved = a_payment(state=State.PENDING)
    one.moved(moved, 0.0)
    assert one.get(Ref("A-1")) == Telling(moved, None)
    assert one.take_due(1.9) == [], "it was told when it moved"
    assert one.take_due(2.0) == [Telling(moved, None)]


def test_what_the_till_asked_for_is_told_again_in_the_first_rhythm() -> None:
    one = owed()
    one.keep([Telling(a_payment(state=State.PAID), 17)], 0.0)
    for now in range(0, 400, 2):
        one.take_due(float(now))
    one.told(Ref("A-1"), 400.0)
    assert one.next_at == 402.0
    one.hurry_all(401.0)
    assert len(one.take_due(401.0)) == 1


def test_nothing_of_the_plain_form_is_repeated() -> None:
    one = owed()
    one.keep([Telling(a_payment("plain-T1", State.PAID), 17)], 0.0)
    assert (one.next_at, is_plain(Ref("plain-T1")), is_plain(Ref("A-1"))) == (None, True, False)


async def test_what_changes_while_it_is_read_is_read_again() -> None:
    box = FakeBox()
    one = owed(box)
    whole, reads = box.owed, []

    async def changing(till: str, limit: int) -> list[Telling]:
        reads.append(till)
        if len(reads) < 3:
            one.ended()
        return await whole(till, limit)

    box.owed = changing
    assert await one.read() == []
    assert len(reads) == 3
