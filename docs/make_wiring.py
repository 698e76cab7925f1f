"""Makes the drawing and the table of the wiring in docs/build.md (`make pictures`), both from `wiring_table`.

    docs/pictures/wiring.svg    a Raspberry Pi from above, and the parts around it

Distances on the board are those of its mechanical drawing: 85 x 56 mm, pins 2.54 mm apart, pin 1 in the inner row at the card's end.
"""

from __future__ import annotations

import re
from pathlib import Path

from wiring_pens import (
    Point,
    button,
    buzzer,
    circle,
    lead,
    led,
    lines,
    n,
    pixels,
    rect,
    resistor,
    shadow,
    text,
    transistor,
    wire,
)
from wiring_table import FIVE_VOLTS, GROUND, HEADER, THREE_VOLTS, WIRES, Wire, markdown

from daemon.money import Amount, Minor
from daemon.payment import State
from daemon.screens import draw
from daemon.texts import Language
from daemon.view import View

DOCS = Path(__file__).parent
PICTURE, GUIDE = DOCS / "pictures" / "wiring.svg", DOCS / "build.md"
_PLACE = re.compile(r"(<!-- wiring -->\n).*?(<!-- /wiring -->)", re.DOTALL)

WIDTH, HEIGHT = 1100, 1150
PITCH = 24.0
MM = PITCH / 2.54
BOARD: Point = (40, 592)
PANEL: Point = (78, 96)
SCREEN: Point = (PANEL[0] + 21, PANEL[1] + 78)
DOT = 2.25
RAIL_Y, PARTS_Y, NOTES_Y = 50, 205, 318
PLACES = {"buzzer": 520, "green light": 640, "amber light": 753, "red light": 866, "button": 984}
GROUND_X = 440
PADS = {"GND": 192, "VCC": 226, "SCL": 260, "SDA": 294}
LAMPS = {"green light": ("#4be07f", "#1b7f43"), "amber light": ("#ffc14d", "#b76a00"), "red light": ("#ff7b70", "#a3231a")}

VIEW = View(ready=True, store_name="Corner Shop", state=State.AWAITING_CODE, amount=Amount(Minor(1250), "CNY"), left_s=52)


def pin_at(pin: int) -> Point:
    """Where a pin is: odd ones in the inner row, even ones at the edge; 1 and 2 at the card's end."""
    column = (pin + 1) // 2 - 1
    return BOARD[0] + 8.37 * MM + column * PITCH, BOARD[1] + (4.77 if pin % 2 else 2.23) * MM


def end_of(wire: Wire) -> Point:
    """Where a wire meets its part."""
    if wire.part == "panel":
        return PADS[wire.end], PANEL[1] + 16
    if wire.part not in PLACES:
        return PLACES["button"], RAIL_Y
    return PLACES[wire.part], PARTS_Y + {"buzzer": 62, "button": 52}.get(wire.part, 40)


# -- wires: each leaves the header in a line of its own --

_LEFT = {1: (18, 36), 3: (31, 48), 5: (44, 60), 6: (57, 72)}  # pin: the line beside the panel, the line above it
_LANES = {1: 544, 3: 532, 5: 520, 6: 508, 9: 484, 12: 496, 11: 508, 13: 520, 15: 532, 16: 544}


def _way(wire: Wire) -> list[Point]:
    x, y = pin_at(wire.pin)
    out: list[Point] = [(x, y)]
    if wire.pin % 2:  # between the pins of the outer row
        x -= PITCH / 2
        out.append((x, y - PITCH / 2))
    lane, (end_x, end_y) = _LANES[wire.pin], end_of(wire)
    out.append((x, lane))
    if wire.part == "panel":
        beside, above = _LEFT[wire.pin]
        return [*out, (beside, lane), (beside, above), (end_x, above), (end_x, end_y)]
    if wire.part not in PLACES:
        return [*out, (GROUND_X, lane), (GROUND_X, RAIL_Y), (end_x, end_y)]
    return [*out, (end_x, lane), (end_x, end_y)]


def _wires() -> list[str]:
    return [
        wire(_way(one), one.colour, f"wire-{one.pin}") for one in sorted(WIRES, key=lambda one: one.part == "panel" and one.end == "VCC")
    ]


