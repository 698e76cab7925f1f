"""Mutants that survived are tried once more, each in an interpreter of its own.

mutmut wakes a mutant in a process that has imported the program already. What a function did at import, such as making a part
of a table, is done by then, and its mutants seem to live.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mutants import Fate

_LONGEST_S = 120  # far beyond what any module's own tests take
_PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")


def look_again(workspace: Path, tests: list[str], found: dict[str, Fate], jobs: int) -> dict[str, Fate]:
    """`found`, with what the second look has found out about the survivors."""
    living = [name for name, fate in found.items() if fate is Fate.SURVIVED]
    with ThreadPoolExecutor(jobs) as pool:
        fates = pool.map(lambda name: _fate(workspace / "mutants", tests, name), living)
        return {**found, **dict(zip(living, fates, strict=True))}


def _fate(tree: Path, tests: list[str], mutant: str) -> Fate:
    """By the names that mutmut's own workers use: its mutants read which of them is awake from the environment."""
    environment = {**os.environ, "MUTANT_UNDER_TEST": mutant, "PYTHONPATH": str(tree), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, *_PYTEST, *tests]
    try:
        run = subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=_LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return Fate.TIMEOUT
    return Fate.SURVIVED if run.returncode == 0 else Fate.KILLED
