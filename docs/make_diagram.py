"""Puts the output of `tillbox diagram` between its markers in README.md (`make diagram`)."""

from __future__ import annotations

import re
from pathlib import Path

from daemon.diagram import mermaid

README = Path(__file__).parents[1] / "README.md"
_PLACE = re.compile(r"(<!-- diagram -->\n).*?(<!-- /diagram -->)", re.DOTALL)


if __name__ == "__main__":
    fenced = f"```mermaid\n{mermaid().strip()}\n```\n"
    text, found = _PLACE.subn(lambda place: place.group(1) + fenced + place.group(2), README.read_text(encoding="utf-8"))
    if found != 1:
        raise SystemExit("README.md has not exactly one <!-- diagram --> … <!-- /diagram -->")
    README.write_text(text, encoding="utf-8")
