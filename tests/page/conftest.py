"""A headless Chromium before the box's page, which is the demo's or a real box's (`make page-test`).

What a person could not see is watched at every test: errors in the console, files that did not come, requests to another host.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the page is not looked at in a browser")

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "stories"))  # real boxes as stories use them

from box_process import BoxProcess  # noqa: E402
from browser_page import Look, Seen  # noqa: E402
from provider_thread import Provider  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [  # nothing of its own over the network, and no sandbox where the tests run as root
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
READY = re.compile(r"The box's page, to look at and to play with: (http://127\.0\.0\.1:\d+)/\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here (Debian's chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    """The address of a demo of its own. What it draws goes to a file: a pipe that nobody reads would stop it."""
    said = tmp_path / "demo.txt"
    command = [sys.executable, "-m", "daemon", "demo", "--port", "0"]
    with said.open("w") as output, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, cwd=ROOT) as process:
        try:
            yield _address(said, process)
        finally:
            process.kill()


def _address(said: Path, process: subprocess.Popen[bytes]) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if found := READY.search(said.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"the demo did not begin: {said.read_text()[-500:]}")


@pytest.fixture
def look(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Look]:
    """`look(address, width=…)`: the page there, in a browser that has never seen it."""
    opened: list[tuple[Any, Seen, str]] = []

    def at(address: str, *, width: int = 1200, height: int = 900, locale: str = "en-GB", **more: Any) -> Seen:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=locale, **more)
        context.set_default_timeout(20_000)
        seen = Seen(context.new_page(), request.node.name.partition("[")[0].removeprefix("test_"))
        opened.append((context, seen, address))
        seen.page.goto(address + "/")
        return seen

    yield at
    for context, seen, address in opened:
        context.close()
        seen.check(address)


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with Provider(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def real_box(tmp_path: Path, provider: Provider) -> Iterator[BoxProcess]:
    """A box as a shop has one, not started: a scanner on a line, a provider over TLS, nothing to play with."""
    box = BoxProcess(tmp_path / "box", provider)
    yield box
    box.finish()
