"""The emulated vending machine `daemon.sandbox.tills.mdb`: an adapter that speaks the text protocol, and a controller with habits."""

from __future__ import annotations

import pytest

from daemon.sandbox.tills.mdb import HABITS, VERSION, MdbMachine, Vend


def tell(machine: MdbMachine, *lines: str, now: float = 0.0) -> list[str]:
    """What it says to that."""
    for line in lines:
        machine.received(line.encode() + b"\n", now)
    return machine.take().decode().splitlines()


def passes(machine: MdbMachine, now: float) -> list[str]:
    machine.pass_time(now)
    return machine.take().decode().splitlines()


def enabled(habits: str = "plain", *, always_idle: bool = True) -> MdbMachine:
    machine = MdbMachine(habits=HABITS[habits])
    tell(machine, "C,0", f"C,SETCONF,mdb-always-idle={int(always_idle)}", "C,1")
    assert passes(machine, 0.1) == ["c,STATUS,DISABLED", "c,STATUS,ENABLED"]
    return machine


def test_it_is_set_up_while_it_is_off() -> None:
    machine = MdbMachine()
    assert tell(machine, "V", "C,SETCONF,mdb-scale-factor=1", "C,START,5") == [VERSION, "c,SET,OK", 'c,ERR,"cashless is off"']
    assert tell(machine, "C,1", "C,1", "C,SETCONF,a=b") == ["c,STATUS,INACTIVE", 'c,ERR,"cashless is on"', 'c,ERR,"cashless is on"']
    assert machine.settings == {"mdb-scale-factor": "1"}
    assert tell(machine, "C,0") == ["c,STATUS,INACTIVE"]


def test_a_vend_in_always_idle_mode() -> None:
    machine = enabled()
    machine.command("choose 1.50 7", 1.0)
    assert machine.take() == b"c,STATUS,VEND,1.50,7\n"
    assert tell(machine, "C,VEND,1.50", now=2.0) == []
    assert passes(machine, 2.3) == ["c,VEND,SUCCESS", "c,STATUS,IDLE"]
    assert passes(machine, 2.4) == ["c,STATUS,ENABLED"]
    assert (machine.vends, machine.dispensed, machine.approvals) == ([Vend("1.50", "7", "1.50", dispensed=True)], 1, 1)
    assert machine.take_words() == ["approved: 1.50", "the goods are out"]
    assert tell(machine, "C,VEND,1.50") == ['c,ERR,"not possible now"']
    assert machine.wrong == ["C,VEND,1.50"], "a second approval"


@pytest.mark.parametrize("denial", ["C,VEND,-1", "C,STOP"])
def test_a_vend_is_denied_either_way(denial: str) -> None:
    machine = enabled()
    machine.command("choose 1.50", 1.0)
    machine.take()
    assert tell(machine, denial) == ["c,STATUS,ENABLED"]
    assert machine.approvals == 0


def test_goods_that_are_stuck() -> None:
    machine = enabled()
    machine.command("jam", 0.0)
    machine.command("choose 1.50", 1.0)
    tell(machine, "C,VEND,1.50")
    assert passes(machine, 9.0)[0] == "c,ERR,VEND 3"
    assert (machine.approvals, machine.dispensed) == (1, 0)
    machine.command("works", 9.0)


def test_another_amount_than_was_asked_for_is_noticed() -> None:
    machine = enabled()
    machine.command("choose 1.50", 1.0)
    tell(machine, "C,VEND,1.00")
    assert machine.wrong == ["approved 1.00 for 1.50"]


def test_a_session_comes_first_in_session_mode() -> None:
    machine = enabled(always_idle=False)
    with pytest.raises(ValueError, match="takes no choice now: ENABLED"):
        machine.command("choose 1.50", 1.0)
    assert tell(machine, "C,START,2.00") == ["c,STATUS,IDLE,2.00"]
    with pytest.raises(ValueError, match="too low"):
        machine.command("choose 2.01", 1.0)
    machine.command("choose 2.00", 1.0)
    machine.command("return", 1.0)
    assert machine.take().decode().splitlines()[-1] == "c,STATUS,IDLE"
    machine.command("return", 1.0)
    assert machine.take() == b"c,STATUS,ENABLED\n"
    tell(machine, "C,START,2.00")
    assert tell(machine, "C,STOP") == ["c,STATUS,ENABLED"]


def test_habits() -> None:
    machine = enabled("ten-begins", always_idle=False)
    assert [tell(machine, "C,START,2.00") for _ in range(10)] == [[]] * 9 + [["c,STATUS,IDLE,2.00"]]
    machine = enabled("impatient")
    machine.command("choose 1.50", 1.0)
    machine.take()
    assert machine.next_deadline() == 6.0
    assert passes(machine, 6.0) == ["c,STATUS,ENABLED"]
    machine = enabled("late-reset")
    assert passes(machine, 3.0) == ["c,STATUS,INACTIVE"]
    assert passes(machine, 3.1) == ["c,STATUS,DISABLED", "c,STATUS,ENABLED"]
    machine.command("habits plain", 4.0)
    assert machine.habits == HABITS["plain"]
    with pytest.raises(ValueError, match="there are plain, ten-begins, impatient, late-reset"):
        machine.command("habits moody", 4.0)


def test_the_door_and_the_adapters_power() -> None:
    machine = enabled()
    machine.command("door open", 1.0)
    machine.command("door shut", 2.0)
    assert machine.take().decode().splitlines() == ["c,STATUS,DISABLED", "c,STATUS,ENABLED"]
    with pytest.raises(ValueError, match="door open, or door shut"):
        machine.command("door ajar", 2.0)
    machine.command("reset", 3.0)
    assert machine.take() == b"c,STATUS,INACTIVE\n"
    machine.command("adapter", 4.0)
    assert (machine.take().decode().strip(), machine.settings, machine.state) == (VERSION, {}, "OFF")
    machine.command("reset", 5.0)
    assert machine.take() == b""


def test_goods_come_out_though_the_adapter_lost_its_power() -> None:
    machine = enabled()
    machine.command("choose 1.50", 1.0)
    tell(machine, "C,VEND,1.50", now=1.0)
    machine.command("adapter", 1.1)
    machine.take()
    passes(machine, 9.0)
    assert machine.dispensed == 1


def test_what_it_does_not_know() -> None:
    machine = enabled()
    assert tell(machine, "", "D,1") == ['c,ERR,"not possible now"']
    for text in ("dance", "choose much"):
        with pytest.raises(ValueError, match=r"\S"):
            machine.command(text, 0.0)
    machine.opened(0.0)
    machine.received(b"x" * 10_000, 0.0)
    assert len(machine._rest) <= 256
