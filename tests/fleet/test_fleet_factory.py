"""The fleet is imported where there is one. daemon.fleet.factory"""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from daemon.fleet.factory import build

FLEET = "print(*[name for name in sys.modules if name.startswith('daemon.fleet.') and name.rsplit('.')[-1] in ('publisher', 'packets')])"


def test_a_box_without_a_fleet_does_not_import_it() -> None:
    run = subprocess.run([sys.executable, "-c", "import sys, daemon.app; " + FLEET], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_it_is_built_of_what_it_is_given() -> None:
    settings, book = SimpleNamespace(host="broker"), SimpleNamespace()
    told: list[Any] = []
    fleet = build(
        cast("Any", settings), ("shop", "T1", "0.1.0"), cast("Any", book), cast("Any", None), dict, told.append, lambda: datetime.now(UTC)
    )
    assert (fleet._settings, fleet._told.book, fleet._told.topics.prefix) == (settings, book, "shop")
    assert (fleet._told.topics.terminal_id, fleet._told.topics.version, told) == ("T1", "0.1.0", [])
