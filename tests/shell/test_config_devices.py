"""Devices and pins in the configuration (`daemon.tables.devices`, `daemon.tables.pins`)."""

from __future__ import annotations

import pytest
from config_data import problems, read

from hw.settings import ButtonSettings, BuzzerSettings, DisplaySettings, LightsSettings, ScannerSettings


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        ("kind = 'simulated'", ScannerSettings("simulated")),
        ("kind = 'none'", ScannerSettings("none")),
        ("kind = 'evdev'\ndevice = '/dev/input/event3'", ScannerSettings("evdev", device="/dev/input/event3")),
        ("kind = 'evdev'\nvendor = 0x0c2e\nproduct = '0200'", ScannerSettings("evdev", vendor=0x0C2E, product=0x0200)),
        ("kind = 'serial'\nport = '/dev/ttyACM0'", ScannerSettings("serial", port="/dev/ttyACM0")),
        ("kind = 'serial'\nport = '/dev/ttyS1'\nbaudrate = 115200", ScannerSettings("serial", port="/dev/ttyS1", baudrate=115200)),
        ("kind = 'hidpos'\ndevice = '/dev/tillbox/scanner'", ScannerSettings("hidpos", device="/dev/tillbox/scanner")),
        ("kind = 'hidpos'\ndevice = 'usb-1.2/input1'", ScannerSettings("hidpos", device="usb-1.2/input1")),
        ("kind = 'hidpos'\nvendor = 0x0c2e\nproduct = 0x0b61", ScannerSettings("hidpos", vendor=0x0C2E, product=0x0B61)),
        ("kind = 'evdev'\ndevice = ['/dev/input/event3']", ScannerSettings("evdev", device="/dev/input/event3")),
    ],
)
def test_a_scanner(lines: str, settings: ScannerSettings) -> None:
    assert read(f"[scanner]\n{lines}").hardware.scanner == settings


@pytest.mark.parametrize("kind", ["evdev", "hidpos"])
def test_several_scanners_by_device(kind: str) -> None:
    scanner = read(f"[scanner]\nkind = '{kind}'\ndevice = ['a', '/dev/b', 'c']").hardware.scanner
    assert scanner == ScannerSettings(kind, device="a", also=(ScannerSettings(kind, device="/dev/b"), ScannerSettings(kind, device="c")))


def test_several_scanners_by_port() -> None:
    scanner = read("[scanner]\nkind = 'serial'\nport = ['/dev/ttyACM0', '/dev/ttyACM1']\nbaudrate = 1200").hardware.scanner
    second = ScannerSettings("serial", port="/dev/ttyACM1", baudrate=1200)
    assert scanner == ScannerSettings("serial", port="/dev/ttyACM0", baudrate=1200, also=(second,))


@pytest.mark.parametrize("kind", ["simulated", "none"])
def test_scanners_that_are_switched_off_are_none(kind: str) -> None:
    scanner = read(f"[scanner]\nkind = '{kind}'\ndevice = ['a', 'b']\nport = ['/dev/a', '/dev/b']").hardware.scanner
    assert scanner.also == ()


