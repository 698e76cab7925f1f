"""Each core module is covered by its own tests alone, without chance: every line and every branch (`make core-coverage`).

A fresh interpreter for each, so that what is done at import counts, and nothing that another test has done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from own_tests import MODULES, ROOT, stories

# The plugins that the core's tests need; to import all that are installed takes longer than most of these tests.
_PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "pytest_timeout")
_PYTEST = ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *_PLUGINS)
_ENVIRONMENT = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("module", MODULES)
def test_a_core_module_is_covered_by_its_own_tests_alone(module: str, tmp_path: Path):
    data = f"--data-file={tmp_path / 'coverage'}"
    tests = _coverage("run", data, "--branch", f"--include=daemon/{module}.py", *_PYTEST, *stories(module))
    assert tests.returncode == 0, tests.stdout
    report = _coverage("report", data, "--show-missing", "--precision=2", "--fail-under=100")
    assert report.returncode == 0, f"daemon/{module}.py is not covered by {' '.join(stories(module))} alone:\n{report.stdout}"


def _coverage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "coverage", *arguments]
    return subprocess.run(command, cwd=ROOT, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
