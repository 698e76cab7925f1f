"""The process under the recorder. `record FOLDER LOG`: the history once, recorded. `aside FOLDER LOG`: the start of a box whose
journal is damaged, recorded. `fail FOLDER EVERY`: the history once for each operation that can fail (each EVERYth), and each way in
which it can; prints one line of JSON for each: what failed, where, and what was wrong then.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from disk_history import Content, Teller, start, steps
from disk_log import Kind

from daemon.journal_error import CorruptError, JournalError

NAME = "journal.sqlite"
WAYS = [
    (kind, error, half)
    for kind, halves in ((Kind.WRITE, (False, True)), (Kind.SYNC, (False,)), (Kind.TRUNCATE, (False,)), (Kind.CREATE, (False,)))
    for error in (errno.EIO, errno.ENOSPC)
    for half in halves
]

_shim = ctypes.CDLL(None)


def main(command: str, folder: Path, more: str) -> None:
    if command == "fail":
        for line in every_failure(folder, int(more)):
            print(json.dumps(line), flush=True)
        return
    _watch(folder, os.open(more, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    if command == "record":
        record(folder)
    else:
        start(folder / NAME)


def record(folder: Path) -> None:
    teller = Teller(folder / NAME)
    for number, step in enumerate(steps()):
        _shim.recorder_mark(f"begin {number}".encode())
        teller.take(step)
        _shim.recorder_mark(f"done {number}".encode())
    teller.leave()


def every_failure(folder: Path, every: int) -> Iterator[dict[str, Any]]:
    """The nth write fails, for every n that the history comes to; the same for all else that can fail. With `every`: each so
    many, beginning elsewhere for each way."""
    for offset, (kind, error, half) in enumerate(WAYS):
        stride = every if kind is Kind.WRITE else min(every, 3)  # of the others the history has few
        nth = 1 + offset % stride
        while told := one_failure(folder / "now", kind, nth, error, half):
            yield told
            nth += stride


def one_failure(folder: Path, kind: Kind, nth: int, error: int, half: bool) -> dict[str, Any] | None:
    """None where the history has no nth operation of that kind."""
    folder.mkdir()
    nothing = os.open(os.devnull, os.O_WRONLY)
    _watch(folder, nothing)
    try:
        _shim.recorder_fail(kind, nth, error, half)
        failed, may_be, wrong = _tell(folder)
        if _shim.recorder_is_due():
            return None
        again = start(folder / NAME)
        wrong += [] if again.content in may_be and not again.report and again.kept is None else [f"after a restart: {again}"]
        return {"kind": kind.name, "error": errno.errorcode[error], "nth": nth, "half": half, "failed": failed, "wrong": wrong}
    finally:
        os.close(nothing)
        shutil.rmtree(folder)


def _tell(folder: Path) -> tuple[list[str], list[Content], list[str]]:
    """The steps that failed, what the journal may hold then, and what is wrong with it."""
    teller = Teller(folder / NAME)
    may_be = [Content()]
    failed: list[str] = []
    wrong: list[str] = []
    for step in steps():
        try:
            teller.take(step)
            may_be = [step.makes(content) for content in may_be]
        except JournalError as error:
            failed.append(step.name)
            wrong += [f"{step.name}: {error!r}"] if isinstance(error, CorruptError) else []
            may_be, found = _still(teller, [*may_be, *(step.makes(content) for content in may_be)])  # whole, or not at all
            wrong += found
    teller.leave()
    wrong += [f"more than one step failed: {failed}"] if len(failed) > 1 else []
    return failed, may_be, wrong


def _still(teller: Teller, may_be: list[Content]) -> tuple[list[Content], list[str]]:
    """What is read back right after the failure, if it is one of those that may be; that settles it."""
    content = teller.read()
    return ([content], []) if content in may_be else (may_be, [f"the journal holds {content}"])


def _watch(folder: Path, log: int) -> None:
    _shim.recorder_begin(str(folder).encode(), log)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
