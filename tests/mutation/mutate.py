"""Changes the core line by line and looks whether its tests notice: `python tests/mutation/mutate.py [MODULE …]`.

Each module has a workspace of its own below build/mutation, with a copy of the source and of the core's tests, and mutmut runs
there; `second_look` tries again what survived. `table` is the cycle's table, row by row (`table_mutants`). Nothing is kept from
one run to the next, for mutmut does not see that a test has changed. Exit code 1 where a mutant survives that is not listed, a
listed one is killed or gone, or too few are killed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from mutants import HEAD, LEAST, Change, Fate, Score, fates, listed, statuses, survivors
from own_tests import MODULES, ROOT, stories
from second_look import look_again
from table_mutants import TABLE_OF_THE_CYCLE as TABLE
from table_mutants import try_all

_WORK = ROOT / "build" / "mutation"
_COPIED = ("daemon", "hw", "tests/core", "benchmarks", "pyproject.toml", "README.md")

# With every chance drawn the same way, and less often: a mutant that only the hundredth draw meets is one that a story must tell.
# And with an end to memory: a loop that never ends may append to a list all the time.
_QUICK = """\"\"\"The quick profile of hypothesis, for tests that are run hundreds of times over.\"\"\"

import resource

from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=20, derandomize=True, database=None, deadline=None, suppress_health_check=HealthCheck)
settings.load_profile("quick")
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
"""

_SETTINGS = """
[tool.mutmut]
source_paths = ["daemon"]
only_mutate = ["daemon/{module}.py"]
also_copy = ["hw", "benchmarks", "README.md"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout"]
pytest_add_cli_args_test_selection = {tests}
track_dependencies = false
use_git_change_detection = false
use_setproctitle = false
"""


def build_workspace(module: str) -> Path:
    """A tree of its own for mutmut, which writes where it stands and reads its settings from pyproject.toml there."""
    workspace = _WORK / module
    shutil.rmtree(workspace, ignore_errors=True)
    for name in _COPIED:
        source, copy = ROOT / name, workspace / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy)
    with (workspace / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(_SETTINGS.format(module=module, tests=stories(module)))
    (workspace / "tests" / "core" / "conftest.py").write_text(_QUICK, encoding="utf-8")
    return workspace


def run_mutmut(workspace: Path, jobs: int) -> None:
    """Let mutmut try every mutant. SystemExit with its last words where it does not get that far.

    A module without a function that can be changed is an error to mutmut, and none here.
    """
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [str(Path(sys.executable).parent / "mutmut"), "run", "--max-children", str(jobs)]
    run = subprocess.run(command, cwd=workspace, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    (workspace / "output").write_bytes(run.stdout)
    if run.returncode != 0 and statuses(workspace, workspace.name):
        raise SystemExit(f"mutmut gave up on {workspace.name}:\n{run.stdout[-3000:].decode('utf-8', 'replace')}")


def score(module: str, jobs: int) -> Score:
    if module == TABLE:
        return score_of(TABLE, *try_table(jobs))
    workspace = build_workspace(module)
    run_mutmut(workspace, jobs)
    found = look_again(workspace, stories(module), fates(statuses(workspace, module)), jobs)
    return score_of(module, list(found.values()), survivors(workspace, module, found))


def try_table(jobs: int) -> tuple[list[Fate], list[Change]]:
    found = try_all(jobs)
    return list(found.values()), [mutant.change for mutant, fate in found.items() if fate is Fate.SURVIVED]


def score_of(name: str, found: list[Fate], living: list[Change]) -> Score:
    return Score(name, len(found), found.count(Fate.KILLED), found.count(Fate.TIMEOUT), living, listed(name))


def complaints(scored: Score) -> list[str]:
    found = [f"{scored.module}: nobody notices this; tell its story, or list it with the reason:\n{change}" for change in scored.unlisted]
    found += [f"{scored.module}: listed, but killed or gone:\n{change}" for change in scored.stale]
    if scored.noticed < LEAST:
        found.append(f"{scored.module}: only {scored.noticed:.1%} are noticed")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", default=(*MODULES, TABLE), help=f"of the core, without `daemon.`, or {TABLE}"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    print(HEAD, flush=True)
    begun, wrong = time.monotonic(), []
    for module in arguments.modules:
        scored = score(module, arguments.jobs)
        print(scored, flush=True)
        wrong += complaints(scored)
    print(f"{time.monotonic() - begun:.0f} s", *wrong, sep="\n\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
