"""What is particular to scanners in HID-POS mode: which node is theirs, long codes, the kernel's ring (`hw.scanner_hidpos`)."""

import pytest
from codes_for_tests import made_up_code
from fake_hidraw import FakeHidraw, report, reports
from scanner_rigs import PAUSE_S, Ear, is_not, is_ok
from waiting import settle, until

from hw.interfaces import Condition, ScanFault
from hw.scanner_hidpos import RING, HidPosScanner

CODE, OTHER = made_up_code(17), made_up_code(18)
LONG = "0002010102" * 20


@pytest.fixture
def machine(tmp_path):
    machine = FakeHidraw(tmp_path)
    yield machine
    machine.close()


@pytest.fixture
async def make(machine):
    made = []

    def scanner(**choice):
        made.append(HidPosScanner(**choice, sysfs=machine.sysfs, dev=machine.dev, opener=machine.open, pause_s=PAUSE_S))
        made[-1].ear = Ear()
        made[-1].open(made[-1].ear, lambda _health: None)
        made[-1].arm()
        return made[-1]

    yield scanner
    for one in made:
        one.close()
    await settle()


async def test_it_is_found_by_its_path_and_again_when_its_number_moved(make, machine, tmp_path):
    link = tmp_path / "scanner"
    device = machine.plug(0)
    link.symlink_to(device.path)
    scanner = make(device=str(link))
    await is_ok(scanner)
    machine.unplug(device)
    link.unlink()
    assert await is_not(scanner, "is not there") is Condition.MISSING
    machine.plug(0, name="Other")
    device = machine.plug(4)
    link.symlink_to(device.path)
    await is_ok(scanner)
    device.send(*reports(CODE))
    await until(lambda: scanner.ear.texts == [CODE])


@pytest.mark.parametrize("device", ["A1", "usb-1/input1"])
async def test_it_is_found_by_its_serial_number_and_by_its_socket(make, machine, device):
    node = machine.plug(3, uniq="A1", phys="usb-1/input1")
    scanner = make(device=device)
    await is_ok(scanner)
    node.send(*reports(CODE))
    await until(lambda: scanner.ear.texts == [CODE])


async def test_a_long_code_in_many_reports_is_one(make, machine):
    """However long this machine stops between two of them."""
    device = machine.plug(0)
    scanner = make(vendor=0x0C2E, product=0x0B61, gap_s=30.0)
    await is_ok(scanner)
    for part in reports(LONG):
        device.send(part)
        await settle(2)
    await until(lambda: scanner.ear.texts == [LONG])


async def test_a_forbidden_node_is_tried_again_until_udev_has_given_it_away(make, machine):
    device = machine.plug(0, forbidden=True)
    scanner = make(vendor=0x0C2E, product=0x0B61)
    assert await is_not(scanner, "group input") is Condition.FAILING
    device.forbidden = False
    await is_ok(scanner)


async def test_a_pulled_scanner_says_so_and_arming_it_then_is_no_error(make, machine):
    device = machine.plug(0)
    scanner = make(vendor=0x0C2E, product=0x0B61)
    await is_ok(scanner)
    machine.unplug(device)
    scanner.arm()
    assert scanner.health.condition is Condition.MISSING
    assert "hidraw0 was unplugged" in scanner.health.detail


async def test_codes_that_fill_the_ring_count_for_nothing_once_it_is_armed(make, machine):
    device = machine.plug(0)
    scanner = make(vendor=0x0C2E, product=0x0B61)
    await is_ok(scanner)
    device.send(*reports(CODE) * RING)
    scanner.arm()
    await settle(400)  # the end of something may have been lost behind them: a silence ends that
    device.send(*reports(OTHER))
    await until(lambda: scanner.ear.scans)
    assert scanner.ear.texts == [OTHER]
    assert scanner.ear.faults == []


async def test_a_code_torn_by_a_full_ring_is_reported_and_its_rest_never_counts(make, machine):
    device = machine.plug(0)
    scanner = make(vendor=0x0C2E, product=0x0B61)
    await is_ok(scanner)
    device.send(*reports("") * (RING - 1), report(b"1" * 56, more=True), report(b"17"))  # the last one finds no place
    await until(lambda: scanner.ear.faults == [ScanFault.LOST_KEYS])
    device.send(report(b"0017"))
    await settle(400)
    device.send(*reports(CODE))
    await until(lambda: scanner.ear.scans)
    assert scanner.ear.texts == [CODE]


async def test_no_code_is_ever_in_the_log(make, machine, caplog):
    caplog.set_level(0)
    device = machine.plug(0)
    scanner = make(vendor=0x0C2E, product=0x0B61)
    await is_ok(scanner)
    device.send(*reports(CODE), report(CODE.encode() + b"\xff"), report(CODE.encode(), more=True))
    await until(lambda: scanner.ear.faults)
    machine.unplug(device)
    await until(lambda: scanner.health.condition is Condition.MISSING)
    assert CODE not in caplog.text + scanner.health.detail


def test_a_scanner_of_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="`device`, or `vendor` and `product`"):
        HidPosScanner()
