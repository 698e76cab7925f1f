"""Which input devices are scanners."""

import errno

import pytest
from fake_input import KEYBOARD, FakeInput, Ids

from hw import keys
from hw.errors import DeviceFailing, DeviceMissing
from hw.input_nodes import SCANNER, close_nodes, event_paths, held_keys, path_of, stamps_monotonic, take_ids, take_path, unit_of


@pytest.fixture
def machine(tmp_path):
    return FakeInput(tmp_path)


@pytest.mark.parametrize(
    ("capabilities", "types"),
    [
        (KEYBOARD, True),
        ({keys.EV_KEY: [*range(1, 120)], keys.EV_LED: [0]}, True),
        ({keys.EV_KEY: [*range(2, 12)]}, False),  # no Enter
        ({keys.EV_KEY: [*range(2, 11), 28]}, False),  # no 0
        (KEYBOARD | {keys.EV_REL: [0]}, False),
        (KEYBOARD | {keys.EV_ABS: [(0, None)]}, False),
        ({}, False),
    ],
)
def test_a_scanner_has_all_digits_and_enter_and_does_not_point(machine, capabilities, types):
    device = machine.plug(0, capabilities=capabilities)
    node = machine.open(device.path)
    assert SCANNER(node) is types
    node.close()


def test_a_unit_is_where_it_is_plugged_in(machine):
    nodes = [machine.open(machine.plug(n, phys=phys).path) for n, phys in enumerate(("usb-1/input0", "usb-1/input1", "usb-2/input0", ""))]
    units = [unit_of(node) for node in nodes]
    assert units[0] == units[1] != units[2]
    assert units[3] == nodes[3].path
    close_nodes(nodes)


def test_devices_come_in_the_order_of_their_numbers(machine):
    for number in (10, 2, 0):
        machine.plug(number)
    (machine.directory / "mice").touch()
    assert [path.rsplit("event", 1)[1] for path in event_paths(machine.directory)] == ["0", "2", "10"]


def test_a_bare_name_is_one_of_the_lasting_names():
    assert path_of("usb-Maker_Scanner-event-kbd") == "/dev/input/by-id/usb-Maker_Scanner-event-kbd"
    assert path_of("/dev/input/event3") == "/dev/input/event3"


def test_when_the_second_node_is_held_by_another_the_first_is_given_back(machine):
    first, second = machine.plug(0), machine.plug(1, phys="usb-1/input1")
    second.holder = "another program"
    with pytest.raises(DeviceFailing, match="event1 is in use"):
        take_ids(0x1EAB, None, machine.directory, machine.open)
    assert first.holder is None
    assert first.open_nodes == second.open_nodes == []


def test_ids_are_matched_each_for_itself(machine):
    machine.plug(0, ids=Ids(1, 2))
    for vendor, product in ((1, 2), (1, None), (None, 2)):
        close_nodes(take_ids(vendor, product, machine.directory, machine.open))
    with pytest.raises(DeviceMissing):
        take_ids(1, 3, machine.directory, machine.open)


@pytest.mark.parametrize(
    "take", [lambda opener, folder: take_path("/dev/x", opener), lambda opener, folder: take_ids(1, 2, folder, opener)]
)
def test_without_the_library_it_says_what_to_install(machine, take):
    machine.plug(0)

    def opener(_path):
        raise ImportError("No module named 'evdev'")

    with pytest.raises(DeviceFailing, match="python3-evdev"):
        take(opener, machine.directory)


def test_a_device_that_goes_while_it_is_asked_is_no_scanner(machine):
    device = machine.plug(0)
    node = machine.open(device.path)

    def vanish():
        raise OSError(errno.ENODEV, "No such device")

    node.capabilities = vanish
    with pytest.raises(DeviceFailing, match="no scanner"):
        take_path(device.path, lambda _path: node)
    assert node.fd < 0


def test_held_keys_are_those_the_device_tells(machine):
    node = machine.open(machine.plug(0, held=[42], leds=[keys.LED_CAPSL]).path)
    assert held_keys(node) == ([42], True)
    node.close()


def test_a_kernel_without_a_choice_of_clocks_is_told_apart(machine, monkeypatch):
    node = machine.open(machine.plug(0).path)
    assert not stamps_monotonic(node)  # a pipe has no such ioctl
    asked = []
    monkeypatch.setattr("fcntl.ioctl", lambda *request: asked.append(request))
    assert stamps_monotonic(node)
    assert asked == [(node.fd, 0x400445A0, b"\x01\0\0\0")]
    node.close()
