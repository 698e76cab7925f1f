"""What the recorder wrote (see `recorder.c`), read back: every operation on the journal's files, in order, with its bytes.

Why a shim under the C library, and not a file system layer of SQLite's (an APSW VFS): the journal is written by the SQLite that
Python's own `sqlite3` brings, through its own system calls, and so is what `kept` does without SQLite (renaming, linking). A VFS
would record another SQLite, through an imitation of the module that the box uses. A C compiler is there wherever the box's tests
run, because evdev needs it; without one, they are skipped, visibly.
"""

from __future__ import annotations

import functools
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MEMORY = Path("/dev/shm")  # thousands of images are written and thrown away: not on a card, where it is there
_HEAD = struct.Struct("<IIIIQQ")  # struct head


class Kind(IntEnum):
    """As `enum kind` in the recorder."""

    WRITE = 1
    TRUNCATE = 2
    SYNC = 3
    CREATE = 4
    UNLINK = 5
    RENAME = 6
    LINK = 7
    SYNC_FOLDER = 8
    MARK = 9


@dataclass(frozen=True, slots=True)
class Op:
    """One operation. `offset`: of a write, or the size that a truncation leaves. `data`: written bytes, or the new name."""

    kind: Kind
    name: str
    inode: int
    offset: int
    data: bytes


def ops(log: Path) -> Iterator[Op]:
    raw = log.read_bytes()
    at = 0
    while at < len(raw):
        kind, name_size, data_size, _, inode, offset = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        name, data = raw[at : at + name_size], raw[at + name_size : at + name_size + data_size]
        at += name_size + data_size
        yield Op(Kind(kind), name.decode(), inode, offset, data)


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


@functools.cache
def recorder() -> Path:
    """The shim, compiled once for this run."""
    built = Path(tempfile.mkdtemp(prefix="tillbox-recorder-")) / "recorder.so"
    found = compiler()
    assert found
    subprocess.run([found, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", built, HERE / "recorder.c", "-ldl"], check=True)
    return built


def recorded(*arguments: str) -> str:
    """Run `disk_teller.py` under the recorder; what it printed."""
    path = os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "shell", HERE)))
    environ = {**os.environ, "LD_PRELOAD": str(recorder()), "PYTHONPATH": path}
    command = [sys.executable, "-W", "error", str(HERE / "disk_teller.py"), *arguments]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
