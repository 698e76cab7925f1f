"""`make test-debian12` runs with Debian 12's own libraries, every one of them and no newer ones: its first step, before any other
test. requirements/debian12.in names them; nothing here means anything in another environment, so all of it is slow.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
DEBIAN = Path("/usr/lib/python3/dist-packages")  # where Debian's packages are, and nothing else
LINES = re.findall(r"^(\S+)==(\S+)  # (\S+)$", (ROOT / "requirements" / "debian12.in").read_text(encoding="utf-8"), re.MULTILINE)
NAMES = {name for name, _version, _package in LINES}

# Imports all of the product, and says for each module of others' that this brought where it came from.
_IMPORT_ALL = """
import importlib, json, pkgutil, sys
before = set(sys.modules)
import daemon, hw
for room in (daemon, hw):
    for module in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
import evdev, luma.oled.device, luma.core.interface.serial, segno, serial
brought = {name: getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before}
print(json.dumps({name: place for name, place in brought.items() if place}))
"""


def test_the_list_is_whole() -> None:
    text = (ROOT / "requirements" / "debian12.in").read_text(encoding="utf-8")
    assert len(LINES) == len([line for line in text.splitlines() if line and not line.startswith("#")])
    assert {"aiohttp", "cryptography", "defusedxml", "evdev", "luma.core", "luma.oled", "pillow", "pyserial", "segno"} <= NAMES


def test_the_interpreter_is_debians() -> None:
    assert sys.version_info[:2] == (3, 11)
    assert sys.base_prefix == "/usr"


@pytest.mark.parametrize(("name", "version", "package"), LINES, ids=[f"{name}=={version}" for name, version, _package in LINES])
def test_a_library_is_debian_12s_own(name: str, version: str, package: str) -> None:
    found = importlib.metadata.distribution(name)
    assert found.version == version
    assert Path(str(found.locate_file(""))).resolve() == DEBIAN
    shown = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", package], capture_output=True, text=True, check=True)
    assert re.match(rf"(\d+:)?{re.escape(version)}[-+]", shown.stdout), f"Debian's package has {shown.stdout}"


@pytest.fixture(scope="module")
def imported() -> dict[str, Path]:
    """Every module that is not tillbox's own and that importing all of it brings, and where it came from."""
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL], cwd=ROOT, capture_output=True, text=True, check=True)
    places = {name: Path(place).resolve() for name, place in json.loads(done.stdout).items()}
    return {
        name: place for name, place in places.items() if not place.is_relative_to(ROOT / "daemon") and not place.is_relative_to(ROOT / "hw")
    }


def test_nothing_that_the_box_imports_comes_from_elsewhere(imported: dict[str, Path]) -> None:
    python = Path("/usr/lib/python3.11")
    assert {name: place for name, place in imported.items() if not place.is_relative_to(DEBIAN) and not place.is_relative_to(python)} == {}


def test_each_library_that_the_box_imports_is_in_the_list(imported: dict[str, Path]) -> None:
    roots = {name.partition(".")[0] for name, place in imported.items() if place.is_relative_to(DEBIAN)}
    givers = importlib.metadata.packages_distributions()
    used = {giver.lower() for root in roots for giver in givers.get(root, [f"of no known package: {root}"])}
    assert {"aiohttp", "evdev", "luma.oled", "pillow", "segno"} <= used <= NAMES
