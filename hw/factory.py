"""From the configuration's words to devices: the one place that names concrete ones. Each is imported only where it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hw.interfaces import Button, Buzzer, Display, Keypad, Lights, PulseOutput, Scanner, Tap, TillLine
from hw.settings import ButtonSettings, BuzzerSettings, DisplaySettings, HardwareSettings, LightsSettings, PulseSettings, ScannerSettings

Make = TypeVar("Make")

# The devices of luma.oled 3.16 that hang on I2C or SPI. ws0010 and winstar_weh are left out: they need a parallel port.
_LUMA_KINDS = (
    "ch1115",
    "sh1106",
    "sh1107",
    "ssd1305",
    "ssd1306",
    "ssd1309",
    "ssd1315",
    "ssd1316",
    "ssd1322",
    "ssd1322_nhd",
    "ssd1325",
    "ssd1327",
    "ssd1331",
    "ssd1351",
    "ssd1362",
    "ssd1363",
)


@dataclass(frozen=True, slots=True)
class Hardware:
    """The devices of one box, none of them opened yet."""

    scanner: Scanner
    display: Display
    lights: Lights
    buzzer: Buzzer
    button: Button


def display_kinds() -> tuple[str, ...]:
    """The panels of luma.oled that `[display] kind` may name, beside "simulated" and "none"."""
    return _LUMA_KINDS


def build(settings: HardwareSettings) -> Hardware:
    """The devices that the configuration names. Opens nothing; raises ValueError for a kind or a setting that cannot be."""
    return Hardware(
        scanner=_scanner(settings.scanner),
        display=_chosen("display", settings.display.kind, _DISPLAYS)(settings.display),
        lights=_chosen("lights", settings.lights.kind, _LIGHTS)(settings.lights),
        buzzer=_chosen("buzzer", settings.buzzer.kind, _BUZZERS)(settings.buzzer),
        button=_chosen("button", settings.button.kind, _BUTTONS)(settings.button),
    )


def till_line(name: str, port: str, baudrate: int) -> TillLine:
    """The line to the till of that name. Nothing is opened yet."""
    from hw.till_line import SerialTillLine

    return SerialTillLine(name, port, baudrate)


def tap(name: str, port: str, baudrate: int) -> Tap:
    """The line that the till of that name listens to. Nothing is opened yet."""
    from hw.tap_line import TapLine

    return TapLine(name, port, baudrate)


def keypad(name: str, device: str | None, vendor: int | None, product: int | None) -> Keypad:
    """The number pad of the till of that name; `device` may be "simulated". Nothing is opened yet."""
    if device == "simulated":
        from hw.simulated_keypad import SimulatedKeypad

        return SimulatedKeypad(name)
    from hw.keypad_evdev import EvdevKeypad

    return EvdevKeypad(name, device, vendor, product)


def pulse_output(name: str, settings: PulseSettings) -> PulseOutput:
    """The credit line of the till of that name. Nothing is opened yet."""
    return _chosen(f"tills.{name}", settings.output, _PULSE_OUTPUTS)(name, settings)


def _chosen(what: str, kind: str, known: dict[str, Make]) -> Make:
    if kind not in known:
        raise ValueError(f"{what}: there is no kind {kind!r}; possible are {', '.join(known)}")
    return known[kind]


def _needed(value: Make | None, key: str) -> Make:
    if value is None:
        raise ValueError(f"{key}: needed for this kind, but not set")
    return value


def _scanner(settings: ScannerSettings) -> Scanner:
    scanners = [_chosen("scanner", one.kind, _SCANNERS)(one) for one in (settings, *settings.also)]
    if len(scanners) == 1:
        return scanners[0]
    from hw.scanners import Scanners

    return Scanners(scanners)


def _evdev_scanner(settings: ScannerSettings) -> Scanner:
    from hw.scanner_evdev import EvdevScanner

    return EvdevScanner(settings.device, settings.vendor, settings.product)


def _serial_scanner(settings: ScannerSettings) -> Scanner:
    from hw.scanner_serial import SerialScanner

    return SerialScanner(_needed(settings.port, "scanner.port"), settings.baudrate)


def _hidpos_scanner(settings: ScannerSettings) -> Scanner:
    from hw.scanner_hidpos import HidPosScanner

    return HidPosScanner(settings.device, settings.vendor, settings.product)


def _simulated_scanner(_settings: ScannerSettings) -> Scanner:
    from hw.simulated import SimulatedScanner

    return SimulatedScanner()


def _no_scanner(_settings: ScannerSettings) -> Scanner:
    from hw.simulated import NoScanner

    return NoScanner()


def _luma_display(settings: DisplaySettings) -> Display:
    from hw.oled import LumaDisplay

    return LumaDisplay(settings)


def _simulated_display(settings: DisplaySettings) -> Display:
    from hw.simulated import SimulatedDisplay

    return SimulatedDisplay(*_turned(settings))


def _no_display(settings: DisplaySettings) -> Display:
    from hw.simulated import NoDisplay

    return NoDisplay(*_turned(settings))


def _turned(settings: DisplaySettings) -> tuple[int, int]:
    """Width and height as one looks at the panel."""
    return (settings.width, settings.height) if settings.rotate % 2 == 0 else (settings.height, settings.width)


def _gpio_lights(settings: LightsSettings) -> Lights:
    from hw.gpio_lights import GpioLights

    pins = {"green": settings.green, "amber": settings.amber, "red": settings.red}
    if not any(pin is not None for pin in pins.values()):
        raise ValueError("lights: kind gpio needs a pin for green, amber or red")
    return GpioLights(pins, active_high=settings.active_high)


def _simulated_lights(_settings: LightsSettings) -> Lights:
    from hw.simulated import SimulatedLights

    return SimulatedLights()


def _no_lights(_settings: LightsSettings) -> Lights:
    from hw.simulated import NoLights

    return NoLights()


def _gpio_buzzer(settings: BuzzerSettings) -> Buzzer:
    from hw.gpio_buzzer import GpioBuzzer

    return GpioBuzzer(_needed(settings.pin, "buzzer.pin"), passive=settings.passive)


def _simulated_buzzer(_settings: BuzzerSettings) -> Buzzer:
    from hw.simulated import SimulatedBuzzer

    return SimulatedBuzzer()


def _no_buzzer(_settings: BuzzerSettings) -> Buzzer:
    from hw.simulated import NoBuzzer

    return NoBuzzer()


def _gpio_button(settings: ButtonSettings) -> Button:
    from hw.gpio_button import GpioButton

    return GpioButton(_needed(settings.pin, "button.pin"), active_low=settings.active_low)


def _simulated_button(_settings: ButtonSettings) -> Button:
    from hw.simulated import SimulatedButton

    return SimulatedButton()


def _no_button(_settings: ButtonSettings) -> Button:
    from hw.simulated import NoButton

    return NoButton()


def _gpio_pulses(name: str, settings: PulseSettings) -> PulseOutput:
    from hw.gpio_pulses import GpioPulses

    _needed(settings.pin, f"tills.{name}.pin")
    return GpioPulses(name, settings)


def _simulated_pulses(name: str, settings: PulseSettings) -> PulseOutput:
    from hw.simulated_pulses import SimulatedPulses

    return SimulatedPulses(name, settings)


_SCANNERS: dict[str, Callable[[ScannerSettings], Scanner]] = {
    "evdev": _evdev_scanner,
    "serial": _serial_scanner,
    "hidpos": _hidpos_scanner,
    "simulated": _simulated_scanner,
    "none": _no_scanner,
}
_DISPLAYS: dict[str, Callable[[DisplaySettings], Display]] = {
    **dict.fromkeys(_LUMA_KINDS, _luma_display),
    "simulated": _simulated_display,
    "none": _no_display,
}
_LIGHTS: dict[str, Callable[[LightsSettings], Lights]] = {
    "gpio": _gpio_lights,
    "simulated": _simulated_lights,
    "none": _no_lights,
}
_BUZZERS: dict[str, Callable[[BuzzerSettings], Buzzer]] = {
    "gpio": _gpio_buzzer,
    "simulated": _simulated_buzzer,
    "none": _no_buzzer,
}
_BUTTONS: dict[str, Callable[[ButtonSettings], Button]] = {
    "gpio": _gpio_button,
    "simulated": _simulated_button,
    "none": _no_button,
}
_PULSE_OUTPUTS: dict[str, Callable[[str, PulseSettings], PulseOutput]] = {
    "gpio": _gpio_pulses,
    "simulated": _simulated_pulses,
}
