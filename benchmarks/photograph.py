"""A panel as a phone's camera sees it: dots with gaps, glow, a case around, tilt, blur, stray light and noise.

    photograph(image, Scene(dot_px=3.3), seed=7)        # `image`: 1-bit, as the program draws it

What is not in it: exposures shorter than the panel needs for all its rows (`by_rows` is a model of that alone), colour, and whatever
a phone's own software does to a picture. Everything that is left to chance comes from the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Light = NDArray[np.float32]

FINE = 8  # steps a dot is drawn with
LIT = 7  # of them are lit, in both directions: the gaps that are to be seen on every OLED
AROUND = 20  # dots of case that are in the picture on each side
GLASS = 3  # dark dots between the lit field and the case


@dataclass(frozen=True, slots=True)
class Scene:
    """How it was taken. Brightness is 1 for a lit dot."""

    dot_px: float  # pixels of the camera for each dot of the panel: how near it is
    case: float = 0.05  # brightness of the case around the panel: 0.05 black, 0.35 grey, 0.8 white
    overexposed: bool = False  # lit dots glow into their neighbours and are as white as it gets
    turn: float = 8.0  # degrees it may be turned either way
    tilt: float = 0.06  # of the picture's width that each corner may be off
    blur_px: tuple[float, float] = (0.6, 1.1)  # standard deviation, in pixels of the camera
    stray: float = 0.25  # light of a lamp or a window in the glass, from nothing on one side to this on the other
    noise: float = 0.03


def photograph(panel: Image.Image, scene: Scene, seed: int) -> Image.Image:
    """Grey, 8 bit."""
    chance = np.random.default_rng(seed)
    light = _blurred(_taken(_lit(panel, scene, chance), scene, chance), chance.uniform(*scene.blur_px))
    light += _stray_light(light.shape, scene.stray, chance)
    light += chance.normal(0.0, scene.noise, light.shape).astype(np.float32)
    white = 0.7 if scene.overexposed else 1.3
    return Image.fromarray((np.clip(light / white, 0, 1) * 255).astype(np.uint8))


def _lit(panel: Image.Image, scene: Scene, chance: np.random.Generator) -> Light:
    """The panel in its case, `FINE` steps a dot. Dots are not all equally bright."""
    dots = np.asarray(panel.convert("L"), dtype=np.float32) / 255
    dots = dots * chance.uniform(0.93, 1.0, dots.shape).astype(np.float32) + 0.02
    cell = np.zeros((FINE, FINE), np.float32)
    cell[:LIT, :LIT] = 1
    field = np.pad(np.kron(dots, cell), GLASS * FINE, constant_values=0.01)
    light = np.pad(field, AROUND * FINE, constant_values=scene.case)
    return light + 0.5 * _blurred(light, FINE * 1.0) if scene.overexposed else light


def _taken(light: Light, scene: Scene, chance: np.random.Generator) -> Light:
    """Seen from a little aside, in the camera's pixels: each of them gathers the light of its own area."""
    height, width = light.shape
    scale = scene.dot_px / FINE
    out = (round(width * scale), round(height * scale))
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    middle = np.array([width / 2, height / 2])
    turn = np.radians(chance.uniform(-scene.turn, scene.turn))
    turned = (corners - middle) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + middle
    off = chance.uniform(-scene.tilt, scene.tilt, (4, 2)) * width
    matrix = cv2.getPerspectiveTransform(corners, ((turned + off) * scale).astype(np.float32))
    gathered = _blurred(light, 0.35 / scale)
    return cv2.warpPerspective(gathered, matrix, out, flags=cv2.INTER_LINEAR, borderValue=scene.case)


def _blurred(light: Light, sigma: float) -> Light:
    return cv2.GaussianBlur(light, (0, 0), sigma)


def _stray_light(shape: tuple[int, ...], most: float, chance: np.random.Generator) -> Light:
    """Rising evenly across the picture, in any direction."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    angle = chance.uniform(0, 2 * np.pi)
    slope = x / shape[1] * np.cos(angle) + y / shape[0] * np.sin(angle)
    return (most * (slope - slope.min()) / (slope.max() - slope.min())).astype(np.float32)


def by_rows(panel: Image.Image, *, refresh_hz: float, exposure_s: float, phase: float, readout_s: float = 0.02) -> Image.Image:
    """The panel seen from straight ahead by a camera in perfect focus, four of its pixels a dot, that exposes so long.

    The panel lights one row after the other, the camera reads one line after the other over `readout_s`; each line sees those
    rows that were lit while it was exposed, as often as they were. The phone's gain makes the brightest row white.
    """
    dots = np.kron(np.asarray(panel.convert("L"), dtype=np.float32) / 255, np.ones((4, 4), np.float32))
    dots = np.pad(dots, 32)
    lines, rows = dots.shape[0], panel.height
    period = 1 / refresh_hz
    row = np.clip((np.arange(lines) - 32) // 4, 0, rows - 1)
    opened = np.arange(lines) / lines * readout_s + phase * period
    first = row / rows * period
    seen = np.floor((opened + exposure_s - first) / period) - np.floor((opened - first) / period)
    light = dots * (seen / max(1.0, seen.max()))[:, None]
    return Image.fromarray((light * 255).astype(np.uint8))
