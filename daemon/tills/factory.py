"""From `[tills.NAME]` to tills: the one place that names their kinds. Each is imported only where it is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from daemon.money import Amount, Minor
from daemon.tables.machines import MdbTillSettings, PulseTillSettings
from daemon.tables.poles import PoleTillSettings
from daemon.tables.tills import KeypadTillSettings, SerialTillSettings, TillSettings
from daemon.tills.base import Desk, Front, Tellings, Till
from daemon.tills.house import House
from daemon.tills.http import Terms
from hw.interfaces import Keypad, PulseOutput, Tap, TillLine
from hw.settings import PulseSettings


class Devices(Protocol):
    """What tills have of `hw.factory`. Nothing is opened yet."""

    def till_line(self, name: str, port: str, baudrate: int) -> TillLine: ...
    def tap(self, name: str, port: str, baudrate: int) -> Tap: ...
    def keypad(self, name: str, device: str | None, vendor: int | None, product: int | None) -> Keypad: ...

    def pulse_output(self, name: str, settings: PulseSettings) -> PulseOutput: ...


@dataclass(frozen=True, slots=True)
class Shop:
    """The box, as every till is given it. `new_ref` makes up a payment's name where the till has none."""

    desk: Desk
    tellings: Tellings
    terms: Terms
    new_ref: Callable[[], str]
    version: str
    front: Front
    house: House


def build(settings: Iterable[TillSettings], shop: Shop, devices: Devices) -> list[Till]:
    """The tills that have a device of their own; those of kind `http` are served by `daemon.web`."""
    return [_build(till, shop, devices) for till in settings if till.kind != "http"]


def _build(settings: TillSettings, shop: Shop, devices: Devices) -> Till:
    match settings:
        case SerialTillSettings():
            return _serial(settings, shop, devices)
        case KeypadTillSettings():
            return _keypad(settings, shop, devices)
        case PulseTillSettings():
            return _pulse(settings, shop, devices)
        case MdbTillSettings():
            return _mdb(settings, shop, devices)
        case PoleTillSettings():
            return _pole(settings, shop, devices)
    raise ValueError(f"tills.{settings.name}: there is no kind {settings.kind!r}")


def _serial(settings: SerialTillSettings, shop: Shop, devices: Devices) -> Till:
    from daemon.tills.serial import SerialTerms, SerialTill

    line = devices.till_line(settings.name, settings.port, settings.baudrate)
    terms = SerialTerms(settings.name, shop.terms, settings.crc_required, shop.version)
    return SerialTill(terms, line, shop.desk, shop.tellings, shop.new_ref)


def _keypad(settings: KeypadTillSettings, shop: Shop, devices: Devices) -> Till:
    from daemon.tills.keypad import KeypadTill

    pad = devices.keypad(settings.name, settings.device, settings.vendor, settings.product)
    return KeypadTill(settings.name, shop.terms, pad, shop.desk, shop.front, shop.new_ref)


def _pulse(settings: PulseTillSettings, shop: Shop, devices: Devices) -> Till:
    from daemon.tills.pulse import PulseTerms, PulseTill

    currency = shop.terms.currency
    price = None if settings.price is None else Amount(Minor(settings.price), currency)
    prices = {pin: Amount(Minor(minor), currency) for pin, minor in settings.prices.items()}
    output = devices.pulse_output(settings.name, settings.line)
    return PulseTill(PulseTerms(settings.name, price, prices), output, shop.desk, shop.house, shop.new_ref)


def _mdb(settings: MdbTillSettings, shop: Shop, devices: Devices) -> Till:
    from daemon.tills.mdb import MdbTerms, MdbTill

    line = devices.till_line(settings.name, settings.port, settings.baudrate)
    price = None if settings.price is None else Amount(Minor(settings.price), shop.terms.currency)
    terms = MdbTerms(settings.name, shop.terms, settings.mode == "always-idle", price, settings.max_vend_wait_s)
    return MdbTill(terms, line, shop.desk, shop.house, shop.new_ref)


def _pole(settings: PoleTillSettings, shop: Shop, devices: Devices) -> Till:
    from daemon.tills.pole import PoleTerms, PoleTill

    tap = devices.tap(settings.name, settings.port, settings.baudrate)
    reading = (settings.dialect, settings.words, settings.total_pattern, settings.point == "implied")
    return PoleTill(PoleTerms(settings.name, shop.terms, *reading, settings.confirm), tap, shop.desk, shop.front, shop.new_ref)
