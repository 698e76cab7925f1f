"""Every core module has tests of its own."""

from __future__ import annotations

import ast

import pytest
from own_tests import MODULES, ROOT, own_tests, stories


def test_the_core_is_what_the_architecture_says_it_is():
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    groups = {node.targets[0].id: node.value for node in tree.body if isinstance(node, ast.Assign)}
    named = [name for group in ("_WORDS", "_CYCLE", "_QR", "_PICTURE") for name in ast.literal_eval(groups[group]).split()]
    assert named == list(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_tests_of_its_own(module: str):
    assert f"tests/core/test_{module}.py" in own_tests(module)
    assert stories(module)


def test_the_cycle_is_told_by_several_modules_of_which_one_is_a_net():
    assert set(own_tests("cycle")) - set(stories("cycle")) == {"tests/core/test_cycle_promises.py"}
    assert "tests/core/test_cycle_restarts.py" in stories("cycle")
