"""`tillbox diagram`: the life of a payment as a picture, made from the table that the box runs on."""

from __future__ import annotations

import argparse

from daemon.cli import DONE
from daemon.diagram import mermaid


def run(_arguments: argparse.Namespace) -> int:
    print(mermaid())
    return DONE