def _plugs() -> list[str]:
    return [circle(pin_at(one.pin), 7.5, one.colour, 'stroke="#fff" stroke-width="2"') for one in WIRES]


# -- the board --


def _on_board(x_mm: float, y_mm: float, w_mm: float, h_mm: float, fill: str, r: float = 3, more: str = "") -> str:
    return rect(BOARD[0] + x_mm * MM, BOARD[1] + y_mm * MM, w_mm * MM, h_mm * MM, fill, r, more)


def _printed(x_mm: float, y_mm: float, said: str, size: float = 14, more: str = 'text-anchor="middle"') -> str:
    return text(BOARD[0] + x_mm * MM, BOARD[1] + y_mm * MM, said, size, "#e9f5ec", more)


def _board() -> list[str]:
    x, y = BOARD
    holes = [(x + hx * MM, y + hy * MM) for hx in (3.5, 61.5) for hy in (3.5, 52.5)]
    return [
        shadow(x, y, 85 * MM, 56 * MM, 26),
        rect(x, y, 85 * MM, 56 * MM, "url(#board)", 26),
        *(circle(hole, 30, "#d9b64a") + circle(hole, 14, "#f3efe6") for hole in holes),
        *_chips(),
        *_sockets(),
        *_header(),
    ]


def _chips() -> list[str]:
    return [
        _on_board(22.5, 24, 15, 15, "#8d949b", 4),
        _on_board(23.5, 25, 13, 13, "#c3c9cf", 3),
        _on_board(42, 25.5, 9.5, 14, "#1b1d20"),
        _on_board(63, 33, 7, 7, "#1b1d20"),
        _on_board(8, 33, 10.5, 8, "#b7bdc3"),
        _printed(46.8, 33.4, "RAM", 13),
        _printed(37.4, 17, "Raspberry Pi, from above", 21, 'text-anchor="middle" font-weight="bold"'),
        _printed(37.4, 19.8, "the 40 pins are the same on a Pi 3, 4, 5 and Zero 2 W", 15),
        _printed(37.4, 10.2, "pins: gold GPIO, grey ground, pink 3.3 V, red 5 V", 15),
        _on_board(1, 22, 2.5, 22, "#e8e8e3"),
        _on_board(44, 44, 2.6, 11, "#e8e8e3"),
        rect(BOARD[0] - 16, BOARD[1] + 22 * MM, 16, 11 * MM, "#2b2d31", 3),
        _printed(5, 28.4, "SD card (below)", 14, ""),
    ]


def _sockets() -> list[str]:
    usb = [
        _on_board(x, y, 17.5, 13.2, "#aab0b6")
        + _on_board(x + 12.5, y + 1.4, 5.6, 4.6, colour, 2)
        + _on_board(x + 12.5, y + 7.2, 5.6, 4.6, colour, 2)
        for x, y, colour in ((70, 22.4, "#2458b8"), (70, 40.4, "#23262a"))
    ]
    return [
        _on_board(66, 2.3, 21.3, 16, "#b3b9bf") + _on_board(83, 5, 4, 10.5, "#3a3e43"),
        *usb,
        _on_board(6.7, 49.5, 9, 7.5, "#c3c9cf", 8),
        *(_on_board(x, 49.5, 7, 7, "#b3b9bf") for x in (22.5, 36)),
        _on_board(50, 43.5, 7, 14.5, "#202326"),
        _printed(11.2, 48.3, "power", 14),
        _printed(32.8, 48.3, "screens", 14),
        text(BOARD[0] + 76 * MM, BOARD[1] + 11 * MM, "network", 14, more='text-anchor="middle"'),
    ]


_METAL = {GROUND: "#8e949b", THREE_VOLTS: "#ff9d8f", FIVE_VOLTS: "#ff5b4a"}


def _header() -> list[str]:
    left, top = pin_at(2)
    said = [rect(left - 13, top - 12, 20 * PITCH + 2, 2 * PITCH, "#141517", 3)]
    for pin, signal in HEADER.items():
        x, y = pin_at(pin)
        said.append(rect(x - 5.5, y - 5.5, 11, 11, _METAL.get(signal, "#e9c85a"), 1 if pin == 1 else 5.5, f'id="pin-{pin}"'))
        if pin % 2:
            said.append(text(x, y + 25, str(pin), 13, "#ffffff", _weight(pin)))
    return said


