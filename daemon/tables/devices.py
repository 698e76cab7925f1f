"""`[scanner]`, `[display]`, `[lights]`, `[buzzer]`, `[button]`: which devices the box has, and on which pins.

A table that is left out means that the box has no such device. Keys of another kind may stay in a table, so that a
device can be switched off, or a simulated one tried, by changing `kind` alone; they are checked all the same.
"""

from __future__ import annotations

from dataclasses import replace

from daemon.tables.findings import did_you_mean
from daemon.tables.table import Table
from daemon.tables.values import (
    BAUDRATE,
    BCM_PIN,
    DEVICE_PATH,
    FLAG,
    USB_ID,
    Reader,
    Wrong,
    one_number_of,
    one_of,
    one_or_several,
    shown,
    text,
    whole,
)
from hw.settings import ButtonSettings, BuzzerSettings, DisplaySettings, HardwareSettings, LightsSettings, ScannerSettings

_GPIO_KINDS = one_of(("gpio", "simulated", "none"))
_LIGHTS = ("green", "amber", "red")
_SCANNER_KINDS = one_of(("evdev", "serial", "hidpos", "simulated", "none"))
_WAYS = {"evdev": "a path or a name in /dev/input/by-id", "hidpos": "a path, a serial number or a USB socket"}  # to name a device

# luma.oled's devices on I2C or SPI with their usual size; `hw.factory.display_kinds` has the same, and a test compares them.
_PANELS = {
    **dict.fromkeys(("ch1115", "sh1106", "ssd1306", "ssd1309", "ssd1315", "ssd1322_nhd", "ssd1325"), (128, 64)),
    **dict.fromkeys(("ssd1305", "ssd1316"), (128, 32)),
    **dict.fromkeys(("ssd1327", "ssd1351"), (128, 128)),
    **dict.fromkeys(("ssd1322", "ssd1362"), (256, 64)),
    "sh1107": (64, 128),
    "ssd1331": (96, 64),
    "ssd1363": (256, 128),
}


def read_hardware(root: Table) -> HardwareSettings:
    return HardwareSettings(
        _read_scanner(root.table("scanner")),
        _read_display(root.table("display")),
        _read_lights(root.table("lights")),
        _read_buzzer(root.table("buzzer")),
        _read_button(root.table("button")),
    )


def _read_scanner(table: Table) -> ScannerSettings:
    """Where `device` or `port` names several, the further ones stand in `also`, and differ from the first in nothing else."""
    kind = _kind(table, _SCANNER_KINDS)
    way = _WAYS.get(kind, " or ".join(_WAYS.values()))
    devices = table.take("device", one_or_several(text(256, f"{way},")), (None,))
    ports = table.take("port", one_or_several(DEVICE_PATH), (None,), needed=kind == "serial")
    first = ScannerSettings(
        kind,
        device=devices[0],
        vendor=table.take("vendor", USB_ID, None),
        product=table.take("product", USB_ID, None),
        port=ports[0],
        baudrate=table.take("baudrate", BAUDRATE, 9600),
    )
    if kind in _WAYS:
        check_one_way_to_find(table, "scanner", _WAYS[kind])
    table.close()
    if kind == "serial":
        return replace(first, also=tuple(replace(first, port=port) for port in ports[1:]))
    return replace(first, also=tuple(replace(first, device=device) for device in devices[1:] if kind in _WAYS))


def check_one_way_to_find(table: Table, what: str, way: str) -> None:
    """A device is named either by `device` (`way` says how) or by its USB numbers."""
    by_path, by_id = "device" in table, ("vendor" in table, "product" in table)
    if by_path and any(by_id):
        table.problem("device", f"is not the only way to find the {what}", "either device, or vendor and product")
    elif not by_path and not all(by_id):
        table.problem("device", "is missing", f"{way}; or vendor and product instead")


def _read_display(table: Table) -> DisplaySettings:
    kind = _kind(table, Reader('"simulated", "none" or a device of luma.oled such as "ssd1306"', _read_panel))
    width, height = _PANELS.get(kind, (128, 64))
    display = DisplaySettings(
        kind,
        interface=table.take("interface", one_of(("i2c", "spi")), "i2c"),
        bus=table.take("bus", whole(0, 31), 1),
        address=table.take("address", whole(0x03, 0x77, "an I2C address"), 0x3C),
        width=table.take("width", whole(16, 512, "pixels"), width),
        height=table.take("height", whole(16, 512, "pixels"), height),
        rotate=table.take("rotate", one_number_of((0, 1, 2, 3)), 0),
        contrast=table.take("contrast", whole(0, 255), 0x7F),
        min_module_px=table.take("min_module_px", whole(1, 16, "pixels"), 1),
    )
    table.close()
    return display


def _read_panel(value: object) -> str:
    if isinstance(value, str) and value in ("simulated", "none", *_PANELS):
        return value
    hint = did_you_mean(value, ["simulated", "none", *_PANELS]) if isinstance(value, str) else ""
    raise Wrong(f"is {shown(value)}{hint}")


def _read_lights(table: Table) -> LightsSettings:
    kind = _kind(table, _GPIO_KINDS)
    pins = {name: table.take(name, BCM_PIN, None) for name in _LIGHTS}
    lights = LightsSettings(kind, **pins, active_high=table.take("active_high", FLAG, True))
    table.close()
    if kind == "gpio":
        _check_lights(table, [name for name in _LIGHTS if name not in table])
    return lights


def _check_lights(table: Table, missing: list[str]) -> None:
    if len(missing) == len(_LIGHTS):
        table.problem("green", "is missing, and amber and red are too", BCM_PIN.expected)
    for name in missing if len(missing) < len(_LIGHTS) else ():
        table.warn(name, "has no pin: what this light would say is only on the screen and in the sound")


def _read_buzzer(table: Table) -> BuzzerSettings:
    kind = _kind(table, _GPIO_KINDS)
    buzzer = BuzzerSettings(kind, table.take("pin", BCM_PIN, None, needed=kind == "gpio"), table.take("passive", FLAG, False))
    table.close()
    return buzzer


def _read_button(table: Table) -> ButtonSettings:
    kind = _kind(table, _GPIO_KINDS)
    button = ButtonSettings(kind, table.take("pin", BCM_PIN, None, needed=kind == "gpio"), table.take("active_low", FLAG, True))
    table.close()
    return button


def _kind(table: Table, reader: Reader[str]) -> str:
    """The kind of device; none where the table was left out, asked for where there is one."""
    return table.take("kind", reader, "none", needed=not table.is_empty)
