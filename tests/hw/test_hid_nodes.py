"""Which raw HID nodes are scanners, and which of them is ours (`hw.hid_nodes`)."""

import os

import pytest
from fake_hidraw import HID_POS, KEYBOARD, SETUP, FakeHidraw

from hw.errors import DeviceFailing, DeviceMissing
from hw.hid_nodes import hid_nodes, open_hid, take_device, take_ids

UNDESCRIBED = bytes.fromhex("058c 0902 a101 8502 7508 953f 0900 8102 c0")


@pytest.fixture
def machine(tmp_path):
    machine = FakeHidraw(tmp_path)
    yield machine
    machine.close()


def by_ids(machine, vendor=0x0C2E, product=0x0B61):
    return take_ids(vendor, product, machine.sysfs, machine.dev, machine.open)


def by_device(machine, device):
    return take_device(device, machine.sysfs, machine.dev, machine.open)


def test_nodes_come_in_the_order_of_their_numbers_with_what_the_kernel_tells(machine):
    for number in (10, 2):
        machine.plug(number, name=f"Scanner {number}", phys=f"usb-{number}/input0", uniq="A1")
    first, second = hid_nodes(machine.sysfs, machine.dev)
    assert (first.name, second.name) == ("Scanner 2", "Scanner 10")
    assert (first.vendor, first.product, first.ids, first.phys, first.uniq) == (0x0C2E, 0x0B61, "0c2e:0b61", "usb-2/input0", "A1")
    assert first.path == str(machine.dev / "hidraw2")


def test_a_node_that_went_while_one_looked_is_none(machine):
    machine.plug(1)
    (machine.sysfs / "hidraw2").mkdir()
    assert [node.name for node in hid_nodes(machine.sysfs, machine.dev)] == ["Maker Scanner"]


def test_without_raw_hid_there_are_none(tmp_path):
    assert hid_nodes(tmp_path / "nowhere", tmp_path) == []


@pytest.mark.parametrize("ids", ["", "odd", "0003:0C2E", "0003:00000C2E:xyz"])
def test_numbers_that_make_no_sense_are_nobody_s(machine, ids):
    machine.plug(1, ids=ids)
    (node,) = hid_nodes(machine.sysfs, machine.dev)
    assert node.ids == "0000:0000"


def test_names_that_a_device_gives_itself_are_made_fit_to_be_shown(machine):
    machine.plug(1, name="Bad\x1b[2JScanner ")
    (node,) = hid_nodes(machine.sysfs, machine.dev)
    assert node.name == "Bad?[2JScanner"


def test_of_a_composite_device_only_the_scanner_is_opened(machine):
    keyboard, scanner, setup = machine.plug(0, KEYBOARD), machine.plug(1), machine.plug(2, SETUP)
    file = by_ids(machine)
    assert (file.path, file.report.size) == (str(scanner.path), 64)
    assert keyboard.openings == setup.openings == []
    file.close()
    file.close()
    assert scanner.open_files == []


def test_numbers_are_matched_each_for_itself(machine):
    machine.plug(0)
    for ids in ((0x0C2E, None), (None, 0x0B61), (0x0C2E, 0x0B61)):
        by_ids(machine, *ids).close()
    with pytest.raises(DeviceMissing, match="no scanner in HID-POS mode USB 0c2e:0001 is plugged in"):
        by_ids(machine, 0x0C2E, 0x0001)


def test_two_alike_are_not_guessed_between(machine):
    machine.plug(0, phys="usb-1/input0")
    machine.plug(1, phys="usb-2/input0")
    with pytest.raises(DeviceFailing, match=r"more than one .* USB 0c2e:0b61 .* one of usb-1/input0, usb-2/input0 as `device`, or several"):
        by_ids(machine)
    file = by_device(machine, "usb-2/input0")
    assert file.path.endswith("hidraw1")
    file.close()


def test_a_scanner_in_another_mode_is_told_from_one_that_is_away(machine):
    machine.plug(0, KEYBOARD)
    with pytest.raises(DeviceFailing, match="plugged in, but no scanner in HID-POS mode: set it so"):
        by_ids(machine)


def test_a_serial_number_names_one_as_long_as_only_one_has_it(machine):
    machine.plug(0, uniq="A1", phys="usb-1/input0")
    machine.plug(1, uniq="B2", phys="usb-2/input0")
    file = by_device(machine, "B2")
    assert file.path.endswith("hidraw1")
    file.close()
    machine.plug(2, uniq="B2", phys="usb-3/input0")
    with pytest.raises(DeviceFailing, match=r"more than one .* called 'B2'"):
        by_device(machine, "B2")
    with pytest.raises(DeviceMissing, match="no scanner in HID-POS mode called 'C3'"):
        by_device(machine, "C3")


def test_a_path_may_be_a_link(machine, tmp_path):
    device = machine.plug(7)
    link = tmp_path / "scanner"
    link.symlink_to(device.path)
    file = by_device(machine, str(link))
    assert (file.path, len(device.open_files)) == (str(link), 1)
    file.close()


def test_a_path_that_leads_nowhere_is_missing_and_one_to_something_else_failing(machine, tmp_path):
    (tmp_path / "ttyACM0").touch()
    with pytest.raises(DeviceMissing, match="hidraw9 is not there"):
        by_device(machine, str(machine.dev / "hidraw9"))
    with pytest.raises(DeviceFailing, match="is no raw HID device"):
        by_device(machine, str(tmp_path / "ttyACM0"))


@pytest.mark.parametrize(
    ("descriptor", "words"),
    [(KEYBOARD, r"\(Maker Scanner\) is no scanner in HID-POS mode; `tillbox devices`"), (UNDESCRIBED, "not understood: set it to another")],
)
def test_a_named_node_is_held_to_what_it_says_of_itself(machine, descriptor, words):
    device = machine.plug(0, descriptor)
    with pytest.raises(DeviceFailing, match=words):
        by_device(machine, str(device.path))
    assert device.openings == []


def test_a_node_that_may_not_be_opened_says_which_group_may(machine):
    machine.plug(0, HID_POS, forbidden=True)
    with pytest.raises(DeviceFailing, match="the group input, to which the package's udev rule gives it"):
        by_ids(machine)


def test_one_that_is_read_already_is_in_use(machine):
    machine.plug(0)
    file = by_ids(machine)
    with pytest.raises(DeviceFailing, match="in use by another program"):
        by_ids(machine)
    file.close()


def test_opening_locks_and_never_waits(tmp_path):
    path = tmp_path / "hidraw0"
    path.touch()
    fd = open_hid(str(path))
    assert not os.get_blocking(fd)
    with pytest.raises(BlockingIOError):
        open_hid(str(path))
    os.close(fd)
    os.close(open_hid(str(path)))
