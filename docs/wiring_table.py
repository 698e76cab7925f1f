"""Which wire goes where: the one table behind docs/build.md, its drawing and their test. README and `systemd/deb/config.toml` agree."""

from __future__ import annotations

from dataclasses import dataclass

GROUND, THREE_VOLTS, FIVE_VOLTS = "ground", "3.3 V", "5 V"

_BCM = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11, 24: 8, 26: 7,
    27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
_SUPPLY = dict.fromkeys((1, 17), THREE_VOLTS) | dict.fromkeys((2, 4), FIVE_VOLTS)

HEADER: dict[int, str] = {pin: f"GPIO {_BCM[pin]}" if pin in _BCM else _SUPPLY.get(pin, GROUND) for pin in range(1, 41)}
"""What each pin of the 40-pin header is, the same on a Pi 3, 4, 5 and Zero 2 W. GPIO numbers are the BCM numbers of `config.toml`."""


@dataclass(frozen=True, slots=True)
class Wire:
    """From a pin of the header to a part. `key` is where `config.toml` has the pin's BCM number, where it has."""

    pin: int
    part: str
    end: str
    colour: str
    key: str = ""
    note: str = ""

    @property
    def signal(self) -> str:
        return HEADER[self.pin]

    @property
    def bcm(self) -> str:
        return self.signal.removeprefix("GPIO ") if self.signal.startswith("GPIO ") else ""


WIRES = (
    Wire(1, "panel", "VCC", "#c62828", note="modules for 3.3 V; not pin 2, which is 5 V"),
    Wire(6, "panel", "GND", "#2b2b2e"),
    Wire(3, "panel", "SDA", "#d9a900"),
    Wire(5, "panel", "SCL", "#2f6fd0"),
    Wire(11, "green light", "long leg", "#1f9d4d", "lights.green", "short leg through 330 Ω to ground"),
    Wire(13, "amber light", "long leg", "#f08c00", "lights.amber", "the same"),
    Wire(15, "red light", "long leg", "#ff5a4f", "lights.red", "the same"),
    Wire(12, "buzzer", "+", "#7b4fc9", "buzzer.pin", "− to ground; more than 10 mA through a transistor, below"),
    Wire(16, "button", "one side", "#7d848e", "button.pin", "the other side to ground; if you want one"),
    Wire(9, "lights, buzzer, button", "ground", "#2b2b2e", note="or any other ground: 14, 20, 25, 30, 34, 39"),
)


def markdown() -> str:
    """The table of docs/build.md."""
    rows = [f"| {w.part} | {w.end} | {w.pin} | {w.signal} | {w.note} |" for w in WIRES]
    return "\n".join(["| part | its end | header pin | that is | |", "|---|---|---:|---|---|", *rows]) + "\n"