def _even_numbers() -> list[str]:
    """Beyond the board's edge, above the wires: the number of a pin with a wire stands on a tag."""
    said = []
    for pin in range(2, 41, 2):
        x, y = pin_at(pin)[0], BOARD[1] - 4
        if _wired(pin):
            said.append(rect(x - 10, y - 12, 20, 14, "#f3efe6", 4, 'stroke="#8a857a" stroke-width="0.8"'))
        said.append(text(x, y, str(pin), 12.5, "#24272b", _weight(pin)))
    return said


def _wired(pin: int) -> bool:
    return any(one.pin == pin for one in WIRES)


def _weight(pin: int) -> str:
    return 'text-anchor="middle" ' + ('font-weight="bold"' if _wired(pin) else 'opacity="0.8"')


# -- the parts --


def _panel() -> list[str]:
    x, y = PANEL
    holes = [(x + dx, y + dy) for dx in (18, 312) for dy in (18, 284)]
    return [
        shadow(x, y, 330, 302, 10),
        rect(x, y, 330, 302, "#17427c", 10),
        *(circle(hole, 12, "#d9b64a") + circle(hole, 7, "#f3efe6") for hole in holes),
        rect(x + 8, y + 56, 314, 204, "#0b0c0f", 4),
        rect(x + 8, y + 56, 314, 10, "#22242a", 3),
        rect(x + 110, y + 262, 110, 36, "#8a5a1d", 3),
        rect(SCREEN[0] - 8, SCREEN[1] - 8, 128 * DOT + 16, 64 * DOT + 16, "#05070b", 2),
        pixels(draw(VIEW, 128, 64, Language.EN), *SCREEN, DOT),
        *(circle((pad, y + 16), 8, "#e9c85a", f'id="pad-{name}"') + circle((pad, y + 16), 4, "#5b4a12") for name, pad in PADS.items()),
        *(text(pad, y + 42, name, 12, "#ffffff", 'text-anchor="middle"') for name, pad in PADS.items()),
    ]


