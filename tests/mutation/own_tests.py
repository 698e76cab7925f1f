"""Which tests are a core module's own: `tests/core/test_NAME.py`, and where there are more, all whose names begin so.

What is covered, or noticed, only by the tests of another module is covered by accident.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# As tests/test_architecture.py names them; `test_own_tests.py` holds the two against each other.
MODULES = (
    *("money", "payment", "reply", "timing", "codes", "events", "news", "masking"),
    *("reading", "errands", "cycle", "cycle_table", "cycle_rules", "cycle_time", "cycle_doubts", "cycle_background", "late_money"),
    *("qr_reading", "qr_finding", "qr_layout", "reed_solomon"),
    *("signals", "screens", "texts", "glyphs", "typesetting", "layout", "view", "qr", "panel_text"),
)

_SEVERAL = {name: f"test_{name}*.py" for name in ("cycle", "errands", "reading", "layout")} | {"cycle_table": "test_cycle*.py"}

# A net that is cast at random, and takes seconds: what stories alone would miss is to be told by a story.
_NETS = {"test_cycle_promises.py"}


def own_tests(module: str) -> list[str]:
    """The test modules of `daemon.MODULE`, as paths from the root."""
    files = sorted((ROOT / "tests" / "core").glob(_SEVERAL.get(module, f"test_{module}.py")))
    return [file.relative_to(ROOT).as_posix() for file in files]


def stories(module: str) -> list[str]:
    """Those of them that need no chance: they alone must cover the module, and notice its mutants."""
    return [path for path in own_tests(module) if Path(path).name not in _NETS]
