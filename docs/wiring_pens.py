"""What the drawing of the wiring is made of: SVG shapes, and the parts that lie on the table."""

from __future__ import annotations

from html import escape
from itertools import groupby

from PIL import Image

Point = tuple[float, float]

_DARK = "#24272b"


def n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def rect(x: float, y: float, w: float, h: float, fill: str, r: float = 0, more: str = "") -> str:
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(w)}" height="{n(h)}" rx="{n(r)}" fill="{fill}"{" " + more if more else ""}/>'


def circle(at: Point, r: float, fill: str, more: str = "") -> str:
    return f'<circle cx="{n(at[0])}" cy="{n(at[1])}" r="{n(r)}" fill="{fill}"{" " + more if more else ""}/>'


def text(x: float, y: float, said: str, size: float = 15, fill: str = _DARK, more: str = "") -> str:
    return f'<text x="{n(x)}" y="{n(y)}" font-size="{n(size)}" fill="{fill}"{" " + more if more else ""}>{escape(said)}</text>'


def lines(x: float, y: float, said: tuple[str, ...], size: float = 15) -> str:
    """One below the other, the first bold."""
    step = size * 1.2
    return "".join(text(x, y + i * step, line, size, more='font-weight="bold"' if i == 0 else "") for i, line in enumerate(said))


def wire(points: list[Point], colour: str, name: str = "", width: float = 5.5) -> str:
    """A wire with bent corners, on a light edge so that crossings can be told."""
    path = _bent(points)
    edge = f'<path d="{path}" fill="none" stroke="#f3efe6" stroke-width="{n(width + 3)}"/>'
    named = f' id="{name}"' if name else ""
    return f'{edge}<path{named} d="{path}" fill="none" stroke="{colour}" stroke-width="{n(width)}" stroke-linecap="round"/>'


def lead(start: Point, end: Point, colour: str = "#2b2b2e", width: float = 5.5) -> str:
    """A straight piece of wire without that edge: it may touch others."""
    way = f"M{n(start[0])} {n(start[1])}L{n(end[0])} {n(end[1])}"
    return f'<path d="{way}" stroke="{colour}" stroke-width="{n(width)}" stroke-linecap="round"/>'


def _bent(points: list[Point], radius: float = 9) -> str:
    said = [f"M{n(points[0][0])} {n(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        a, b = _towards(corner, before, radius), _towards(corner, after, radius)
        said.append(f"L{n(a[0])} {n(a[1])}Q{n(corner[0])} {n(corner[1])} {n(b[0])} {n(b[1])}")
    return "".join([*said, f"L{n(points[-1][0])} {n(points[-1][1])}"])


def _towards(corner: Point, other: Point, radius: float) -> Point:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = (dx * dx + dy * dy) ** 0.5
    part = min(radius, length / 2) / length if length else 0
    return corner[0] + dx * part, corner[1] + dy * part


def shadow(x: float, y: float, w: float, h: float, r: float) -> str:
    return rect(x + 5, y + 8, w, h, "#000", r, 'opacity="0.22"')


def _dot(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def pixels(image: Image.Image, x: float, y: float, dot: float) -> str:
    """The lit dots of a panel as one path: a run of dots in a row is one rectangle."""
    runs = []
    for row in range(image.height):
        column = 0
        for lit, dots in groupby(bool(image.getpixel((c, row))) for c in range(image.width)):
            count = len(list(dots))
            if lit:
                runs.append(f"M{_dot(x + column * dot)} {_dot(y + row * dot)}h{_dot(count * dot)}v{_dot(dot)}h-{_dot(count * dot)}z")
            column += count
    return f'<path id="dots" fill="#cfeaff" d="{"".join(runs)}"/>'


def led(at: Point, light: str, dark: str, radius: float = 26) -> str:
    """From above: round, flat where its short leg is (up)."""
    x, y = at
    flat = f"M{n(x - 15)} {n(y - radius + 5)}h30"
    return "".join(
        (
            circle((x + 4, y + 6), radius, "#000", 'opacity="0.2"'),
            circle(at, radius + 9, light, 'opacity="0.25"'),
            circle(at, radius, dark),
            circle(at, radius - 4, light),
            circle((x - 8, y - 8), 7, "#fff", 'opacity="0.55"'),
            f'<path d="{flat}" stroke="{dark}" stroke-width="6"/>',
        )
    )


def resistor(at: Point, bands: tuple[str, ...]) -> str:
    """Upright, with its colour bands."""
    x, y = at
    said = [rect(x - 8, y - 28, 22, 58, "#000", 9, 'opacity="0.18"'), rect(x - 11, y - 30, 22, 60, "#e3cfa0", 9)]
    said += [rect(x - 11, y - 20 + 10.5 * i, 22, 5.5, band) for i, band in enumerate(bands)]
    return "".join([*said, rect(x - 8, y - 28, 4, 56, "#fff", 2, 'opacity="0.35"')])


def buzzer(at: Point, radius: float, plus: str = "down") -> str:
    """From above, with the sign at its + leg."""
    x, y = at
    sign = y + radius * (0.72 if plus == "down" else -0.36)
    return "".join(
        (
            circle((x + 5, y + 8), radius, "#000", 'opacity="0.22"'),
            circle(at, radius, "#1b1c1f"),
            circle(at, radius - 4, "#2c2e33"),
            circle(at, radius * 0.17, "#08090a"),
            text(x, sign, "+", radius * 0.46, "#e8e8e8", 'text-anchor="middle" font-weight="bold"'),
        )
    )


def button(at: Point) -> str:
    x, y = at
    said = [shadow(x - 40, y - 40, 80, 80, 8), rect(x - 40, y - 40, 80, 80, "#35383d", 8), rect(x - 36, y - 36, 72, 72, "#b9bec5", 6)]
    said += [circle((x + dx, y + dy), 5, "#55595f") for dx in (-28, 28) for dy in (-28, 28)]
    return "".join([*said, circle(at, 25, "#15161a"), circle(at, 21, "#2d3036"), circle((x - 6, y - 7), 8, "#fff", 'opacity="0.12"')])


def transistor(at: Point) -> str:
    """A TO-92 from the front, its flat side towards whoever looks; legs go down 24 apart."""
    x, y = at
    return "".join(
        (
            rect(x - 34, y - 34, 68, 46, "#17181b", 8),
            rect(x - 30, y - 30, 60, 38, "#26282c", 6),
            text(x, y - 5, "NPN", 15, "#d5d7da", 'text-anchor="middle"'),
            *(rect(x - 26 + 24 * i, y + 12, 4, 18, "#b8bcc2") for i in range(3)),
        )
    )
