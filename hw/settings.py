"""Which devices the box has, as the configuration names them. The factory builds from these; `daemon.config` fills them in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    kind: str  # "evdev" | "serial" | "hidpos" | "simulated" | "none"
    device: str | None = None  # evdev: a path, or a name in /dev/input/by-id; hidpos: a path, a serial number, or a USB socket
    vendor: int | None = None  # evdev, hidpos: USB ids instead of a device
    product: int | None = None
    port: str | None = None  # serial
    baudrate: int = 9600
    also: tuple[ScannerSettings, ...] = ()  # the further scanners where `device` or `port` names several


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    kind: str  # "simulated" | "none" | any luma.oled device
    interface: str = "i2c"
    bus: int = 1
    address: int = 0x3C
    width: int = 128
    height: int = 64
    rotate: int = 0  # quarter turns, as luma counts them: 0 to 3
    contrast: int = 0x7F
    min_module_px: int = 1  # QR: smallest module that may be shown


@dataclass(frozen=True, slots=True)
class LightsSettings:
    kind: str  # "gpio" | "simulated" | "none"
    green: int | None = None  # BCM numbers
    amber: int | None = None
    red: int | None = None
    active_high: bool = True


@dataclass(frozen=True, slots=True)
class BuzzerSettings:
    kind: str  # "gpio" | "simulated" | "none"
    pin: int | None = None
    passive: bool = False


@dataclass(frozen=True, slots=True)
class ButtonSettings:
    kind: str  # "gpio" | "simulated" | "none"
    pin: int | None = None
    active_low: bool = True


@dataclass(frozen=True, slots=True)
class HardwareSettings:
    scanner: ScannerSettings
    display: DisplaySettings
    lights: LightsSettings
    buzzer: BuzzerSettings
    button: ButtonSettings


@dataclass(frozen=True, slots=True)
class PulseSettings:
    """The line of a till of kind `pulse`. `active_low`: a low level is a pulse; `inhibit_active_low`: a low level inhibits."""

    output: str  # "gpio" | "simulated"
    pin: int | None = None  # BCM numbers
    active_low: bool = False
    on_ms: int = 100  # facts, "Pulse / coin acceptor emulation": about 100 ms on, 200 to 300 ms off suits most machines
    off_ms: int = 250
    inhibit_pin: int | None = None
    inhibit_active_low: bool = True
    choice_pins: tuple[int, ...] = ()  # product buttons, each to ground
