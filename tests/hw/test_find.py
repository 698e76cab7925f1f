"""What is attached comes out as lines to paste into config.toml."""

import errno
import tomllib

import pytest
from fake_hidraw import KEYBOARD, SETUP, FakeHidraw
from fake_input import FakeInput, Ids

from hw import keys
from hw.find import Found, as_config, find_all, find_chips, find_hid_scanners, find_panels, find_ports, find_scanners
from hw.gpio_chips import ChipInfo


def uncommented(text):
    """The text as an installer would leave it, who takes each line of one choice."""
    return "\n".join(line.removeprefix("# ") for line in text.splitlines() if not line.startswith("# --"))


@pytest.fixture
def machine(tmp_path):
    return FakeInput(tmp_path)


def test_a_scanner_with_a_lasting_name_is_listed_by_it(machine):
    device = machine.plug(3, name="Maker Scanner")
    (machine.directory / "by-id").mkdir()
    (machine.directory / "by-id" / "usb-Maker_Scanner-event-kbd").symlink_to(device.path)
    (found,) = find_scanners(machine.directory, machine.open)
    assert found.lines == ('kind = "evdev"', 'device = "usb-Maker_Scanner-event-kbd"')
    assert found.what == f"Maker Scanner (1eab:0022, {device.path})"
    assert device.open_nodes == []
    assert device.holder is None


def test_one_without_is_listed_by_its_numbers(machine):
    machine.plug(3, ids=Ids(0x0581, 0x0115))
    (found,) = find_scanners(machine.directory, machine.open)
    config = tomllib.loads(as_config([found]))
    assert config == {"scanner": {"kind": "evdev", "vendor": 0x0581, "product": 0x0115}}


def test_of_two_alike_the_one_without_a_lasting_name_is_listed_by_its_socket(machine):
    first, second = machine.plug(3, phys="usb-1/input0"), machine.plug(4, phys="usb-2/input0")
    for folder, name, device in (("by-id", "usb-Scanner", first), ("by-path", "usb-1-kbd", first), ("by-path", "usb-2-kbd", second)):
        (machine.directory / folder).mkdir(exist_ok=True)
        (machine.directory / folder / name).symlink_to(device.path)
    found = find_scanners(machine.directory, machine.open)
    assert [find.lines[1] for find in found] == ['device = "usb-Scanner"', f'device = "{machine.directory}/by-path/usb-2-kbd"']


def test_two_nodes_of_one_device_are_not_two_alike(machine):
    for number in (3, 4):
        device = machine.plug(number, phys=f"usb-1/input{number}")
        (machine.directory / "by-path").mkdir(exist_ok=True)
        (machine.directory / "by-path" / f"usb-1-{number}").symlink_to(device.path)
    assert {find.lines[1:] for find in find_scanners(machine.directory, machine.open)} == {("vendor = 0x1eab", "product = 0x0022")}


def test_a_pad_whose_digits_are_on_the_keypad_alone_is_listed_as_a_till(machine):
    machine.plug(3, capabilities={keys.EV_KEY: [*keys.KEYPAD, keys.KEY_KPENTER]}, ids=Ids(0x04D9, 0x1702))
    (found,) = find_scanners(machine.directory, machine.open)
    assert (found.table, found.lines) == ("tills.pad", ('kind = "keypad"', "vendor = 0x04d9", "product = 0x1702"))
    assert "[tills.pad]" in as_config([found])


def test_what_does_not_type_is_not_listed_and_what_may_not_be_asked_is_with_the_reason(machine):
    machine.plug(3, capabilities={1: [113]})
    machine.plug(4, forbidden=True)
    (found,) = find_scanners(machine.directory, machine.open)
    assert "event4: cannot be asked (Permission denied); run this as root, or join the group input" in found.what
    assert found.lines == ()


def test_without_the_library_each_device_says_so(machine):
    machine.plug(3)

    def opener(_path):
        raise ImportError

    assert "python-evdev is not installed" in find_scanners(machine.directory, opener)[0].what


