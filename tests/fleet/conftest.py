"""The fleet's tests use the payments and the journal of the shell's tests beside them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shell"))
