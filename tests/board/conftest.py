"""One emulated Raspberry Pi for all stories of this folder, with the package on it and the sandbox beside it (`make board-test`)."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "stories"))  # the sandbox as stories use it

import story_timing  # noqa: E402
from board import Board  # noqa: E402  # finds board_links and others beside itself
from box_on_board import HOST_NAME, BoardBox  # noqa: E402
from first_start import FirstStart, first_start  # noqa: E402
from provider_thread import Provider  # noqa: E402

BOARD = ROOT / ".board"
DIST = ROOT / "dist"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it is slow; a story is allowed ten minutes on a busy machine."""
    for item in items:
        if item.path.parent == Path(__file__).parent and "board" in item.fixturenames:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def package() -> Path:
    """The package that `make deb` built."""
    found = sorted(DIST.glob("tillbox_*_all.deb"))
    assert len(found) == 1, f"{DIST} holds {len(found)} packages; `make deb` builds one"
    return found[0]


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    timings = replace(story_timing.PROVIDER, silence_s=90, auto_close_s=900)  # no wallet ends what a slow machine is still about
    with Provider(tmp_path_factory.mktemp("sandbox"), timings, names=[HOST_NAME]) as running:
        yield running


@pytest.fixture(scope="session")
def board(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[Board]:
    """Switched on, with a fresh card and the package in /payload; nothing is installed yet."""
    payload = tmp_path_factory.mktemp("payload")
    shutil.copy(package, payload)
    with Board(BOARD) as machine:
        machine.start(payload=payload)
        machine.wait_devices()
        yield machine


@pytest.fixture(scope="session")
def first(board: Board, provider: Provider) -> FirstStart:
    """The package installed on the fresh card, and what was seen on the way to the first sale."""
    return first_start(BoardBox(board, provider))


@pytest.fixture
def box(board: Board, provider: Provider, first: FirstStart) -> BoardBox:
    """Installed, set up, everything plugged in, ready to sell; whatever the story before did."""
    box = BoardBox(board, provider)
    box.recover()
    return box
