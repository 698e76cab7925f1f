"""The emulated till with a customer display (`daemon.sandbox.tills.pole`): the manuals' bytes, a person's commands, nothing heard."""

from __future__ import annotations

import pytest

from daemon.sandbox.tills.kinds import EMULATORS
from daemon.sandbox.tills.pole import PoleCounter


@pytest.fixture
def till() -> PoleCounter:
    return PoleCounter()


def does(till: PoleCounter, *commands: str) -> bytes:
    for command in commands:
        till.command(command, 0.0)
    return till.take()


def test_it_is_one_of_the_emulated_tills() -> None:
    assert isinstance(EMULATORS["pole"](), PoleCounter)


@pytest.mark.parametrize(
    ("dialect", "cleared", "total"),
    [
        ("cd5220", b"\x1b@\x0c", b"\x1bQATOTAL               \r\x1bQB               12.50\r"),
        ("escpos", b"\x1b@\x0c", b"\x0c\x1f$\x01\x01TOTAL               \x1f$\x01\x02               12.50"),
        ("dsp800", b"\x04\x01C1X\x17", b"\x04\x01C1X\x17\x04\x01P1\x17TOTAL               \x04\x01PE\x17               12.50"),
        ("led8", b"\x0c", b"\x1bs2\x1bQA12.50\r"),
    ],
)
def test_it_says_the_bytes_of_the_manuals(till: PoleCounter, dialect: str, cleared: bytes, total: bytes) -> None:
    assert does(till, f"dialect {dialect}", "clear") == cleared
    assert does(till, "total 12.50") == total


def test_it_adds_up_what_is_rung_up(till: PoleCounter) -> None:
    does(till, "item TEA 3.50", "item CAKE 9.00")
    assert b"12.50" in does(till, "total")
    does(till, "thanks", "item TEA 3.50")
    assert b" 3.50" in does(till, "total")


def test_it_draws_the_same_again_byte_by_byte(till: PoleCounter) -> None:
    first = does(till, "total 12.50")
    assert does(till, "redraw", "redraw") == first * 2


def test_cash_and_change(till: PoleCounter) -> None:
    assert b"CHANGE 7.50" in does(till, "total 12.50", "cash 20")
    assert does(till, "dialect led8", "cash 20") == b"\x1bs3\x1bQA20.00\r\x1bs4\x1bQA7.50\r"


def test_it_shows_hanzi_in_gb18030(till: PoleCounter) -> None:
    assert "合计".encode("gb18030") in does(till, "chinese", "total 12.50")
    assert b"TOTAL" in does(till, "english", "total 12.50")


def test_a_person_sees_the_display_and_may_send_anything(till: PoleCounter) -> None:
    does(till, "total 12.50")
    assert till.take_words() == ["[TOTAL               |               12.50]"]
    assert does(till, "raw 1B 40") == b"\x1b@"
    assert till.next_deadline() is None
    till.pass_time(1.0)
    till.opened(2.0)
    assert till.take() == b"\x1b@\x0c"


@pytest.mark.parametrize("command", ["sell 12.50", "item TEA", "total x", "total -1", "total 1.001", "dialect epson", "raw xyz", "cash"])
def test_what_it_cannot_do_it_says(till: PoleCounter, command: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        till.command(command, 0.0)


def test_a_display_is_only_told_and_whoever_writes_to_it_is_noted(till: PoleCounter) -> None:
    till.received(b"\x06", 0.0)
    assert till.heard == b"\x06"
    assert "something writes" in till.take_words()[0]
