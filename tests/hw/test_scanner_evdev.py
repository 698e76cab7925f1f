"""What is particular to scanners that type: which node is theirs, who else has it, what the kernel lost."""

import time

import pytest
from codes_for_tests import made_up_code
from fake_input import KEYBOARD, FakeInput, Ids
from scanner_rigs import PAUSE_S, Ear, is_not, is_ok
from waiting import settle, until

from hw import keys
from hw.interfaces import Condition, ScanFault
from hw.scanner_evdev import EvdevScanner

CODE, OTHER = made_up_code(17), made_up_code(18)
MEDIA_KEYS = {keys.EV_KEY: [113, 114, 115], keys.EV_SYN: [0]}
MOUSE = KEYBOARD | {keys.EV_REL: [0, 1]}


@pytest.fixture
def machine(tmp_path):
    return FakeInput(tmp_path)


@pytest.fixture
async def make(machine):
    made = []

    def scanner(**choice):
        made.append(EvdevScanner(**choice, input_dir=machine.directory, opener=machine.open, pause_s=PAUSE_S))
        made[-1].ear = Ear()
        made[-1].open(made[-1].ear, lambda _health: None)
        made[-1].arm()
        return made[-1]

    yield scanner
    for one in made:
        one.close()
    await settle()


async def test_it_is_found_by_path(make, machine):
    device = machine.plug(3)
    machine.plug(4)
    scanner = make(device=device.path)
    await is_ok(scanner)
    device.type(CODE)
    await until(lambda: scanner.ear.texts == [CODE])


async def test_it_is_found_by_its_name_and_again_after_its_number_moved(make, machine):
    (machine.directory / "by-id").mkdir()
    link = machine.directory / "by-id" / "usb-Maker_Scanner-event-kbd"
    device = machine.plug(3)
    link.symlink_to(device.path)
    scanner = make(device=link.name)
    await is_ok(scanner)
    machine.unplug(device)
    link.unlink()
    await until(lambda: scanner.health.condition is Condition.MISSING)
    device = machine.plug(7)
    link.symlink_to(device.path)
    await is_ok(scanner)
    device.type(CODE)
    await until(lambda: scanner.ear.texts == [CODE])


async def test_of_a_composite_device_only_the_node_that_types_is_taken(make, machine):
    volume, scanning = machine.plug(3, capabilities=MEDIA_KEYS), machine.plug(4)
    pointer = machine.plug(5, capabilities=MOUSE)
    scanner = make(vendor=0x1EAB, product=0x0022)
    await is_ok(scanner)
    assert scanning.holder is not None
    assert volume.open_nodes == pointer.open_nodes == []


async def test_two_typing_nodes_of_one_device_are_read_as_one(make, machine):
    first, second = machine.plug(3, phys="usb-1/input0"), machine.plug(4, phys="usb-1/input1")
    scanner = make(vendor=0x1EAB)
    await is_ok(scanner)
    first.type(CODE)
    await until(lambda: scanner.ear.texts == [CODE])
    second.type(OTHER)
    await until(lambda: scanner.ear.texts == [CODE, OTHER])
    machine.unplug(second)
    await until(lambda: scanner.health.condition is not Condition.OK or first.holder is not None)
    await is_ok(scanner)


async def test_two_equal_scanners_are_not_guessed_between(make, machine):
    first, second = machine.plug(3, phys="usb-1/input0"), machine.plug(4, phys="usb-2/input0")
    scanner = make(vendor=0x1EAB, product=0x0022)
    assert await is_not(scanner, "more than one scanner USB 1eab:0022") is Condition.FAILING
    assert first.path in scanner.health.detail
    assert second.path in scanner.health.detail
    machine.unplug(second)
    await is_ok(scanner)


async def test_other_makers_devices_are_left_alone(make, machine):
    keyboard = machine.plug(3, ids=Ids(0x046D, 0xC31C))
    scanner = make(vendor=0x1EAB, product=0x0022)
    assert await is_not(scanner, "no scanner USB 1eab:0022 is plugged in") is Condition.MISSING
    assert keyboard.open_nodes == []


async def test_a_named_device_that_does_not_type_is_refused_with_words(make, machine):
    device = machine.plug(3, capabilities=MEDIA_KEYS)
    scanner = make(device=device.path)
    assert await is_not(scanner, "no digits and Enter") is Condition.FAILING
    assert "tillbox devices" in scanner.health.detail


async def test_a_scanner_that_another_program_holds_is_named_and_taken_when_it_is_free(make, machine):
    device = machine.plug(3)
    device.holder = "another program"
    scanner = make(device=device.path)
    assert await is_not(scanner, "in use by another program") is Condition.FAILING
    assert device.path in scanner.health.detail
    assert device.open_nodes == []
    device.holder = None
    await is_ok(scanner)


@pytest.mark.parametrize("by_path", [True, False])
async def test_a_forbidden_device_says_which_group_may(make, machine, by_path):
    device = machine.plug(3, forbidden=True)
    scanner = make(device=device.path) if by_path else make(vendor=0x1EAB)
    assert await is_not(scanner, "group input") is Condition.FAILING
    device.forbidden = False  # udev sets the group some milliseconds after the device appears
    await is_ok(scanner)