def test_the_ports_of_another_kind_make_no_scanners() -> None:
    scanner = read("[scanner]\nkind = 'evdev'\ndevice = 'a'\nport = ['/dev/a', '/dev/b']").hardware.scanner
    assert scanner.also == ()


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("device = 'x'", 'scanner.kind: is missing; expected one of "evdev", "serial", "hidpos", "simulated", "none"'),
        ("kind = 'hidpos'", "scanner.device: is missing; expected a path, a serial number or a USB socket; or vendor and product"),
        ("kind = 'hidpos'\ndevice = 'a'\nvendor = 1", "scanner.device: is not the only way"),
        ("kind = 'hidpos'\nproduct = 1", "scanner.device: is missing"),
        ("kind = 'hidpos'\ndevice = 7", "scanner.device: is a number; expected a path, a serial number or a USB socket,"),
        ("kind = 'evdev'\ndevice = []", "scanner.device: is an array of 0; expected a path or a name in /dev/input/by-id, of at most 256"),
        ("kind = 'evdev'\ndevice = ['a', 'b', 'c', 'd', 'e']", "scanner.device: is an array of 5"),
        ("kind = 'evdev'\ndevice = ['a', 'a']", "scanner.device: names the same one twice"),
        ("kind = 'evdev'\ndevice = ['a', '']", "scanner.device: is empty"),
        ("kind = 'evdev'\ndevice = ['a', ['b']]", "scanner.device: is an array"),
        ("kind = 'evdev'\ndevice = ['a', 'b']\nvendor = 1", "scanner.device: is not the only way"),
        (
            "kind = 'serial'\nport = ['/dev/ttyACM0', 'COM1']",
            "scanner.port: is 'COM1'; expected a path such as /dev/ttyACM0; or an",
        ),
        ("kind = 'usb'", "scanner.kind: is 'usb'"),
        ("kind = 'serial'", "scanner.port: is missing; expected a path such as /dev/ttyACM0"),
        ("kind = 'serial'\nport = 'COM1'", "scanner.port: is 'COM1'; expected a path"),
        ("kind = 'serial'\nport = '/dev/ttyACM0'\nbaudrate = 9601", "scanner.baudrate: is 9601; expected one of 1200, "),
        ("kind = 'evdev'", "scanner.device: is missing; expected a path or a name in /dev/input/by-id; or vendor and product"),
        ("kind = 'evdev'\nvendor = 1", "scanner.device: is missing"),
        ("kind = 'evdev'\ndevice = 'a'\nvendor = 1\nproduct = 2", "scanner.device: is not the only way"),
        ("kind = 'evdev'\nvendor = 0x10000\nproduct = 1", "scanner.vendor: is 65536; expected a USB id"),
        ("kind = 'evdev'\nvendor = 'c2e'\nproduct = 1", "scanner.vendor: is 'c2e'"),
    ],
)
def test_what_a_scanner_cannot_be(lines: str, line: str) -> None:
    (found,) = problems(f"[scanner]\n{lines}")
    assert found.startswith(line)


def test_a_device_is_switched_off_by_its_kind_alone() -> None:
    config = read("[scanner]\nkind = 'simulated'\nport = '/dev/ttyACM0'\nbaudrate = 9600\n[lights]\nkind = 'none'\ngreen = 2\nred = 2\n")
    assert config.hardware.scanner.kind == "simulated"
    assert config.hardware.lights.kind == "none"


def test_a_key_that_is_not_used_is_still_checked() -> None:
    assert problems("[buzzer]\nkind = 'none'\npin = 99") == ["buzzer.pin: is 99; expected a BCM number from 0 to 27"]


@pytest.mark.parametrize(
    ("lines", "settings"),
    [
        ("kind = 'ssd1306'", DisplaySettings("ssd1306")),
        ("kind = 'ssd1322'\ninterface = 'spi'\nbus = 0", DisplaySettings("ssd1322", "spi", 0, width=256)),
        ("kind = 'ssd1306'\nheight = 32\naddress = 0x3d", DisplaySettings("ssd1306", address=0x3D, height=32)),
        ("kind = 'sh1106'\nrotate = 2\ncontrast = 0\nmin_module_px = 2", DisplaySettings("sh1106", rotate=2, contrast=0, min_module_px=2)),
        ("kind = 'simulated'", DisplaySettings("simulated")),
    ],
)
def test_a_panel_has_the_size_of_its_kind_unless_it_says_otherwise(lines: str, settings: DisplaySettings) -> None:
    assert read(f"[display]\n{lines}").hardware.display == settings


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("address = 0x02", "display.address: is 2; expected an I2C address from 3 to 119"),
        ("address = 0x78", "display.address: is 120"),
        ("rotate = 4", "display.rotate: is 4; expected one of 0, 1, 2, 3"),
        ("rotate = true", "display.rotate: is true"),
        ("contrast = 256", "display.contrast: is 256; expected a whole number from 0 to 255"),
        ("contrast = -1", "display.contrast: is -1"),
        ("width = 0", "display.width: is 0; expected pixels from 16 to 512"),
        ("min_module_px = 0", "display.min_module_px: is 0"),
        ("interface = 'usb'", 'display.interface: is \'usb\'; expected one of "i2c", "spi"'),
        ("bus = -1", "display.bus: is -1"),
        ("color = 'blue'", "display.color: is not known here"),
    ],
)
def test_what_a_panel_cannot_be(line: str, problem: str) -> None:
    (found,) = problems(f"[display]\nkind = 'ssd1306'\n{line}")
    assert found.startswith(problem)