class TestHidPos:
    @pytest.fixture
    def hidraw(self, tmp_path):
        return FakeHidraw(tmp_path)

    def found(self, hidraw):
        return find_hid_scanners(hidraw.sysfs, hidraw.dev)

    def test_the_only_one_of_its_kind_is_listed_by_its_numbers(self, hidraw):
        hidraw.plug(0, KEYBOARD)
        device = hidraw.plug(1, uniq="A1")
        hidraw.plug(2, SETUP)
        (found,) = self.found(hidraw)
        assert found.what == f"Maker Scanner in HID-POS mode (0c2e:0b61, {device.path})"
        assert tomllib.loads(as_config([found])) == {"scanner": {"kind": "hidpos", "vendor": 0x0C2E, "product": 0x0B61}}
        assert device.openings == []

    @pytest.mark.parametrize(
        ("serials", "names"),
        [
            (("A1", "B2"), ["A1", "B2"]),
            (("A1", "A1"), ["usb-1/input0", "usb-2/input0"]),
            (("", ""), ["usb-1/input0", "usb-2/input0"]),
            (('"', "ä"), ['"', "ä"]),
        ],
    )
    def test_two_alike_are_listed_by_serial_number_or_else_by_socket(self, hidraw, serials, names):
        for number, serial in enumerate(serials):
            hidraw.plug(number, phys=f"usb-{number + 1}/input0", uniq=serial)
        assert [tomllib.loads(as_config([found]))["scanner"]["device"] for found in self.found(hidraw)] == names

    def test_one_whose_reports_nobody_understands_is_listed_with_the_reason(self, hidraw):
        hidraw.plug(0, bytes.fromhex("058c 0902 a101 8502 7508 953f 0900 8102 c0"))
        (found,) = self.found(hidraw)
        assert "not understood" in found.what
        assert found.lines == ()


def test_serial_ports_are_listed_by_their_lasting_names(tmp_path):
    (tmp_path / "serial" / "by-id").mkdir(parents=True)
    port = tmp_path / "ttyACM0"
    port.touch()
    link = tmp_path / "serial" / "by-id" / "usb-Maker_Scanner-if00"
    link.symlink_to(port)
    found = find_ports(tmp_path, lambda: [("/dev/ttyS0", "n/a"), (str(port), "Maker Scanner")])
    assert [find.lines[1] for find in found] == ['port = "/dev/ttyS0"', f'port = "{link}"']
    assert found[0].what == "serial port /dev/ttyS0"
    assert found[1].what.endswith("(Maker Scanner)")


def test_panels_are_those_that_answer(tmp_path):
    for name in ("i2c-1", "i2c-20", "i2c-odd"):
        (tmp_path / name).touch()
    found = find_panels(tmp_path, lambda bus, address: (bus, address) == (1, 0x3D))
    config = tomllib.loads(as_config(found))
    assert config == {"display": {"kind": "ssd1306", "interface": "i2c", "bus": 1, "address": 0x3D}}


def test_a_bus_that_may_not_be_asked_says_so(tmp_path):
    (tmp_path / "i2c-1").touch()

    def forbidden(_bus, _address):
        raise PermissionError(errno.EACCES, "Permission denied")

    assert "join the group i2c" in find_panels(tmp_path, forbidden)[0].what


def test_a_panel_answers_by_acknowledging_and_nothing_is_written_to_it(tmp_path, monkeypatch):
    (tmp_path / "i2c-1").touch()
    asked = []

    class Bus:
        def __init__(self, number):
            asked.append(number)

        def __enter__(self):
            return self

        def __exit__(self, *_exc):
            pass

        def write_quick(self, address):
            if address != 0x3C:
                raise OSError(errno.EREMOTEIO, "Remote I/O error")

    monkeypatch.setattr("smbus2.SMBus", Bus)
    assert [find.lines[-1] for find in find_panels(tmp_path)] == ["address = 0x3C"]
    assert asked == [1, 1]


def test_the_chip_of_the_pin_header_is_known_by_its_label(tmp_path):
    for number in (0, 10):
        (tmp_path / f"gpiochip{number}").touch()
    labels = {"gpiochip0": ChipInfo("gpiochip0", "pinctrl-rp1", 54), "gpiochip10": ChipInfo("gpiochip10", "gpio-brcmstb", 32)}
    found = find_chips(tmp_path, lambda path: labels[path.name])
    assert [find.table for find in found if find.lines] == ["lights", "buzzer", "button"]
    assert "not the pin header" in found[-1].what
    config = tomllib.loads(uncommented(as_config(found[:3])))
    assert config["lights"] == {"kind": "gpio", "green": 17, "amber": 27, "red": 22}


def test_a_chip_that_is_none_says_so(tmp_path):
    (tmp_path / "gpiochip0").write_text("a file")
    assert "cannot be asked" in find_chips(tmp_path)[0].what


def test_the_first_choice_of_a_table_can_be_pasted_as_it_is_and_the_others_are_comments():
    text = as_config(
        [
            Found("scanner", "odd: cannot be asked"),
            Found("scanner", "one", ('kind = "a"',)),
            Found("lights", "pins", ('kind = "gpio"',), is_example=True),
            Found("scanner", "two", ('kind = "b"',)),
        ]
    )
    assert (
        text
        == '[scanner]\n# -- odd: cannot be asked\n# -- one\nkind = "a"\n# -- two\n# kind = "b"\n\n# [lights]\n# -- pins\n# kind = "gpio"\n'
    )
    assert tomllib.loads(text) == {"scanner": {"kind": "a"}}


def test_nothing_found_is_said():
    assert as_config([]) == "# no devices found\n"


def test_looking_on_any_machine_is_no_error():
    assert tomllib.loads(as_config(find_all())).keys() <= {"scanner", "display"}
