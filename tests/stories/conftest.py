"""Boxes and providers for stories, and what must be true after each of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

from box_process import BoxProcess
from provider_thread import Provider
from secrets_told import faults_in, secrets_told

_boxes: list[BoxProcess] = []
"""Every box that is there now, whoever shares it."""

MakeBox = Callable[..., BoxProcess]


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One sandbox for all stories that do not want one of their own."""
    with Provider(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def make_box(tmp_path: Path, provider: Provider) -> Iterator[MakeBox]:
    """Makes boxes, not started: `make_box({"timing": {…}}, provider=…)`; gone at the end of the story."""
    made: list[BoxProcess] = []

    def make(changes: Any = None, *, provider: Provider = provider, **options: Any) -> BoxProcess:
        box = BoxProcess(tmp_path / f"box-{len(made)}", provider, changes, **options)
        made.append(box)
        _boxes.append(box)
        return box

    yield make
    for box in made:
        box.finish()
        _boxes.remove(box)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[BoxProcess]:
    """A started box that all stories of a module share: it sells on, whatever became of the sale before."""
    box = BoxProcess(tmp_path_factory.mktemp("shop"), provider, {"policy": {"sell_while_in_doubt": True}})
    _boxes.append(box)
    try:
        yield box.start()
        assert box.stop() == 0
    finally:
        box.finish()
        _boxes.remove(box)


@pytest.fixture(autouse=True)
def _told(make_box: MakeBox) -> Iterator[None]:
    """P10, after every story: no key, no token, no code in logs, journal or answers; and no fault in any log."""
    yield
    for box in _boxes:
        print(box.output[-20_000:])  # pytest shows it where the story failed
        assert secrets_told(box) == []
        assert faults_in(box.output) == []
