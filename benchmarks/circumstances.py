"""What a measured figure needs beside itself: on what it was taken."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.program import ROOT


def file_system(path: Path) -> str:
    """What kind the directory is on: a journal in memory would measure nothing."""
    found = subprocess.run(["df", "--output=fstype", str(path)], capture_output=True, text=True, check=False)
    return found.stdout.split()[-1] if found.returncode == 0 else "?"


def machine() -> str:
    """Python, commit and day."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return f"Python {platform.python_version()}, commit {commit.stdout.strip() or '?'}, {datetime.now(UTC):%Y-%m-%d}"


def load() -> float:
    """How many processes want to run."""
    return os.getloadavg()[0]


def load_since(begun: float) -> str:
    """From that load to this one."""
    return f"load {begun:.1f} to {load():.1f} on {os.cpu_count()} cores"
