"""`tillbox devices`: what is plugged in, as lines to paste into config.toml."""

from __future__ import annotations

import argparse

from daemon.cli import DONE
from hw.find import as_config, find_all


def run(_arguments: argparse.Namespace) -> int:
    found = find_all()
    print(
        as_config(found)
        if found
        else "Nothing found: no scanner, serial port, panel or GPIO chip is attached, or this user may not see it."
    )
    return DONE
