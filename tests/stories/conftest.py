"""Boxes and providers for stories, and what must be true after each of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from box_process import BoxProcess
from provider_thread import Provider
from secrets_told import Discretion
from story_timing import HASTY
from systemd_socket import Systemd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for the recorded scanner, and what seals changed rows

_boxes: dict[BoxProcess, Discretion] = {}
"""Every box that is there now, whoever shares it."""

MakeBox = Callable[..., BoxProcess]


@contextmanager
def _kept(box: BoxProcess) -> Iterator[BoxProcess]:
    """Looked after until the end: everything that it told until then is looked at once more, and it is gone."""
    _boxes[box] = Discretion(box)
    try:
        yield box
        box.finish()
        assert _boxes[box].check_all() == []
    finally:
        box.finish()
        del _boxes[box]


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One sandbox for all stories that do not want one of their own."""
    with Provider(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def make_box(tmp_path: Path, provider: Provider) -> Iterator[MakeBox]:
    """Makes boxes, not started: `make_box({"timing": {…}}, provider=…)`; gone at the end of the story."""
    with ExitStack() as stack:
        made: list[BoxProcess] = []

        def make(changes: Any = None, *, provider: Provider = provider, **options: Any) -> BoxProcess:
            box = BoxProcess(tmp_path / f"box-{len(made)}", provider, changes, **options)
            made.append(box)
            return stack.enter_context(_kept(box))

        yield make


@pytest.fixture(scope="module")
def make_shared_box(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[MakeBox]:
    """The same for boxes that all stories of a module share."""
    with ExitStack() as stack:

        def make(changes: Any = None, *, provider: Provider = provider, **options: Any) -> BoxProcess:
            return stack.enter_context(_kept(BoxProcess(tmp_path_factory.mktemp("shared"), provider, changes, **options)))

        yield make


@pytest.fixture(scope="module")
def shop(make_shared_box: MakeBox) -> Iterator[BoxProcess]:
    """A started box that all stories of a module share: it sells on, whatever became of the sale before."""
    box = make_shared_box({"policy": {"sell_while_in_doubt": True}})
    yield box.start()
    assert box.stop() == 0


@pytest.fixture(scope="module")
def hasty(make_shared_box: MakeBox) -> BoxProcess:
    """The same, and it gives up soon."""
    return make_shared_box({**HASTY, "policy": {"sell_while_in_doubt": True}}).start()


@pytest.fixture
def systemd() -> Iterator[Systemd]:
    with Systemd() as there:
        yield there


@pytest.fixture(autouse=True)
def _told(make_box: MakeBox) -> Iterator[None]:
    """P10, after every story: no key, no token, no code in logs, journal or answers; and no fault in any log."""
    yield
    for box, discretion in _boxes.items():
        if not discretion.is_over:
            print(box.output[-20_000:])  # pytest shows it where the story failed
            assert discretion.check() == []
