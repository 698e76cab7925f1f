"""Reading the configuration for a command: what is wrong with it goes to standard error, a line each."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from daemon.commands.as_box import become_box
from daemon.config import Config, ConfigProblems, load


class WrongConfigurationError(Exception):
    """It was said what is wrong; the command ends with exit code 2. `problems` has it all."""

    def __init__(self, problems: ConfigProblems) -> None:
        super().__init__(str(problems))
        self.problems = problems


def read_config(path: Path, *, warns: bool = True) -> Config:
    """The configuration; what may be meant otherwise is said, if wanted. Raises WrongConfigurationError after saying every problem."""
    try:
        config = load(path)
    except ConfigProblems as problems:
        for problem in problems.problems:
            print(problem, file=sys.stderr)
        raise WrongConfigurationError(problems) from problems
    for warning in config.warnings if warns else ():
        print(f"warning: {warning}", file=sys.stderr)
    return config


def journal_path(arguments: argparse.Namespace) -> Path:
    """The journal that `--journal`, or else the configuration, names; from here on, root acts as the box."""
    path: Path = arguments.journal or read_config(arguments.config, warns=False).journal.path
    become_box(path)
    return path
