"""The configuration's words become devices, and what cannot be is refused with what can."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from hw.factory import build, display_kinds
from hw.gpio_button import GpioButton
from hw.gpio_buzzer import GpioBuzzer
from hw.gpio_lights import GpioLights
from hw.interfaces import Condition
from hw.oled import LumaDisplay
from hw.scanner_evdev import EvdevScanner
from hw.scanner_hidpos import HidPosScanner
from hw.scanner_serial import SerialScanner
from hw.scanners import Scanners
from hw.settings import ButtonSettings, BuzzerSettings, DisplaySettings, HardwareSettings, LightsSettings, ScannerSettings
from hw.simulated import (
    NoButton,
    NoBuzzer,
    NoDisplay,
    NoLights,
    SimulatedButton,
    SimulatedBuzzer,
    SimulatedDisplay,
    SimulatedLights,
    SimulatedScanner,
)

ROOT = Path(__file__).resolve().parents[2]
SIMULATED = HardwareSettings(
    ScannerSettings("simulated"),
    DisplaySettings("simulated"),
    LightsSettings("simulated"),
    BuzzerSettings("simulated"),
    ButtonSettings("simulated"),
)


def built(part, settings):
    return getattr(build(dataclasses.replace(SIMULATED, **{part: settings})), part)


@pytest.mark.parametrize(
    ("part", "settings", "kind"),
    [
        ("scanner", ScannerSettings("simulated"), SimulatedScanner),
        ("scanner", ScannerSettings("evdev", device="usb-Maker_Scanner-event-kbd"), EvdevScanner),
        ("scanner", ScannerSettings("evdev", vendor=1, product=2), EvdevScanner),
        ("scanner", ScannerSettings("serial", port="/dev/ttyACM0"), SerialScanner),
        ("scanner", ScannerSettings("hidpos", device="/dev/hidraw0"), HidPosScanner),
        ("scanner", ScannerSettings("hidpos", vendor=1, product=2), HidPosScanner),
        ("scanner", ScannerSettings("serial", port="/dev/a", also=(ScannerSettings("serial", port="/dev/b"),)), Scanners),
        ("display", DisplaySettings("simulated"), SimulatedDisplay),
        ("display", DisplaySettings("none"), NoDisplay),
        *(("display", DisplaySettings(kind), LumaDisplay) for kind in display_kinds()),
        ("lights", LightsSettings("simulated"), SimulatedLights),
        ("lights", LightsSettings("none"), NoLights),
        ("lights", LightsSettings("gpio", green=17), GpioLights),
        ("buzzer", BuzzerSettings("simulated"), SimulatedBuzzer),
        ("buzzer", BuzzerSettings("none"), NoBuzzer),
        ("buzzer", BuzzerSettings("gpio", pin=18, passive=True), GpioBuzzer),
        ("button", ButtonSettings("simulated"), SimulatedButton),
        ("button", ButtonSettings("none"), NoButton),
        ("button", ButtonSettings("gpio", pin=23), GpioButton),
    ],
)
def test_each_kind_is_its_own_device_and_opens_nothing_yet(part, settings, kind):
    device = built(part, settings)
    assert type(device) is kind
    assert settings.kind == "none" or device.health.condition is Condition.MISSING


@pytest.mark.parametrize(
    ("part", "settings", "words"),
    [
        ("scanner", ScannerSettings("usb"), "scanner: there is no kind 'usb'; possible are evdev, serial, hidpos, simulated"),
        ("display", DisplaySettings("ssd9999"), "ssd1306, .*simulated, none"),
        ("display", DisplaySettings("winstar_weh"), "there is no kind"),
        ("lights", LightsSettings("rgb"), "possible are gpio, simulated, none"),
        ("buzzer", BuzzerSettings("loud"), "possible are gpio, simulated, none"),
        ("button", ButtonSettings("big"), "possible are gpio, simulated, none"),
        ("scanner", ScannerSettings("evdev"), "`device`, or `vendor` and `product`"),
        ("scanner", ScannerSettings("hidpos"), "`device`, or `vendor` and `product`"),
        ("scanner", ScannerSettings("serial"), "scanner.port: needed"),
        ("lights", LightsSettings("gpio"), "needs a pin"),
        ("buzzer", BuzzerSettings("gpio"), "buzzer.pin: needed"),
        ("button", ButtonSettings("gpio"), "button.pin: needed"),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(part, settings, words):
    with pytest.raises(ValueError, match=words):
        built(part, settings)


@pytest.mark.parametrize("kind", ["simulated", "none", "ssd1306"])
def test_a_turned_panel_has_the_size_that_one_sees(kind):
    display = built("display", DisplaySettings(kind, width=128, height=64, rotate=1))
    assert (display.width, display.height) == (64, 128)


def test_naming_kinds_needs_none_of_the_libraries():
    loaded = "{'luma', 'evdev', 'serial', 'RPi'} & set(sys.modules)"
    script = f"import sys; from hw.factory import display_kinds; display_kinds(); sys.exit(len({loaded}))"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
