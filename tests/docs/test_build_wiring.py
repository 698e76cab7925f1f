"""The wiring of docs/build.md: table, drawing and the configuration of a new box say the same, and wires end where they should."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from contract import ROOT

from daemon.screens import draw
from daemon.texts import Language
from hw.find import find_chips
from hw.gpio_chips import ChipInfo

DOCS = ROOT / "docs"
GUIDE = (DOCS / "build.md").read_text(encoding="utf-8")
NEW_BOX = tomllib.loads((ROOT / "systemd" / "deb" / "config.toml").read_text(encoding="utf-8"))
EXAMPLE = (ROOT / "config.toml").read_text(encoding="utf-8")

# Header pin of each BCM number, as the Raspberry Pi's own pinout has it: written down here a second time on purpose.
BCM_TO_PIN = dict(
    enumerate(
        (27, 28, 3, 5, 7, 29, 31, 26, 24, 21, 19, 23, 32, 33, 8, 10, 36, 11, 12, 35, 38, 40, 15, 16, 18, 22, 37, 13)
    )
)  # fmt: skip
GROUNDS = {6, 9, 14, 20, 25, 30, 34, 39}


@pytest.fixture(scope="module")
def wiring() -> Any:
    """The script that makes it; what it imports lies beside it."""
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module("make_wiring")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def drawing() -> ET.Element:
    return ET.fromstring((DOCS / "pictures" / "wiring.svg").read_text(encoding="utf-8"))


def named(drawing: ET.Element, name: str) -> ET.Element:
    (found,) = [element for element in drawing.iter() if element.get("id") == name]
    return found


def number(element: ET.Element, key: str) -> float:
    return float(element.get(key, "nan"))


def test_the_files_are_what_the_script_makes(wiring: Any) -> None:
    """If this fails, run `make pictures`."""
    assert wiring.PICTURE.read_text(encoding="utf-8") == wiring.svg()
    assert wiring.guide(GUIDE) == GUIDE


def test_a_guide_without_a_place_for_the_table_is_refused(wiring: Any) -> None:
    with pytest.raises(ValueError, match="wiring"):
        wiring.guide("no place")


def test_the_header_is_the_raspberry_pis(wiring: Any) -> None:
    signals = {pin: signal for pin, signal in wiring.HEADER.items() if signal.startswith("GPIO ")}
    assert signals == {pin: f"GPIO {bcm}" for bcm, pin in BCM_TO_PIN.items()}
    assert {pin for pin, signal in wiring.HEADER.items() if signal == "ground"} == GROUNDS
    assert [wiring.HEADER[pin] for pin in (1, 17, 2, 4)] == ["3.3 V", "3.3 V", "5 V", "5 V"]


def test_every_part_stands_in_the_configuration_on_the_pin_that_it_is_wired_to(wiring: Any) -> None:
    keyed = {wire.key: int(wire.bcm) for wire in wiring.WIRES if wire.key}
    assert set(keyed) == {"lights.green", "lights.amber", "lights.red", "buzzer.pin", "button.pin"}
    for key, bcm in keyed.items():
        table, name = key.split(".")
        if table in NEW_BOX:
            assert NEW_BOX[table][name] == bcm, f"systemd/deb/config.toml: {key}"
        block = EXAMPLE.split(f"\n[{table}]\n")[1].split("\n[")[0]
        assert f"\n#{name} = {bcm}\n" in block, f"config.toml: {key}"


def test_a_new_box_looks_for_its_panel_where_it_is_wired(wiring: Any) -> None:
    panel = {wire.end: wire.pin for wire in wiring.WIRES if wire.part == "panel"}
    assert (NEW_BOX["display"]["bus"], NEW_BOX["display"]["address"]) == (1, 0x3C)
    assert (panel["SDA"], panel["SCL"]) == (BCM_TO_PIN[2], BCM_TO_PIN[3])  # bus 1 of every Pi
    assert wiring.HEADER[panel["VCC"]] == "3.3 V"
    assert panel["GND"] in GROUNDS


def test_tillbox_devices_proposes_the_same_pins(wiring: Any, tmp_path: Any) -> None:
    (tmp_path / "gpiochip0").touch()
    found = find_chips(tmp_path, lambda _: ChipInfo("gpiochip0", "pinctrl-bcm2835", 54))
    said = " ".join(line for find in found for line in find.lines)
    for wire in wiring.WIRES:
        if wire.key:
            name = wire.key.split(".")[1]
            assert re.search(rf"\b{name} = {wire.bcm}\b", said), wire.key


def test_no_pin_has_two_wires(wiring: Any) -> None:
    pins = [wire.pin for wire in wiring.WIRES]
    assert len(pins) == len(set(pins))


def test_every_wire_is_drawn_from_its_pin(wiring: Any, drawing: ET.Element) -> None:
    for wire in wiring.WIRES:
        pin = named(drawing, f"pin-{wire.pin}")
        x, y = re.match(r"M([\d.]+) ([\d.]+)", named(drawing, f"wire-{wire.pin}").get("d", "")).groups()  # type: ignore[union-attr]  # or it fails
        middle = number(pin, "x") + number(pin, "width") / 2, number(pin, "y") + number(pin, "height") / 2
        assert (float(x), float(y)) == pytest.approx(middle, abs=0.2), wire


def test_every_wire_of_the_panel_ends_at_the_pad_of_its_name(wiring: Any, drawing: ET.Element) -> None:
    for wire in (one for one in wiring.WIRES if one.part == "panel"):
        pad = named(drawing, f"pad-{wire.end}")
        x, y = re.search(r"L([\d.]+) ([\d.]+)$", named(drawing, f"wire-{wire.pin}").get("d", "")).groups()  # type: ignore[union-attr]  # or it fails
        assert (float(x), float(y)) == pytest.approx((number(pad, "cx"), number(pad, "cy")), abs=0.2), wire


def test_pins_are_where_they_are_on_a_board_that_lies_with_its_sockets_to_the_right(wiring: Any) -> None:
    """Two rows, odd numbers in the inner one, counted from the card's end."""
    assert all(wiring.pin_at(pin)[0] == wiring.pin_at(pin + 1)[0] for pin in range(1, 40, 2))
    assert all(wiring.pin_at(pin)[1] > wiring.pin_at(pin + 1)[1] for pin in range(1, 40, 2))
    assert all(wiring.pin_at(pin + 2)[0] - wiring.pin_at(pin)[0] == pytest.approx(wiring.PITCH) for pin in range(1, 39))
    assert wiring.pin_at(1)[0] - wiring.BOARD[0] < 10 * wiring.MM


def test_the_panel_in_the_drawing_shows_what_the_program_draws(wiring: Any, drawing: ET.Element) -> None:
    lit = set()
    for x, y, width in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v", named(drawing, "dots").get("d", "")):
        column, row = (float(x) - wiring.SCREEN[0]) / wiring.DOT, (float(y) - wiring.SCREEN[1]) / wiring.DOT
        lit |= {(round(column) + i, round(row)) for i in range(round(float(width) / wiring.DOT))}
    image = draw(wiring.VIEW, 128, 64, Language.EN)
    assert lit == {(x, y) for x in range(128) for y in range(64) if image.getpixel((x, y))}
