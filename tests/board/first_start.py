"""From a fresh card to a box that could sell, as its installer does it, with what he sees noted at each step."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from box_on_board import UNIT, BoardBox
from PIL import Image


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What was seen. Times are seconds."""

    installed: str  # what apt said
    install_s: float
    unset_face: Image.Image
    unset_check: tuple[int, str]
    unset_status: str  # systemctl status
    unset_lights: dict[str, str]
    devices: str  # tillbox devices
    ready_after_s: float  # from the written configuration
    check: tuple[int, str]
    ready: dict[str, Any]


def first_start(box: BoardBox) -> FirstStart:
    board = box.board
    begun = time.monotonic()
    installed = board.check("DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /payload/tillbox_*.deb 2>&1", 400)
    install_s = time.monotonic() - begun
    board.check(f"systemctl is-active {UNIT}")
    box.until(lambda: box.face().getbbox() is not None, 60)
    time.sleep(1.0)  # the frame after the first one, if there is any: what stays is what is looked at
    seen = {
        "unset_face": box.face(),
        "unset_check": tuple(board.run("tillbox check 2>&1", 90)),
        "unset_status": board.run(f"systemctl status --no-pager {UNIT}").out,
        "unset_lights": box.lights(),
        "devices": board.check("tillbox devices", 90),
    }
    box.configure()
    written = time.monotonic()
    ready = box.until_ready(180)
    ready_after_s = time.monotonic() - written
    check = tuple(board.run("tillbox check 2>&1", 120))
    return FirstStart(installed=installed, install_s=install_s, ready_after_s=ready_after_s, check=check, ready=ready, **seen)
