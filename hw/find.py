"""What is attached to this machine, as lines to paste into config.toml (`tillbox devices`).

It opens and asks each device for a moment, so it blocks, and belongs to a command, not to the running box. What a running box holds
(its scanner, its panel) is still listed: looking takes nothing away.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hw.gpio_chips import AskChip, ask_chip, chip_paths
from hw.hid_nodes import CLASS, DEV, HidNode, hid_nodes
from hw.input_nodes import NUMBER_PAD, SCANNER, OpenNode, event_paths, open_node, unit_of

PANEL_ADDRESSES = (0x3C, 0x3D)  # the two that a jumper on SSD1306, SH1106 and their like chooses between


@dataclass(frozen=True, slots=True)
class Found:
    """One device: the table of config.toml it may serve, what it is, and the lines that select it (none: cannot be used).

    `is_example` says that the lines hold what nobody but the installer knows, such as the pins that were wired.
    """

    table: str
    what: str
    lines: tuple[str, ...] = ()
    is_example: bool = False


def find_all() -> list[Found]:
    """Everything that is attached. Never raises for a device that cannot be asked: it is listed with the reason."""
    return [*find_hid_scanners(), *find_scanners(), *find_ports(), *find_panels(), *find_chips()]


def as_config(found: Iterable[Found]) -> str:
    """The finds as a piece of config.toml. In each table the first is chosen; the others, and examples, are comments to choose from."""
    tables: dict[str, list[Found]] = {}
    for find in found:
        tables.setdefault(find.table, []).append(find)
    return "\n".join(_block(table, finds) for table, finds in tables.items()) or "# no devices found\n"


def _block(table: str, finds: list[Found]) -> str:
    chosen = next((find for find in finds if find.lines and not find.is_example), None)
    lines = [f"[{table}]" if chosen else f"# [{table}]"]
    for find in finds:
        mark = "" if find is chosen else "# "
        lines += [f"# -- {find.what}", *(mark + line for line in find.lines)]
    return "\n".join(lines) + "\n"


def find_hid_scanners(sysfs: Path = CLASS, dev: Path = DEV) -> list[Found]:
    """Scanners in HID-POS mode. They come before those that type: nothing else describes itself like this, whereas any keyboard types."""
    nodes = [node for node in hid_nodes(sysfs, dev) if node.descriptor.is_scanner]
    return [_hid_scanner(node, [other for other in nodes if other is not node]) for node in nodes]


def _hid_scanner(node: HidNode, others: list[HidNode]) -> Found:
    what = f"{node.name} in HID-POS mode ({node.ids}, {node.path})"
    if node.descriptor.report is None:
        return Found("scanner", f"{what}: describes its reports in a way that is not understood; set it to another mode, such as serial")
    return Found("scanner", what, ('kind = "hidpos"', *_hid_name(node, others)))


def _hid_name(node: HidNode, others: list[HidNode]) -> tuple[str, ...]:
    """What lasts: its kind as long as it is the only one of it, else its serial number, else the socket it is plugged into."""
    if node.ids not in {other.ids for other in others}:
        return f"vendor = 0x{node.vendor:04x}", f"product = 0x{node.product:04x}"
    name = node.uniq if node.uniq and node.uniq not in {other.uniq for other in others} else node.phys or node.path
    return (f"device = {json.dumps(name, ensure_ascii=False)}",)


def find_scanners(input_dir: Path = Path("/dev/input"), opener: OpenNode = open_node) -> list[Found]:
    """Input devices that type digits and Enter: scanners in keyboard mode, and keyboards, which nothing tells apart; and number pads,
    where their digits are on the keypad alone."""
    looked = [seen for path in event_paths(input_dir) if (seen := _look(path, opener)) is not None]
    units = {seen.unit: seen.ids for seen in looked if isinstance(seen, _Typing)}
    return [_scanner(seen, input_dir, list(units.values())) if isinstance(seen, _Typing) else seen for seen in looked]


@dataclass(frozen=True, slots=True)
class _Typing:
    """A node that types, and the plugged-in device that it is part of."""

    path: str
    name: str
    ids: tuple[int, int]
    unit: str
    is_pad: bool


def _look(path: str, opener: OpenNode) -> _Typing | Found | None:
    try:
        node = opener(path)
    except ImportError:
        return Found("scanner", f"{path}: cannot be asked, python-evdev is not installed")
    except OSError as exc:
        return Found("scanner", f"{path}: cannot be asked ({exc.strerror}); run this as root, or join the group input")
    try:
        scans, pads = SCANNER(node), NUMBER_PAD(node)
        return _Typing(path, node.name, (node.info.vendor, node.info.product), unit_of(node), not scans) if scans or pads else None
    except OSError:
        return None
    finally:
        node.close()


def _scanner(seen: _Typing, input_dir: Path, plugged: list[tuple[int, int]]) -> Found:
    """By its lasting name; of two alike without a serial number one has none, and is then named by the socket it is plugged into."""
    vendor, product = seen.ids
    what = f"{seen.name} ({vendor:04x}:{product:04x}, {seen.path})"
    table, kind = ("tills.pad", 'kind = "keypad"') if seen.is_pad else ("scanner", 'kind = "evdev"')
    if name := _link_to(seen.path, input_dir / "by-id"):
        return Found(table, what, (kind, f'device = "{name.name}"'))
    if plugged.count(seen.ids) > 1 and (socket := _link_to(seen.path, input_dir / "by-path")):
        return Found(table, what, (kind, f'device = "{socket}"'))
    return Found(table, what, (kind, f"vendor = 0x{vendor:04x}", f"product = 0x{product:04x}"))


def _link_to(path: str, links: Path) -> Path | None:
    """The lasting name of a device whose number changes."""
    with contextlib.suppress(OSError):
        target = Path(path).resolve()
        for link in sorted(links.iterdir()):
            if link.resolve() == target:
                return link
    return None


def find_ports(dev: Path = Path("/dev"), list_ports: Callable[[], Iterable[tuple[str, str]]] | None = None) -> list[Found]:
    """Serial ports with hardware behind them, as (path, description)."""
    return [_port(path, what, dev) for path, what in sorted((list_ports or _serial_ports)())]


def _serial_ports() -> Iterable[tuple[str, str]]:
    try:
        from serial.tools.list_ports import comports
    except ImportError:
        return []
    return [(port.device, port.description) for port in comports()]


def _port(path: str, what: str, dev: Path) -> Found:
    name = _link_to(path, dev / "serial" / "by-id") or path
    described = f"serial port {path}" + (f" ({what})" if what and what != "n/a" else "")
    return Found("scanner", described, ('kind = "serial"', f'port = "{name}"', "baudrate = 9600"))


def find_panels(dev: Path = Path("/dev"), probe: Callable[[int, int], bool] | None = None) -> list[Found]:
    """Panels that answer on an I2C bus. What kind they are cannot be asked; SPI panels cannot be asked at all."""
    found: list[Found] = []
    for path in sorted(dev.glob("i2c-*")):
        number = path.name.removeprefix("i2c-")
        if number.isdecimal():
            found += _panels_on(int(number), path, probe or _answers)
    return found


def _panels_on(bus: int, path: Path, probe: Callable[[int, int], bool]) -> list[Found]:
    try:
        addresses = [address for address in PANEL_ADDRESSES if probe(bus, address)]
    except ImportError:
        return [Found("display", f"{path}: cannot be asked, smbus2 is not installed")]
    except OSError as exc:
        return [Found("display", f"{path}: cannot be asked ({exc.strerror}); run this as root, or join the group i2c")]
    return [
        Found(
            "display",
            f"a panel at address 0x{address:02X} on {path}",
            (
                'kind = "ssd1306"  # or what its maker says: sh1106, ssd1309, …',
                'interface = "i2c"',
                f"bus = {bus}",
                f"address = 0x{address:02X}",
            ),
        )
        for address in addresses
    ]


def _answers(bus: int, address: int) -> bool:
    """Whether somebody acknowledges the address. Nothing is written, as i2cdetect does it. Raises OSError if the bus cannot be opened."""
    from smbus2 import SMBus

    with SMBus(bus) as opened:
        try:
            opened.write_quick(address)
        except OSError:
            return False
    return True


def find_chips(dev: Path = Path("/dev"), ask: AskChip = ask_chip) -> list[Found]:
    """GPIO chips; those of a Pi's pin header with the lines for lights, buzzer and button."""
    return [find for path in chip_paths(dev) for find in _chip(path, ask)]


def _chip(path: Path, ask: AskChip) -> list[Found]:
    try:
        chip = ask(path)
    except OSError as exc:
        return [Found("lights", f"{path}: cannot be asked ({exc.strerror}); run this as root, or join the group gpio")]
    what = f"{chip.name} [{chip.label}], {chip.lines} lines ({path})"
    if not chip.is_header:
        return [Found("lights", f"{what}: not the pin header")]
    pins = ('kind = "gpio"', "green = 17  # BCM numbers, as wired", "amber = 27", "red = 22")
    return [
        Found("lights", what, pins, is_example=True),
        Found("buzzer", what, ('kind = "gpio"', "pin = 18  # as wired"), is_example=True),
        Found("button", what, ('kind = "gpio"', "pin = 23  # as wired"), is_example=True),
    ]
