"""Makes the README's picture: the panel and lights of one sale, drawn by the program itself (`make pictures`)."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from daemon.money import Amount, Minor
from daemon.payment import Reason, State
from daemon.screens import draw
from daemon.signals import lights
from daemon.texts import Language
from daemon.view import Notice, NoticeKind, View
from hw.interfaces import Pattern

SCALE = 3
GAP = 18
LAMPS = {"green": (40, 200, 90), "amber": (255, 170, 30), "red": (235, 60, 50)}

_AMOUNT = Amount(Minor(1250), "CNY")
_SHOP = View(ready=True, store_name="Corner Shop")


def _view(state: State, **more: object) -> View:
    return View(ready=True, store_name="Corner Shop", state=state, amount=_AMOUNT, **more)  # type: ignore[arg-type]  # names checked by View


FRAMES = (
    _SHOP,
    _view(State.AWAITING_CODE, left_s=52),
    _view(State.PENDING, confirming=True, left_s=24),
    _view(State.PAID),
    _view(State.AWAITING_CODE, left_s=60, reason=Reason("NOTENOUGH", "")),
    _view(State.AWAITING_CODE, left_s=58, notice=Notice(NoticeKind.WRONG_CODE, "receive")),
    _view(State.REVOKING),
    _view(State.REVOKED, reason=Reason("timeout", "")),
)


def _box(view: View, language: Language) -> Image.Image:
    panel = draw(view, 128, 64, language)
    width, height = panel.width * SCALE, panel.height * SCALE
    box = Image.new("RGB", (width + 24, height + 60), (38, 40, 44))
    lit = Image.new("RGB", (width, height), (205, 232, 255))
    dark = Image.new("RGB", (width, height), (8, 10, 14))
    box.paste(Image.composite(lit, dark, panel.convert("L").resize((width, height), Image.Resampling.NEAREST)), (12, 12))
    _draw_lamps(box, lights(view), height + 40)
    return box


def _draw_lamps(box: Image.Image, patterns: dict[str, Pattern], y: int) -> None:
    pen = ImageDraw.Draw(box)
    for place, (name, colour) in enumerate(LAMPS.items()):
        x = box.width // 2 + (place - 1) * 60
        pattern = patterns[name]
        off = tuple(part // 6 for part in colour)
        pen.ellipse((x - 11, y - 11, x + 11, y + 11), fill=colour if pattern is Pattern.ON else off, outline=(90, 92, 96))
        if pattern in (Pattern.SLOW, Pattern.FAST):  # a blinking light is drawn as a ring, a fast one with a core
            pen.ellipse((x - 9, y - 9, x + 9, y + 9), outline=colour, width=4)
            if pattern is Pattern.FAST:
                pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)


def sheet(language: Language) -> Image.Image:
    """All frames, two in a row."""
    boxes = [_box(view, language) for view in FRAMES]
    width, height = boxes[0].size
    rows = (len(boxes) + 1) // 2
    picture = Image.new("RGB", (2 * width + 3 * GAP, rows * (height + GAP) + GAP), (250, 250, 250))
    for place, box in enumerate(boxes):
        picture.paste(box, (GAP + (place % 2) * (width + GAP), GAP + (place // 2) * (height + GAP)))
    return picture


if __name__ == "__main__":
    target = Path(__file__).parent / "pictures"
    for language in Language:
        sheet(language).quantize(16).save(target / f"screens-{language.value}.png", optimize=True)
