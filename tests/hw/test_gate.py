"""Codes pass while the gate is armed, and those of an earlier arming never do."""

from scanner_rigs import Ear

from hw.gate import ScanGate
from hw.interfaces import Scan, ScanFault

A, B = Scan("a", 1.0), Scan("b", 2.0)


def gate_and_ear():
    gate, ear = ScanGate(), Ear()
    gate.open(ear)
    return gate, ear


def test_nothing_passes_before_it_is_armed_nor_after_it_is_disarmed():
    gate, ear = gate_and_ear()
    gate.deliver([A])
    gate.arm()
    gate.disarm()
    gate.deliver([A, ScanFault.NOISE])
    assert (ear.scans, ear.faults) == ([], [])


def test_codes_and_faults_pass_in_order_while_armed():
    gate, ear = gate_and_ear()
    gate.arm()
    gate.deliver([A, ScanFault.TOO_LONG, B])
    assert (ear.scans, ear.faults) == ([A, B], [ScanFault.TOO_LONG])


def test_disarming_arming_again_or_closing_on_a_code_holds_back_the_rest():
    for react in ("disarm", "arm", "close"):
        gate, ear = gate_and_ear()
        ear.on_scan = getattr(gate, react)
        gate.arm()
        gate.deliver([A, B])
        assert ear.scans == [A]


def test_a_gate_without_a_listener_drops_all():
    gate = ScanGate()
    gate.arm()
    gate.deliver([A])
