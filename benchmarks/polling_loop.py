"""How many a box is written: a loop that looks whether there is something to do, ten times a second.

    python polling_loop.py SCANNER_PORT [--redraw]

Bare, it looks whether the scanner has said something, and does nothing else at all: less than any box must do. With `--redraw` it
draws its screen each time, for a panel that is not there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import serial

LOOK_S = 0.1


def main(port: str, redraw: bool) -> None:
    with serial.Serial(port, 9600, timeout=0) as scanner:
        draw = screen() if redraw else bytes
        print("looking", flush=True)
        while True:
            if scanner.in_waiting:
                scanner.read(scanner.in_waiting)
            draw()
            time.sleep(LOOK_S)


def screen() -> Callable[[], bytes]:
    """Draws, and gives what would go to the panel. The bare loop does not import Pillow."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default()

    def draw() -> bytes:
        image = Image.new("1", (128, 64))
        pen = ImageDraw.Draw(image)
        pen.text((0, 0), "Corner Shop", fill=1, font=font)
        pen.text((0, 30), time.strftime("ready %H:%M:%S"), fill=1, font=font)
        return image.tobytes()

    return draw


if __name__ == "__main__":
    main(sys.argv[1], "--redraw" in sys.argv[2:])
