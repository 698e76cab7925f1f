"""`[tills.NAME]`: who may ask the box for an amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from daemon.tables.devices import check_one_way_to_find
from daemon.tables.machines import MdbTillSettings, read_mdb, read_pulse
from daemon.tables.names import take_names
from daemon.tables.poles import PoleTillSettings, read_pole
from daemon.tables.table import Table
from daemon.tables.till import TillSettings
from daemon.tables.values import BAUDRATE, DEVICE_PATH, LARGEST_AMOUNT, USB_ID, one_of, text, whole
from daemon.view import Part
from hw.settings import ScannerSettings

__all__ = ["KeypadTillSettings", "SerialTillSettings", "TillSettings", "read_tills"]

_KINDS = one_of(("http", "serial", "keypad", "pole", "mdb", "pulse"))
_PRIORITY = whole(-9, 9, "a whole number")
_CRC = one_of(("required", "optional"))
_DEVICE = 'a path, a name in /dev/input/by-id, or "simulated"'
_TAKEN = frozenset(part.value for part in Part)  # names under which the box reports its own parts


@dataclass(frozen=True, slots=True)
class SerialTillSettings(TillSettings):
    """`kind = "serial"`: one on each port (docs/serial-till.md). `crc_required`: lines without a checksum are refused."""

    kind: str = "serial"
    port: str = ""
    baudrate: int = 115200
    crc_required: bool = True

    @property
    def acknowledges(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class KeypadTillSettings(TillSettings):
    """`kind = "keypad"`: a USB number pad (docs/keypad-till.md), by `device` or by its USB numbers."""

    kind: str = "keypad"
    device: str | None = None
    vendor: int | None = None
    product: int | None = None

    @property
    def named(self) -> tuple[object, ...]:
        """What tells one pad from another. There can be any number of simulated ones."""
        return (self.name,) if self.device == "simulated" else (self.device, self.vendor, self.product)


def read_tills(root: Table, scanner: ScannerSettings, max_amount: int = LARGEST_AMOUNT) -> dict[str, TillSettings]:
    """The tills by name; one of kind `http` where none is configured. What belongs to the scanners is theirs alone."""
    tables = take_names(root.table("tills"), root.findings)
    if not tables:
        return {"http": TillSettings("http")}
    read = {name: _read_till(name, table, max_amount) for name, table in tables.items()}
    tills = {name: till for name, till in read.items() if till is not None}
    for name in [name for name, till in tills.items() if till.kind == "http"][1:]:
        tables[name].problem("kind", "is a second till of kind http", "one of them; it serves any number of machines")
    scanners = (scanner, *scanner.also)
    _check_ports(tables, [till for till in tills.values() if isinstance(till, _Lined)], scanners)
    _check_pads(tables, [till for till in tills.values() if isinstance(till, KeypadTillSettings)], scanners)
    return tills


def _read_till(name: str, table: Table, max_amount: int) -> TillSettings | None:
    kind = table.take("kind", _KINDS, None, needed=True)
    if kind is None:
        return None
    if kind != "http" and name in _TAKEN:
        table.problem("kind", f"its line would be reported as {name!r}, as a part of the box is", "another NAME in [tills.NAME]")
    till = _MACHINES[kind](name, table, max_amount) if kind in _MACHINES else _READERS[kind](name, table)
    priority = table.take("priority", _PRIORITY, till.priority)
    table.close()
    return replace(till, priority=priority)


def _read_http(name: str, _table: Table) -> TillSettings:
    return TillSettings(name)


def _read_serial(name: str, table: Table) -> SerialTillSettings:
    return SerialTillSettings(
        name,
        port=table.take("port", DEVICE_PATH, "", needed=True),
        baudrate=table.take("baudrate", BAUDRATE, 115200),
        crc_required=table.take("crc", _CRC, "required") == "required",
    )


def _read_keypad(name: str, table: Table) -> KeypadTillSettings:
    keypad = KeypadTillSettings(
        name,
        device=table.take("device", text(256, f"{_DEVICE},"), None),
        vendor=table.take("vendor", USB_ID, None),
        product=table.take("product", USB_ID, None),
    )
    check_one_way_to_find(table, "number pad", _DEVICE)
    return keypad


_READERS: dict[str, Callable[[str, Table], TillSettings]] = {
    "http": _read_http,
    "serial": _read_serial,
    "keypad": _read_keypad,
    "pole": read_pole,
}
_MACHINES: dict[str, Callable[[str, Table, int], TillSettings]] = {"mdb": read_mdb, "pulse": read_pulse}

_Lined = SerialTillSettings | PoleTillSettings | MdbTillSettings


def _check_ports(tables: dict[str, Table], tills: list[_Lined], scanners: tuple[ScannerSettings, ...]) -> None:
    """A port has one owner: a second one would find it locked for ever."""
    owners = {one.port: "the scanner's" for one in scanners if one.kind == "serial"}
    for till in tills:
        if till.port in owners:
            tables[till.name].problem("port", f"is {owners[till.port]} as well", "a port of its own")
        elif till.port:
            owners[till.port] = f"that of till {till.name}"


def _check_pads(tables: dict[str, Table], tills: list[KeypadTillSettings], scanners: tuple[ScannerSettings, ...]) -> None:
    """A device has one owner: a second one could not grab it. What was not said at all is told elsewhere."""
    owners: dict[tuple[object, ...], str] = {_named(one): "the scanner's" for one in scanners if one.kind == "evdev"}
    for till in tills:
        if till.named in owners:
            key = "device" if till.device is not None else "vendor"
            tables[till.name].problem(key, f"is {owners[till.named]} as well", "a number pad of its own")
        elif any(part is not None for part in till.named):
            owners[till.named] = f"that of till {till.name}"


def _named(scanner: ScannerSettings) -> tuple[object, ...]:
    return (scanner.device, scanner.vendor, scanner.product)
