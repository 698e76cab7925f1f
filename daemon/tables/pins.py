"""Which of the Pi's pins the configured devices take. Two on one pin work against each other, and can break the pin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daemon.tables.findings import Findings
from hw.settings import HardwareSettings, PulseSettings

# The pins that buses and lines have on every Pi's header (BCM numbers), and luma's own for an SPI panel (DC 24, RST 25).
_I2C = {0: (0, 1), 1: (2, 3)}
_SPI = (8, 9, 10, 11, 24, 25)
_UART = (14, 15)
_UART_PORTS = ("/dev/serial0", "/dev/ttyAMA0", "/dev/ttyS0")


def check_pins(hardware: HardwareSettings, lines: Mapping[str, PulseSettings], findings: Findings) -> None:
    """A pin that two keys name is a problem of the second. `lines` are those of tills, by their names."""
    users: dict[int, str] = {}
    pulses = (named for name, line in lines.items() for named in _pulse_pins(name, line))
    for key, pin in (*_bus_pins(hardware), *_gpio_pins(hardware), *pulses):
        if pin in users:
            findings.problem(key, f"is {pin}, the pin that {users[pin]} takes", "a BCM number that nothing else has")
        else:
            users[pin] = key


def _bus_pins(hardware: HardwareSettings) -> Iterator[tuple[str, int]]:
    display = hardware.display
    if display.kind not in ("simulated", "none"):
        pins = _SPI if display.interface == "spi" else _I2C.get(display.bus, ())
        yield from ((f"display ({display.interface})", pin) for pin in pins)
    scanner = hardware.scanner
    if scanner.kind == "serial" and any(one.port in _UART_PORTS for one in (scanner, *scanner.also)):
        yield from (("scanner.port", pin) for pin in _UART)


def _gpio_pins(hardware: HardwareSettings) -> Iterator[tuple[str, int]]:
    lights, buzzer, button = hardware.lights, hardware.buzzer, hardware.button
    named = (
        ("lights.green", lights.kind, lights.green),
        ("lights.amber", lights.kind, lights.amber),
        ("lights.red", lights.kind, lights.red),
        ("buzzer.pin", buzzer.kind, buzzer.pin),
        ("button.pin", button.kind, button.pin),
    )
    return ((key, pin) for key, kind, pin in named if kind == "gpio" and pin is not None)


def _pulse_pins(name: str, line: PulseSettings) -> Iterator[tuple[str, int]]:
    if line.output == "gpio":
        named = (("pin", line.pin), ("inhibit_pin", line.inhibit_pin), *((f"prices.{pin}", pin) for pin in line.choice_pins))
        yield from ((f"tills.{name}.{key}", pin) for key, pin in named if pin is not None)
