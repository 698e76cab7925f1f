"""How long the box waits before it tries its broker again (`daemon.fleet.pauses`)."""

from __future__ import annotations

import random

from daemon.fleet.pauses import FIRST_S, LONGEST_S, Pauses


def test_pauses_grow_to_a_limit_and_begin_anew_after_it_went_well() -> None:
    pauses = Pauses()
    lengths = [pauses.next_s() for _ in range(20)]
    assert FIRST_S / 2 <= lengths[0] <= FIRST_S
    assert all(LONGEST_S / 2 <= length <= LONGEST_S for length in lengths[-10:])
    pauses.reset()
    assert pauses.next_s() <= FIRST_S


def test_a_fleet_does_not_come_back_in_step() -> None:
    boxes = [Pauses(random.Random(number)) for number in range(200)]
    for _ in range(8):
        pauses = [box.next_s() for box in boxes]
    assert max(pauses) - min(pauses) > LONGEST_S * 0.4
