"""Fixtures of the tills' tests."""

import sys
from pathlib import Path

import pytest

from daemon import journal_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "shell"))


@pytest.fixture
def impatient(monkeypatch):
    """SQLite gives up at once where the file is locked, instead of waiting five real seconds for it."""
    changed = tuple(p.replace("busy_timeout=5000", "busy_timeout=0") for p in journal_file._PRAGMAS)
    monkeypatch.setattr(journal_file, "_PRAGMAS", changed)
