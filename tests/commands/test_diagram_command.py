"""`tillbox diagram` (daemon.commands.diagram): the README's picture is its output."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daemon.cli import main

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """If this fails, the table changed: put the output of `tillbox diagram` between the markers in README.md (`make diagram`)."""
    assert main(["diagram"]) == 0
    printed = capsys.readouterr().out.strip()
    found = re.search(r"<!-- diagram -->\n```mermaid\n(.*?)\n```\n<!-- /diagram -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert found.group(1).strip() == printed
