"""`[tills.NAME]`: who may ask the box for an amount."""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.tables import later
from daemon.tables.machines import MdbTillSettings, read_mdb, read_pulse
from daemon.tables.names import take_names
from daemon.tables.table import Table
from daemon.tables.till import TillSettings
from daemon.tables.values import BAUDRATE, DEVICE_PATH, LARGEST_AMOUNT, one_of, whole
from daemon.view import Part

__all__ = ["SerialTillSettings", "TillSettings", "read_tills"]

_KINDS = one_of(("http", "serial", "pulse", "mdb"), later=tuple(later.TILLS))
_PRIORITY = whole(-9, 9, "a whole number")
_CRC = one_of(("required", "optional"))
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


def read_tills(root: Table, scanner_ports: frozenset[str] = frozenset(), max_amount: int = LARGEST_AMOUNT) -> dict[str, TillSettings]:
    """The tills by name; one of kind `http` where none is configured. `scanner_ports` belong to scanners."""
    tables = take_names(root.table("tills"), root.findings)
    if not tables:
        return {"http": TillSettings("http")}
    read = {name: _read_till(name, table, max_amount) for name, table in tables.items()}
    tills = {name: till for name, till in read.items() if till is not None}
    for name in [name for name, till in tills.items() if till.kind == "http"][1:]:
        tables[name].problem("kind", "is a second till of kind http", "one of them; it serves any number of machines")
    _check_ports(tables, [till for till in tills.values() if isinstance(till, SerialTillSettings | MdbTillSettings)], scanner_ports)
    return tills


def _read_till(name: str, table: Table, max_amount: int) -> TillSettings | None:
    kind = table.take("kind", _KINDS, None, needed=True)
    if kind is None:
        for later_kind, keys in later.TILLS.items():
            if table.says("kind", later_kind):
                later.check_keys(table, keys)
        return None
    if kind != "http" and name in _TAKEN:
        table.problem("kind", f"its line would be reported as {name!r}, as a part of the box is", "another NAME in [tills.NAME]")
    till = _read_kind(kind, name, table, max_amount)
    priority = table.take("priority", _PRIORITY, till.priority)
    table.close()
    return replace(till, priority=priority)


def _read_kind(kind: str, name: str, table: Table, max_amount: int) -> TillSettings:
    if kind == "serial":
        return _read_serial(name, table)
    if kind == "mdb":
        return read_mdb(name, table, max_amount)
    return read_pulse(name, table, max_amount) if kind == "pulse" else TillSettings(name)


def _read_serial(name: str, table: Table) -> SerialTillSettings:
    return SerialTillSettings(
        name,
        port=table.take("port", DEVICE_PATH, "", needed=True),
        baudrate=table.take("baudrate", BAUDRATE, 115200),
        crc_required=table.take("crc", _CRC, "required") == "required",
    )


def _check_ports(tables: dict[str, Table], tills: list[SerialTillSettings | MdbTillSettings], scanner_ports: frozenset[str]) -> None:
    """A port has one owner: a second one would find it locked for ever."""
    owners = dict.fromkeys(scanner_ports, "the scanner's")
    for till in tills:
        if till.port in owners:
            tables[till.name].problem("port", f"is {owners[till.port]} as well", "a port of its own")
        elif till.port:
            owners[till.port] = f"that of till {till.name}"