@pytest.mark.parametrize(("kind", "guess"), [("ssd1360", "did you mean ssd1"), ("SSD1306", ""), ("const", ""), ("ws0010", "")])
def test_a_panel_that_nobody_knows(kind: str, guess: str) -> None:
    (found,) = problems(f"[display]\nkind = '{kind}'")
    assert found.startswith(f"display.kind: is '{kind}'")
    assert guess in found


def test_a_panel_s_kind_is_a_text() -> None:
    (found,) = problems("[display]\nkind = 1306")
    assert found.startswith("display.kind: is 1306; expected")


def test_lights_buzzer_and_button_on_pins() -> None:
    hardware = read(
        """
        [lights]
        kind = "gpio"
        green = 17
        amber = 27
        red = 22
        active_high = false
        [buzzer]
        kind = "gpio"
        pin = 18
        passive = true
        [button]
        kind = "gpio"
        pin = 23
        active_low = false
        """
    ).hardware
    assert hardware.lights == LightsSettings("gpio", 17, 27, 22, active_high=False)
    assert hardware.buzzer == BuzzerSettings("gpio", 18, passive=True)
    assert hardware.button == ButtonSettings("gpio", 23, active_low=False)


def test_gpio_needs_pins() -> None:
    assert problems("[lights]\nkind = 'gpio'\n[buzzer]\nkind = 'gpio'\n[button]\nkind = 'gpio'") == [
        "lights.green: is missing, and amber and red are too; expected a BCM number from 0 to 27",
        "buzzer.pin: is missing; expected a BCM number from 0 to 27",
        "button.pin: is missing; expected a BCM number from 0 to 27",
    ]


def test_a_box_may_have_one_light_of_three_but_hears_of_it() -> None:
    config = read("[lights]\nkind = 'gpio'\ngreen = 17")
    assert config.hardware.lights == LightsSettings("gpio", green=17)
    assert [warning.split(":")[0] for warning in config.warnings] == ["lights.amber", "lights.red", "scanner"]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("[lights]\nkind='gpio'\ngreen=17\namber=17\nred=22", "lights.amber: is 17, the pin that lights.green takes"),
        (
            "[lights]\nkind='gpio'\ngreen=17\namber=18\nred=22\n[buzzer]\nkind='gpio'\npin=22",
            "buzzer.pin: is 22, the pin that lights.red takes",
        ),
        ("[buzzer]\nkind='gpio'\npin=5\n[button]\nkind='gpio'\npin=5", "button.pin: is 5, the pin that buzzer.pin takes"),
        ("[display]\nkind='ssd1306'\n[buzzer]\nkind='gpio'\npin=2", "buzzer.pin: is 2, the pin that display (i2c) takes"),
        (
            "[display]\nkind='ssd1306'\ninterface='spi'\n[buzzer]\nkind='gpio'\npin=25",
            "buzzer.pin: is 25, the pin that display (spi) takes",
        ),
        (
            "[scanner]\nkind='serial'\nport='/dev/serial0'\n[button]\nkind='gpio'\npin=15",
            "button.pin: is 15, the pin that scanner.port takes",
        ),
        (
            "[scanner]\nkind='serial'\nport=['/dev/ttyACM0', '/dev/serial0']\n[button]\nkind='gpio'\npin=15",
            "button.pin: is 15, the pin that scanner.port takes",
        ),
    ],
)
def test_no_pin_serves_two(more: str, line: str) -> None:
    assert problems(more) == [f"{line}; expected a BCM number that nothing else has"]


def test_pins_of_buses_that_are_not_used_are_free() -> None:
    assert read("[display]\nkind='simulated'\n[buzzer]\nkind='gpio'\npin=2").hardware.buzzer.pin == 2
    assert read("[display]\nkind='ssd1306'\nbus=3\n[buzzer]\nkind='gpio'\npin=2").hardware.buzzer.pin == 2
    assert read("[scanner]\nkind='serial'\nport='/dev/ttyACM0'\n[buzzer]\nkind='gpio'\npin=14").hardware.buzzer.pin == 14