async def test_lost_keys_are_reported_and_the_held_ones_asked_for_anew(make, machine):
    device = machine.plug(3)
    scanner = make(device=device.path)
    await is_ok(scanner)
    asked = device.asked_held
    device.type("1234", end=None)
    device.events((keys.EV_SYN, keys.SYN_DROPPED, 0), (keys.EV_KEY, 5, 1), (keys.EV_SYN, keys.SYN_REPORT, 0))
    await until(lambda: scanner.ear.faults == [ScanFault.LOST_KEYS])
    assert device.asked_held == asked + 1
    device.type("5678")
    device.type(CODE)
    await until(lambda: scanner.ear.scans)
    assert scanner.ear.texts == [CODE]


async def test_shift_and_caps_lock_are_known_from_the_start(make, machine):
    device = machine.plug(3, held=[42], leds=[keys.LED_CAPSL])
    scanner = make(device=device.path)
    await is_ok(scanner)
    device.press(30)
    device.press(3)
    device.press(keys.KEY_ENTER)
    await until(lambda: scanner.ear.texts == ["a@"])


async def test_a_device_that_cannot_tell_its_lights_is_read_all_the_same(make, machine):
    device = machine.plug(3, leds=None)
    scanner = make(device=device.path)
    await is_ok(scanner)
    device.type(CODE)
    await until(lambda: scanner.ear.texts == [CODE])


class TestLateLoop:
    """The kernel's stamps say how the keys followed each other, however late they were read."""

    @pytest.fixture
    async def device(self, machine, monkeypatch):
        monkeypatch.setattr("hw.input_reader.stamps_monotonic", lambda _node: True)
        return machine.plug(3)

    async def test_a_silence_that_was_slept_through_still_ends_a_half_code(self, make, device):
        scanner = make(device=device.path)
        await is_ok(scanner)
        now = time.monotonic()
        device.stamp = lambda: now - 1.0
        device.type("1234", end=None)
        device.stamp = lambda: now - 0.5
        device.type(CODE)
        await until(lambda: scanner.ear.scans)
        assert scanner.ear.texts == [CODE]
        assert scanner.ear.scans[0].at == pytest.approx(now - 0.5, abs=1e-4)

    async def test_a_code_read_in_two_parts_with_a_pause_between_is_not_cut(self, make, device):
        scanner = make(device=device.path)
        await is_ok(scanner)
        now = time.monotonic()
        device.stamp = lambda: now
        device.type(CODE[:9], end=None)
        await settle(400)
        device.type(CODE[9:])
        await until(lambda: scanner.ear.texts == [CODE])

    @pytest.mark.parametrize("wrong", [-1000.0, +1000.0])
    async def test_stamps_of_another_clock_are_not_believed(self, make, device, wrong):
        scanner = make(device=device.path)
        await is_ok(scanner)
        device.stamp = lambda: time.monotonic() + wrong
        before = time.monotonic()
        device.type(CODE)
        await until(lambda: scanner.ear.texts == [CODE])
        assert before <= scanner.ear.scans[0].at <= time.monotonic()


async def test_a_long_burst_of_keys_is_read_to_its_end(make, machine):
    device = machine.plug(3)
    scanner = make(device=device.path)
    await is_ok(scanner)
    device.type("7" * 512)
    device.type(CODE)
    await until(lambda: scanner.ear.texts == ["7" * 512, CODE])


async def test_a_device_that_is_readable_but_gives_nothing_is_gone_and_does_not_spin(make, machine):
    device = machine.plug(3)
    scanner = make(device=device.path)
    await is_ok(scanner)
    (node,) = device.open_nodes
    del machine.devices[device.path]
    node.pull()  # end of file, without the kernel's ENODEV
    await until(lambda: scanner.health.condition is Condition.MISSING)
    assert node.fd < 0


async def test_arming_a_scanner_that_was_just_pulled_finds_it_gone(make, machine):
    device = machine.plug(3)
    scanner = make(device=device.path)
    await is_ok(scanner)
    machine.unplug(device)
    scanner.arm()
    assert scanner.health.condition is Condition.MISSING


async def test_a_scanner_without_an_end_key_is_noted_for_the_installer_and_its_code_is_not(make, machine, caplog):
    device = machine.plug(3)
    scanner = make(device=device.path)
    await is_ok(scanner)
    device.type(CODE, end=None)
    await settle(400)
    device.type(OTHER)
    await until(lambda: scanner.ear.texts == [OTHER])
    assert "scan_without_end" in caplog.text
    assert CODE not in caplog.text


async def test_closing_while_it_is_being_opened_leaves_nothing_open(make, machine):
    device = machine.plug(3)
    scanner = make(device=device.path)
    scanner.close()
    await settle(60)
    assert device.open_nodes == []


def test_a_scanner_of_nothing_is_a_mistake():
    with pytest.raises(ValueError, match="`device`, or `vendor` and `product`"):
        EvdevScanner()
