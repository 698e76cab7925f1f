"""Makes the harness of the stories and of the crash stories importable, for the command and for the tests alike."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

sys.path[:0] = [str(TESTS.parent), str(TESTS / "stories"), str(TESTS / "crash")]
