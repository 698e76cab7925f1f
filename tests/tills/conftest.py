"""Fixtures of the tills' tests."""

import logging
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


@pytest.fixture
def rig(request, tmp_path):
    """The rig of that name (`till_rigs.every`)."""
    from till_rigs import RIGS

    return RIGS[request.param](tmp_path)


@pytest.fixture
def discreet(caplog):
    """After the test: nothing was raised inside a till, and no payer's code is in the log (P10)."""
    from shop import code
    from till_rig import CODE

    caplog.set_level(logging.DEBUG)
    yield
    for record in caplog.get_records("call"):
        assert record.exc_info is None, record.getMessage()
        assert CODE not in record.getMessage()
        assert code("00").reveal() not in record.getMessage()
