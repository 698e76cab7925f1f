"""`[tills.NAME]` of the kinds that stand in a machine without staff: `pulse`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from daemon.goods import Ware
from daemon.tables.table import Table
from daemon.tables.till import TillSettings
from daemon.tables.values import BCM_PIN, FLAG, LARGEST_AMOUNT, Reader, Wrong, one_of, shown, whole
from hw.settings import PulseSettings

_MINOR = whole(1, LARGEST_AMOUNT, "minor units, a whole number")
_MS = whole(5, 10_000, "milliseconds, a whole number")
_OUTPUT = one_of(("gpio", "simulated"))
_MOST_PULSES = 200  # of one payment: at the usual widths more than a minute
_PULLED_UP = range(9)  # BCM 0 to 8 are pulled up, the others down, until a program sets them (BCM2835 ARM Peripherals, GPIO)


@dataclass(frozen=True, slots=True)
class PulseTillSettings(TillSettings):
    """`kind = "pulse"`: credit pulses for a fixed price, and for those of product buttons (docs/pulse-till.md). `prices` are by the
    buttons' pins; all are minor units."""

    kind: str = "pulse"
    priority: int = -1  # what nobody asked for yet gives way to what somebody asks for
    price: int | None = None
    prices: Mapping[int, int] = field(default_factory=dict)
    value_per_pulse: int = 1
    line: PulseSettings = field(default_factory=lambda: PulseSettings("simulated"))

    @property
    def ware(self) -> Ware:
        return Ware("pulse", self.value_per_pulse)

    @property
    def is_unattended(self) -> bool:
        return True


def read_pulse(name: str, table: Table, max_amount: int) -> PulseTillSettings:
    price, prices = table.take("price", _MINOR, None), table.take("prices", _PRICES, {})
    if price is None and "price" not in table and not prices and "prices" not in table:
        table.problem("price", "is missing", f"{_MINOR.expected}; or prices by product buttons")
    value = table.take("value_per_pulse", _MINOR, None, needed=True)
    if value is not None:
        _check_prices(table, {"price": price} if price else {}, prices, value, max_amount)
    return PulseTillSettings(name, price=price, prices=prices, value_per_pulse=value or 1, line=_read_line(table, tuple(prices)))


def _read_line(table: Table, choice_pins: tuple[int, ...]) -> PulseSettings:
    usual = PulseSettings("simulated")
    output = table.take("output", _OUTPUT, "simulated", needed=True)
    line = PulseSettings(
        output,
        pin=table.take("pin", BCM_PIN, None, needed=output == "gpio"),
        active_low=table.take("active_low", FLAG, usual.active_low),
        on_ms=table.take("on_ms", _MS, usual.on_ms),
        off_ms=table.take("off_ms", _MS, usual.off_ms),
        inhibit_pin=table.take("inhibit_pin", BCM_PIN, None),
        inhibit_active_low=table.take("inhibit_active_low", FLAG, usual.inhibit_active_low),
        choice_pins=choice_pins,
    )
    if output == "gpio" and line.pin is not None and (line.pin in _PULLED_UP) is not line.active_low:
        pulled = "up" if line.pin in _PULLED_UP else "down"
        right = "9 to 27 rests low" if pulled == "up" else "0 to 8 rests high"
        table.warn("pin", f"is pulled {pulled} until the box runs: the machine may count a pulse at power-up. One of BCM {right}")
    return line


def _check_prices(table: Table, price: Mapping[str, int], prices: Mapping[int, int], value: int, max_amount: int) -> None:
    for key, minor in (*price.items(), *((f"prices.{pin}", minor) for pin, minor in prices.items())):
        if (wrong := _wrong_with(minor, value, max_amount)) is not None:
            table.findings.problem(f"{table.key}.{key}", *wrong)


def _wrong_with(minor: int, value: int, max_amount: int) -> tuple[str, str] | None:
    if minor > max_amount:
        return f"is {minor}, more than box.max_amount", f"at most {max_amount}"
    if minor % value:
        return f"is {minor}, no multiple of value_per_pulse", f"a multiple of {value}"
    if minor // value > _MOST_PULSES:
        return f"is {minor // value} pulses", f"at most {_MOST_PULSES}"
    return None


def _read_prices(value: object) -> dict[int, int]:
    if not isinstance(value, Mapping) or not value:
        raise Wrong(f"is {shown(value)}")
    prices = {}
    for pin, minor in value.items():
        if not re.fullmatch(r"[0-9]{1,2}", pin) or str(int(pin)) != pin:
            raise Wrong(f"has {shown(pin)} in the place of a pin")
        prices[BCM_PIN.read(int(pin))] = _MINOR.read(minor)
    return prices


_PRICES = Reader("a table of prices in minor units by the BCM numbers of product buttons, such as { 5 = 300, 6 = 500 }", _read_prices)
