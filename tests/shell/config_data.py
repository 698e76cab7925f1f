"""A configuration as small as it can be, and ways to change it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config, ConfigProblems, parse

BOX = """
[box]
terminal_id = "box-1"
"""

SMALLEST = f"""{BOX}
[gateways.sim]
kind = "simulated"
"""

NOWHERE = Path("/nowhere")


def read(more: str = "", base_dir: Path = NOWHERE, environ: dict[str, str] | None = None) -> Config:
    """The smallest configuration and some more of it. Environment: none but what is given."""
    return parse(tomllib.loads(SMALLEST + more), base_dir, environ or {})


def problems(more: str = "", base_dir: Path = NOWHERE, environ: dict[str, str] | None = None) -> list[str]:
    """The lines that a person sees."""
    with pytest.raises(ConfigProblems) as caught:
        read(more, base_dir, environ)
    return str(caught.value).split("\n")


def problems_of(data: dict[str, Any], base_dir: Path = NOWHERE) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        parse(data, base_dir, {})
    return str(caught.value).split("\n")


def secret_file(folder: Path, name: str, content: str = "not-a-real-secret") -> str:
    """The name of a new file that only its owner may read."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    file.chmod(0o600)
    return name
