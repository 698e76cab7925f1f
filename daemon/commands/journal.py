"""`tillbox journal confirm`: after a damaged journal was moved aside."""

from __future__ import annotations

import argparse
import sys

from daemon.cli import DONE, FAILED, WRONG
from daemon.commands.configuration import WrongConfigurationError, journal_path
from daemon.journal import confirm
from daemon.journal_file import JournalError


def run(arguments: argparse.Namespace) -> int:
    try:
        kept = confirm(journal_path(arguments))
    except WrongConfigurationError:
        return WRONG
    except JournalError as error:
        print(f"tillbox: {error}", file=sys.stderr)
        return FAILED
    if kept is None:
        print("Nothing to confirm: the journal is in order.")
    else:
        print(f"Confirmed. The damaged journal stays beside it as {kept}; keep it until its payments are reconciled.")
    return DONE