def _panel_notes() -> list[str]:
    x, y = PANEL
    told = {one.end: one for one in WIRES if one.part == "panel"}
    said = [text(x, y + 324, "Panel: OLED on I2C, 128 x 64", 16, more='font-weight="bold"')]
    for place, name in enumerate(PADS):
        at = (x + (place % 2) * 178, y + 346 + (place // 2) * 20)
        said.append(rect(at[0], at[1] - 9, 16, 6, told[name].colour, 3))
        said.append(text(at[0] + 22, at[1], f"{name}: pin {told[name].pin} ({told[name].signal})", 14))
    return said


def _lights() -> list[str]:
    said = []
    for part, (light, dark) in LAMPS.items():
        x = PLACES[part]
        said.append(lead((x, PARTS_Y - 22), (x, RAIL_Y), "#9aa0a7", 3))
        said += [led((x, PARTS_Y), light, dark), resistor((x, 118), ("#e07b1a", "#e07b1a", "#6b3a12", "#c9a227"))]
        said.append(text(x + 17, 123, "330 Ω", 14))
    return said


def _others() -> list[str]:
    buzzer_x, button_x = PLACES["buzzer"], PLACES["button"]
    return [
        lead((buzzer_x, PARTS_Y - 50), (buzzer_x, RAIL_Y)),
        lead((button_x, PARTS_Y - 36), (button_x, RAIL_Y)),
        buzzer((buzzer_x, PARTS_Y), 56),
        button((button_x, PARTS_Y)),
        *(circle((x, RAIL_Y), 5, "#2b2b2e") for x in PLACES.values()),
        *_lights(),
    ]


_SAID = {"buzzer": ("buzzer", "active, 3.3 V,", "up to 10 mA"), "button": ("button", "if wanted")}


def _notes() -> list[str]:
    said = [lines(GROUND_X + 11, NOTES_Y, ("ground", "pin 9"), 14)]
    for one in WIRES:
        if one.part in PLACES:
            name = _SAID.get(one.part, (one.part,))
            said.append(lines(PLACES[one.part] + 10, NOTES_Y, (*name, one.signal, f"pin {one.pin}"), 14))
    return said


def _louder() -> list[str]:
    """The buzzer that takes more than a pin may give."""
    x, y = 886, 566
    t: Point = (x + 74, y + 122)
    b: Point = (x + 162, y + 122)
    legs = ((-31, "E"), (-7, "B"), (45, "C"))
    return [
        rect(x, y, 206, 286, "#fffdf7", 12, 'stroke="#b9b2a3" stroke-width="1.5"'),
        lines(x + 14, y + 24, ("A louder buzzer,", "more than 10 mA"), 14),
        lead((t[0] + 24, t[1] + 28), (t[0] + 24, t[1] + 50), "#7d848e", 4),
        lead((t[0] + 24, t[1] + 50), (b[0], t[1] + 50), "#7d848e", 4),
        lead((b[0], t[1] + 50), (b[0], b[1] + 30), "#7d848e", 4),
        lead((b[0], b[1] - 28), (b[0], y + 74), "#c62828", 4),
        lead((t[0] - 24, t[1] + 28), (t[0] - 24, y + 222), "#2b2b2e", 4),
        lead((t[0], t[1] + 28), (t[0], y + 252), "#7b4fc9", 4),
        transistor(t),
        buzzer(b, 30, "up"),
        resistor((t[0], y + 206), ("#6b3a12", "#111111", "#c62828", "#c9a227")),
        text(t[0] + 18, y + 212, "1 kΩ", 14),
        *(text(t[0] + dx, t[1] + 42, leg, 13, more='text-anchor="end" font-weight="bold"') for dx, leg in legs),
        text(x + 196, y + 68, "3.3 V: pin 17", 14, more='text-anchor="end"'),
        text(x + 8, y + 240, "ground", 14),
        text(t[0] - 32, y + 272, "GPIO 18: pin 12", 14),
    ]


def _scanner() -> list[str]:
    x, y = 912, 938
    port: Point = (BOARD[0] + 88 * MM, BOARD[1] + 31.9 * MM)
    way = f"M{n(port[0])} {n(port[1])}h60q50 0 50 40v20"
    return [
        f'<path d="{way}" fill="none" stroke="#26282c" stroke-width="9" stroke-linecap="round"/>',
        rect(port[0] - 16, port[1] - 12, 40, 24, "#3a3d42", 4),
        shadow(x, y, 170, 122, 22),
        rect(x, y, 170, 122, "#26282c", 22),
        rect(x + 5, y + 5, 160, 112, "#34373d", 18),
        rect(x + 22, y + 22, 126, 78, "#0c0d10", 12),
        rect(x + 28, y + 28, 114, 66, "url(#glass)", 9),
        f'<path d="M{x + 61} {y + 61}h48M{x + 85} {y + 43}v36" stroke="#ff4438" stroke-width="3" stroke-linecap="round"/>',
        lines(x, y + 150, ("USB scanner", "keyboard or HID-POS", "mode; or serial"), 14),
    ]


def svg() -> str:
    """The whole drawing."""
    gradients = (
        '<linearGradient id="board" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#147a3d"/>'
        '<stop offset="1" stop-color="#0b5a2b"/></linearGradient>'
        '<radialGradient id="glass"><stop offset="0" stop-color="#7a1712"/><stop offset="1" stop-color="#1d0c0d"/></radialGradient>'
    )
    parts = [*_panel(), *_board(), *_wires(), *_others(), *_plugs(), *_even_numbers(), *_panel_notes(), *_notes(), *_louder(), *_scanner()]
    font = 'font-family="DejaVu Sans, Verdana, Arial, sans-serif"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" {font}>'
    title = "<title>The wiring of a tillbox: panel, lights, buzzer, button and scanner on a Raspberry Pi</title>"
    return "\n".join([head, title, f"<defs>{gradients}</defs>", rect(0, 0, WIDTH, HEIGHT, "#f3efe6"), *parts, "</svg>"]) + "\n"


def guide(before: str) -> str:
    """docs/build.md with the table as it is now. Raises ValueError where it has no place for it."""
    text_now, found = _PLACE.subn(lambda place: place.group(1) + markdown() + place.group(2), before)
    if found != 1:
        raise ValueError("docs/build.md has not exactly one <!-- wiring --> … <!-- /wiring -->")
    return text_now


if __name__ == "__main__":
    PICTURE.write_text(svg(), encoding="utf-8")
    if GUIDE.exists():
        GUIDE.write_text(guide(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
