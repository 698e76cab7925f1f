"""What the program writes into its log while it is fuzzed: nobody reads it, but no secret may be in it (P10)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

_SECRET = re.compile("made-up-(?:secret|key|apikey|token|webhook)")  # how all secrets of the targets begin
_PROGRAM = ("daemon", "hw")


class _Ears(logging.Handler):
    """Raises where the line is written, so that the input that caused it is found."""

    def emit(self, record: logging.LogRecord) -> None:
        assert not _SECRET.search(record.getMessage()), "a secret in the log"


@contextmanager
def listening() -> Iterator[None]:
    """Every line is looked at, and goes nowhere else: writing them all would take longer than the fuzzing."""
    loggers = [logging.getLogger(name) for name in _PROGRAM]
    before = [(logger.level, logger.propagate) for logger in loggers]
    ears = _Ears()
    for logger in loggers:
        logger.addHandler(ears)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(ears)
            logger.setLevel(level)
            logger.propagate = propagate
